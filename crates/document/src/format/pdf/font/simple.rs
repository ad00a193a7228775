//! Fonts whose codes are single bytes: their encodings, and widths for those that say none.

use std::collections::HashMap;

use super::super::file::File;
use super::super::object::{Dictionary, Object};
use super::encoding::{self, Characters, Encoding};
use super::program::Program;
use super::widths::WIDTHS;
use super::{Codes, Font, Text, is_bold, is_fixed, name_of, program_bytes, to_unicode};

/// Reads a font of single bytes.
pub(super) fn read(file: &File<'_>, dictionary: &Dictionary) -> Font {
    let descriptor = file.get(dictionary, b"FontDescriptor").dictionary().cloned().unwrap_or_default();
    let name = name_of(file, dictionary);
    let to_text = to_unicode(file, dictionary);
    let texts = simple_texts(file, dictionary, &descriptor);
    let fixed = is_fixed(file, &name, &descriptor);
    let bold = is_bold(file, &name, &descriptor);
    let widths = simple_widths(file, dictionary, &descriptor);
    let standard = StandardWidths::of(&name, bold, fixed);
    let known = std::array::from_fn(|code| {
        let text = match to_text.as_ref().and_then(|map| map.text(code as u32)) {
            Some(Text::Known(text)) if !text.is_empty() => text.to_owned(),
            Some(Text::One(c)) => c.to_string(),
            _ => texts[code].clone(),
        };
        let width = widths[code].unwrap_or_else(|| standard.width(text.chars().next().unwrap_or(' ')));
        (text.into(), width)
    });
    Font {
        codes: Codes::Single(Box::new(known)),
        default_width: 0.0,
        wide: HashMap::new(),
        number: 0,
        vertical: false,
        bold,
    }
}

/// What codes stand for without a map to Unicode: the encoding, and what differs from it.
fn simple_texts(file: &File<'_>, dictionary: &Dictionary, descriptor: &Dictionary) -> Vec<String> {
    let encoding = file.get(dictionary, b"Encoding");
    let parts = encoding.dictionary().cloned().unwrap_or_default();
    let base = file.get(&parts, b"BaseEncoding");
    let base = encoding.name().or(base.name()).and_then(Encoding::named);
    let symbolic = file.get(descriptor, b"Flags").integer().unwrap_or(0) & 4 != 0;
    let true_type = file.get(dictionary, b"Subtype").name() == Some(b"TrueType");
    let name = name_of(file, dictionary);
    let own = |otherwise: Encoding| -> Characters {
        let bytes = program_bytes(file, descriptor);
        let program = bytes.as_deref().and_then(Program::read);
        program.and_then(|program| program.characters()).unwrap_or_else(|| otherwise.characters())
    };
    let lower = name.to_ascii_lowercase();
    let characters = match base {
        _ if lower.starts_with("symbol") && base.is_none() => Encoding::Symbol.characters(),
        _ if lower.starts_with("zapfdingbats") => Encoding::Dingbats.characters(),
        Some(base) => base.characters(),
        None if true_type && !symbolic => own(Encoding::Windows),
        None => own(Encoding::Standard),
    };
    let text = |c: &char| if *c == '\0' { String::new() } else { c.to_string() };
    let mut texts: Vec<String> = characters.iter().map(text).collect();
    let differences = file.get(&parts, b"Differences");
    let mut code = 0usize;
    for item in differences.array().unwrap_or_default() {
        match file.resolve(item) {
            Object::Name(name) => {
                if let Some(place) = texts.get_mut(code) {
                    *place = difference(&String::from_utf8_lossy(&name), code);
                }
                code = code.saturating_add(1);
            }
            other => code = other.integer().and_then(|code| usize::try_from(code).ok()).unwrap_or(code),
        }
    }
    texts
}

/// What a glyph's name at a code stands for. Names that only number the glyphs (`g65`, `C65`) are taken for the
/// code of a character, as their writers do, when that is the very code they stand at.
fn difference(name: &str, code: usize) -> String {
    if let Some(text) = encoding::named(name) {
        return text;
    }
    let digits = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let numbered = digits.parse::<usize>().is_ok_and(|number| number == code) && (32..127).contains(&code);
    if numbered { char::from(code as u8).to_string() } else { String::new() }
}

fn simple_widths(file: &File<'_>, dictionary: &Dictionary, descriptor: &Dictionary) -> [Option<f32>; 256] {
    let mut widths = [None; 256];
    let list = file.get(dictionary, b"Widths");
    let Some(list) = list.array() else { return widths };
    // A font that is drawn by the page's own operators measures in its own units.
    let matrix = file.get(dictionary, b"FontMatrix");
    let unit = matrix.array().and_then(|matrix| matrix.first()?.number()).unwrap_or(0.001);
    let first = file
        .get(dictionary, b"FirstChar")
        .integer()
        .and_then(|first| usize::try_from(first).ok())
        .unwrap_or(0);
    let missing = file.get(descriptor, b"MissingWidth").number().unwrap_or(0.0);
    widths.fill(Some((missing * unit) as f32));
    for (code, width) in (first..256).zip(list.iter()) {
        widths[code] = file.resolve(width).number().map(|width| (width * unit) as f32);
    }
    widths
}

/// Which of the standard fonts stands in for one that says no widths.
enum StandardWidths {
    Fixed,
    Column(usize),
}

impl StandardWidths {
    fn of(name: &str, bold: bool, fixed: bool) -> Self {
        let lower = name.to_ascii_lowercase();
        let slanted = lower.contains("italic") || lower.contains("oblique");
        if fixed {
            return Self::Fixed;
        }
        let serif =
            ["times", "serif", "roman", "georgia", "garamond"].iter().any(|word| lower.contains(word));
        Self::Column(match (serif && !lower.contains("sans"), slanted) {
            (false, _) => usize::from(bold),
            (true, false) => 2 + usize::from(bold),
            (true, true) => 4 + usize::from(bold),
        })
    }

    fn width(&self, c: char) -> f32 {
        let Self::Column(column) = self else { return 0.6 };
        let place = WIDTHS.binary_search_by_key(&c, |(own, _)| *own);
        place.map_or(0.5, |place| f32::from(WIDTHS[place].1[*column]) / 1000.0)
    }
}
