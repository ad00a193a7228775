//! Drawings in a line of text: pictures, charts, diagrams and text boxes, of DrawingML and of the older VML.

use super::super::Damage;
use super::super::ooxml::xml::{Element, Xml};
use super::super::ooxml::{branch, chart, diagram, inline};
use super::body::Body;
use super::run::Into;

impl Body<'_, '_> {
    /// Reads a drawing. The text of its boxes is written at once.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn drawing(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        into: Into<'_>,
    ) -> Result<(), Damage> {
        let (draft, out) = into;
        let mut is_picture = false;
        let mut open = vec![element.inner];
        while let Some(inner) = open.last().copied() {
            let Some(part) = xml.child(inner) else {
                open.pop();
                continue;
            };
            match part.name() {
                "blip" => {
                    let id = part.attribute("embed").or_else(|| part.attribute("link"));
                    draft.pictures += usize::from(self.picture(id.as_deref())?);
                    is_picture = true;
                }
                "imagedata" => {
                    let id = part.prefixed("id").or_else(|| part.prefixed("pict"));
                    draft.pictures += usize::from(self.picture(id.as_deref())?);
                    is_picture = true;
                }
                "txbxContent" => {
                    let has_text = std::mem::take(&mut self.pages.has_text);
                    draft.has_run |= self.text_box(xml, &part, out)?;
                    self.pages.has_text |= has_text;
                }
                "textpath" => out.paragraph(&inline::escaped(&part.attribute("string").unwrap_or_default())),
                "chart" => {
                    is_picture = true;
                    if let Some(text) = self.related(part.prefixed("id"))? {
                        let mut xml = Xml::new(&text);
                        draft.charts.push(chart::read(&mut xml));
                        self.office.damage(&xml, "a chart");
                    }
                }
                "relIds" => {
                    if let Some(text) = self.related(part.attribute("dm"))? {
                        draft.diagrams.extend(diagram::read(&mut Xml::new(&text)));
                    }
                }
                "AlternateContent" => open.extend(branch(xml, &part).map(|branch| branch.inner)),
                _ => open.push(part.inner),
            }
        }
        draft.has_drawing |= element.name() == "drawing" && !is_picture;
        Ok(())
    }

    /// Takes a picture; gives whether it is shown.
    fn picture(&mut self, id: Option<&str>) -> Result<bool, Damage> {
        let id = id.unwrap_or_default();
        self.office.picture(&self.relationships, id, self.place)
    }

    /// Writes what is in a text box; gives whether there is anything.
    fn text_box(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        out: &mut super::super::ooxml::writer::Writer,
    ) -> Result<bool, Damage> {
        let before = out.len();
        self.apart += 1;
        let done = self.blocks(xml, element.inner, out);
        self.apart -= 1;
        done?;
        Ok(out.len() > before)
    }

    fn related(&mut self, id: Option<String>) -> Result<Option<String>, Damage> {
        let part = id.as_deref().and_then(|id| self.relationships.part(id));
        match part.map(str::to_owned) {
            Some(part) => self.office.text(&part),
            None => {
                self.office.lost(self.place, "a chart or diagram", "the file does not hold it");
                Ok(None)
            }
        }
    }
}
