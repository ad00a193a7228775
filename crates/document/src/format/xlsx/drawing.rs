//! What is drawn over a sheet's cells: pictures, charts, text boxes.

use super::chart::Plot;
use crate::Document;
use crate::format::Damage;
use crate::package::Package;
use crate::package::relations::Relations;
use crate::picture::{Picture, media_type};
use crate::sheet::{Content, Float, Sheet};
use crate::xml::{self, Element, Token, Xml, local};

/// How many things may be drawn on a sheet.
const FLOATS_MAX: usize = 20_000;

/// Reads a part of drawings into `sheet`; gives the charts with the rows where they begin.
pub(super) fn read(
    package: &mut Package<'_>,
    part: &str,
    sheet: &mut Sheet,
    document: &mut Document,
) -> Vec<(u32, Plot)> {
    let relations = Relations::of(package, part);
    let mut drawing = Drawing { package, relations, sheet, document, charts: Vec::new() };
    if let Err(why) = drawing.read(part) {
        let problem = drawing.sheet.problem("drawing", why, true);
        drawing.document.problems.push(problem);
    }
    drawing.charts
}

struct Drawing<'a, 'p> {
    package: &'a mut Package<'p>,
    relations: Relations,
    sheet: &'a mut Sheet,
    document: &'a mut Document,
    charts: Vec<(u32, Plot)>,
}

impl Drawing<'_, '_> {
    fn read(&mut self, part: &str) -> Result<(), String> {
        let bytes = self.package.read(part).map_err(why)?;
        let text = xml::decoded(bytes.ok_or_else(|| format!("the package has no part `{part}`"))?);
        let mut xml = Xml::new(&text);
        while let Some(token) = xml.next()? {
            let Token::Start(tag) = token else { continue };
            if matches!(tag.local(), "twoCellAnchor" | "oneCellAnchor" | "absoluteAnchor") {
                let anchor = xml.tree(&tag)?;
                let from = anchor.elements().find(|element| local(&element.name) == "from");
                let row = from.and_then(|from| from.elements().find(|element| local(&element.name) == "row"));
                let row = row.and_then(|row| row.text().trim().parse().ok()).unwrap_or(0);
                self.anchored(&anchor, row)?;
            }
        }
        Ok(())
    }

    /// Takes what is within an element, groups opened.
    fn anchored(&mut self, element: &Element, row: u32) -> Result<(), String> {
        if self.sheet.floats.len() + self.charts.len() >= FLOATS_MAX {
            return Err(format!("it has more than {FLOATS_MAX} pictures, charts and text boxes"));
        }
        for child in element.elements() {
            match local(&child.name) {
                "pic" => self.picture(child, row),
                "sp" | "cxnSp" => self.shape(child, row),
                "graphicFrame" => self.frame(child, row),
                "Fallback" if element.elements().any(|other| local(&other.name) == "Choice") => {}
                "grpSp" | "AlternateContent" | "Choice" | "Fallback" => self.anchored(child, row)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn picture(&mut self, element: &Element, row: u32) {
        let blip = element.descendants_local("blip").into_iter().next();
        let part = blip.and_then(|blip| blip.attribute_local("embed")).and_then(|id| self.relations.part(id));
        let picture = part.map(str::to_owned).and_then(|part| {
            let media_type = media_type(&part)?;
            let bytes = self.package.read(&part).ok()??;
            Some(Picture { media_type, bytes })
        });
        self.sheet.floats.push(Float { top: row, content: Content::Picture(picture) });
    }

    fn shape(&mut self, element: &Element, row: u32) {
        let bodies = element.descendants_local("txBody");
        let text = bodies.into_iter().map(paragraphs).collect::<Vec<_>>().join("\n");
        if !text.trim().is_empty() {
            self.sheet.floats.push(Float { top: row, content: Content::Text(text) });
        }
    }

    fn frame(&mut self, element: &Element, row: u32) {
        let chart = element.descendants_local("chart").into_iter().next();
        let id = chart.and_then(|chart| chart.attribute_local("id"));
        let data = element.descendants_local("relIds").into_iter().next();
        let diagram = data.and_then(|data| data.attribute_local("dm"));
        let Some(part) = id.or(diagram).and_then(|id| self.relations.part(id)).map(str::to_owned) else {
            let why = "something drawn here is of a kind that is not read".into();
            return self.document.problems.push(self.sheet.problem("drawing", why, true));
        };
        match self.tree(&part) {
            Ok(tree) if id.is_some() => self.charts.push((row, Plot::of(&tree))),
            Ok(tree) => {
                let text = paragraphs(&tree);
                self.sheet.floats.push(Float { top: row, content: Content::Text(text) });
            }
            Err(why) => self.document.problems.push(self.sheet.problem("chart", why, true)),
        }
    }

    fn tree(&mut self, part: &str) -> Result<Element, String> {
        let bytes = self.package.read(part).map_err(why)?;
        let text = xml::decoded(bytes.ok_or_else(|| format!("the package has no part `{part}`"))?);
        let mut xml = Xml::new(&text);
        while let Some(token) = xml.next()? {
            if let Token::Start(tag) = token {
                return xml.tree(&tag);
            }
        }
        Err(format!("the part `{part}` is empty"))
    }
}

/// The paragraphs of drawn text, a line each.
fn paragraphs(body: &Element) -> String {
    let paragraphs = body.descendants_local("p").into_iter().map(|paragraph| {
        let runs = paragraph.descendants_local("t");
        runs.into_iter().map(Element::text).collect::<String>()
    });
    paragraphs.filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
}

fn why(damage: Damage) -> String {
    match damage {
        Damage::Broken(why) | Damage::TooMuch(why) => why,
        Damage::Locked => "it is encrypted".into(),
    }
}
