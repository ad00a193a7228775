//! Owns `iban_code`: international bank account numbers.
//!
//! # What it finds
//!
//! Two letters, two check digits and up to thirty letters and digits, with or without spaces, that leave 1 when
//! divided by 97 (ISO 13616).

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::numbers::Numbers;
use super::value::{Found, Value, is_after, is_within_word};
use crate::finding::Category;
use crate::guard::Tier;

/// The detector.
pub const VALUE: Value = Value {
    name: "iban_code",
    category: Category::Pii,
    explanation: "a bank account's IBAN",
    tier: Tier::Rules,
    find,
};

/// Longer than any match, spaces and all.
const IBAN_BYTES_MAX: usize = 64;

static IBAN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i-u)\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?\b").ok());

fn find(text: &str, numbers: &Numbers) -> Vec<Found> {
    let Some(iban) = &*IBAN else { return Vec::new() };
    // A match begins with two letters and two digits.
    let mut until = 0;
    let matches = numbers.lettered.iter().filter_map(|start| {
        let high = text.ceil_char_boundary((start + IBAN_BYTES_MAX).min(text.len()));
        let held = text.as_bytes().get(*start..high).filter(|_| *start >= until)?;
        let found = iban.find(held).filter(|found| found.start() == 0)?;
        until = start + found.end();
        Some(*start..until)
    });
    let found = matches.filter_map(|found| {
        let held = text.get(found.clone())?;
        // A word after the number is no part of it: the longest prefix by groups that passes is.
        let ends = std::iter::once(held.len()).chain(held.rmatch_indices(' ').map(|(at, _)| at));
        let valid = ends.filter_map(|end| held.get(..end)).find(|text| is_valid(text));
        let named = is_after(text, found.start, &["iban"]);
        let (length, score) = match valid {
            Some(valid) => (valid.len(), 0.99),
            None if named && !held.contains(' ') && held.len() >= 15 => (held.len(), 0.7),
            None => return None,
        };
        let range = found.start..found.start + length;
        (!is_within_word(text, &range)).then_some(Found { range, score })
    });
    found.collect()
}

/// The remainder by 97 of the number that letters (A is 10) and digits make, the first four moved to the end.
fn is_valid(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    let Some((head, rest)) = plain.split_at_checked(4) else { return false };
    if !(15..=34).contains(&plain.len()) {
        return false;
    }
    let step = |rest: u32, byte: &u8| match char::from(*byte).to_digit(36) {
        Some(digit @ 0..=9) => (rest * 10 + digit) % 97,
        Some(letter) => (rest * 100 + letter) % 97,
        None => 0,
    };
    rest.iter().chain(head).fold(0, step) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_are_found_and_lookalikes_pass() {
        let found = |text: &str| {
            find(text, &Numbers::of(text))
                .into_iter()
                .map(|found| text[found.range].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found("to DE89 3704 0044 0532 0130 00 please"), ["DE89 3704 0044 0532 0130 00"]);
        assert_eq!(found("GB82WEST12345698765432"), ["GB82WEST12345698765432"]);
        assert!(found("GB83WEST12345698765432 and AB12 word word word").is_empty());
    }
}
