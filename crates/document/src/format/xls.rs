//! Workbooks as Excel wrote them before 2007 (`.xls`, MS-XLS): records in a stream of a compound file, each sheet a
//! page, its tables as Markdown.
//!
//! Owns which streams there are and what the workbook says of its sheets. Macros are no part of the text; formulas
//! give the values that were stored for them. What is encrypted stays so, whatever passwords there are.

mod book;
mod cells;
mod notes;
mod record;
mod summary;

use std::io::{Cursor, Read as _};

use cfb::CompoundFile;

use super::{Context, Damage, Entry, Read};
use crate::sheet::{Pages, Sheet};
use crate::{Document, Problem};
use book::{Book, Listed};
use record::Records;

/// Workbooks of before 2007.
pub(crate) const FORMAT: Entry = Entry {
    name: "xls",
    endings: &["xls", "xlt"],
    names: &[],
    prose: false,
    read: Read::Bytes { sniff, read },
};

/// What every compound file begins with.
const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The stream of a workbook, as Excel 97 and as Excel 5 name it.
const STREAMS: [&str; 2] = ["/Workbook", "/Book"];
/// How storages of other programs' objects begin.
const OBJECTS: [&str; 2] = ["MBD", "LNK"];
/// How many bytes the workbook's stream may have.
const STREAM_BYTES_MAX: u64 = 256 << 20;
/// How many sheets a workbook may have.
const SHEETS_MAX: usize = 4096;

type File<'a> = CompoundFile<Cursor<&'a [u8]>>;

fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
        && CompoundFile::open(Cursor::new(bytes)).is_ok_and(|file| stream_of(&file).is_some())
}

fn stream_of(file: &File<'_>) -> Option<&'static str> {
    STREAMS.into_iter().find(|name| file.is_stream(name))
}

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    let mut file =
        CompoundFile::open(Cursor::new(bytes)).map_err(|error| Damage::Broken(error.to_string()))?;
    let name =
        stream_of(&file).ok_or_else(|| Damage::Broken("it is a compound file, and no workbook".into()))?;
    let mut document = Document::new(context.format, String::new());
    let stream = stream(&mut file, name, &mut document)?;
    let book = Book::read(&stream, &mut document)?;
    let workbook = Workbook { book: &book, stream: &stream };
    let mut sheets: Vec<Sheet> = Vec::with_capacity(book.sheets.len());
    for listed in &book.sheets {
        let sheet = Sheet::beside(&sheets, listed.name.clone());
        sheets.extend(workbook.sheet(listed, sheet, &mut document));
    }
    let mut pages = Pages::new(&mut document, true);
    sheets.into_iter().for_each(|sheet| pages.write(sheet));
    document.text.truncate(document.text.trim_end().len());
    objects(&file, &mut document);
    summary::read(&mut file, &mut document);
    Ok(document)
}

/// The workbook's stream, up to where it is damaged.
fn stream(file: &mut File<'_>, name: &str, document: &mut Document) -> Result<Vec<u8>, Damage> {
    let opened = file.open_stream(name).map_err(|error| Damage::Broken(error.to_string()))?;
    let mut stream = Vec::new();
    if let Err(error) = opened.take(STREAM_BYTES_MAX + 1).read_to_end(&mut stream) {
        document.problems.push(lost("the workbook", "sheets", format!("its stream breaks off: {error}")));
    }
    if stream.len() as u64 > STREAM_BYTES_MAX {
        return Err(Damage::TooMuch(format!("its sheets have more than {STREAM_BYTES_MAX} bytes")));
    }
    Ok(stream)
}

/// A workbook's stream, and what was read of it.
struct Workbook<'a> {
    book: &'a Book,
    stream: &'a [u8],
}

impl Workbook<'_> {
    /// Reads one sheet; `None` for what holds no cells.
    fn sheet(&self, listed: &Listed, mut sheet: Sheet, document: &mut Document) -> Option<Sheet> {
        match listed.kind {
            book::Kind::Cells => {}
            book::Kind::Chart => {
                document.problems.push(sheet.problem("chart", "it cannot be read".into(), true));
                return Some(sheet);
            }
            book::Kind::Macros => return None,
        }
        if listed.hidden {
            document.problems.push(sheet.problem("sheet", "it is hidden; it was read".into(), false));
        }
        match self.stream.get(listed.place.clone()) {
            Some(records) if !records.is_empty() => {
                cells::read(Records::new(records), self.book, &mut sheet, document);
            }
            _ => document.problems.push(sheet.problem("sheet", "the file does not have it".into(), true)),
        }
        Some(sheet)
    }
}

/// Tells of objects of other programs, which are storages of their own.
fn objects(file: &File<'_>, document: &mut Document) {
    let Ok(entries) = file.read_storage("/") else { return };
    let is_object = |name: &str| OBJECTS.iter().any(|begin| name.starts_with(begin));
    let count = entries.filter(|entry| entry.is_storage() && is_object(entry.name())).count();
    if count > 0 {
        let why = format!("{count} objects of other programs cannot be read");
        document.problems.push(lost("the workbook", "embedded files", why));
    }
}

fn lost(place: &str, what: &str, why: String) -> Problem {
    Problem { place: place.into(), what: what.into(), why, content_lost: true }
}

#[cfg(test)]
mod tests;
