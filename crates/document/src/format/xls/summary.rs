//! What a compound file says about itself: the properties of its summary (MS-OLEPS).

use std::io::Read;

use encoding_rs::{Encoding, UTF_16LE, WINDOWS_1252};
use serde_json::Value;

use super::File;
use crate::Document;
use crate::calendar::of_filetime;
use crate::format::rtf;

const STREAM: &str = "/\u{5}SummaryInformation";
/// How many bytes it may have, and how many properties are read.
const BYTES_MAX: u64 = 1 << 20;
const PROPERTIES_MAX: usize = 256;
/// Where the only section's place is told.
const SECTION: usize = 44;
const CODEPAGE: u32 = 1;
const TITLE: u32 = 2;
const KEYWORDS: u32 = 5;
/// Properties, and what they are called here.
const NAMES: [(u32, &str); 6] = [
    (3, "subject"),
    (4, "author"),
    (6, "description"),
    (8, "last_modified_by"),
    (12, "created"),
    (13, "modified"),
];

/// Takes title, author, dates, subject and keywords. What cannot be read of it is left out: the document has its text
/// all the same.
pub(super) fn read(file: &mut File<'_>, document: &mut Document) {
    let Ok(stream) = file.open_stream(STREAM) else { return };
    let mut bytes = Vec::new();
    let _ = stream.take(BYTES_MAX).read_to_end(&mut bytes);
    let Some(section) = u32_at(&bytes, SECTION).and_then(|start| bytes.get(start as usize..)) else { return };
    let count = u32_at(section, 4).unwrap_or(0) as usize;
    let entries = section.get(8..).unwrap_or_default().as_chunks::<8>().0;
    let entries: Vec<(u32, &[u8])> = entries
        .iter()
        .take(count.min(PROPERTIES_MAX))
        .filter_map(|entry| Some((u32_at(entry, 0)?, section.get(u32_at(entry, 4)? as usize..)?)))
        .collect();
    let codepage = entries.iter().find(|(number, _)| *number == CODEPAGE);
    let codepage =
        codepage.and_then(|(_, value)| Some(i32::from(u16::from_le_bytes([*value.get(4)?, *value.get(5)?]))));
    let encoding = codepage.and_then(rtf::codepage).unwrap_or(WINDOWS_1252);
    for (number, value) in entries {
        let Some(text) = text(value, encoding) else { continue };
        match number {
            TITLE => document.title = Some(text),
            KEYWORDS => {
                let words = text.split([',', ';']).map(str::trim).filter(|word| !word.is_empty());
                let words: Vec<&str> = words.collect();
                document.metadata.insert("keywords".into(), Value::from(words));
            }
            _ => {
                if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == number) {
                    document.metadata.insert((*name).into(), Value::from(text));
                }
            }
        }
    }
}

/// A property's value as text: a text or a point in time.
fn text(value: &[u8], encoding: &'static Encoding) -> Option<String> {
    let rest = value.get(4..)?;
    let text = match u32_at(value, 0)? {
        30 => {
            let length = u32_at(rest, 0)? as usize;
            let bytes = rest.get(4..)?;
            encoding.decode_without_bom_handling(&bytes[..bytes.len().min(length)]).0.into_owned()
        }
        31 => {
            let length = (u32_at(rest, 0)? as usize).saturating_mul(2);
            let bytes = rest.get(4..)?;
            UTF_16LE.decode_without_bom_handling(&bytes[..bytes.len().min(length)]).0.into_owned()
        }
        64 => of_filetime(u64::from_le_bytes(*rest.first_chunk()?))?,
        _ => return None,
    };
    let text: String = text.split('\0').next().unwrap_or_default().trim().chars().take(4096).collect();
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    (!text.is_empty()).then_some(text)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
