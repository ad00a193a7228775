//! Owns `us_ssn` and `national_id`: numbers that states give to people.
//!
//! # What it finds
//!
//! US social security numbers by their form and the numbers that are never given; Spanish DNI and NIE, Italian codice
//! fiscale, Polish PESEL, Brazilian CPF, German tax ids and British NHS numbers, each by its check digit. Those that are
//! digits alone need a word that says what they are.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::numbers::Numbers;
use super::value::{Found, Value, digits, is_after, is_within_word};
use crate::finding::Category;
use crate::guard::Tier;

/// The detector of US social security numbers.
pub const SSN: Value = Value {
    name: "us_ssn",
    category: Category::Pii,
    explanation: "a US social security number",
    tier: Tier::Rules,
    find: find_ssn,
};
/// The detector of other states' numbers.
pub const OTHERS: Value = Value {
    name: "national_id",
    category: Category::Pii,
    explanation: "a national identity, tax or health number",
    tier: Tier::Rules,
    find: find_others,
};

static SOCIAL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)\d{3}[- ]\d{2}[- ]\d{4}").ok());
static LETTERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let spanish = r"[0-9xyz]\d{7}-?[a-z]";
    let italian = r"[a-z]{6}\d{2}[abcdehlmprst]\d{2}[a-z]\d{3}[a-z]";
    Regex::new(&format!(r"(?i-u)\b(?:{spanish}|{italian})\b")).ok()
});
static NUMBERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b\d{3}[. ]?\d{3}[. ]?\d{3,4}(?:-?\d{2})?\b|\b\d{2} \d{3} \d{3} \d{3}\b").ok()
});

fn find_ssn(text: &str, numbers: &Numbers) -> Vec<Found> {
    let Some(social) = &*SOCIAL else { return Vec::new() };
    let judged = numbers.matches(text, social).into_iter().filter_map(|range| {
        let held = text.get(range.clone())?;
        let (area, group, serial) = (held.get(..3)?, held.get(4..6)?, held.get(7..)?);
        let named = is_after(text, range.start, &["ssn", "social security"]);
        let never =
            area == "000" || area == "666" || group == "00" || serial == "0000" || area.starts_with('9');
        let dashed = held.matches('-').count() == 2;
        let joined = text.as_bytes().get(range.end) == Some(&b'-')
            || range.start.checked_sub(1).and_then(|at| text.as_bytes().get(at)) == Some(&b'-');
        if is_within_word(text, &range) || never || joined || !(dashed || named) {
            return None;
        }
        Some(Found { range, score: if named { 0.97 } else { 0.85 } })
    });
    judged.collect()
}

fn find_others(text: &str, numbers: &Numbers) -> Vec<Found> {
    let mut found = Vec::new();
    if let Some(lettered) = &*LETTERED {
        let checked = numbers.matches(text, lettered).into_iter().filter(|found| {
            let held = text.get(found.clone()).unwrap_or_default().to_ascii_uppercase();
            is_spanish(&held) || is_italian(&held)
        });
        found.extend(checked.map(|range| Found { range, score: 0.9 }));
    }
    if let Some(numbered) = &*NUMBERED {
        let checked = numbers.matches(text, numbered).into_iter().filter(|found| {
            let digits = digits(text.get(found.clone()).unwrap_or_default());
            let named = |words: &[&str]| is_after(text, found.start, words);
            (is_pesel(&digits) && named(&["pesel"]))
                || (is_cpf(&digits) && named(&["cpf"]))
                || (is_nhs(&digits) && named(&["nhs", "patient"]))
                || (is_german_tax(&digits) && named(&["steuer", "tax id", "idnr", "tin"]))
        });
        found.extend(checked.map(|range| Found { range, score: 0.95 }));
    }
    found
}

/// The letter that the number leaves when divided by 23.
fn is_spanish(held: &str) -> bool {
    let plain: String = held.chars().filter(|c| *c != '-').collect();
    let number = plain.replacen('X', "0", 1).replacen('Y', "1", 1).replacen('Z', "2", 1);
    let (Some(number), Some(letter)) = (number.get(..8), plain.chars().nth(8)) else { return false };
    let letters = "TRWAGMYFPDXBNJZSQVHLCKE";
    number.parse::<usize>().is_ok_and(|number| letters.chars().nth(number % 23) == Some(letter))
}

/// The sixteenth letter: odd places by a table, even places by their value, summed, divided by 26.
fn is_italian(held: &str) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    if held.len() != 16 {
        return false;
    }
    let value = |c: char| c.to_digit(10).or_else(|| c.to_digit(36).map(|value| value - 10));
    let of = |(at, c): (usize, char)| {
        let value = value(c)?;
        if at % 2 == 0 { ODD.get(value as usize).copied() } else { Some(value) }
    };
    let sum: Option<u32> = held.chars().take(15).enumerate().map(of).sum();
    sum.is_some_and(|sum| held.chars().nth(15).and_then(value) == Some(sum % 26))
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn is_pesel(digits: &[u32]) -> bool {
    let sum = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    digits.len() == 11 && digits.last() == Some(&((10 - sum % 10) % 10))
}

fn is_cpf(digits: &[u32]) -> bool {
    let check = |count: usize| {
        let weights: Vec<u32> = (2..=count as u32 + 1).rev().collect();
        let rest = weighted(digits, &weights) * 10 % 11 % 10;
        digits.get(count) == Some(&rest)
    };
    digits.len() == 11 && check(9) && check(10)
}

fn is_nhs(digits: &[u32]) -> bool {
    let sum = weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]);
    digits.len() == 10 && digits.last() == Some(&((11 - sum % 11) % 11))
}

/// ISO 7064, MOD 11,10.
fn is_german_tax(digits: &[u32]) -> bool {
    let product = digits.iter().take(10).fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    digits.len() == 11 && digits.first() != Some(&0) && digits.last() == Some(&((11 - product) % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(find: fn(&str, &Numbers) -> Vec<Found>, text: &str, count: usize) {
        assert_eq!(find(text, &Numbers::of(text)).len(), count, "{text}");
    }

    #[test]
    fn numbers_are_held_to_their_checks() {
        check(find_ssn, "SSN 536-22-8726", 1);
        check(find_ssn, "666-22-8726 and 555-12-34567", 0);
        check(find_others, "DNI 12345678Z, NIE X1234567L", 2);
        check(find_others, "12345678A", 0);
        check(find_others, "RSSMRA85T10A562S", 1);
        check(find_others, "PESEL 44051401359 and CPF 529.982.247-25", 2);
        check(find_others, "NHS number 943 476 5919", 1);
        check(find_others, "order 943 476 5919", 0);
        check(find_others, "Steuer-ID 86 095 742 719", 1);
    }
}
