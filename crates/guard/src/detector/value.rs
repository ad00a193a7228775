//! Owns the engine under the detectors of values: each reads a text and gives what it found, surest first.

use std::ops::Range;

use super::VALUES;
use super::numbers::Numbers;
use crate::finding::Category;
use crate::guard::Tier;

/// A detector of one kind of value.
pub struct Value {
    /// Its name.
    pub name: &'static str,
    /// What a finding of it is.
    pub category: Category,
    /// What was found.
    pub explanation: &'static str,
    /// The tier that it needs.
    pub tier: Tier,
    /// Finds it in a text, given where numbers stand in it.
    pub find: fn(&str, &Numbers) -> Vec<Found>,
}

/// Where a value is, and how sure that it is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where.
    pub range: Range<usize>,
    /// How sure, 0 to 1.
    pub score: f32,
}

/// Every value in a text, in the order of places; where two overlap the surer stays, then the longer.
pub fn find(text: &str, tier: Tier) -> Vec<(&'static Value, Found)> {
    let numbers = Numbers::of(text);
    let each = VALUES
        .iter()
        .filter(|value| tier == Tier::All || value.tier == tier)
        .flat_map(|value| (value.find)(text, &numbers).into_iter().map(move |found| (value, found)));
    let mut all: Vec<(&Value, Found)> = each.collect();
    all.sort_by(|(_, one), (_, other)| {
        let start = one.range.start.cmp(&other.range.start);
        start.then(other.score.total_cmp(&one.score)).then(other.range.len().cmp(&one.range.len()))
    });
    let mut kept: Vec<(&'static Value, Found)> = Vec::with_capacity(all.len());
    for (value, found) in all {
        match kept.last_mut() {
            Some((_, last)) if found.range.start < last.range.end => {
                if (found.score, found.range.len()) > (last.score, last.range.len()) {
                    kept.pop();
                    kept.push((value, found));
                }
            }
            _ => kept.push((value, found)),
        }
    }
    kept
}

/// Whether one of these lower-case words stands within some bytes before a place.
pub fn is_after(text: &str, at: usize, words: &[&str]) -> bool {
    const BEFORE: usize = 48;
    let low = text.floor_char_boundary(at.saturating_sub(BEFORE));
    let before = text.get(low..at).unwrap_or_default().to_ascii_lowercase();
    words.iter().any(|word| before.contains(word))
}

/// The digits of a text, as numbers.
pub fn digits(text: &str) -> Vec<u32> {
    text.bytes().filter(u8::is_ascii_digit).map(|byte| u32::from(byte - b'0')).collect()
}

/// The check digit of ISO/IEC 7812: every second digit from the right doubled, digits summed, a multiple of ten.
pub fn is_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

/// Whether a place is within a word or number: a letter or digit on its outer side.
pub fn is_within_word(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let joins = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    joins(range.start.checked_sub(1).and_then(|at| bytes.get(at))) || joins(bytes.get(range.end))
}
