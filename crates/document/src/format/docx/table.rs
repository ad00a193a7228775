//! Tables of a Word text. One of a single cell is a frame around its text, and tables within cells are their words.

use std::mem;

use super::super::Damage;
use super::super::ooxml::NESTING_MAX;
use super::super::ooxml::grid::Grid;
use super::super::ooxml::inline;
use super::super::ooxml::writer::Writer;
use super::super::ooxml::xml::{Element, Xml};
use super::body::Body;
use super::list::Lists;

/// A cell's properties.
#[derive(Default)]
struct Shape {
    span: usize,
    /// Whether it goes on from the cell above.
    continues: bool,
}

/// A table being read.
struct Table {
    grid: Grid,
    /// How many columns the table says it has.
    columns: usize,
    column: usize,
}

impl Body<'_, '_> {
    /// Reads a table.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn table(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        out: &mut Writer,
    ) -> Result<(), Damage> {
        if is_frame(xml, element.inner) {
            out.end_code();
            self.frame(xml, element.inner, out)?;
            out.end_code();
            return Ok(());
        }
        let room = self.office.room;
        let mut table = Table { grid: Grid::new(room), columns: 0, column: 0 };
        // Lists in cells are apart from those around the table.
        let lists = mem::take(&mut self.lists);
        self.in_tables += 1;
        self.apart += 1;
        let read = self.rows(xml, element.inner, &mut table);
        self.apart -= 1;
        self.in_tables -= 1;
        self.lists = lists;
        read?;
        let (rows, room) = table.grid.finish();
        if room == 0 && self.office.room > 0 {
            let why = "cells span so many others that their text is not repeated in all of them";
            self.office.noted(self.place, "a table", why);
        }
        self.office.room = room;
        if self.in_tables > 0 {
            let words = rows.iter().flatten().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
            out.paragraph(&words.collect::<Vec<_>>().join(" ").replace('\n', " "));
        } else {
            out.table(&rows);
        }
        Ok(())
    }

    /// Reads a table of one cell, whose content is written as it would be without.
    fn frame(&mut self, xml: &mut Xml<'_>, of: usize, out: &mut Writer) -> Result<(), Damage> {
        if self.too_deep() {
            return Ok(());
        }
        self.nesting += 1;
        while let Some(part) = xml.child(of) {
            match part.name() {
                "tr" | "sdt" | "sdtContent" => self.frame(xml, part.inner, out)?,
                "tc" => self.blocks(xml, part.inner, out)?,
                _ => {}
            }
        }
        self.nesting -= 1;
        Ok(())
    }

    /// Reads the rows of a table, or of what wraps some of them.
    fn rows(&mut self, xml: &mut Xml<'_>, of: usize, table: &mut Table) -> Result<(), Damage> {
        if self.too_deep() {
            return Ok(());
        }
        self.nesting += 1;
        while let Some(part) = xml.child(of) {
            match part.name() {
                "tblGrid" => {
                    while let Some(column) = xml.child(part.inner) {
                        table.columns += usize::from(column.name() == "gridCol");
                    }
                }
                "tr" => {
                    table.grid.row();
                    table.column = 0;
                    self.cells(xml, part.inner, table)?;
                }
                "sdt" | "sdtContent" | "customXml" | "ins" | "moveTo" => self.rows(xml, part.inner, table)?,
                _ => {}
            }
        }
        self.nesting -= 1;
        Ok(())
    }

    fn cells(&mut self, xml: &mut Xml<'_>, of: usize, table: &mut Table) -> Result<(), Damage> {
        if self.too_deep() {
            return Ok(());
        }
        self.nesting += 1;
        while let Some(part) = xml.child(of) {
            match part.name() {
                "trPr" => {
                    while let Some(own) = xml.child(part.inner) {
                        if own.name() == "gridBefore" {
                            table.column =
                                own.number("val").and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
                        }
                    }
                }
                "tc" => self.cell(xml, &part, table)?,
                "sdt" | "sdtContent" | "customXml" | "ins" => self.cells(xml, part.inner, table)?,
                _ => {}
            }
        }
        self.nesting -= 1;
        Ok(())
    }

    fn cell(&mut self, xml: &mut Xml<'_>, element: &Element<'_>, table: &mut Table) -> Result<(), Damage> {
        let mut shape = Shape { span: 1, ..Shape::default() };
        let mut out = Writer::default();
        let mut plain = None;
        let mut parts = 0;
        self.lists = Lists::default();
        while let Some(part) = xml.child(element.inner) {
            match part.name() {
                "tcPr" => shape = shape_of(xml, &part),
                "p" => {
                    let before = out.len();
                    let text = self.cell_paragraph(xml, &part, &mut out)?;
                    plain = text.filter(|_| before == 0 && parts == 0);
                    parts += 1;
                }
                _ => {
                    plain = None;
                    parts += 1;
                    self.block(xml, &part, &mut out)?;
                }
            }
        }
        let rich = out.finish();
        if shape.continues && rich.trim().is_empty() {
            table.grid.continue_down(table.column, shape.span);
        } else {
            table.grid.put(table.column, shape.span, &plain.unwrap_or(rich));
        }
        table.column = table.column.saturating_add(shape.span);
        Ok(())
    }

    /// Writes a paragraph of a cell, and gives its bare text if it has nothing but that.
    fn cell_paragraph(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        out: &mut Writer,
    ) -> Result<Option<String>, Damage> {
        let draft = self.gather(xml, element, out)?;
        let style = self.styles.paragraph(draft.layout.style.as_deref());
        let bare = draft.is_bare() && draft.numbering(style).is_none();
        let text = bare.then(|| inline::plain(&draft.pieces));
        self.place_paragraph(draft, out);
        Ok(text)
    }

    fn too_deep(&mut self) -> bool {
        let too_deep = self.nesting >= NESTING_MAX;
        if too_deep {
            let why = format!("tables are nested more than {NESTING_MAX} deep");
            self.office.lost(self.place, "a table", &why);
        }
        too_deep
    }
}

/// Whether a table that is about to be read has one cell alone.
fn is_frame(xml: &Xml<'_>, of: usize) -> bool {
    let mut ahead = xml.clone();
    let (mut columns, mut rows, mut cells) = (0, 0, 0);
    let mut open = vec![of];
    while let Some(inner) = open.last().copied() {
        let Some(part) = ahead.child(inner) else {
            open.pop();
            continue;
        };
        match part.name() {
            "gridCol" => columns += 1,
            "tc" => cells += 1,
            "tr" => {
                rows += 1;
                open.push(part.inner);
            }
            "tblGrid" | "sdt" | "sdtContent" => open.push(part.inner),
            _ => {}
        }
        if columns > 1 || rows > 1 || cells > 1 {
            return false;
        }
    }
    cells == 1
}

fn shape_of(xml: &mut Xml<'_>, element: &Element<'_>) -> Shape {
    let mut shape = Shape { span: 1, ..Shape::default() };
    while let Some(part) = xml.child(element.inner) {
        match part.name() {
            "gridSpan" => {
                shape.span = part.number("val").and_then(|n| usize::try_from(n).ok()).unwrap_or(1).max(1)
            }
            "vMerge" => shape.continues = part.attribute("val").is_none_or(|kind| kind != "restart"),
            _ => {}
        }
    }
    shape
}
