//! The records of a sheet: cells, merged areas, and what lies over them.

use super::book::Book;
use super::notes::Notes;
use super::record::{Pieces, Record, Records, Writing, kind};
use crate::Document;
use crate::sheet::found::Found;
use crate::sheet::{Merged, Range, Sheet};

/// How many cells and merged areas of a sheet are read: more than it can have of the second.
const CELLS_MAX: usize = 10_000_000;
const MERGED_MAX: usize = 1_000_000;
/// How many columns there are.
const COLUMNS: u16 = 256;
/// Chart records within a sheet begin so.
const CHART: u16 = 0x0020;

/// Reads a sheet's records. What cannot be read is in the document's problems.
pub(super) fn read(mut records: Records<'_>, book: &Book, sheet: &mut Sheet, document: &mut Document) {
    let mut reading =
        Reading { book, depth: 0, awaited: None, found: Found::default(), notes: Notes::new(book.writing) };
    let mut ended = false;
    while let Some(record) = records.next() {
        match record.kind {
            kind::BEGIN => {
                reading.depth += 1;
                let is_chart = reading.depth > 1 && record.u16(2) == Some(CHART);
                reading.notes.charts += usize::from(is_chart);
            }
            kind::END => reading.depth = reading.depth.saturating_sub(1),
            _ if reading.depth == 1 => {
                let whole = reading.take(record, &mut records, sheet);
                reading.found.damaged += usize::from(whole.is_none());
            }
            _ => {}
        }
        if reading.depth == 0 {
            ended = record.kind == kind::END;
            break;
        }
    }
    if !ended {
        document.problems.push(sheet.problem("cells", "the sheet breaks off".into(), true));
    }
    sheet.order();
    reading.found.tell(sheet, CELLS_MAX, document);
    reading.notes.tell(sheet, document);
}

struct Reading<'a> {
    book: &'a Book,
    /// How deep records are within others; those of the sheet itself are at 1.
    depth: usize,
    /// The cell whose formula gives a text that follows.
    awaited: Option<(u32, u32)>,
    found: Found,
    notes: Notes,
}

impl Reading<'_> {
    /// Takes a record; `None` where it is cut off.
    fn take<'a>(&mut self, record: Record<'a>, records: &mut Records<'a>, sheet: &mut Sheet) -> Option<()> {
        match record.kind {
            kind::ROW => self.found.hidden_rows += usize::from(record.data.get(12)? & 0x20 != 0),
            kind::COLUMNS => {
                let (first, last) = (record.u16(0)?, record.u16(2)?);
                // The columns beyond what is used are often hidden up to the last of all.
                if record.u16(8)? & 1 == 1 && last < COLUMNS - 1 {
                    self.found.hidden_columns += usize::from(last.saturating_sub(first)) + 1;
                }
            }
            kind::MERGED => merged(record, sheet)?,
            kind::RK_ROW => {
                let (row, first) = (record.u16(0)?, record.u16(2)?);
                let values = record.from(4).as_chunks::<6>().0;
                for (column, value) in (first..).zip(values) {
                    let style = u16::from_le_bytes([value[0], value[1]]);
                    let number = rk(u32::from_le_bytes([value[2], value[3], value[4], value[5]]));
                    self.say(sheet, (row, column), &self.shown(number, style));
                }
            }
            kind::STRING => {
                let mut pieces = records.continued(record.data);
                let length = usize::from(pieces.u16()?);
                let text = pieces.text(length, self.book.writing)?;
                if let Some((row, column)) = self.awaited.take() {
                    sheet.push(row, column, &text);
                }
            }
            kind::NOTE | kind::OBJECT | kind::TEXT | kind::LINK => self.notes.take(record, records)?,
            kind::FORMULA
            | kind::RK
            | kind::SHARED_LABEL
            | kind::NUMBER
            | kind::LABEL
            | kind::RICH_LABEL
            | kind::TRUTH_OR_ERROR => self.cell(record, records, sheet)?,
            _ => {}
        }
        Some(())
    }

    fn cell<'a>(&mut self, record: Record<'a>, records: &mut Records<'a>, sheet: &mut Sheet) -> Option<()> {
        let (row, column, style) = (record.u16(0)?, record.u16(2)?, record.u16(4)?);
        let text = match record.kind {
            kind::NUMBER => self.shown(record.f64(6)?, style),
            kind::RK => self.shown(rk(record.u32(6)?), style),
            kind::FORMULA => self.result(record, (row, column), style)?,
            kind::TRUTH_OR_ERROR => {
                truth_or_error(*record.data.get(6)?, *record.data.get(7)? != 0).to_owned()
            }
            kind::SHARED_LABEL => {
                let Some(text) = self.book.strings.get(record.u32(6)? as usize) else {
                    self.found.unknown_strings += 1;
                    return Some(());
                };
                self.say(sheet, (row, column), text);
                return Some(());
            }
            _ => {
                let mut pieces = records.continued(record.from(6));
                let length = usize::from(pieces.u16()?);
                pieces.text(length, self.book.writing)?
            }
        };
        self.say(sheet, (row, column), &text);
        Some(())
    }

    /// The value that is stored for a formula; a text follows in a record of its own.
    fn result(&mut self, record: Record<'_>, place: (u16, u16), style: u16) -> Option<String> {
        let value = record.from(6).first_chunk::<8>()?;
        if value[6..] != [0xff, 0xff] {
            return Some(self.shown(f64::from_le_bytes(*value), style));
        }
        Some(match value[0] {
            0 => {
                self.awaited = Some((u32::from(place.0), u32::from(place.1)));
                String::new()
            }
            1 => truth_or_error(value[2], false).to_owned(),
            2 => truth_or_error(value[2], true).to_owned(),
            _ => String::new(),
        })
    }

    fn say(&mut self, sheet: &mut Sheet, (row, column): (u16, u16), text: &str) {
        if sheet.len() >= CELLS_MAX {
            self.found.left_out += 1;
        } else {
            sheet.push(u32::from(row), u32::from(column), text);
        }
    }

    /// What a cell of a style shows for a number.
    fn shown(&self, number: f64, style: u16) -> String {
        let raw = if number.fract() == 0.0 && number.abs() < 1e15 {
            format!("{number:.0}")
        } else {
            format!("{number:e}")
        };
        self.book.formats.shown(&raw, usize::from(style))
    }
}

fn merged(record: Record<'_>, sheet: &mut Sheet) -> Option<()> {
    let count = usize::from(record.u16(0)?);
    let areas = record.from(2).as_chunks::<8>().0;
    for area in areas.iter().take(count.min(MERGED_MAX.saturating_sub(sheet.merged.len()))) {
        let at = |place: usize| u32::from(u16::from_le_bytes([area[place], area[place + 1]]));
        let (top, bottom, left, right) = (at(0), at(2), at(4), at(6));
        if top <= bottom && left <= right {
            sheet.merged.push(Merged { range: Range { top, left, bottom, right }, repeats: true });
        }
    }
    (areas.len() >= count).then_some(())
}

/// A number in four bytes (MS-XLS 2.5.217): a whole one or the first half of a long one, either as hundredths or not.
fn rk(packed: u32) -> f64 {
    let number = if packed & 2 == 0 {
        f64::from_bits(u64::from(packed & !3) << 32)
    } else {
        f64::from(packed.cast_signed() >> 2)
    };
    if packed & 1 == 0 { number } else { number / 100.0 }
}

fn truth_or_error(value: u8, error: bool) -> &'static str {
    match (error, value) {
        (false, 0) => "False",
        (false, _) => "True",
        (true, 0x00) => "#NULL!",
        (true, 0x07) => "#DIV/0!",
        (true, 0x0f) => "#VALUE!",
        (true, 0x17) => "#REF!",
        (true, 0x1d) => "#NAME?",
        (true, 0x24) => "#NUM!",
        (true, _) => "#N/A",
    }
}

/// A text behind its length.
pub(super) fn text_of(data: &[u8], writing: Writing) -> Option<String> {
    let mut pieces = Pieces::of(data);
    let length = usize::from(pieces.u16()?);
    pieces.text(length, writing)
}
