//! What an embedded font program says its codes and glyphs stand for, where the file itself does not.

use std::collections::HashMap;

use ttf_parser::{Face, GlyphId, PlatformId, cff};

use super::encoding::{self, Characters, Encoding};

/// An embedded font program.
pub(super) enum Program<'a> {
    /// TrueType, or OpenType around either kind of outlines.
    Face(Box<Face<'a>>),
    /// Compact outlines alone.
    Compact(Box<cff::Table<'a>>),
    /// Type 1, as bytes.
    Type1(&'a [u8]),
}

impl<'a> Program<'a> {
    /// Reads a font program of any kind; `None` when it is of none that is known.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        if bytes.starts_with(b"%!") || bytes.starts_with(&[0x80, 1]) {
            return Some(Self::Type1(bytes));
        }
        if let Ok(face) = Face::parse(bytes, 0) {
            return Some(Self::Face(Box::new(face)));
        }
        cff::Table::parse(bytes).map(|table| Self::Compact(Box::new(table)))
    }

    /// The font's own encoding of single bytes; 0 where it has none.
    pub(super) fn characters(&self) -> Option<Characters> {
        let mut characters = ['\0'; 256];
        match self {
            Self::Face(face) => {
                let by_glyph = self.by_glyph();
                for (code, place) in (0u32..).zip(characters.iter_mut()) {
                    *place = glyph_of(face, code)
                        .and_then(|glyph| by_glyph.get(&u32::from(glyph.0)).copied())
                        .unwrap_or('\0');
                }
            }
            Self::Compact(table) => {
                for (code, place) in (0u8..=255).zip(characters.iter_mut()) {
                    let name = table.glyph_index(code).and_then(|glyph| table.glyph_name(glyph));
                    *place = name.and_then(one_character).unwrap_or('\0');
                }
            }
            Self::Type1(bytes) => return type1(bytes),
        }
        characters.iter().any(|c| *c != '\0').then_some(characters)
    }

    /// The characters of glyphs, by glyph number.
    pub(super) fn by_glyph(&self) -> HashMap<u32, char> {
        let mut found = HashMap::new();
        match self {
            Self::Face(face) => {
                let tables = face.tables().cmap.into_iter().flat_map(|cmap| cmap.subtables);
                for table in tables.filter(ttf_parser::cmap::Subtable::is_unicode) {
                    table.codepoints(|code| {
                        if let (Some(glyph), Some(c)) = (table.glyph_index(code), char::from_u32(code)) {
                            let known = found.entry(u32::from(glyph.0)).or_insert(c);
                            // Of two characters with one glyph, the plainer one is meant.
                            *known = c.min(*known);
                        }
                    });
                }
                for glyph in 0..face.number_of_glyphs() {
                    if let Some(c) = face.glyph_name(GlyphId(glyph)).and_then(one_character) {
                        found.entry(u32::from(glyph)).or_insert(c);
                    }
                }
                if let Some(table) = &face.tables().cff {
                    names_of(table, &mut found);
                }
            }
            Self::Compact(table) => names_of(table, &mut found),
            Self::Type1(_) => {}
        }
        found
    }
}

fn names_of(table: &cff::Table<'_>, found: &mut HashMap<u32, char>) {
    for glyph in 0..table.number_of_glyphs() {
        if let Some(c) = table.glyph_name(GlyphId(glyph)).and_then(one_character) {
            found.entry(u32::from(glyph)).or_insert(c);
        }
    }
}

/// The glyph of a code in a font of symbols, or of Mac OS (ISO 32000-2, 9.6.5.4).
fn glyph_of(face: &Face<'_>, code: u32) -> Option<GlyphId> {
    let cmap = face.tables().cmap?;
    let windows = || cmap.subtables.into_iter().filter(|table| table.platform_id == PlatformId::Windows);
    let symbols = windows().find(|table| table.encoding_id == 0);
    let other = || cmap.subtables.into_iter().find(|table| table.platform_id == PlatformId::Macintosh);
    symbols
        .and_then(|table| [0, 0xf000, 0xf100, 0xf200].iter().find_map(|page| table.glyph_index(page + code)))
        .or_else(|| other()?.glyph_index(code))
        .or_else(|| windows().next()?.glyph_index(code))
}

fn one_character(name: &str) -> Option<char> {
    let text = encoding::named(name)?;
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// The encoding in the readable part of a Type 1 program: `dup 65 /A put`, or the standard one by name.
fn type1(bytes: &[u8]) -> Option<Characters> {
    let end = memchr::memmem::find(bytes, b"eexec").unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(&bytes[..end.min(1 << 20)]);
    let start = text.find("/Encoding")?;
    let own = &text[start + 9..];
    if own.trim_start().starts_with("StandardEncoding") {
        return Some(Encoding::Standard.characters());
    }
    let mut characters = ['\0'; 256];
    let mut words = own.split_ascii_whitespace().peekable();
    while let Some(word) = words.next() {
        match word {
            "def" | "readonly" if characters.iter().any(|c| *c != '\0') => break,
            "dup" => {
                let code = words.next().and_then(|code| code.parse::<usize>().ok());
                let name = words.peek().and_then(|name| name.strip_prefix('/'));
                if let (Some(place), Some(name)) = (code.and_then(|code| characters.get_mut(code)), name) {
                    *place = one_character(name).unwrap_or('\0');
                }
            }
            _ => {}
        }
    }
    Some(characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_1_program_says_its_encoding() {
        let program = b"%!PS-AdobeFont-1.0\n/Encoding 256 array\n0 1 255 {1 index exch /.notdef put} for\n\
                        dup 33 /alpha put\ndup 34 /A put\nreadonly def\ncurrentfile eexec";
        let characters = Program::read(program).unwrap().characters().unwrap();
        assert_eq!((characters[33], characters[34], characters[35]), ('α', 'A', '\0'));
    }
}
