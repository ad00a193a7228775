//! JSON read in one pass and left where it is: which fields an object has and where their values stand.
//!
//! No tree is built and nothing recurses, so that a hostile text costs no more than its length. What is looked at is
//! checked for structure alone; the model's server judges the rest.

use std::borrow::Cow;
use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// How deep values may be nested.
const DEPTH_MAX: u32 = 127;

/// Why a text could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is no JSON from this byte on.
    #[error("the body is no JSON at byte {0}")]
    Syntax(usize),
    /// It is nested deeper than anything that means something.
    #[error("the body is nested deeper than {DEPTH_MAX} levels at byte {0}")]
    Deep(usize),
}

/// Where something stands in the text.
pub(crate) type Place = Range<usize>;

/// What is told of the strings within a value.
pub(crate) trait Strings {
    /// A string that is a value, and the key it stands under, which is empty for one that stands in an array behind
    /// an object; as they are written, without quotes.
    fn string(&mut self, key: &[u8], text: Written<'_>);
}

/// A string as it is written, without quotes, and where that is.
#[derive(Clone, Debug)]
pub(crate) struct Written<'a> {
    pub text: &'a [u8],
    pub place: Place,
}

impl Strings for () {
    fn string(&mut self, _key: &[u8], _text: Written<'_>) {}
}

/// A piece of a text that is written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub place: Place,
    pub text: String,
}

/// A text with pieces of it written anew, which do not overlap. Without any it is the same.
pub(crate) fn edited(text: &Bytes, mut edits: Vec<Edit>) -> Bytes {
    if edits.is_empty() {
        return text.clone();
    }
    edits.sort_by_key(|edit| edit.place.start);
    let more: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut whole = BytesMut::with_capacity(text.len() + more);
    let mut from = 0;
    for edit in edits {
        whole.extend_from_slice(&text[from..edit.place.start]);
        whole.extend_from_slice(edit.text.as_bytes());
        from = edit.place.end;
    }
    whole.extend_from_slice(&text[from..]);
    whole.freeze()
}

/// A text as it is written within quotes.
pub(crate) fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Reads a text from the left to the right.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Where the scanner stands, after blanks.
    pub fn place(&mut self) -> usize {
        self.blanks();
        self.at
    }

    /// Passes over an object, handing each key to `field` with the scanner before the key's value, which `field` has
    /// to pass over. Gives the place of the closing brace.
    pub fn object<E: From<JsonError>>(
        &mut self,
        mut field: impl FnMut(&str, &mut Self) -> Result<(), E>,
    ) -> Result<usize, E> {
        self.expect(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(self.at - 1);
        }
        loop {
            self.blanks();
            let key = self.string_place()?;
            let key = unescaped(&self.bytes[key.clone()]).ok_or(JsonError::Syntax(key.start))?;
            self.expect(b':')?;
            field(&key, self)?;
            if self.separator(b'}')? {
                return Ok(self.at - 1);
            }
        }
    }

    /// Passes over an array, with the scanner before each element, which `element` has to pass over.
    pub fn array<E: From<JsonError>>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'[')?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            element(self)?;
            if self.separator(b']')? {
                return Ok(());
            }
        }
    }

    /// The first byte of what comes next, blanks left out.
    pub fn peek(&mut self) -> Option<u8> {
        self.blanks();
        self.bytes.get(self.at).copied()
    }

    /// Passes over a value of any kind.
    pub fn value(&mut self) -> Result<Place, JsonError> {
        self.value_with(&mut ())
    }

    /// Passes over a value and tells of its strings.
    pub fn value_with(&mut self, strings: &mut impl Strings) -> Result<Place, JsonError> {
        self.blanks();
        let start = self.at;
        // One bit for each level: 1 for an object.
        let (mut kinds, mut depth) = (0u128, 0u32);
        let mut key: Place = 0..0;
        loop {
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    self.at += 1;
                    if self.peek() == Some(open + 2) {
                        self.at += 1;
                    } else if depth == DEPTH_MAX {
                        return Err(JsonError::Deep(self.at));
                    } else {
                        (kinds, depth) = (kinds << 1 | u128::from(open == b'{'), depth + 1);
                        if open == b'{' {
                            key = self.key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => {
                    let place = self.string_place()?;
                    let text = &self.bytes[place.clone()];
                    strings.string(&self.bytes[key.clone()], Written { text, place });
                }
                _ => self.scalar()?,
            }
            // A value has ended, and maybe what it stands in.
            loop {
                if depth == 0 {
                    return Ok(start..self.at);
                }
                let is_object = kinds & 1 == 1;
                if !self.separator(if is_object { b'}' } else { b']' })? {
                    // What comes behind an object in an array stands under no key of that object's.
                    key = if is_object { self.key()? } else { 0..0 };
                    break;
                }
                (kinds, depth) = (kinds >> 1, depth - 1);
            }
        }
    }

    /// That nothing but blanks is left.
    pub fn end(&mut self) -> Result<(), JsonError> {
        self.blanks();
        if self.at == self.bytes.len() { Ok(()) } else { Err(JsonError::Syntax(self.at)) }
    }

    fn key(&mut self) -> Result<Place, JsonError> {
        self.blanks();
        let key = self.string_place()?;
        self.expect(b':')?;
        Ok(key)
    }

    /// Passes over a comma (`false`) or the end (`true`).
    fn separator(&mut self, end: u8) -> Result<bool, JsonError> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(JsonError::Syntax(self.at)),
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(JsonError::Syntax(self.at));
        }
        self.at += 1;
        Ok(())
    }

    fn blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Passes over a string; gives the place between its quotes.
    fn string_place(&mut self) -> Result<Place, JsonError> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(JsonError::Syntax(self.at));
        }
        let start = self.at + 1;
        let mut from = start;
        loop {
            let rest = self.bytes.get(from..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
                return Err(JsonError::Syntax(self.bytes.len()));
            };
            from += found;
            if self.bytes[from] == b'"' {
                self.at = from + 1;
                return Ok(start..from);
            }
            from += 2;
        }
    }

    /// Passes over a number or a word.
    fn scalar(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        let rest = &self.bytes[start..];
        let length =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        let word = &rest[..length];
        let is_number = word.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-')
            && word.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte));
        if is_number || matches!(word, b"true" | b"false" | b"null") {
            self.at += length;
            return Ok(());
        }
        Err(JsonError::Syntax(start))
    }
}

/// A string as it is meant; `None` where its escapes are none.
pub(crate) fn unescaped(written: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(written).ok()?;
    if !text.contains('\\') {
        return Some(Cow::Borrowed(text));
    }
    serde_json::from_str::<String>(&format!("\"{text}\"")).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> Result<Place, JsonError> {
        let mut scanner = Scanner::new(text.as_bytes());
        let place = scanner.value()?;
        scanner.end()?;
        Ok(place)
    }

    #[test]
    fn values_are_passed_over() {
        for text in [
            "{}",
            "[]",
            "[ ]",
            "1",
            "-1.5e+3",
            "\"a\\\"b\\\\\"",
            "{\"a\":[1,{\"b\":[]},\"]\"],\"c\":null}",
            " [true , false\n,\tnull] ",
            "[[[[]]]]",
            "{\"a\":{}}",
        ] {
            assert_eq!(whole(text).map(|place| text[place].trim() == text.trim()), Ok(true), "{text}");
        }
        for text in [
            "",
            "{",
            "[1",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "\"",
            "\"\\",
            "tru",
            "1 2",
            "[1}",
            "{\"a\":1]",
        ] {
            assert!(matches!(whole(text), Err(JsonError::Syntax(_))), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(whole(&nested(127)).is_ok());
        assert!(matches!(whole(&nested(100_000)), Err(JsonError::Deep(_))));
    }

    #[test]
    fn strings_are_told_with_their_keys() {
        struct Told(Vec<(String, String)>);
        impl Strings for Told {
            fn string(&mut self, key: &[u8], written: Written<'_>) {
                let text_of = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                self.0.push((text_of(key), text_of(written.text)));
            }
        }
        let mut told = Told(Vec::new());
        let text = r#"[{"role":"user","content":[{"url":"data:x"}]},"b"]"#;
        Scanner::new(text.as_bytes()).value_with(&mut told).unwrap();
        let told: Vec<(&str, &str)> =
            told.0.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
        assert_eq!(told, [("role", "user"), ("url", "data:x"), ("", "b")]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(bytes: Vec<u8>) {
            let mut scanner = Scanner::new(&bytes);
            if let Ok(place) = scanner.value() {
                prop_assert!(place.end <= bytes.len());
            }
        }

        #[test]
        fn whatever_a_parser_takes_is_passed_over_whole(text in r#"[ \[\]{}:,"\\a1tn-]{0,40}"#) {
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(whole(&text).is_ok(), "{}", text);
            }
        }
    }
}
