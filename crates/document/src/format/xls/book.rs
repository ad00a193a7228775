//! What all sheets of a workbook share: the list of them, strings, formats.

use std::collections::HashMap;
use std::ops::Range;

use encoding_rs::WINDOWS_1252;

use super::record::{Pieces, Record, Records, Writing, kind};
use super::{SHEETS_MAX, lost};
use crate::Document;
use crate::format::{Damage, rtf};
use crate::sheet::numbers::Formats;
use crate::sheet::shared::Strings;

/// The version that Excel 97 and all later ones write.
const VERSION_97: u16 = 0x0600;
/// How many strings, formats and styles are read: more than a workbook can have.
const STRINGS_MAX: u32 = 10_000_000;
const FORMATS_MAX: usize = 1 << 16;

/// What the sheets share.
pub(super) struct Book {
    pub writing: Writing,
    pub strings: Strings,
    pub formats: Formats,
    /// Sheets as the workbook lists them.
    pub sheets: Vec<Listed>,
}

/// A sheet as the workbook lists it.
pub(super) struct Listed {
    pub name: String,
    pub hidden: bool,
    pub kind: Kind,
    /// Where its records are in the stream.
    pub place: Range<usize>,
}

/// What a sheet holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Cells,
    Chart,
    Macros,
}

/// What is read on the way.
struct Reading {
    writing: Writing,
    strings: Strings,
    codes: HashMap<u32, String>,
    styles: Vec<u32>,
    since_1904: bool,
    sheets: Vec<Listed>,
}

impl Book {
    /// Reads what stands ahead of the sheets.
    pub fn read(stream: &[u8], document: &mut Document) -> Result<Self, Damage> {
        let mut records = Records::new(stream);
        let first = records.next().filter(|record| record.kind == kind::BEGIN);
        let version = first.and_then(|first| first.u16(0)).unwrap_or(0);
        if version == 0 {
            return Err(Damage::Broken("its stream does not begin as a workbook does".into()));
        }
        let mut reading = Reading {
            writing: if version >= VERSION_97 { Writing::Wide } else { Writing::Bytes(WINDOWS_1252) },
            strings: Strings::default(),
            codes: HashMap::new(),
            styles: Vec::new(),
            since_1904: false,
            sheets: Vec::new(),
        };
        while let Some(record) = records.next() {
            if record.kind == kind::END {
                break;
            }
            reading.take(record, &mut records, document)?;
        }
        if records.cut || reading.sheets.is_empty() {
            document.problems.push(lost("the workbook", "sheets", "its list of sheets breaks off".into()));
        }
        Ok(reading.book(stream.len()))
    }
}

impl Reading {
    fn take<'a>(
        &mut self,
        record: Record<'a>,
        records: &mut Records<'a>,
        document: &mut Document,
    ) -> Result<(), Damage> {
        match record.kind {
            kind::LOCKED => return Err(Damage::Locked),
            kind::SINCE_1904 => self.since_1904 = record.u16(0) == Some(1),
            kind::CODEPAGE => {
                let encoding = record.u16(0).and_then(|page| rtf::codepage(i32::from(page)));
                if let (Writing::Bytes(own), Some(encoding)) = (&mut self.writing, encoding) {
                    *own = encoding;
                }
            }
            kind::FORMAT if self.codes.len() < FORMATS_MAX => {
                if let (Some(number), Some(code)) = (record.u16(0), self.format(record)) {
                    self.codes.insert(u32::from(number), code);
                }
            }
            kind::STYLE if self.styles.len() < FORMATS_MAX => {
                self.styles.push(u32::from(record.u16(2).unwrap_or(0)));
            }
            kind::SHEET if self.sheets.len() >= SHEETS_MAX => {
                return Err(Damage::TooMuch(format!("it has more than {SHEETS_MAX} sheets")));
            }
            kind::SHEET => match self.listed(record) {
                Some(listed) => self.sheets.push(listed),
                None => {
                    let why = "the workbook's entry for a sheet is cut off".to_owned();
                    document.problems.push(lost("the workbook", "sheet", why));
                }
            },
            kind::STRINGS => self.strings(records.continued(record.data), document),
            _ => {}
        }
        Ok(())
    }

    fn format(&self, record: Record<'_>) -> Option<String> {
        let (length, start) = match self.writing {
            Writing::Wide => (usize::from(record.u16(2)?), 4),
            Writing::Bytes(_) => (usize::from(*record.data.get(2)?), 3),
        };
        Pieces::of(record.from(start)).text(length, self.writing)
    }

    fn listed(&self, record: Record<'_>) -> Option<Listed> {
        let start = record.u32(0)? as usize;
        let length = usize::from(*record.data.get(6)?);
        Some(Listed {
            name: Pieces::of(record.from(7)).text(length, self.writing)?,
            hidden: record.data.get(4)? & 3 != 0,
            kind: match record.data.get(5)? {
                0 | 1 => Kind::Cells,
                2 => Kind::Chart,
                _ => Kind::Macros,
            },
            place: start..start,
        })
    }

    fn strings(&mut self, mut pieces: Pieces<'_>, document: &mut Document) {
        pieces.skip(4);
        let told = pieces.u32().unwrap_or(0);
        for number in 0..told.min(STRINGS_MAX) {
            let text = pieces.u16().and_then(|length| pieces.text(usize::from(length), Writing::Wide));
            let Some(text) = text else {
                let why = format!("of {told} strings there are only {number}");
                document.problems.push(lost("shared strings", "cells", why));
                return;
            };
            self.strings.push(&text);
        }
    }

    /// What was read, when all of it was: a sheet ends where the next begins.
    fn book(mut self, stream_bytes: usize) -> Book {
        let mut starts: Vec<usize> = self.sheets.iter().map(|listed| listed.place.start).collect();
        starts.sort_unstable();
        for listed in &mut self.sheets {
            let next = starts.partition_point(|start| *start <= listed.place.start);
            listed.place.end = starts.get(next).copied().unwrap_or(stream_bytes).min(stream_bytes);
        }
        // Of several that would be at one place, the first is there.
        let mut seen = std::collections::HashSet::new();
        for listed in &mut self.sheets {
            if listed.kind == Kind::Cells && !seen.insert(listed.place.start) {
                listed.place.end = listed.place.start;
            }
        }
        let codes = self.codes.iter().map(|(number, code)| (*number, code.as_str()));
        Book {
            writing: self.writing,
            formats: Formats::new(codes, self.styles, self.since_1904),
            strings: self.strings,
            sheets: self.sheets,
        }
    }
}
