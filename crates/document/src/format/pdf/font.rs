//! Fonts as far as reading needs them: how bytes are cut into codes, what each code stands for, how wide it is.

use std::collections::HashMap;

use self::cmap::CMap;
use super::file::File;
use super::object::{Dictionary, Object};

mod cmap;
mod composite;
mod encoding;
mod program;
mod simple;
mod widths;

/// How many bytes a font program or a map may unpack to.
const PROGRAM_BYTES_MAX: usize = 32 << 20;

/// A font.
pub(super) struct Font {
    codes: Codes,
    /// How wide codes are that say nothing of themselves, in text space.
    default_width: f32,
    wide: HashMap<u32, f32>,
    /// Tells the fonts of a file apart.
    pub number: u16,
    /// Whether lines run down.
    pub vertical: bool,
    /// Whether its strokes are thick.
    pub bold: bool,
}

enum Codes {
    /// One byte each: what they stand for, and their widths.
    Single(Box<[(Box<str>, f32); 256]>),
    /// Several bytes each.
    Several(Box<Several>),
}

/// Codes of several bytes.
struct Several {
    cut: Cut,
    to_text: Option<CMap>,
    by_glyph: HashMap<u32, char>,
}

/// How bytes are cut into codes.
enum Cut {
    /// Two bytes are a glyph's number.
    Identity,
    /// Two bytes are a character in UTF-16.
    Wide,
    /// As in a character set of East Asia.
    Charset(&'static encoding_rs::Encoding),
    /// As the file's own map says.
    Map(CMap),
}

/// A code of a string.
pub(super) struct Code<'t> {
    /// What it stands for.
    pub text: Text<'t>,
    /// How far it goes on, in text space: 1 is the font's size.
    pub width: f32,
    /// Whether it is the single byte 32, which word spacing is for.
    pub is_space: bool,
}

/// What a code stands for.
#[derive(Clone, Copy)]
pub(super) enum Text<'t> {
    /// These characters; none when nobody knows.
    Known(&'t str),
    /// One character.
    One(char),
}

impl Font {
    /// Reads a font; one that is damaged reads as far as it goes.
    pub(super) fn read(file: &File<'_>, dictionary: &Dictionary) -> Self {
        if file.get(dictionary, b"Subtype").name() == Some(b"Type0") {
            composite::read(file, dictionary)
        } else {
            simple::read(file, dictionary)
        }
    }

    /// Cuts a string into its codes.
    pub(super) fn each<'t>(&'t self, bytes: &[u8], take: &mut dyn FnMut(Code<'t>)) {
        match &self.codes {
            Codes::Single(known) => {
                for byte in bytes {
                    let (text, width) = &known[usize::from(*byte)];
                    take(Code { text: Text::Known(text), width: *width, is_space: *byte == b' ' });
                }
            }
            Codes::Several(several) => {
                let Several { cut, to_text, by_glyph } = &**several;
                let mut rest = bytes;
                while !rest.is_empty() {
                    let (code, length) = cut.first(rest);
                    let own = &rest[..length];
                    rest = &rest[length..];
                    let glyph = match cut {
                        Cut::Map(map) => map.glyph(code).unwrap_or(code),
                        _ => code,
                    };
                    let text = to_text
                        .as_ref()
                        .and_then(|map| map.text(code))
                        .or_else(|| cut.character(own).map(Text::One))
                        .or_else(|| by_glyph.get(&glyph).copied().map(Text::One))
                        .unwrap_or(Text::Known(""));
                    let half = length == 1 && matches!(cut, Cut::Charset(_));
                    let width = self.wide.get(&glyph).copied();
                    let width =
                        width.unwrap_or(if half { self.default_width / 2.0 } else { self.default_width });
                    take(Code { text, width, is_space: own == b" " });
                }
            }
        }
    }
}

impl Cut {
    fn named(name: &[u8]) -> Self {
        let says = |part: &[u8]| memchr::memmem::find(name, part).is_some();
        if says(b"UCS2") || says(b"UTF16") {
            Self::Wide
        } else if says(b"RKSJ") {
            Self::Charset(encoding_rs::SHIFT_JIS)
        } else if says(b"GBK") || says(b"GB-EUC") || says(b"GBpc") {
            Self::Charset(encoding_rs::GBK)
        } else if says(b"B5") {
            Self::Charset(encoding_rs::BIG5)
        } else if says(b"KSC") {
            Self::Charset(encoding_rs::EUC_KR)
        } else if name == b"EUC-H" || name == b"EUC-V" {
            Self::Charset(encoding_rs::EUC_JP)
        } else {
            Self::Identity
        }
    }

    fn first(&self, bytes: &[u8]) -> (u32, usize) {
        let pair = || match bytes {
            [high, low, ..] => (u32::from(*high) << 8 | u32::from(*low), 2),
            [byte] => (u32::from(*byte), 1),
            [] => (0, 0),
        };
        match self {
            Self::Identity | Self::Wide => pair(),
            Self::Charset(charset) => match bytes {
                [byte, ..]
                    if *byte < 0x80
                        || (*charset == encoding_rs::SHIFT_JIS && (0xa0..0xe0).contains(byte)) =>
                {
                    (u32::from(*byte), 1)
                }
                _ => pair(),
            },
            Self::Map(map) => map.first_code(bytes),
        }
    }

    fn character(&self, own: &[u8]) -> Option<char> {
        match self {
            Self::Wide => cmap::decode(own).chars().next(),
            Self::Charset(charset) => {
                let (text, damaged) = charset.decode_without_bom_handling(own);
                text.chars().next().filter(|_| !damaged)
            }
            Self::Identity | Self::Map(_) => None,
        }
    }
}

fn stream_bytes(file: &File<'_>, object: &Object) -> Option<Vec<u8>> {
    file.decode_font(object.stream()?, PROGRAM_BYTES_MAX)
}

fn to_unicode(file: &File<'_>, dictionary: &Dictionary) -> Option<CMap> {
    let bytes = stream_bytes(file, &file.get(dictionary, b"ToUnicode"))?;
    Some(CMap::read(&bytes)).filter(CMap::has_characters)
}

fn program_bytes(file: &File<'_>, descriptor: &Dictionary) -> Option<Vec<u8>> {
    [&b"FontFile2"[..], b"FontFile3", b"FontFile"]
        .iter()
        .find_map(|name| stream_bytes(file, &file.get(descriptor, name)))
}

/// What a font is called, without the letters that say that it is a part of one.
fn name_of(file: &File<'_>, dictionary: &Dictionary) -> String {
    let name = file.get(dictionary, b"BaseFont");
    let name = String::from_utf8_lossy(name.name().unwrap_or_default()).into_owned();
    match name.split_once('+') {
        Some((part, own)) if part.len() == 6 => own.to_owned(),
        _ => name,
    }
}

fn is_bold(file: &File<'_>, name: &str, descriptor: &Dictionary) -> bool {
    let lower = name.to_ascii_lowercase();
    let named = ["bold", "black", "heavy", "demi"].iter().any(|word| lower.contains(word));
    let flags = file.get(descriptor, b"Flags").integer().unwrap_or(0);
    let weight = file.get(descriptor, b"FontWeight").number().unwrap_or(0.0);
    named || flags & (1 << 18) != 0 || weight >= 600.0
}

fn is_fixed(file: &File<'_>, name: &str, descriptor: &Dictionary) -> bool {
    let lower = name.to_ascii_lowercase();
    let named = ["courier", "mono", "consolas", "menlo"].iter().any(|word| lower.contains(word));
    named || file.get(descriptor, b"Flags").integer().unwrap_or(0) & 1 != 0
}
