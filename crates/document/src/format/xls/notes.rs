//! What lies over a sheet's cells: notes, text boxes, links; pictures and charts are counted.

use super::cells::text_of;
use super::record::{Record, Records, Writing, kind};
use crate::Document;
use crate::sheet::{Content, Float, Sheet, address};

/// The kind of an object that is a picture.
const PICTURE: u16 = 8;
/// How many notes, text boxes and links of a sheet are read.
const NOTES_MAX: usize = 20_000;
/// What an address of the web is introduced by in a link (MS-OSHARED 2.3.7.6).
const WEB: [u8; 16] =
    [0xe0, 0xc9, 0xea, 0x79, 0xf9, 0xba, 0xce, 0x11, 0x8c, 0x82, 0x00, 0xaa, 0x00, 0x4b, 0xa9, 0x0b];

/// What was met of it.
pub(super) struct Notes {
    writing: Writing,
    /// Charts among the cells.
    pub charts: usize,
    pictures: usize,
    damaged: usize,
    /// The number of the object that was met last.
    object: u16,
    /// Texts, by the numbers of their objects.
    texts: Vec<(u16, String)>,
    notes: Vec<Note>,
    /// Rows, columns and addresses.
    links: Vec<(u32, u32, String)>,
}

/// A note on a cell.
struct Note {
    row: u16,
    column: u16,
    author: String,
    said: Said,
}

/// What a note says.
enum Said {
    /// The text of an object.
    In(u16),
    This(String),
}

impl Notes {
    pub fn new(writing: Writing) -> Self {
        Self {
            writing,
            charts: 0,
            pictures: 0,
            damaged: 0,
            object: 0,
            texts: Vec::new(),
            notes: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Takes a record; `None` where it is cut off.
    pub fn take<'a>(&mut self, record: Record<'a>, records: &mut Records<'a>) -> Option<()> {
        if self.texts.len() + self.notes.len() + self.links.len() >= NOTES_MAX {
            self.damaged += 1;
            return Some(());
        }
        match record.kind {
            kind::OBJECT if self.writing.is_wide() => {
                self.object = record.u16(6)?;
                self.pictures += usize::from(record.u16(4)? == PICTURE);
            }
            kind::TEXT if self.writing.is_wide() => {
                let length = usize::from(record.u16(10)?);
                if length > 0 {
                    // The text is in the records that follow, behind a byte that says how wide it is.
                    let mut pieces = records.continued(&[]);
                    let flags = pieces.u8()?;
                    self.texts.push((self.object, pieces.wide(length, flags & 1 == 1)));
                }
            }
            kind::NOTE => {
                let (row, column) = (record.u16(0)?, record.u16(2)?);
                let note = if self.writing.is_wide() {
                    let author = text_of(record.from(8), self.writing).unwrap_or_default();
                    Note { row, column, author, said: Said::In(record.u16(6)?) }
                } else {
                    let said = Said::This(text_of(record.from(4), self.writing)?);
                    Note { row, column, author: String::new(), said }
                };
                self.notes.push(note);
            }
            kind::LINK => {
                let (row, column) = (u32::from(record.u16(0)?), u32::from(record.u16(4)?));
                self.links.extend(web_address(record.data).map(|address| (row, column, address)));
            }
            _ => {}
        }
        Some(())
    }

    /// Puts onto the sheet what can be shown, and tells of the rest.
    pub fn tell(mut self, sheet: &mut Sheet, document: &mut Document) {
        self.texts.sort_by_key(|(object, _)| *object);
        let mut used = std::collections::HashSet::new();
        for Note { row, column, author, said } in self.notes {
            let text = match said {
                Said::This(text) => text,
                Said::In(object) => {
                    used.insert(object);
                    let place = self.texts.binary_search_by_key(&object, |(object, _)| *object);
                    place.map(|place| self.texts[place].1.clone()).unwrap_or_default()
                }
            };
            if !text.trim().is_empty() {
                let cell = address(u32::from(row), u32::from(column));
                let content = Content::Comment { cell, author, text };
                sheet.floats.push(Float { top: u32::from(row), content });
            }
        }
        for (object, text) in self.texts {
            if !used.contains(&object) && !text.trim().is_empty() {
                sheet.floats.push(Float { top: u32::MAX, content: Content::Text(text) });
            }
        }
        let links = self.links.iter().map(|(row, column, address)| (*row, *column, address.as_str()));
        document.problems.extend(sheet.links_unsaid(links));
        let mut lost = |count: usize, what: &str, why: &str| {
            if count > 0 {
                document.problems.push(sheet.problem(what, format!("{count} {why}"), true));
            }
        };
        lost(self.charts, "charts", "cannot be read");
        lost(self.pictures, "pictures", "cannot be read");
        lost(
            self.damaged,
            "notes, text boxes and links",
            &format!("were left out, over the limit of {NOTES_MAX}"),
        );
    }
}

/// Where a link leads, if that is an address of the web.
fn web_address(data: &[u8]) -> Option<String> {
    let place = data.windows(WEB.len()).position(|window| window == WEB)? + WEB.len();
    let (bytes, rest) = data.get(place..)?.split_first_chunk::<4>()?;
    let bytes = (u32::from_le_bytes(*bytes) as usize).min(rest.len());
    let units = rest[..bytes].as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    let address: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    Some(String::from_utf16_lossy(&address)).filter(|address| !address.is_empty())
}
