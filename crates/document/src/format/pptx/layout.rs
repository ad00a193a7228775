//! What slides inherit from their layouts and masters: where placeholders stand, and which paragraphs have bullets.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::Damage;
use super::super::ooxml::Office;
use super::super::ooxml::xml::{Element, Xml};
use super::shape::Spot;

/// Paragraphs have levels from 0 to 8.
pub(super) const LEVELS: usize = 9;

/// What stands before a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bullet {
    None,
    Sign,
    /// A number, and what it starts from.
    Number(u32),
}

/// The bullets of levels, where they are said.
pub(super) type Bullets = [Option<Bullet>; LEVELS];

/// What a placeholder is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    /// `title`, `body`, `ftr` and the like; `obj` where the file does not say.
    pub kind: String,
    pub index: i64,
}

#[derive(Debug)]
struct Placeholder {
    role: Role,
    spot: Option<Spot>,
    bullets: Bullets,
}

/// A layout or a master.
#[derive(Debug, Default)]
pub(super) struct Layout {
    placeholders: Vec<Placeholder>,
    /// The bullets of titles, of bodies and of all else, which masters say.
    titles: Bullets,
    bodies: Bullets,
    others: Bullets,
    master: Option<Rc<Layout>>,
}

/// The layouts and masters that were read, by their parts.
#[derive(Default)]
pub(super) struct Layouts(HashMap<String, Rc<Layout>>);

impl Layouts {
    /// The layout in this part, with its master.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn get(&mut self, office: &mut Office<'_>, part: &str) -> Result<Rc<Layout>, Damage> {
        if let Some(known) = self.0.get(part) {
            return Ok(Rc::clone(known));
        }
        let mut layout = Layout::read(office, part)?;
        let master = office.relationships(part)?.parts("slideMaster").next().map(str::to_owned);
        if let Some(master) = master {
            let known = match self.0.get(&master) {
                Some(known) => Rc::clone(known),
                None => Rc::new(Layout::read(office, &master)?),
            };
            self.0.insert(master, Rc::clone(&known));
            layout.master = Some(known);
        }
        let layout = Rc::new(layout);
        self.0.insert(part.to_owned(), Rc::clone(&layout));
        Ok(layout)
    }
}

impl Role {
    pub(super) fn read(element: &Element<'_>) -> Self {
        let kind = element.attribute("type").unwrap_or_else(|| "obj".into());
        Self { kind, index: element.number("idx").unwrap_or(0) }
    }

    pub(super) fn is_title(&self) -> bool {
        matches!(self.kind.as_str(), "title" | "ctrTitle")
    }

    /// Whether it is on every slide: footer, date or number.
    pub(super) fn is_footer(&self) -> bool {
        matches!(self.kind.as_str(), "ftr" | "dt" | "sldNum" | "hdr")
    }

    /// What a master's placeholder for it is called.
    fn at_master(&self) -> &str {
        match self.kind.as_str() {
            "ctrTitle" | "title" => "title",
            "dt" | "ftr" | "sldNum" => &self.kind,
            _ => "body",
        }
    }
}

impl Layout {
    fn read(office: &mut Office<'_>, part: &str) -> Result<Self, Damage> {
        let mut layout = Self::default();
        let Some(text) = office.text(part)? else { return Ok(layout) };
        let mut xml = Xml::new(&text);
        let Some(root) = xml.root() else { return Ok(layout) };
        let mut open = vec![root.inner];
        while let Some(inner) = open.last().copied() {
            let Some(part) = xml.child(inner) else {
                open.pop();
                continue;
            };
            match part.name() {
                "sp" | "pic" | "graphicFrame" => {
                    layout.placeholders.extend(placeholder(&mut xml, part.inner))
                }
                "titleStyle" => layout.titles = bullets(&mut xml, part.inner),
                "bodyStyle" => layout.bodies = bullets(&mut xml, part.inner),
                "otherStyle" => layout.others = bullets(&mut xml, part.inner),
                "cSld" | "spTree" | "txStyles" | "grpSp" => open.push(part.inner),
                _ => {}
            }
        }
        Ok(layout)
    }

    /// Where the placeholder of this role stands.
    pub(super) fn spot(&self, role: &Role) -> Option<Spot> {
        let own = self.placeholder(role);
        own.and_then(|own| own.spot).or_else(|| {
            let wanted = own.map_or(role, |own| &own.role).at_master();
            let mut all = self.master.as_ref()?.placeholders.iter();
            all.find(|placeholder| placeholder.role.kind == wanted)?.spot
        })
    }

    /// The bullet of a paragraph at this level of a placeholder of this role, if one is said.
    pub(super) fn bullet(&self, role: &Role, level: usize) -> Option<Bullet> {
        let own = self.placeholder(role)?;
        own.bullets[level].or_else(|| {
            let master = self.master.as_ref()?;
            match role.kind.as_str() {
                "body" | "obj" => master.bodies[level],
                "title" => master.titles[level],
                _ => master.others[level],
            }
        })
    }

    fn placeholder(&self, role: &Role) -> Option<&Placeholder> {
        self.placeholders.iter().find(|placeholder| placeholder.role.index == role.index)
    }
}

fn placeholder(xml: &mut Xml<'_>, of: usize) -> Option<Placeholder> {
    let mut found =
        Placeholder { role: Role { kind: String::new(), index: 0 }, spot: None, bullets: Bullets::default() };
    let mut open = vec![of];
    while let Some(inner) = open.last().copied() {
        let Some(part) = xml.child(inner) else {
            open.pop();
            continue;
        };
        match part.name() {
            "ph" => found.role = Role::read(&part),
            "xfrm" => found.spot = Spot::read(xml, part.inner),
            "lstStyle" => found.bullets = bullets(xml, part.inner),
            "nvSpPr" | "nvPicPr" | "nvGraphicFramePr" | "nvPr" | "spPr" | "txBody" => open.push(part.inner),
            _ => {}
        }
    }
    (!found.role.kind.is_empty()).then_some(found)
}

/// Reads the bullets of a list style.
pub(super) fn bullets(xml: &mut Xml<'_>, of: usize) -> Bullets {
    let mut bullets = Bullets::default();
    while let Some(part) = xml.child(of) {
        let level = part.name().strip_prefix("lvl").and_then(|rest| rest.strip_suffix("pPr"));
        let level =
            level.and_then(|level| level.parse::<usize>().ok()).and_then(|level| level.checked_sub(1));
        if let Some(place) = level.and_then(|level| bullets.get_mut(level)) {
            while let Some(own) = xml.child(part.inner) {
                *place = bullet(&own).or(*place);
            }
        }
    }
    bullets
}

/// The bullet that a property of a paragraph says.
pub(super) fn bullet(element: &Element<'_>) -> Option<Bullet> {
    match element.name() {
        "buNone" => Some(Bullet::None),
        "buChar" | "buBlip" => Some(Bullet::Sign),
        "buAutoNum" => {
            let start = element.number("startAt").and_then(|start| u32::try_from(start).ok());
            Some(Bullet::Number(start.unwrap_or(1)))
        }
        _ => None,
    }
}
