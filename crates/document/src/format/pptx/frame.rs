//! Frames on a slide: tables, charts, diagrams, and objects of other programs.

use super::super::Damage;
use super::super::ooxml::grid::Grid;
use super::super::ooxml::xml::{Element, Xml};
use super::super::ooxml::{branch, chart, diagram};
use super::Show;
use super::shape::Content;
use super::text;

impl Show<'_, '_> {
    /// Reads the graphic of a frame.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn graphic(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
    ) -> Result<Vec<Content>, Damage> {
        let mut contents = Vec::new();
        let mut open = vec![element.inner];
        while let Some(inner) = open.last().copied() {
            let Some(part) = xml.child(inner) else {
                open.pop();
                continue;
            };
            match part.name() {
                "tbl" => contents.push(self.table(xml, &part)),
                "chart" => {
                    if let Some(text) = self.related(part.prefixed("id").as_deref(), "a chart")? {
                        let mut xml = Xml::new(&text);
                        contents.push(Content::Chart(chart::read(&mut xml)));
                        self.office.damage(&xml, &format!("slide {}, a chart", self.number));
                    }
                }
                "relIds" => {
                    if let Some(text) = self.related(part.attribute("dm").as_deref(), "a diagram")? {
                        contents.push(Content::Diagram(diagram::read(&mut Xml::new(&text))));
                    }
                }
                "AlternateContent" => open.extend(branch(xml, &part).map(|branch| branch.inner)),
                // An embedded object is an attachment; its picture is no more than a preview.
                "oleObj" => {}
                _ => open.push(part.inner),
            }
        }
        Ok(contents)
    }

    fn related(&mut self, id: Option<&str>, what: &str) -> Result<Option<String>, Damage> {
        match id.and_then(|id| self.relationships.part(id)).map(str::to_owned) {
            Some(part) => self.office.text(&part),
            None => {
                self.office.lost(&format!("slide {}", self.number), what, "the file does not hold it");
                Ok(None)
            }
        }
    }

    fn table(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Content {
        let before = self.office.room;
        let mut grid = Grid::new(before);
        while let Some(row) = xml.child(element.inner) {
            if row.name() != "tr" {
                continue;
            }
            grid.row();
            let mut column = 0;
            while let Some(cell) = xml.child(row.inner) {
                if cell.name() != "tc" {
                    continue;
                }
                let on =
                    |name: &str| cell.attribute(name).is_some_and(|value| value == "1" || value == "true");
                let (continues_down, continues_right) = (on("vMerge"), on("hMerge"));
                let span = cell.number("gridSpan").and_then(|span| usize::try_from(span).ok()).unwrap_or(1);
                let text = self.cell(xml, &cell);
                if continues_down && text.is_empty() {
                    grid.continue_down(column, 1);
                } else if !(continues_right && text.is_empty()) {
                    grid.put(column, span, &text);
                }
                column += 1;
            }
        }
        let (rows, room) = grid.finish();
        if room == 0 && before > 0 {
            let why = "cells span so many others that their text is not repeated in all of them";
            self.office.noted(&format!("slide {}", self.number), "a table", why);
        }
        self.office.room = room;
        Content::Table(rows)
    }

    fn cell(&mut self, xml: &mut Xml<'_>, cell: &Element<'_>) -> String {
        let mut lines = Vec::new();
        while let Some(part) = xml.child(cell.inner) {
            if part.name() == "txBody" {
                let paragraphs = text::body(xml, &part, None);
                lines.extend(paragraphs.iter().map(text::Paragraph::plain));
            }
        }
        lines.join(" ").trim().to_owned()
    }
}
