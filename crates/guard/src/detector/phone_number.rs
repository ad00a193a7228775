//! Owns `phone_number`: numbers of telephones, in the ways that people write them.
//!
//! # What it finds
//!
//! 7 to 15 digits with a country code, in groups, in brackets, or after a word that speaks of telephones.
//!
//! # What it lets pass
//!
//! Dates, times, amounts, versions, cards, and long numbers that nothing says are a telephone's.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::numbers::Numbers;
use super::value::{Found, Value, is_after, is_within_word};
use crate::finding::Category;
use crate::guard::Tier;

/// The detector.
pub const VALUE: Value = Value {
    name: "phone_number",
    category: Category::Pii,
    explanation: "a telephone number",
    tier: Tier::Rules,
    find,
};

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i-u)(?:\+|\(\+?|\b)\d(?:[ .()/-]{0,3}\d){5,14}(?:\s?(?:x|ext\.?)\s?\d{2,5})?").ok()
});
const CONTEXT: &[&str] = &[
    "phone", "tel", "mobile", "cell", "call", "fax", "dial", "reach", "whatsapp", "sms", "text me", "ring",
    "contact", "telefon", "handy",
];
const OTHERS: &[&str] =
    &["card", "iban", "account", "invoice", "order", "ssn", "zip", "version", " port ", " id ", "license"];

fn find(text: &str, numbers: &Numbers) -> Vec<Found> {
    let Some(number) = &*NUMBER else { return Vec::new() };
    let judged = numbers.matches(text, number).into_iter().filter_map(|range| {
        let held = text.get(range.clone())?;
        if is_within_word(text, &range) || touches(text, &range) {
            return None;
        }
        score(held, is_after(text, range.start, CONTEXT), is_after(text, range.start, OTHERS))
            .map(|score| Found { range, score })
    });
    judged.collect()
}

/// Whether signs beside it make it part of something else: `1.5-2020`, `€10 20`, `a/1234567`.
fn touches(text: &str, range: &std::ops::Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    let after = (bytes.get(range.end), bytes.get(range.end + 1));
    let joined = matches!(before, Some(b'.' | b'-' | b'/' | b'$' | b'#' | b':' | b'=' | b'%'))
        || before == Some(&b',')
            && range.start.checked_sub(2).and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let goes_on =
        matches!(after, (Some(b'.' | b'-' | b'/' | b':' | b','), Some(b'0'..=b'9')) | (Some(b'%'), _));
    joined && before != Some(&b':') || goes_on
}

fn score(held: &str, named: bool, other: bool) -> Option<f32> {
    let main = held.split(['x', 'X', 'e', 'E']).next().unwrap_or(held);
    let groups: Vec<&str> =
        main.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let digits: usize = groups.iter().map(|group| group.len()).sum();
    let international = held.starts_with('+') || held.starts_with("(+") || held.starts_with("00");
    if !(7..=15).contains(&digits) || is_date(&groups) || other && !named {
        return None;
    }
    if held.matches('.').count() > 0 && groups.len() < 3 {
        return None;
    }
    let bracketed = held.starts_with('(') && held.contains(')');
    let sizes: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    // A post code in two parts is no number in two parts.
    let grouped = match sizes.as_slice() {
        [one] => *one == 10 && !held.starts_with('1') && !held.starts_with('0'),
        [first, second] => digits >= 9 && *first <= 4 && *second >= 5 || *first == 3 && *second == 4,
        _ => digits >= 8 && sizes.iter().all(|size| *size <= 5) && !sizes.iter().all(|size| *size == 4),
    };
    match (international || bracketed, grouped, named) {
        (true, _, _) if digits >= 8 => Some(if named { 0.97 } else { 0.9 }),
        (_, true, true) => Some(0.95),
        (_, true, false) if digits >= 9 => Some(if sizes.len() > 2 { 0.8 } else { 0.6 }),
        (_, false, true) => Some(0.8),
        _ => None,
    }
}

fn is_date(groups: &[&str]) -> bool {
    let number = |group: &str| group.parse::<u32>().unwrap_or(u32::MAX);
    match groups {
        [year, month, day, ..] if year.len() == 4 && (1000..2200).contains(&number(year)) => {
            number(month) <= 12 && number(day) <= 31
        }
        [day, month, year, ..] if year.len() == 4 && (1000..2200).contains(&number(year)) => {
            number(month) <= 31 && number(day) <= 31
        }
        [first, second] => {
            [first, second].iter().all(|year| year.len() == 4 && (1900..2200).contains(&number(year)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_and_dates_pass() {
        let found = |text: &str| {
            find(text, &Numbers::of(text))
                .into_iter()
                .map(|found| text[found.range].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found("+49 (0)30 901820, call 555-867-5309"), ["+49 (0)30 901820", "555-867-5309"]);
        assert_eq!(found("Phone: 451 5986"), ["451 5986"]);
        assert!(found("2020-06-20 14:11:22, 1990-2000, 12.5.2021, 1.234.567,89").is_empty());
    }
}
