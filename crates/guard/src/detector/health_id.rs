//! Owns `health_id`: numbers that health systems give to patients and to those who treat them.
//!
//! # What it finds
//!
//! After a word that says what it is: US NPI (Luhn check with the prefix 80840), DEA numbers and Medicare beneficiary
//! identifiers (MBI); German health insurance numbers (KVNR) and Australian Medicare numbers, each by its check digit
//! or, for MBI, by which letters may stand where; and numbers of medical records and patients, which have no check.
//!
//! ```text
//! NPI: 1234567893        DEA no. AB1234563        MRN 00482913        Versichertennummer A123456780
//! ```
//!
//! # What it lets pass
//!
//! Numbers that no word speaks of, since every tenth number passes a check digit. British NHS numbers are
//! `national_id`'s.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::Regex;

use super::numbers::Numbers;
use super::value::{Found, Value, digits, is_luhn, is_within_word};
use crate::finding::Category;
use crate::guard::Tier;

/// The detector.
pub const VALUE: Value = Value {
    name: "health_id",
    category: Category::Pii,
    explanation: "a number of a patient, a medical record or a health professional",
    tier: Tier::Rules,
    find,
};

/// A kind of number: words that announce it, how it looks, what it is held to.
struct Kind {
    words: &'static [&'static str],
    pattern: &'static str,
    is_valid: fn(&str) -> bool,
    score: f32,
}

/// A record's number follows its word at once; the others may have a few words between.
const KINDS: &[Kind] = &[
    Kind {
        words: &["npi", "provider identifier"],
        pattern: r"(?-u)\b[12]\d{9}\b",
        is_valid: is_provider,
        score: 0.9,
    },
    Kind {
        words: &["dea"],
        pattern: r"(?i-u)\b[a-z][a-z9]\d{7}\b",
        is_valid: is_drug_registration,
        score: 0.95,
    },
    Kind {
        words: &["mbi", "medicare", "beneficiary"],
        pattern: concat!(
            r"(?i-u)\b[1-9][ac-hjkmnp-rt-y][ac-hjkmnp-rt-y0-9]\d-?[ac-hjkmnp-rt-y]",
            r"[ac-hjkmnp-rt-y0-9]\d-?[ac-hjkmnp-rt-y]{2}\d{2}\b"
        ),
        is_valid: |_| true,
        score: 0.95,
    },
    Kind {
        words: &["medicare"],
        pattern: r"(?-u)\b[2-6]\d{3}[ -]?\d{5}[ -]?\d\b",
        is_valid: is_australian,
        score: 0.9,
    },
    Kind {
        words: &["kvnr", "versicherten", "krankenversicher", "krankenkasse", "health insurance"],
        pattern: r"(?i-u)\b[a-z]\d{9}\b",
        is_valid: is_german,
        score: 0.95,
    },
    Kind {
        words: &[
            "mrn",
            "medical record",
            "health record",
            "patient id",
            "patient no",
            "patient number",
            "patient record",
            "chart no",
            "chart number",
            "hospital no",
            "hospital number",
        ],
        pattern: concat!(
            r"(?i-u)^(?:umber|o\.?|entifier)?[\s:#=.()]{0,4}(?:(?:number|no\.?|id|mrn)\b[\s:#=.()]{0,4})?",
            r"(?:is\s)?([a-z]{0,3}-?\d{5,10})\b"
        ),
        is_valid: |_| true,
        score: 0.85,
    },
];

/// How far after its word a number is looked for, and how far before a number a word.
const REACH: usize = 48;
/// No word is longer.
const WORD_BYTES_MAX: usize = 20;

struct Engine {
    words: Option<AhoCorasick>,
    kinds: Vec<usize>,
    patterns: Vec<Option<Regex>>,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let listed =
        || KINDS.iter().enumerate().flat_map(|(at, kind)| kind.words.iter().map(move |word| (at, word)));
    Engine {
        words: AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(listed().map(|(_, word)| word))
            .ok(),
        kinds: listed().map(|(at, _)| at).collect(),
        patterns: KINDS.iter().map(|kind| Regex::new(kind.pattern).ok()).collect(),
    }
});

fn find(text: &str, numbers: &Numbers) -> Vec<Found> {
    let engine = &*ENGINE;
    let Some(words) = &engine.words else { return Vec::new() };
    let mut found: Vec<Found> = Vec::new();
    let mut until = 0usize;
    for stretch in &numbers.stretches {
        // Words are looked for where a number may follow, and no further back than the last time but for one word.
        let low = stretch.start.saturating_sub(REACH).max(until.saturating_sub(WORD_BYTES_MAX));
        let low = text.floor_char_boundary(low);
        let high = text.ceil_char_boundary(stretch.end.min(text.len()));
        until = high;
        let Some(window) = text.get(low..high) else { continue };
        for word in words.find_overlapping_iter(window) {
            let Some(kind) = engine.kinds.get(word.pattern().as_usize()) else { continue };
            let place = low + word.start()..low + word.end();
            found.extend(after(text, &place, *kind));
        }
    }
    // One number may be announced by more than one word.
    found.dedup();
    found
}

/// The number of a kind that follows a word.
fn after(text: &str, word: &Range<usize>, kind: usize) -> Option<Found> {
    let before = word.start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
    if before.is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let (Some(kind), Some(Some(pattern))) = (KINDS.get(kind), ENGINE.patterns.get(kind)) else { return None };
    let high = text.ceil_char_boundary((word.end + REACH).min(text.len()));
    let captures = pattern.captures(text.get(word.end..high)?.as_bytes())?;
    let held = captures.get(1).or_else(|| captures.get(0))?;
    let range = word.end + held.start()..word.end + held.end();
    // The end of the window is no end of a word.
    let whole = !is_within_word(text, &range) && text.as_bytes().get(range.end) != Some(&b'-');
    (whole && (kind.is_valid)(text.get(range.clone())?)).then_some(Found { range, score: kind.score })
}

/// CMS: the Luhn check of the number with 80840 before it.
fn is_provider(held: &str) -> bool {
    let prefixed: Vec<u32> = [8, 0, 8, 4, 0].into_iter().chain(digits(held)).collect();
    is_luhn(&prefixed)
}

/// First, third and fifth digit and twice the second, fourth and sixth sum up to a number that ends in the seventh.
fn is_drug_registration(held: &str) -> bool {
    let digits = digits(held.get(2..).unwrap_or_default());
    let [one, two, three, four, five, six, check] = digits.as_slice() else { return false };
    (one + three + five + 2 * (two + four + six)) % 10 == *check
}

/// The first eight digits, weighed 1, 3, 7, 9, end in the ninth.
fn is_australian(held: &str) -> bool {
    let digits = digits(held);
    let sum: u32 = digits.iter().zip([1, 3, 7, 9, 1, 3, 7, 9]).map(|(digit, weight)| digit * weight).sum();
    digits.get(8) == Some(&(sum % 10))
}

/// The letter as two digits and the next eight, every second doubled, digits summed: the sum ends in the last.
fn is_german(held: &str) -> bool {
    let letter =
        held.bytes().next().map(|byte| u32::from(byte.to_ascii_uppercase().saturating_sub(b'A')) + 1);
    let (Some(letter), digits) = (letter, digits(held)) else { return false };
    let Some((check, rest)) = digits.split_last() else { return false };
    let all = [letter / 10, letter % 10].into_iter().chain(rest.iter().copied());
    let doubled =
        |(at, digit): (usize, u32)| if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit };
    all.enumerate().map(doubled).sum::<u32>() % 10 == *check
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = find(text, &Numbers::of(text));
        let found: Vec<_> = found.into_iter().map(|found| &text[found.range]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_of_health_are_held_to_their_checks() {
        check("NPI: 1234567893", &["1234567893"]);
        check("NPI: 1234567894", &[]);
        check("order 1234567893", &[]);
        check("His DEA number is AB1234563.", &["AB1234563"]);
        check("DEA AB1234564, idea AB1234563", &[]);
        check("Medicare beneficiary 1EG4-TE5-MK73", &["1EG4-TE5-MK73"]);
        check("MBI 1EG4TE5MK73", &["1EG4TE5MK73"]);
        check("MBI 1SG4TE5MK73", &[]);
        check("Medicare card 2123 45670 1", &["2123 45670 1"]);
        check("Medicare card 2123 45671 1", &[]);
        check("KVNR A123456780", &["A123456780"]);
        check("Versichertennummer: A123456781", &[]);
    }

    #[test]
    fn records_are_found_by_the_word_before() {
        check("MRN 00482913 was admitted", &["00482913"]);
        check("Medical record number: AB-482913", &["AB-482913"]);
        check("patient ID #4829134, patient no. 482913", &["4829134", "482913"]);
        check("patient identifier is 4829134", &["4829134"]);
        check("the medical record of 2019 had 48291 pages", &[]);
        check("MRN 0048291-x, MRN 1234", &[]);
    }
}
