//! Bytes to text: byte-order marks, encodings, line ends.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, WINDOWS_1252};

use crate::Problem;

/// Decoded text with `\n` line ends, and what was odd about the bytes.
pub(crate) struct Decoded {
    pub text: String,
    pub problems: Vec<Problem>,
}

/// Decodes what a byte-order mark names, else UTF-8, else Windows-1252, which takes every byte. Line ends
/// become `\n` whatever they were.
pub(crate) fn decode(bytes: &[u8]) -> Decoded {
    decode_declared(bytes, None)
}

/// As [`decode`], for a file that names its own encoding. Bytes that are UTF-8 are taken as such whatever it says,
/// for a declaration is wrong more often than UTF-8 is a coincidence.
pub(crate) fn decode_declared(bytes: &[u8], declared: Option<&'static Encoding>) -> Decoded {
    let mut problems = Vec::new();
    let declared = declared.filter(|encoding| *encoding != UTF_8);
    let text: Cow<'_, str> = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => {
            let (text, damaged) = encoding.decode_without_bom_handling(&bytes[mark..]);
            if damaged {
                problems.push(odd(format!("bytes that are not {}", encoding.name()), true));
            }
            text
        }
        None => match (std::str::from_utf8(bytes), declared) {
            (Ok(text), declared) if declared != Some(ISO_2022_JP) => Cow::Borrowed(text),
            (_, Some(declared)) => {
                let (text, damaged) = declared.decode_without_bom_handling(bytes);
                if damaged {
                    problems.push(odd(format!("bytes that are not {}", declared.name()), true));
                }
                text
            }
            (Ok(text), None) => Cow::Borrowed(text),
            (Err(error), None) => {
                let place = format!("byte {}", error.valid_up_to());
                let why = "the text is not UTF-8; it was read as Windows-1252".to_owned();
                problems.push(Problem { place, what: "encoding".into(), why, content_lost: false });
                WINDOWS_1252.decode_without_bom_handling(bytes).0
            }
        },
    };
    let zeros = text.matches('\0').count();
    let mut text = unix_lines(text);
    if zeros > 0 {
        text = text.replace('\0', "\u{fffd}");
        problems.push(odd(format!("{zeros} zero bytes, shown as `\u{fffd}`"), false));
    }
    Decoded { text, problems }
}

/// What base 64 stands for. What does not belong in it is passed over, as RFC 2045 asks.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in text {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        held = (held << 6 | u32::from(digit)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    bytes
}

fn odd(why: String, content_lost: bool) -> Problem {
    Problem { place: "the whole file".into(), what: "encoding".into(), why, content_lost }
}

pub(crate) fn unix_lines(text: Cow<'_, str>) -> String {
    if !text.contains('\r') {
        return text.into_owned();
    }
    let mut lines = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(place) = rest.find('\r') {
        lines.push_str(&rest[..place]);
        lines.push('\n');
        rest = &rest[place + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    lines.push_str(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: &str, problems: usize) {
        let decoded = decode(bytes);
        assert_eq!((decoded.text.as_str(), decoded.problems.len()), (text, problems));
    }

    #[test]
    fn a_declared_encoding_is_taken_for_what_is_not_utf_8() {
        let declared = |bytes: &[u8]| decode_declared(bytes, Encoding::for_label(b"iso-8859-2")).text;
        assert_eq!(declared(b"\xb3ka"), "łka");
        assert_eq!(declared("łąka".as_bytes()), "łąka");
        assert_eq!(decode_declared(b"\x1b$B$\"\x1b(B", Some(ISO_2022_JP)).text, "あ");
    }

    #[test]
    fn every_encoding_comes_out_as_text() {
        check("plain ä".as_bytes(), "plain ä", 0);
        check(b"\xef\xbb\xbfmark", "mark", 0);
        check(b"\xff\xfeh\0i\0", "hi", 0);
        check(b"\xfe\xff\0h\0i", "hi", 0);
        check(b"caf\xe9 \x93quoted\x94", "café “quoted”", 1);
        check(b"one\r\ntwo\rthree\nfour\r", "one\ntwo\nthree\nfour\n", 0);
        check(b"", "", 0);
        assert_eq!(base64(b"aGVs\r\nbG8="), b"hello");
        assert_eq!(base64(b"_-8"), base64(b"/+8="));
    }
}
