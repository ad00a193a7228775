//! CMaps: how bytes are cut into codes, and what codes stand for: characters, or glyphs of a font.

use std::collections::HashMap;

use super::super::lexer::{Item, Lexer};
use super::super::object::Object;
use super::Text;

/// A map has no more entries than this; what is beyond stands for nothing.
const ENTRIES_MAX: usize = 200_000;

/// A CMap that a file carries.
#[derive(Default)]
pub(super) struct CMap {
    /// Codes of so many bytes, from, to.
    spaces: Vec<(usize, u32, u32)>,
    characters: HashMap<u32, Box<str>>,
    character_ranges: Vec<(u32, u32, u32)>,
    glyph_ranges: Vec<(u32, u32, u32)>,
    /// The predefined CMap that it builds on.
    pub base: Option<Vec<u8>>,
    /// Whether it is for vertical writing.
    pub vertical: bool,
}

impl CMap {
    /// Reads a CMap.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut lexer = Lexer::of_content(bytes);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(item) = lexer.next() {
            match item {
                Item::Object(object) if operands.len() < ENTRIES_MAX => operands.push(object),
                Item::Object(_) => {}
                Item::Word(word) => {
                    map.take(word, &operands);
                    operands.clear();
                }
            }
        }
        map.character_ranges.sort_unstable();
        map.glyph_ranges.sort_unstable();
        map
    }

    /// Whether it says what any code stands for.
    pub(super) fn has_characters(&self) -> bool {
        !self.characters.is_empty() || !self.character_ranges.is_empty()
    }

    /// The text of a code.
    pub(super) fn text(&self, code: u32) -> Option<Text<'_>> {
        if let Some(text) = self.characters.get(&code) {
            return Some(Text::Known(text));
        }
        let target = in_ranges(&self.character_ranges, code)?;
        char::from_u32(target).map(Text::One)
    }

    /// The glyph of a code.
    pub(super) fn glyph(&self, code: u32) -> Option<u32> {
        in_ranges(&self.glyph_ranges, code)
    }

    /// The first code of some bytes and how many bytes it has.
    pub(super) fn first_code(&self, bytes: &[u8]) -> (u32, usize) {
        let mut code = 0;
        for (index, byte) in bytes.iter().take(4).enumerate() {
            code = code << 8 | u32::from(*byte);
            let length = index + 1;
            let within = |low: u32, high: u32| {
                (0..length).all(|byte| {
                    let part = |value: u32| value >> (8 * byte) & 0xff;
                    (part(low)..=part(high)).contains(&part(code))
                })
            };
            if self.spaces.iter().any(|(own, low, high)| *own == length && within(*low, *high)) {
                return (code, length);
            }
        }
        let length =
            self.spaces.iter().map(|(length, ..)| *length).min().unwrap_or(2).min(bytes.len()).max(1);
        (number(&bytes[..length]), length)
    }

    /// Whether it says how bytes are cut.
    pub(super) fn has_spaces(&self) -> bool {
        !self.spaces.is_empty()
    }

    fn take(&mut self, word: &[u8], operands: &[Object]) {
        match word {
            b"endcodespacerange" => {
                for pair in operands.chunks_exact(2) {
                    if let (Some(low), Some(high)) = (pair[0].string(), pair[1].string())
                        && self.spaces.len() < 100
                        && (1..=4).contains(&low.len())
                    {
                        self.spaces.push((low.len(), number(low), number(high)));
                    }
                }
            }
            b"endbfchar" => {
                for pair in operands.chunks_exact(2) {
                    if let (Some(code), Some(text)) = (pair[0].string(), pair[1].string()) {
                        self.add(number(code), text);
                    }
                }
            }
            b"endbfrange" => {
                for triple in operands.chunks_exact(3) {
                    self.add_range(triple);
                }
            }
            b"endcidchar" => {
                for pair in operands.chunks_exact(2) {
                    if let (Some(code), Some(glyph)) = (pair[0].string(), pair[1].integer()) {
                        let code = number(code);
                        self.add_glyphs(code, code, glyph);
                    }
                }
            }
            b"endcidrange" => {
                for triple in operands.chunks_exact(3) {
                    if let (Some(low), Some(high), Some(glyph)) =
                        (triple[0].string(), triple[1].string(), triple[2].integer())
                    {
                        self.add_glyphs(number(low), number(high), glyph);
                    }
                }
            }
            b"usecmap" => self.base = operands.last().and_then(Object::name).map(<[u8]>::to_vec),
            b"def" => self.take_definition(operands),
            _ => {}
        }
    }

    fn take_definition(&mut self, operands: &[Object]) {
        if let [.., Object::Name(name), Object::Integer(value)] = operands
            && &**name == b"WMode"
        {
            self.vertical = *value == 1;
        }
    }

    fn add(&mut self, code: u32, text: &[u8]) {
        if self.characters.len() < ENTRIES_MAX {
            self.characters.insert(code, decode(text).into());
        }
    }

    fn add_range(&mut self, triple: &[Object]) {
        let (Some(low), Some(high)) = (triple[0].string(), triple[1].string()) else { return };
        let (low, high) = (number(low), number(high));
        match &triple[2] {
            Object::Array(texts) => {
                for (code, text) in (low..=high).zip(texts.iter()) {
                    if let Some(text) = text.string() {
                        self.add(code, text);
                    }
                }
            }
            Object::String(text) => {
                let text = decode(text);
                let mut characters = text.chars();
                match (characters.next(), characters.next()) {
                    (Some(c), None) if self.character_ranges.len() < ENTRIES_MAX => {
                        self.character_ranges.push((low, high, u32::from(c)));
                    }
                    // Of a longer text, the last character counts up.
                    (Some(_), Some(_)) => {
                        let last = text.chars().next_back().map_or(0, u32::from);
                        let stem: String = text.chars().take(text.chars().count() - 1).collect();
                        for code in low..=high.min(low.saturating_add(255)) {
                            if let Some(c) = char::from_u32(last + (code - low))
                                && self.characters.len() < ENTRIES_MAX
                            {
                                self.characters.insert(code, format!("{stem}{c}").into());
                            }
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn add_glyphs(&mut self, low: u32, high: u32, glyph: i64) {
        if let Ok(glyph) = u32::try_from(glyph)
            && self.glyph_ranges.len() < ENTRIES_MAX
        {
            self.glyph_ranges.push((low, high, glyph));
        }
    }
}

/// UTF-16, big end first, without what nobody can read.
pub(super) fn decode(bytes: &[u8]) -> String {
    if let [byte] = bytes {
        return char::from(*byte).to_string();
    }
    let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).filter_map(Result::ok).filter(|c| *c != '\0').collect()
}

fn in_ranges(ranges: &[(u32, u32, u32)], code: u32) -> Option<u32> {
    let after = ranges.partition_point(|(low, ..)| *low <= code);
    let (low, high, target) = *ranges.get(after.checked_sub(1)?)?;
    (code <= high).then(|| target.saturating_add(code - low))
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_cut_and_read() {
        let map = CMap::read(
            b"1 begincodespacerange <00> <7f> endcodespacerange \
              1 begincodespacerange <8000> <ffff> endcodespacerange \
              2 beginbfchar <41> <00660069> <8001> <d83dde00> endbfchar \
              2 beginbfrange <50> <52> <0061> <60> <61> [<0078> <0079>] endbfrange \
              1 begincidrange <8000> <80ff> 7 endcidrange /WMode 1 def",
        );
        assert_eq!(map.first_code(&[0x41, 0x80]), (0x41, 1));
        assert_eq!(map.first_code(&[0x80, 0x01, 0]), (0x8001, 2));
        for (code, text) in [(0x41, "fi"), (0x8001, "😀"), (0x52, "c"), (0x61, "y"), (0x99, "")] {
            let found = match map.text(code) {
                Some(Text::Known(text)) => text.to_owned(),
                Some(Text::One(c)) => c.to_string(),
                None => String::new(),
            };
            assert_eq!(found, text);
        }
        assert_eq!(map.glyph(0x8002), Some(9));
        assert!(map.vertical);
    }
}
