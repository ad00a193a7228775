//! Bytes to objects and operators: the syntax that files, object streams, page contents and CMaps share.
//!
//! It never fails: what is no object is skipped or null, and what is nested too deep is null.

use std::sync::Arc;

use super::object::{Dictionary, Object};

/// Arrays and dictionaries nested deeper are null.
const DEPTH_MAX: usize = 64;

/// A place in bytes that are being read.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    /// The next byte.
    pub place: usize,
    /// Whether `1 0 R` is a reference, as in files, or three things, as in page contents.
    references: bool,
}

/// What is read at once.
#[derive(Debug, PartialEq)]
pub(super) enum Item<'a> {
    /// An object.
    Object(Object),
    /// Any word that is no object: an operator, or a keyword such as `obj`.
    Word(&'a [u8]),
}

impl<'a> Lexer<'a> {
    /// Reads a file from a place on.
    pub(super) fn of_file(bytes: &'a [u8], place: usize) -> Self {
        Self { bytes, place, references: true }
    }

    /// Reads page contents or a CMap.
    pub(super) fn of_content(bytes: &'a [u8]) -> Self {
        Self { bytes, place: 0, references: false }
    }

    /// The next object or word; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Item<'a>> {
        self.item(0)
    }

    /// The next object; null when there is none.
    pub(super) fn object(&mut self) -> Object {
        match self.next() {
            Some(Item::Object(object)) => object,
            _ => Object::Null,
        }
    }

    /// Goes past white space and comments.
    pub(super) fn skip_space(&mut self) {
        while let Some(&byte) = self.bytes.get(self.place) {
            if byte == b'%' {
                while self.bytes.get(self.place).is_some_and(|&byte| byte != b'\n' && byte != b'\r') {
                    self.place += 1;
                }
            } else if is_space(byte) {
                self.place += 1;
            } else {
                break;
            }
        }
    }

    /// Goes past a word if it comes next, after white space.
    pub(super) fn take_word(&mut self, word: &[u8]) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(word);
        if found {
            self.place += word.len();
        }
        found
    }

    /// What is not yet read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.place..).unwrap_or_default()
    }

    fn item(&mut self, depth: usize) -> Option<Item<'a>> {
        self.skip_space();
        let byte = *self.bytes.get(self.place)?;
        let object = match byte {
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(),
            b'/' => {
                self.place += 1;
                Object::Name(self.name())
            }
            b'(' => Object::String(self.literal_string().into()),
            b'<' if self.bytes.get(self.place + 1) == Some(&b'<') => self.dictionary(depth),
            b'<' => Object::String(self.hexadecimal_string().into()),
            b'[' => self.array(depth),
            b']' | b'{' | b'}' | b')' => {
                self.place += 1;
                return Some(Item::Word(&self.bytes[self.place - 1..self.place]));
            }
            b'>' => {
                let length = if self.bytes.get(self.place + 1) == Some(&b'>') { 2 } else { 1 };
                self.place += length;
                return Some(Item::Word(&self.bytes[self.place - length..self.place]));
            }
            _ => {
                let word = self.word();
                match word {
                    b"true" => Object::Boolean(true),
                    b"false" => Object::Boolean(false),
                    b"null" => Object::Null,
                    _ => return Some(Item::Word(word)),
                }
            }
        };
        Some(Item::Object(object))
    }

    fn word(&mut self) -> &'a [u8] {
        let start = self.place;
        while self.bytes.get(self.place).is_some_and(|&byte| !is_space(byte) && !is_delimiter(byte)) {
            self.place += 1;
        }
        &self.bytes[start..self.place]
    }

    fn number(&mut self) -> Object {
        let start = self.place;
        let (mut whole, mut digits, mut negative) = (0i64, 0usize, false);
        let (mut fraction, mut scale, mut real) = (0f64, 1f64, false);
        while let Some(&byte) = self.bytes.get(self.place) {
            match byte {
                b'0'..=b'9' if real => {
                    if scale < 1e15 {
                        fraction = fraction * 10.0 + f64::from(byte - b'0');
                        scale *= 10.0;
                    }
                    digits += 1;
                }
                b'0'..=b'9' => {
                    whole = whole.saturating_mul(10).saturating_add(i64::from(byte - b'0'));
                    digits += 1;
                }
                b'.' if !real => real = true,
                b'-' if digits == 0 => negative = true,
                // `--5` and `12-34` are written by careless programs; what comes after is no part of it.
                b'-' | b'+' => {}
                _ => break,
            }
            self.place += 1;
        }
        if self.place == start {
            self.place += 1;
        }
        if real {
            let value = whole as f64 + fraction / scale;
            return Object::Real(if negative { -value } else { value });
        }
        let value = if negative { -whole } else { whole };
        if self.references
            && !negative
            && digits > 0
            && let Some(object) = self.reference(value)
        {
            return object;
        }
        Object::Integer(value)
    }

    /// A reference, when a generation and `R` come next.
    fn reference(&mut self, number: i64) -> Option<Object> {
        let mut ahead = self.place;
        let skip = |ahead: &mut usize| {
            let start = *ahead;
            while self.bytes.get(*ahead).is_some_and(|&byte| is_space(byte)) {
                *ahead += 1;
            }
            *ahead > start
        };
        let number = u32::try_from(number).ok()?;
        if !skip(&mut ahead) {
            return None;
        }
        let digits = ahead;
        while ahead < digits + 5 && self.bytes.get(ahead).is_some_and(u8::is_ascii_digit) {
            ahead += 1;
        }
        if ahead == digits || !skip(&mut ahead) || self.bytes.get(ahead) != Some(&b'R') {
            return None;
        }
        if self.bytes.get(ahead + 1).is_some_and(|&byte| !is_space(byte) && !is_delimiter(byte)) {
            return None;
        }
        self.place = ahead + 1;
        Some(Object::Reference(number))
    }

    fn name(&mut self) -> Arc<[u8]> {
        let raw = self.word();
        if !raw.contains(&b'#') {
            return raw.into();
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((&first, tail)) = rest.split_first() {
            let escaped =
                (first == b'#').then(|| Some((digit(*tail.first()?)?, digit(*tail.get(1)?)?))).flatten();
            if let Some((high, low)) = escaped {
                name.push(high * 16 + low);
                rest = &tail[2..];
            } else {
                name.push(first);
                rest = tail;
            }
        }
        name.into()
    }

    fn literal_string(&mut self) -> Vec<u8> {
        self.place += 1;
        let mut string = Vec::new();
        let mut open = 1usize;
        while let Some(&byte) = self.bytes.get(self.place) {
            self.place += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escape(&mut string);
                    continue;
                }
                b'\r' => {
                    if self.bytes.get(self.place) == Some(&b'\n') {
                        self.place += 1;
                    }
                    string.push(b'\n');
                    continue;
                }
                _ => {}
            }
            string.push(byte);
        }
        string
    }

    fn escape(&mut self, string: &mut Vec<u8>) {
        let Some(&byte) = self.bytes.get(self.place) else { return };
        self.place += 1;
        match byte {
            b'n' => string.push(b'\n'),
            b'r' => string.push(b'\r'),
            b't' => string.push(b'\t'),
            b'b' => string.push(8),
            b'f' => string.push(12),
            b'\r' if self.bytes.get(self.place) == Some(&b'\n') => self.place += 1,
            b'\r' | b'\n' => {}
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(&next @ b'0'..=b'7') = self.bytes.get(self.place) else { break };
                    code = code * 8 + u32::from(next - b'0');
                    self.place += 1;
                }
                string.push((code & 0xff) as u8);
            }
            other => string.push(other),
        }
    }

    fn hexadecimal_string(&mut self) -> Vec<u8> {
        self.place += 1;
        let mut string = Vec::new();
        let mut half = None;
        while let Some(&byte) = self.bytes.get(self.place) {
            self.place += 1;
            if byte == b'>' {
                break;
            }
            if let Some(value) = digit(byte) {
                match half.take() {
                    Some(high) => string.push(high * 16 + value),
                    None => half = Some(value),
                }
            }
        }
        if let Some(high) = half {
            string.push(high * 16);
        }
        string
    }

    fn array(&mut self, depth: usize) -> Object {
        self.place += 1;
        let mut objects = Vec::new();
        loop {
            match self.nested(depth) {
                Some(Item::Object(object)) => objects.push(object),
                None | Some(Item::Word(b"]" | b"endobj" | b"stream" | b">>")) => break,
                // A word within an array is a slip; the rest of it still counts.
                Some(Item::Word(_)) => {}
            }
        }
        Object::Array(objects.into())
    }

    fn dictionary(&mut self, depth: usize) -> Object {
        self.place += 2;
        let mut entries = Vec::new();
        loop {
            let before = self.place;
            match self.nested(depth) {
                Some(Item::Object(Object::Name(name))) => {
                    let at_value = self.place;
                    match self.nested(depth) {
                        Some(Item::Object(value)) => entries.push((name, value)),
                        Some(Item::Word(b">>")) | None => break,
                        Some(Item::Word(b"endobj" | b"stream")) => {
                            self.place = at_value;
                            break;
                        }
                        Some(Item::Word(_)) => {}
                    }
                }
                Some(Item::Word(b"endobj" | b"stream" | b"endstream")) => {
                    self.place = before;
                    break;
                }
                Some(Item::Word(b">>")) | None => break,
                Some(_) => {}
            }
        }
        Object::Dictionary(Dictionary::new(entries))
    }

    /// The next item within an array or a dictionary; what is too deep is gone past without a tree.
    fn nested(&mut self, depth: usize) -> Option<Item<'a>> {
        if depth < DEPTH_MAX {
            return self.item(depth + 1);
        }
        self.skip_space();
        match self.rest() {
            [b'[', ..] => self.place += 1,
            [b'<', b'<', ..] => self.place += 2,
            _ => return self.item(depth),
        }
        Some(Item::Object(Object::Null))
    }
}

/// Whether a byte is white space.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0 | 12)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &str, expect: &str) {
        assert_eq!(format!("{:?}", Lexer::of_file(bytes.as_bytes(), 0).object()), expect);
    }

    #[test]
    fn objects_are_read_and_slips_survived() {
        check("12 0 R", "Reference(12)");
        check("-.5", "Real(-0.5)");
        check("--7", "Integer(-7)");
        check("/A#20b", "Name([65, 32, 98])");
        check("(a\\(b\\)\\101(c))", "String([97, 40, 98, 41, 65, 40, 99, 41])");
        check("<4 1 5>", "String([65, 80])");
        check("[1 2 true", "Array([Integer(1), Integer(2), Boolean(true)])");
        check("[1 2 R", "Array([Reference(1)])");
        check("<</K 1/K 2/L", "Dictionary(Dictionary([([75], Integer(1)), ([75], Integer(2))]))");
        check("", "Null");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(100_000);
        Lexer::of_file(deep.as_bytes(), 0).object();
        let deep = "<</A".repeat(100_000);
        Lexer::of_file(deep.as_bytes(), 0).object();
    }
}
