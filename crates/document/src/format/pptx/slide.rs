//! A slide: its shapes, then its speaker notes and comments.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::Damage;
use super::super::ooxml::inline;
use super::super::ooxml::writer::Writer;
use super::super::ooxml::xml::{Element, Xml};
use super::super::ooxml::{NESTING_MAX, branch};
use super::Show;
use super::layout::{Layout, Role};
use super::shape::{Content, Shape, Spot, in_order};
use super::text;

/// How many links of a slide are taken.
const LINKS_MAX: usize = 1_000;

impl Show<'_, '_> {
    /// Writes a slide.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn slide(
        &mut self,
        part: &str,
        authors: &HashMap<String, String>,
        out: &mut Writer,
    ) -> Result<(), Damage> {
        let place = format!("slide {}", self.number);
        let Some(content) = self.office.text(part)? else {
            self.office.lost(&place, "a slide", "the file does not hold it");
            return Ok(());
        };
        self.relationships = self.office.relationships(part)?;
        let layout = match self.relationships.parts("slideLayout").next().map(str::to_owned) {
            Some(layout) => self.layouts.get(self.office, &layout)?,
            None => Rc::default(),
        };
        let mut xml = Xml::new(&content);
        let Some(root) = xml.root() else {
            self.office.damage(&xml, &place);
            return Ok(());
        };
        if root.attribute("show").is_some_and(|show| show == "0" || show == "false") {
            self.office.noted(&place, "hidden slide", "the show leaves it out; it was kept");
        }
        let mut shapes = Vec::new();
        while let Some(part) = xml.child(root.inner) {
            if part.name() == "cSld" {
                while let Some(tree) = xml.child(part.inner) {
                    if tree.name() == "spTree" {
                        shapes.extend(self.shapes(&mut xml, tree.inner, &layout)?);
                    }
                }
            }
        }
        self.office.damage(&xml, &place);
        self.write(shapes, out);
        self.office.attach(&self.relationships)?;
        self.links.extend(self.relationships.links().take(LINKS_MAX).map(str::to_owned));
        self.notes(authors, out)
    }

    /// Reads the shapes of a slide or a group.
    fn shapes(&mut self, xml: &mut Xml<'_>, of: usize, layout: &Layout) -> Result<Vec<Shape>, Damage> {
        let mut shapes = Vec::new();
        if self.nesting >= NESTING_MAX {
            let why = format!("groups are nested more than {NESTING_MAX} deep");
            self.office.lost(&format!("slide {}", self.number), "a group", &why);
            return Ok(shapes);
        }
        self.nesting += 1;
        while let Some(part) = xml.child(of) {
            match part.name() {
                "sp" | "pic" | "graphicFrame" | "grpSp" | "cxnSp" => {
                    shapes.push(self.shape(xml, &part, layout)?)
                }
                "AlternateContent" => {
                    if let Some(branch) = branch(xml, &part) {
                        shapes.extend(self.shapes(xml, branch.inner, layout)?);
                    }
                }
                "contentPart" => {
                    let why = "ink is not read";
                    self.office.lost(&format!("slide {}", self.number), "handwriting", why);
                }
                _ => {}
            }
        }
        self.nesting -= 1;
        Ok(shapes)
    }

    fn shape(&mut self, xml: &mut Xml<'_>, element: &Element<'_>, layout: &Layout) -> Result<Shape, Damage> {
        let mut shape = Shape { spot: None, role: None, is_hidden: false, link: None, contents: Vec::new() };
        let is_group = element.name() == "grpSp";
        if is_group {
            // The group's own place comes with its properties, which are among its shapes.
            let mut ahead = xml.clone();
            while let Some(part) = ahead.child(element.inner) {
                match part.name() {
                    "nvGrpSpPr" => self.names(&mut ahead, part.inner, &mut shape),
                    "grpSpPr" => {
                        shape.spot = place(&mut ahead, part.inner);
                        break;
                    }
                    _ => break,
                }
            }
            let own = self.shapes(xml, element.inner, layout)?;
            shape.contents.push(Content::Group(own));
            return Ok(shape);
        }
        while let Some(part) = xml.child(element.inner) {
            match part.name() {
                "nvSpPr" | "nvPicPr" | "nvGraphicFramePr" | "nvCxnSpPr" => {
                    self.names(xml, part.inner, &mut shape)
                }
                "spPr" => self.properties(xml, &part, &mut shape)?,
                "xfrm" => shape.spot = Spot::read(xml, part.inner).or(shape.spot),
                "blipFill" => self.picture(xml, part.inner, &mut shape)?,
                "txBody" => {
                    let inherited = shape.role.as_ref().map(|role| (layout, role));
                    shape.contents.push(Content::Text(text::body(xml, &part, inherited)));
                }
                "graphic" => shape.contents.extend(self.graphic(xml, &part)?),
                _ => {}
            }
        }
        shape.spot = shape.spot.or_else(|| layout.spot(shape.role.as_ref()?));
        Ok(shape)
    }

    /// Reads what a shape says of itself: its role, whether it is hidden, where it leads, whether it plays.
    fn names(&mut self, xml: &mut Xml<'_>, of: usize, shape: &mut Shape) {
        let mut open = vec![of];
        while let Some(inner) = open.last().copied() {
            let Some(part) = xml.child(inner) else {
                open.pop();
                continue;
            };
            match part.name() {
                "cNvPr" => {
                    shape.is_hidden = part.attribute("hidden").is_some_and(|on| on == "1" || on == "true");
                    open.push(part.inner);
                }
                "hlinkClick" => {
                    let id = part.prefixed("id").unwrap_or_default();
                    let leads =
                        part.attribute("action").is_none_or(|action| !action.starts_with("ppaction://hlink"));
                    shape.link = self.relationships.outside(&id).filter(|_| leads).map(str::to_owned);
                }
                "ph" => shape.role = Some(Role::read(&part)),
                "videoFile" | "audioFile" | "wavAudioFile" | "quickTimeFile" => {
                    let why = "sound and film are not read";
                    self.office.lost(&format!("slide {}", self.number), "sound or film", why);
                }
                "nvPr" => open.push(part.inner),
                _ => {}
            }
        }
    }

    fn properties(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        shape: &mut Shape,
    ) -> Result<(), Damage> {
        while let Some(part) = xml.child(element.inner) {
            match part.name() {
                "xfrm" => shape.spot = Spot::read(xml, part.inner),
                "blipFill" => self.picture(xml, part.inner, shape)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn picture(&mut self, xml: &mut Xml<'_>, of: usize, shape: &mut Shape) -> Result<(), Damage> {
        while let Some(part) = xml.child(of) {
            if part.name() == "blip" {
                let id = part.attribute("embed").or_else(|| part.attribute("link")).unwrap_or_default();
                let place = format!("slide {}", self.number);
                if self.office.picture(&self.relationships, &id, &place)? {
                    shape.contents.push(Content::Picture);
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, shapes: Vec<Shape>, out: &mut Writer) {
        for shape in in_order(shapes) {
            if shape.is_hidden {
                let place = format!("slide {}", self.number);
                self.office.noted(&place, "hidden shape", "the show leaves it out; it was kept");
            }
            let is_footer = shape.role.as_ref().is_some_and(Role::is_footer);
            for content in shape.contents {
                match content {
                    Content::Text(paragraphs) if is_footer => {
                        let words: Vec<String> = paragraphs.iter().map(text::Paragraph::plain).collect();
                        let words = words.join(" ").trim().to_owned();
                        let is_footer = shape.role.as_ref().is_some_and(|role| role.kind == "ftr");
                        if is_footer && !words.is_empty() {
                            self.footers.insert(words);
                        }
                    }
                    Content::Text(paragraphs) => {
                        if paragraphs.iter().any(|own| !own.plain().trim().is_empty()) {
                            let is_title = shape.role.as_ref().is_some_and(Role::is_title);
                            text::write(&paragraphs, is_title, shape.link.as_deref(), out);
                        }
                    }
                    Content::Table(rows) => {
                        if rows.iter().flatten().any(|cell| !cell.is_empty()) {
                            out.table(&rows);
                        }
                    }
                    Content::Picture => out.picture(),
                    Content::Chart(mut chart) => {
                        if let Some(corner) = chart.rows.first_mut().and_then(|row| row.first_mut()) {
                            corner.clone_from(&chart.categories);
                        }
                        out.chart(&chart);
                    }
                    Content::Diagram(texts) => {
                        for text in texts {
                            out.paragraph(&inline::escaped(&text));
                        }
                    }
                    Content::Group(shapes) => self.write(shapes, out),
                }
            }
        }
    }
}

/// Where a group's properties put it.
fn place(xml: &mut Xml<'_>, of: usize) -> Option<Spot> {
    let mut spot = None;
    while let Some(part) = xml.child(of) {
        if part.name() == "xfrm" {
            spot = Spot::read(xml, part.inner);
        }
    }
    spot
}
