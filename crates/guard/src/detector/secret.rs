//! Owns `secret`: keys, tokens and passwords.
//!
//! # What it finds
//!
//! Tokens whose beginning says whose they are; private keys; JSON web tokens; passwords in addresses and connection
//! strings; and values given to a name that speaks of a secret, if they look random.
//!
//! # Why it matters
//!
//! What a model or an index has read, somebody can ask for.
//!
//! # What it lets pass
//!
//! Placeholders (`YOUR_API_KEY`, `xxxx`, `<token>`, `${VAR}`), references to secrets, hashes and ids that no name calls
//! a secret.

mod formats;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::Regex;

use super::numbers::Numbers;
use super::value::{Found, Value};
use crate::finding::Category;
use crate::guard::Tier;

/// The detector.
pub const VALUE: Value = Value {
    name: "secret",
    category: Category::Secret,
    explanation: "a key, token or password",
    tier: Tier::Rules,
    find,
};

struct Engine {
    anchors: Option<AhoCorasick>,
    shapes: Vec<formats::Shape>,
    formats: Vec<Option<Regex>>,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine {
    anchors: AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(formats::FORMATS.iter().map(|format| format.anchor))
        .ok(),
    shapes: formats::FORMATS.iter().map(formats::Format::shape).collect(),
    formats: formats::FORMATS.iter().map(|format| Regex::new(format.pattern).ok()).collect(),
});

/// How far before and after an anchor a secret is looked for.
const BEFORE: usize = 40;
const AFTER: usize = 400;
/// A private key is longer.
const KEY_BYTES_MAX: usize = 8 * 1024;

fn find(text: &str, _: &Numbers) -> Vec<Found> {
    let engine = &*ENGINE;
    let Some(anchors) = &engine.anchors else { return Vec::new() };
    let mut found: Vec<Found> = Vec::new();
    let mut done = vec![0; formats::FORMATS.len()];
    for anchor in anchors.find_overlapping_iter(text) {
        let which = anchor.pattern().as_usize();
        let (Some(format), Some(Some(regex))) = (formats::FORMATS.get(which), engine.formats.get(which))
        else {
            continue;
        };
        let Some(done) = done.get_mut(which) else { continue };
        let shape = engine.shapes.get(which).copied().unwrap_or(formats::Shape::Other);
        let place = anchor.start()..anchor.end();
        if anchor.start() < *done || !format.may_be(shape, text.as_bytes(), place) {
            continue;
        }
        let reach = if format.anchor.starts_with("-----") { KEY_BYTES_MAX } else { AFTER };
        let low = text.floor_char_boundary(anchor.start().saturating_sub(BEFORE));
        let high = text.ceil_char_boundary((anchor.end() + reach).min(text.len()));
        let Some(window) = text.get(low..high) else { continue };
        let Some(captures) = regex.captures(window.as_bytes()) else { continue };
        let Some(held) = captures.get(1).or_else(|| captures.get(0)) else { continue };
        let range = low + held.start()..low + held.end();
        let Some(value) = text.get(range.clone()) else { continue };
        if is_placeholder(value) || bits(value) < format.bits_min {
            continue;
        }
        *done = range.end;
        found.push(Found { range, score: format.score });
    }
    found.sort_by_key(|found| found.range.start);
    // One secret may be known by more than one mark.
    let mut last = 0;
    found.retain(|found| {
        let apart = found.range.start >= last;
        last = last.max(found.range.end);
        apart
    });
    found
}

/// The Shannon entropy of a text's characters, in bits a character.
fn bits(text: &str) -> f32 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len().max(1) as f32;
    let share = |count: &u32| *count as f32 / length;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

/// Whether a value stands for a secret rather than being one.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    const WORDS: &[&str] = &[
        "example",
        "your",
        "xxxx",
        "placeholder",
        "changeme",
        "change_me",
        "redacted",
        "dummy",
        "sample",
        "insert",
        "replace",
        "<",
        "${",
        "$(",
        "{{",
        "****",
        "....",
        "todo",
        "secretref",
        "getenv",
        "process.env",
        "os.environ",
        "0000000",
        "1234567",
        "abcdefg",
        "password",
        "my-",
        "my_",
    ];
    let repeated = value.bytes().collect::<std::collections::BTreeSet<_>>().len() <= 3;
    let letters = value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.'));
    repeated
        || value.starts_with('$')
        || WORDS.iter().any(|word| lower.contains(word)) && !value.starts_with("-----")
        || letters && value.len() < 16 && lower == value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters and digits that look random, the same for the same seed.
    fn random(seed: u64, count: usize) -> String {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let alphabet = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
            char::from(alphabet[(state >> 33) as usize % alphabet.len()])
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn each_format_finds_what_it_describes() {
        let mut missed = Vec::new();
        let mut count = 0;
        for format in formats::FORMATS {
            for seed in 1..=5u64 {
                let Some(example) = example(format.pattern, seed) else { continue };
                count += 1;
                if find(&format!("set {example} now"), &Numbers::of(&format!("set {example} now"))).is_empty()
                {
                    missed.push((format.anchor, example));
                }
            }
        }
        println!("secrets: {} of {count} generated examples found", count - missed.len());
        assert!(count > 200 && missed.len() * 20 <= count, "{missed:?}");
    }

    /// A text that a simple pattern of prefix and class describes.
    fn example(pattern: &str, seed: u64) -> Option<String> {
        let pattern = pattern.strip_prefix(r"(?-u)\b(")?.strip_suffix(r")\b")?;
        let (prefix, rest) = pattern.split_once('[')?;
        let (class, count) = rest.split_once("]{")?;
        let count: usize = count.strip_suffix('}')?.split(',').next()?.parse().ok()?;
        let bytes = class.as_bytes();
        let within = |c: char| {
            let ranges =
                bytes.windows(3).filter(|range| range[1] == b'-' && range[0].is_ascii_alphanumeric());
            ranges.into_iter().any(|range| (range[0]..=range[2]).contains(&(c as u8)))
        };
        let pool = (0..40).map(|turn| random(seed + turn, 64)).collect::<String>();
        let pool = pool.clone() + &pool.to_lowercase() + &pool.to_uppercase();
        let body: String = pool.chars().filter(|c| within(*c)).skip(seed as usize).take(count).collect();
        (body.len() == count && !prefix.contains(['(', '|', '?'])).then(|| prefix.replace('\\', "") + &body)
    }

    #[test]
    fn named_values_are_found_and_placeholders_pass() {
        let token = random(9, 32);
        for text in [
            format!("api_key = \"{token}\""),
            format!("client_secret: {token}"),
            format!("export DB_PASSWORD='{}'", random(4, 14)),
            format!("Authorization: Bearer {token}"),
            format!("postgres://ada:{}@db.house:5432/x", random(3, 12)),
            format!("AccountKey={}==;EndpointSuffix", random(5, 86)),
        ] {
            assert_eq!(find(&text, &Numbers::of(&text)).len(), 1, "{text}");
        }
        for text in [
            "api_key = \"YOUR_API_KEY_GOES_HERE\"",
            "password: ${DB_PASSWORD}",
            "token = os.environ['TOKEN']",
            "secretName: my-secret-name",
            "the password is wrong",
            "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        ] {
            assert_eq!(find(text, &Numbers::of(text)), [], "{text}");
        }
    }
}
