//! Owns `credit_card`: numbers of payment cards.
//!
//! # What it finds
//!
//! 12 to 19 digits, run together or in groups, that begin as an issuer's do and pass the Luhn check (ISO/IEC 7812).
//!
//! # What it lets pass
//!
//! Other long numbers: one in ten passes the check, and few of those begin as a card's.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::numbers::Numbers;
use super::value::{Found, Value, digits, is_after, is_luhn, is_within_word};
use crate::finding::Category;
use crate::guard::Tier;

/// The detector.
pub const VALUE: Value = Value {
    name: "credit_card",
    category: Category::Pii,
    explanation: "the number of a payment card",
    tier: Tier::Rules,
    find,
};

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)\d(?:[ -]?\d){11,18}").ok());
const CONTEXT: &[&str] = &["card", "visa", "mastercard", "amex", "credit", "debit", "payment", " cc "];

fn find(text: &str, numbers: &Numbers) -> Vec<Found> {
    let Some(number) = &*NUMBER else { return Vec::new() };
    let found = numbers.matches(text, number).into_iter().filter_map(|range| {
        let digits = digits(text.get(range.clone())?);
        let named = is_after(text, range.start, CONTEXT);
        let whole = !is_within_word(text, &range);
        if !whole || !is_luhn(&digits) || !begins_as_issued(&digits, named) {
            return None;
        }
        Some(Found { range, score: if named { 0.99 } else { 0.85 } })
    });
    found.collect()
}

fn begins_as_issued(digits: &[u32], named: bool) -> bool {
    let prefix = digits.iter().take(4).fold(0, |number, digit| number * 10 + digit);
    named
        || match digits.len() {
            14 => matches!(prefix, 3000..=3059 | 3600..=3699 | 3800..=3999),
            15 => matches!(prefix / 100, 34 | 37) || matches!(prefix, 1800 | 2131),
            16 => matches!(prefix, 2221..=2720 | 3528..=3589 | 4000..=6999),
            13 | 19 => prefix / 1000 == 4,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_found_and_other_numbers_pass() {
        let found = |text: &str| {
            find(text, &Numbers::of(text))
                .into_iter()
                .map(|found| text[found.range].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found("my card 4111 1111 1111 1111 is"), ["4111 1111 1111 1111"]);
        assert_eq!(found("pay with 5555555555554444."), ["5555555555554444"]);
        assert!(found("id 4111111111111112, x4111111111111111").is_empty());
    }
}
