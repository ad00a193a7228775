//! Which format a file is of.

use crate::Format;
use crate::format::{Entry, FORMATS, Read};

/// How many bytes are looked at to tell text from anything else.
const SNIFF_BYTES: usize = 4096;

/// The format of a file by its name and bytes; `None` when nothing here reads it. Formats of bytes are known
/// by their bytes, whatever the name; formats of text by the name alone.
pub fn detect(name: &str, bytes: &[u8]) -> Option<Format> {
    let named = by_name(name);
    let begins_so = |entry: &Entry| match entry.read {
        Read::Bytes { sniff, .. } => sniff(bytes),
        Read::Text(_) => false,
    };
    if let Some(entry) = named.filter(|entry| begins_so(entry)) {
        return Some(Format(entry));
    }
    if let Some(entry) = FORMATS.iter().find(|entry| begins_so(entry)) {
        return Some(Format(entry));
    }
    // A format of bytes whose bytes say nothing else is read as what it is called, to say what is wrong with it.
    named.filter(|entry| matches!(entry.read, Read::Bytes { .. }) || is_text(bytes)).map(Format)
}

/// The format that a name stands for.
fn by_name(name: &str) -> Option<&'static Entry> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_lowercase();
    let known = |of: fn(&Entry) -> &'static [&'static str], wanted: &str| {
        FORMATS.iter().find(|entry| of(entry).contains(&wanted)).copied()
    };
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => known(|entry| entry.endings, ending),
        _ => known(|entry| entry.names, &name),
    }
}

/// Whether bytes can be a text in some encoding: no zero byte, unless a mark says that characters are wide.
fn is_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(SNIFF_BYTES)];
    let wide = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    wide || !start.contains(&0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_decide_and_zero_bytes_refuse() {
        let name = |name| detect(name, b"x").map(Format::as_str);
        assert_eq!(name("a/B.MD"), Some("markdown"));
        assert_eq!(name("main.tf"), Some("hcl"));
        assert_eq!(name("Dockerfile"), Some("code"));
        assert_eq!(name("photo.unheard-of"), None);
        assert_eq!(name(".hidden"), None);
        assert_eq!(detect("a.txt", b"a\0b"), None);
        assert_eq!(detect("a.txt", b"\xff\xfea\0").map(Format::as_str), Some("text"));
    }

    #[test]
    fn no_two_formats_have_a_name_or_an_ending_in_common() {
        let mut seen = HashSet::new();
        for entry in FORMATS {
            assert!(seen.insert(entry.name.to_owned()), "{}", entry.name);
            for ending in entry.endings {
                assert!(seen.insert(format!(".{ending}")), "{ending}");
            }
            for name in entry.names {
                assert!(seen.insert(format!("/{name}")), "{name}");
            }
        }
    }
}
