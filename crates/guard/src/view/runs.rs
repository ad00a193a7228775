//! Owns finding runs of an alphabet (as encoded data is) and the test whether bytes are text.

use std::ops::Range;

/// The maximal runs of bytes that `belongs`, of at least `bytes_min`.
pub fn runs(text: &str, bytes_min: usize, belongs: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().chain([0]).enumerate() {
        match (belongs(byte), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if at - from >= bytes_min {
                    found.push(from..at);
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// Whether decoded bytes read as text; gives the text.
pub fn as_text(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let (mut count, mut fine) = (0usize, 0usize);
    for c in text.chars() {
        count += 1;
        let plain = c.is_ascii_graphic() || matches!(c, ' ' | '\n' | '\r' | '\t');
        fine += usize::from(plain || (!c.is_ascii() && !c.is_control()));
        if c == '\0' {
            return None;
        }
    }
    (count >= 6 && fine * 20 >= count * 19).then_some(text)
}

/// A letter thirteen places on; anything else as it is.
pub fn turned(c: u8) -> u8 {
    match c {
        b'a'..=b'z' => (c - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (c - b'A' + 13) % 26 + b'A',
        _ => c,
    }
}
