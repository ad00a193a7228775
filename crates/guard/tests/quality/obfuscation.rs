//! Owns seventeen ways to disguise a text, as attackers do.

use base64::Engine;

/// A way to disguise a text, by name.
pub type Disguise = (&'static str, fn(&str) -> String);

/// All of them.
pub const DISGUISES: [Disguise; 17] = [
    ("zero width", |text| text.chars().flat_map(|c| [c, '\u{200b}']).collect()),
    ("override", |text| format!("\u{202e}{}\u{202c}", reversed(text))),
    ("tags", |text| each(text, |c| if c.is_ascii_graphic() || c == ' ' { shifted(c, 0xE0000) } else { c })),
    ("selectors", |text| format!("ok{}", text.bytes().map(selector).collect::<String>())),
    ("full width", |text| each(text, |c| if c.is_ascii_graphic() { shifted(c, 0xFEE0) } else { c })),
    ("bold", |text| {
        each(text, |c| match c {
            'a'..='z' => shifted(c, 0x1D41A - u32::from('a')),
            'A'..='Z' => shifted(c, 0x1D400 - u32::from('A')),
            _ => c,
        })
    }),
    ("homoglyphs", |text| {
        let drawn = ["aа", "eе", "oо", "pр", "cс", "xх", "yу", "iі", "sѕ", "TТ", "IІ", "AА", "EЕ"];
        each(text, |c| {
            drawn.iter().find(|pair| pair.starts_with(c)).and_then(|pair| pair.chars().nth(1)).unwrap_or(c)
        })
    }),
    ("marks", |text| {
        text.chars().flat_map(|c| [Some(c), c.is_alphabetic().then_some('\u{0301}')]).flatten().collect()
    }),
    ("spaced", |text| {
        let words = text.split(' ').map(|word| word.chars().map(String::from).collect::<Vec<_>>().join(" "));
        words.collect::<Vec<_>>().join("   ")
    }),
    ("leet", |text| {
        each(text, |c| match c.to_ascii_lowercase() {
            'a' => '4',
            'e' => '3',
            'i' => '1',
            'o' => '0',
            's' => '5',
            't' => '7',
            _ => c,
        })
    }),
    ("references", |text| text.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
    ("percent", |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect()),
    ("base64", |text| base64::engine::general_purpose::STANDARD.encode(text)),
    ("hex", |text| text.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ("rot13", |text| {
        each(text, |c| match c {
            'a'..='z' => shifted('a', (u32::from(c) - 97 + 13) % 26),
            'A'..='Z' => shifted('A', (u32::from(c) - 65 + 13) % 26),
            _ => c,
        })
    }),
    ("reversed", reversed),
    ("case", |text| {
        let turn = |(at, c): (usize, char)| {
            if at % 2 == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
        };
        text.chars().enumerate().map(turn).collect()
    }),
];

/// A text under each disguise and under each pair that can be read again, with their names.
pub fn each_disguised(text: &str, mut take: impl FnMut(&str, String)) {
    for (first, one) in DISGUISES {
        let disguised = one(text);
        for (second, other) in DISGUISES.iter().filter(|(second, _)| !is_lost(first, second)) {
            take(&format!("{first} then {second}"), other(&disguised));
        }
        take(first, disguised);
    }
}

/// Those whose result loses letters or their case when another is applied on top, so that nobody can read it again.
fn is_lost(first: &str, second: &str) -> bool {
    let case = ["base64"];
    let digits = ["base64", "hex", "percent", "references"];
    (second == "case" && case.contains(&first)) || (second == "leet" && digits.contains(&first))
}

fn each(text: &str, change: impl Fn(char) -> char) -> String {
    text.chars().map(change).collect()
}

fn shifted(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

fn selector(byte: u8) -> char {
    let code = if byte < 16 { 0xFE00 + u32::from(byte) } else { 0xE0100 + u32::from(byte) - 16 };
    char::from_u32(code).unwrap_or(' ')
}
