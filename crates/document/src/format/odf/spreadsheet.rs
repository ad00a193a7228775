//! OpenDocument sheets, streamed cell by cell; each sheet a page.

use super::inline::collapsed;
use super::objects::{self, Object};
use super::tables::{plain, said_in_sheet, typed};
use super::{Source, enter};
use crate::Document;
use crate::compose::line;
use crate::package::Package;
use crate::picture::{Picture, media_type};
use crate::sheet::{Content, Float, Merged, Pages, Range, Sheet, address};
use crate::xml::{Element, Tag, Token, Xml};

/// How many rows and columns a sheet has.
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;
/// How many cells, merged areas and floating things of a sheet are read.
const CELLS_MAX: usize = 10_000_000;
const MERGED_MAX: usize = 1_000_000;
const FLOATS_MAX: usize = 20_000;
/// How many sheets are read.
const SHEETS_MAX: usize = 4096;

/// Reads the body of a workbook.
pub(super) fn read(source: &mut Source<'_>, document: &mut Document) -> Result<(), String> {
    let mut xml = Xml::new(source.content);
    let mut sheets = Vec::new();
    let read = body(&mut xml, source, &mut sheets, document);
    // The name of an only sheet says what the file is; names of several tell them apart.
    let named = sheets.len() > 1;
    if let [sheet] = sheets.as_slice()
        && document.title.is_none()
    {
        document.title = Some(line(&sheet.name)).filter(|name| !name.is_empty());
    }
    let mut pages = Pages::new(document, named);
    sheets.into_iter().for_each(|sheet| pages.write(sheet));
    read
}

fn body(
    xml: &mut Xml<'_>,
    source: &mut Source<'_>,
    sheets: &mut Vec<Sheet>,
    document: &mut Document,
) -> Result<(), String> {
    let kind = enter(xml)?;
    if kind != "office:spreadsheet" {
        return Err(format!("its body is `{kind}`, not sheets"));
    }
    while let Some(token) = xml.next()? {
        let Token::Start(tag) = token else { continue };
        if tag.name() != "table:table" {
            xml.skip()?;
            continue;
        }
        if sheets.len() >= SHEETS_MAX {
            return Err(format!("it has more than {SHEETS_MAX} sheets"));
        }
        let sheet = Sheet::beside(sheets, tag.qualified("table:name").unwrap_or_default().into_owned());
        let hidden = tag.qualified("table:display").is_some_and(|display| display == "false")
            || source.styles.hidden("table", tag.qualified("table:style-name").as_deref());
        if hidden {
            document.problems.push(sheet.problem("sheet", "it is hidden; it was read".into(), false));
        }
        let mut reading = Reading { source, sheet, row: 0, column: 0, hidden: (0, 0), left_out: 0 };
        let read = reading.rows(xml);
        let Reading { mut sheet, hidden, left_out, .. } = reading;
        sheet.order();
        sheet.part_at_blank_rows();
        for (count, what) in [(hidden.0, "rows"), (hidden.1, "columns")] {
            if count > 0 {
                document.problems.push(sheet.problem(
                    what,
                    format!("{count} are hidden; they were read"),
                    false,
                ));
            }
        }
        if left_out > 0 {
            let why = format!("{left_out} were left out, over the limits of a sheet");
            document.problems.push(sheet.problem("cells", why, true));
        }
        sheets.push(sheet);
        read?;
    }
    Ok(())
}

struct Reading<'s, 'a> {
    source: &'s mut Source<'a>,
    sheet: Sheet,
    row: u32,
    column: u32,
    /// Hidden rows and columns.
    hidden: (u64, u64),
    left_out: u64,
}

/// A cell of the row being read.
struct Cell {
    column: u32,
    /// How many times it stands side by side.
    repeated: u32,
    text: String,
    rows: u32,
    columns: u32,
    repeats: bool,
}

impl Reading<'_, '_> {
    /// Reads the rows of the table that began last, and those of groups in it.
    fn rows(&mut self, xml: &mut Xml<'_>) -> Result<(), String> {
        let mut depth = 1;
        while depth > 0 {
            match xml.next()? {
                Some(Token::Start(tag)) => match tag.name() {
                    "table:table-row" => self.row(&tag, xml)?,
                    "table:table-column" => {
                        // The columns beyond what is used are often hidden up to the last of all.
                        let repeated = times(&tag, "table:number-columns-repeated", COLUMNS);
                        if hidden(&tag) && repeated < COLUMNS / 2 {
                            self.hidden.1 += u64::from(repeated);
                        }
                        xml.skip()?;
                    }
                    "table:table-header-rows"
                    | "table:table-rows"
                    | "table:table-row-group"
                    | "table:table-columns"
                    | "table:table-column-group"
                    | "table:table-header-columns" => {
                        depth += 1;
                    }
                    "table:shapes" => {
                        let shapes = xml.tree(&tag)?;
                        self.shapes(&shapes, 0);
                    }
                    _ => xml.skip()?,
                },
                Some(Token::End(_)) => depth -= 1,
                Some(Token::Text(_)) => {}
                None => break,
            }
        }
        Ok(())
    }

    fn row(&mut self, tag: &Tag<'_>, xml: &mut Xml<'_>) -> Result<(), String> {
        let repeated = times(tag, "table:number-rows-repeated", ROWS);
        let hidden = hidden(tag);
        self.column = 0;
        let mut cells = Vec::new();
        loop {
            match xml.next()? {
                Some(Token::Start(tag)) => self.cell(&tag, xml, &mut cells)?,
                Some(Token::End(_)) | None => break,
                Some(Token::Text(_)) => {}
            }
        }
        if hidden && !cells.is_empty() {
            self.hidden.0 += u64::from(repeated);
        }
        if !cells.is_empty() {
            for row in 0..repeated {
                self.push(self.row.saturating_add(row), &cells);
                if self.sheet.len() >= CELLS_MAX {
                    let each: u64 = cells.iter().map(|cell| u64::from(cell.repeated)).sum();
                    self.left_out += each * u64::from(repeated - row - 1);
                    break;
                }
            }
        }
        self.row = self.row.saturating_add(repeated);
        Ok(())
    }

    fn cell(&mut self, tag: &Tag<'_>, xml: &mut Xml<'_>, cells: &mut Vec<Cell>) -> Result<(), String> {
        let repeated = times(tag, "table:number-columns-repeated", COLUMNS);
        let column = self.column;
        self.column = column.saturating_add(repeated);
        if tag.name() != "table:table-cell" {
            return xml.skip();
        }
        let begun = xml.clone();
        let (text, repeats) = match simple(tag, xml)? {
            Some(said) => said,
            None => {
                *xml = begun;
                let element = xml.tree(tag)?;
                self.around(&element, column);
                (said_in_sheet(&element, &self.source.styles), plain(&element))
            }
        };
        let rows = times(tag, "table:number-rows-spanned", ROWS);
        let columns = times(tag, "table:number-columns-spanned", COLUMNS);
        if text.is_empty() && (rows, columns) != (1, 1) {
            self.merge(self.row, &Cell { column, repeated, text, rows, columns, repeats });
        } else if !text.is_empty() {
            cells.push(Cell { column, repeated, text, rows, columns, repeats });
        }
        Ok(())
    }

    fn push(&mut self, row: u32, cells: &[Cell]) {
        for cell in cells {
            let end = cell.column.saturating_add(cell.repeated);
            for column in cell.column..end {
                if row >= ROWS || column >= COLUMNS || self.sheet.len() >= CELLS_MAX {
                    self.left_out += u64::from(end - column);
                    break;
                }
                self.sheet.push(row, column, &cell.text);
            }
            if (cell.rows, cell.columns) != (1, 1) {
                self.merge(row, cell);
            }
        }
    }

    fn merge(&mut self, row: u32, cell: &Cell) {
        if self.sheet.merged.len() >= MERGED_MAX || row >= ROWS || cell.column >= COLUMNS {
            return;
        }
        let bottom = row.saturating_add(cell.rows - 1).min(ROWS - 1);
        let right = cell.column.saturating_add(cell.columns - 1).min(COLUMNS - 1);
        let range = Range { top: row, left: cell.column, bottom, right };
        self.sheet.merged.push(Merged { range, repeats: cell.repeats });
    }

    /// Takes what hangs on a cell: comments, pictures, charts.
    fn around(&mut self, cell: &Element, column: u32) {
        for comment in cell.elements().filter(|child| child.name == "office:annotation") {
            let author = comment.elements().find(|child| child.name == "dc:creator").map(Element::text);
            let said: Vec<String> = comment.descendants("text:p").into_iter().map(Element::text).collect();
            let (cell, text) = (address(self.row, column), said.join(" "));
            if !text.trim().is_empty() {
                let content = Content::Comment { cell, author: author.unwrap_or_default(), text };
                self.float(u32::MAX, content);
            }
        }
        self.shapes(cell, self.row);
    }

    fn shapes(&mut self, element: &Element, row: u32) {
        for child in element.elements() {
            match child.name.as_str() {
                "draw:frame" => self.frame(child, row),
                "draw:control" => {}
                name if name.starts_with("draw:") => {
                    let said = child.descendants("text:p").into_iter().map(Element::text).collect::<Vec<_>>();
                    if child.descendants("draw:frame").is_empty() {
                        self.float(row, Content::Text(said.join("\n")));
                    } else {
                        self.shapes(child, row);
                    }
                }
                "text:p" | "text:span" => self.shapes(child, row),
                _ => {}
            }
        }
    }

    fn frame(&mut self, frame: &Element, row: u32) {
        let object = frame.elements().find(|child| child.name == "draw:object");
        let object = object.and_then(|object| objects::read(object, self.source.package.as_mut()));
        let said = frame.descendants("text:p").into_iter().map(Element::text).collect::<Vec<_>>().join("\n");
        match object {
            Some(Object::Chart(chart)) => self.float(row, Content::Chart(chart)),
            Some(Object::Formula(formula)) => self.float(row, Content::Text(format!("${formula}$"))),
            None if !said.trim().is_empty() => self.float(row, Content::Text(said)),
            None => {
                if let Some(image) = frame.descendants("draw:image").first() {
                    let picture = picture(image, self.source.package.as_mut());
                    self.float(row, Content::Picture(picture));
                }
            }
        }
    }

    fn float(&mut self, top: u32, content: Content) {
        if self.sheet.floats.len() < FLOATS_MAX {
            self.sheet.floats.push(Float { top, content });
        } else {
            self.left_out += 1;
        }
    }
}

/// What a cell says that has one plain line of text or none, as most have, and whether that is its value; `None`
/// when there is more to it.
fn simple(tag: &Tag<'_>, xml: &mut Xml<'_>) -> Result<Option<(String, bool)>, String> {
    let mut line: Option<String> = None;
    let mut within = false;
    loop {
        match xml.next()? {
            Some(Token::Start(inner)) if line.is_none() && inner.name() == "text:p" => {
                line = Some(String::new());
                within = true;
            }
            Some(Token::Start(_)) | None => return Ok(None),
            Some(Token::Text(text)) if within => {
                if let Some(line) = &mut line {
                    line.push_str(&text);
                }
            }
            Some(Token::Text(_)) => {}
            Some(Token::End(_)) if within => within = false,
            Some(Token::End(_)) => break,
        }
    }
    let value = typed(&|name| tag.qualified(name));
    let said = value.unwrap_or_else(|| collapsed(&line.unwrap_or_default()).trim().to_owned());
    Ok(Some((said, tag.qualified("office:value-type").is_some())))
}

fn picture(image: &Element, package: Option<&mut Package<'_>>) -> Option<Picture> {
    let part = image.attribute("xlink:href")?.trim_start_matches("./");
    let media_type = media_type(part)?;
    let bytes = package?.read(part).ok()??;
    Some(Picture { media_type, bytes })
}

fn hidden(tag: &Tag<'_>) -> bool {
    tag.qualified("table:visibility").is_some_and(|visibility| matches!(&*visibility, "collapse" | "filter"))
}

/// A number of times, from one to `most`.
fn times(tag: &Tag<'_>, name: &str, most: u32) -> u32 {
    tag.qualified(name).and_then(|times| times.trim().parse().ok()).unwrap_or(1).clamp(1, most)
}
