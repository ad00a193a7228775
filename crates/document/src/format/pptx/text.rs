//! The paragraphs of a shape, and the lists that they make.

use super::super::ooxml::inline::{self, Marks, Piece};
use super::super::ooxml::writer::{Item, Writer};
use super::super::ooxml::xml::{Element, Xml};
use super::super::ooxml::{branch, formula};
use super::layout::{self, Bullet, Bullets, LEVELS, Layout, Role};

/// A paragraph of a shape.
pub(super) struct Paragraph {
    pieces: Vec<Piece>,
    level: usize,
    bullet: Option<Bullet>,
}

/// A list that is open: its level, and the number that it has come to.
struct Open {
    level: usize,
    number: Option<u32>,
}

impl Paragraph {
    fn read(xml: &mut Xml<'_>, element: &Element<'_>) -> Self {
        let mut own = Self { pieces: Vec::new(), level: 0, bullet: None };
        let mut open = vec![element.inner];
        while let Some(inner) = open.last().copied() {
            let Some(part) = xml.child(inner) else {
                open.pop();
                continue;
            };
            match part.name() {
                "pPr" => {
                    let level = part.number("lvl").and_then(|level| usize::try_from(level).ok());
                    own.level = level.unwrap_or(0).min(LEVELS - 1);
                    while let Some(property) = xml.child(part.inner) {
                        own.bullet = layout::bullet(&property).or(own.bullet);
                    }
                }
                "r" | "fld" => own.pieces.extend(run(xml, &part)),
                "br" => own.pieces.push(Piece::Text(" ".into(), Marks::default())),
                "oMath" => own.pieces.push(Piece::Formula(formula::latex(xml, &part))),
                "AlternateContent" => open.extend(branch(xml, &part).map(|branch| branch.inner)),
                "m" | "oMathPara" => open.push(part.inner),
                _ => {}
            }
        }
        own
    }

    /// Its text without any mark.
    pub(super) fn plain(&self) -> String {
        inline::plain(&self.pieces)
    }

    fn markdown(&self, link: Option<&str>) -> String {
        let text = inline::markdown(&self.pieces);
        match link.filter(|_| !text.is_empty()) {
            Some(address) => inline::link(&text, address),
            None => text,
        }
    }
}

/// Reads the paragraphs of a text body, each with the bullet that it has for good.
pub(super) fn body(
    xml: &mut Xml<'_>,
    element: &Element<'_>,
    inherited: Option<(&Layout, &Role)>,
) -> Vec<Paragraph> {
    let mut styles = Bullets::default();
    let mut paragraphs = Vec::new();
    while let Some(part) = xml.child(element.inner) {
        match part.name() {
            "lstStyle" => styles = layout::bullets(xml, part.inner),
            "p" => {
                let mut own = Paragraph::read(xml, &part);
                let level = own.level;
                let layout = || inherited.and_then(|(layout, role)| layout.bullet(role, level));
                own.bullet = own.bullet.or(styles[level]).or_else(layout);
                // A deeper level is a list's, even where nothing says which.
                if own.bullet.is_none() && level > 0 {
                    own.bullet = Some(Bullet::Sign);
                }
                paragraphs.push(own);
            }
            _ => {}
        }
    }
    paragraphs
}

/// Writes the paragraphs of a shape.
pub(super) fn write(paragraphs: &[Paragraph], is_title: bool, link: Option<&str>, out: &mut Writer) {
    let mut lists: Vec<Open> = Vec::new();
    for paragraph in paragraphs {
        let text = paragraph.markdown(link);
        let bullet = paragraph.bullet.filter(|bullet| *bullet != Bullet::None);
        let Some(bullet) = bullet else {
            lists.clear();
            let formula = match paragraph.pieces.as_slice() {
                [Piece::Formula(latex)] => Some(latex),
                _ => None,
            };
            match formula {
                Some(latex) => out.block(&format!("$${latex}$$")),
                None if is_title => out.heading(1, &text),
                None => out.paragraph(&text),
            }
            continue;
        };
        while lists.len() > 1 && lists.last().is_some_and(|open| open.level > paragraph.level) {
            lists.pop();
        }
        let begins = lists.is_empty();
        if lists.last().is_none_or(|open| open.level < paragraph.level) {
            lists.push(Open { level: paragraph.level, number: None });
        }
        let depth = lists.len() - 1;
        let mut marker = String::new();
        if let (Bullet::Number(start), Some(open)) = (bullet, lists.last_mut()) {
            let number = open.number.map_or(start, |number| number.saturating_add(1));
            open.number = Some(number);
            marker = format!("{number}.");
        }
        out.item(&Item { depth, marker: &marker, text: &text, begins });
    }
}

fn run(xml: &mut Xml<'_>, element: &Element<'_>) -> Option<Piece> {
    let mut text = String::new();
    while let Some(part) = xml.child(element.inner) {
        if part.name() == "t" {
            text.push_str(&xml.text(part.inner).replace(['\u{b}', '\n'], " "));
        }
    }
    (!text.is_empty()).then(|| Piece::Text(text, Marks::default()))
}
