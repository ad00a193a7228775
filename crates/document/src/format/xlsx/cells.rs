//! The cells of a worksheet, streamed from its part.

use super::Workbook;
use super::strings;
use crate::Document;
use crate::sheet::found::Found;
use crate::sheet::{Merged, Range, Sheet};
use crate::xml::{Tag, Token, Xml};

/// How many rows and columns a worksheet has.
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;
/// How many cells of a sheet are read.
const CELLS_MAX: usize = 10_000_000;
/// How many merged areas of a sheet are read.
const MERGED_MAX: usize = 1_000_000;

/// Reads a worksheet's part into `sheet`. What cannot be read is in the document's problems. Gives where links are,
/// and the ids of where they lead.
pub(super) fn read(
    text: &str,
    workbook: &Workbook,
    sheet: &mut Sheet,
    document: &mut Document,
) -> Vec<(Range, String)> {
    let mut reading = Reading {
        workbook,
        row: None,
        column: None,
        raw: String::new(),
        formula: String::new(),
        found: Found::default(),
        links: Vec::new(),
    };
    if let Err(why) = reading.read(text, sheet) {
        document.problems.push(sheet.problem("cells", why, true));
    }
    sheet.order();
    reading.found.tell(sheet, CELLS_MAX, document);
    reading.links
}

struct Reading<'a> {
    workbook: &'a Workbook,
    /// The row and the column of the last cell.
    row: Option<u32>,
    column: Option<u32>,
    /// What the cell being read holds.
    raw: String,
    formula: String,
    found: Found,
    links: Vec<(Range, String)>,
}

/// Where a cell is, and how it holds its value.
struct Stored {
    row: u32,
    column: u32,
    kind: Kind,
    style: usize,
}

/// How a cell holds its value.
enum Kind {
    Number,
    Shared,
    Boolean,
    Text,
}

impl Reading<'_> {
    fn read(&mut self, text: &str, sheet: &mut Sheet) -> Result<(), String> {
        let mut xml = Xml::new(text);
        while let Some(token) = xml.next()? {
            let Token::Start(tag) = token else { continue };
            match tag.local() {
                "c" => self.cell(&tag, &mut xml, sheet)?,
                "row" => self.row(&tag),
                "mergeCell" if sheet.merged.len() < MERGED_MAX => {
                    let range = tag.attribute("ref").and_then(|range| parse_range(&range));
                    sheet.merged.extend(range.map(|range| Merged { range, repeats: true }));
                }
                "hyperlink" => {
                    let place = tag.attribute("ref").and_then(|range| parse_range(&range));
                    if let (Some(place), Some(id)) = (place, tag.attribute("id")) {
                        self.links.push((place, id.into_owned()));
                    }
                }
                "col" if tag.says("hidden") => {
                    let (first, last): (u32, u32) =
                        (tag.number("min").unwrap_or(1), tag.number("max").unwrap_or(1));
                    // The columns beyond what is used are often hidden up to the last of all.
                    if last < COLUMNS {
                        self.found.hidden_columns += last.saturating_sub(first) as usize + 1;
                    }
                }
                // Data of other applications, and forms that stand for what is read elsewhere.
                "extLst" | "controls" | "oleObjects" => xml.skip()?,
                _ => {}
            }
        }
        Ok(())
    }

    fn row(&mut self, tag: &Tag<'_>) {
        let told = tag.number::<u32>("r").filter(|row| (1..=ROWS).contains(row)).map(|row| row - 1);
        self.row = told.or(Some(self.row.map_or(0, |row| row + 1)));
        self.column = None;
        self.found.hidden_rows += usize::from(tag.says("hidden"));
    }

    fn cell(&mut self, tag: &Tag<'_>, xml: &mut Xml<'_>, sheet: &mut Sheet) -> Result<(), String> {
        let mut place = None;
        let mut style = 0;
        let mut kind = Kind::Number;
        tag.raw_attributes(|name, value| match name {
            "r" => place = Some(parse_cell(value)),
            "s" => style = value.parse().unwrap_or(0),
            "t" => {
                kind = match value {
                    "s" => Kind::Shared,
                    "b" => Kind::Boolean,
                    "n" => Kind::Number,
                    _ => Kind::Text,
                }
            }
            _ => {}
        });
        let next = (self.row.unwrap_or(0), self.column.map_or(0, |column| column + 1));
        self.found.misplaced += usize::from(place == Some(None));
        let (row, column) = place.flatten().unwrap_or(next);
        (self.row, self.column) = (Some(row), Some(column));
        self.raw.clear();
        self.formula.clear();
        self.content(xml)?;
        if sheet.len() >= CELLS_MAX {
            self.found.left_out += 1;
            return Ok(());
        }
        self.say(sheet, &Stored { row, column, kind, style });
        Ok(())
    }

    /// Takes what is in the cell that began last.
    fn content(&mut self, xml: &mut Xml<'_>) -> Result<(), String> {
        loop {
            match xml.next()? {
                Some(Token::Start(tag)) => match tag.local() {
                    "v" => take_text(xml, &mut self.raw)?,
                    "f" => take_text(xml, &mut self.formula)?,
                    "is" => strings::push_string(xml, &mut self.raw)?,
                    _ => xml.skip()?,
                },
                Some(Token::Text(_)) => {}
                Some(Token::End(_)) | None => return Ok(()),
            }
        }
    }

    fn say(&mut self, sheet: &mut Sheet, cell: &Stored) {
        let Stored { row, column, style, .. } = *cell;
        let raw = self.raw.as_str();
        if raw.is_empty() {
            if !self.formula.is_empty() {
                self.found.without_value += 1;
                sheet.push(row, column, &format!("={}", self.formula));
            }
            return;
        }
        match cell.kind {
            Kind::Shared => {
                match raw.trim().parse().ok().and_then(|index| self.workbook.strings.get(index)) {
                    Some(text) => sheet.push(row, column, text),
                    None => self.found.unknown_strings += 1,
                }
            }
            Kind::Boolean => {
                let said = match raw.trim() {
                    "1" | "true" => "True",
                    "0" | "false" => "False",
                    other => other,
                };
                sheet.push(row, column, said);
            }
            Kind::Text => {
                let mut text = String::with_capacity(raw.len());
                strings::push_unescaped(&mut text, raw);
                sheet.push(row, column, &text);
            }
            Kind::Number => sheet.push(row, column, &self.workbook.formats.shown(raw.trim(), style)),
        }
    }
}

/// Takes the text of the element that began last.
fn take_text(xml: &mut Xml<'_>, all: &mut String) -> Result<(), String> {
    loop {
        match xml.next()? {
            Some(Token::Text(text)) => all.push_str(&text),
            Some(Token::Start(_)) => xml.skip()?,
            Some(Token::End(_)) | None => return Ok(()),
        }
    }
}

/// The row and the column, 0-based, of an address such as `B3` or `$B$3`.
pub(super) fn parse_cell(address: &str) -> Option<(u32, u32)> {
    let mut column: u32 = 0;
    let mut row: u32 = 0;
    for byte in address.bytes().filter(|byte| *byte != b'$') {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' if row == 0 => {
                column =
                    column.checked_mul(26)?.checked_add(u32::from(byte.to_ascii_uppercase() - b'A') + 1)?;
            }
            b'0'..=b'9' => row = row.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?,
            _ => return None,
        }
    }
    ((1..=ROWS).contains(&row) && (1..=COLUMNS).contains(&column)).then(|| (row - 1, column - 1))
}

/// The cells of a range such as `A1:B2`, or of one cell.
pub(super) fn parse_range(range: &str) -> Option<Range> {
    let (first, last) = range.split_once(':').unwrap_or((range, range));
    let (a, b) = (parse_cell(first)?, parse_cell(last)?);
    Some(Range { top: a.0.min(b.0), left: a.1.min(b.1), bottom: a.0.max(b.0), right: a.1.max(b.1) })
}
