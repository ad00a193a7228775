//! Text strings (ISO 32000-2, 7.9.2) and dates.

use serde_json::Value;

/// The characters of a text string.
pub(super) fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => clean(&encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0),
        [0xff, 0xfe, rest @ ..] => clean(&encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0),
        [0xef, 0xbb, 0xbf, rest @ ..] => clean(&String::from_utf8_lossy(rest)),
        _ => clean(&bytes.iter().map(|byte| document_character(*byte)).collect::<String>()),
    }
}

/// A date as ISO 8601: `D:20231122055153Z` is `2023-11-22T05:51:53Z`.
pub(super) fn date(text: &str) -> Option<String> {
    let digits = text.trim().trim_start_matches("D:");
    let part = |from: usize, length: usize| {
        let own = digits.get(from..from + length)?;
        own.bytes().all(|byte| byte.is_ascii_digit()).then_some(own)
    };
    let (year, month, day) = (part(0, 4)?, part(4, 2).unwrap_or("01"), part(6, 2).unwrap_or("01"));
    let (Some(hour), Some(minute)) = (part(8, 2), part(10, 2)) else {
        return Some(format!("{year}-{month}-{day}"));
    };
    let second = part(12, 2).unwrap_or("00");
    let zone = digits.get(14..).unwrap_or_default();
    let zone = match zone.as_bytes() {
        [sign @ (b'+' | b'-'), ..] => {
            let own: String = zone[1..].chars().filter(char::is_ascii_digit).take(4).collect();
            match own.as_str() {
                "" => String::new(),
                own => format!("{}{}:{}", char::from(*sign), own.get(..2)?, own.get(2..4).unwrap_or("00")),
            }
        }
        [b'Z', ..] => "Z".to_owned(),
        _ => String::new(),
    };
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"))
}

/// A list of keywords.
pub(super) fn keywords(text: &str) -> Value {
    let separator = if text.contains(';') { ';' } else { ',' };
    text.split(separator).map(str::trim).filter(|word| !word.is_empty()).map(Value::from).collect()
}

fn clean(text: &str) -> String {
    // Escapes that name a language may stand within (7.9.2.2).
    let mut kept = String::with_capacity(text.len());
    let mut escape = false;
    for c in text.chars() {
        match c {
            '\u{1b}' => escape = !escape,
            '\0' | '\u{feff}' => {}
            c if !escape => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// `PDFDocEncoding` (annex D.3): Latin-1, but for a few.
fn document_character(byte: u8) -> char {
    const LOW: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
    const HIGH: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ',
        'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    match byte {
        0x18..=0x1f => LOW[usize::from(byte - 0x18)],
        0x80..=0xa0 => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_dates_and_keywords_are_read() {
        assert_eq!(decode(b"\xfe\xff\0A\x20\xac"), "A€");
        assert_eq!(decode(b"caf\xe9 \x80"), "café •");
        assert_eq!(date("D:20231122055153-05'00'").as_deref(), Some("2023-11-22T05:51:53-05:00"));
        assert_eq!(date("D:2023").as_deref(), Some("2023-01-01"));
        assert_eq!(date("yesterday"), None);
        assert_eq!(keywords("a, b;c"), serde_json::json!(["a, b", "c"]));
    }
}
