//! Owns `person`: names of people.
//!
//! # What it finds
//!
//! Words with a capital that context, shape and a list of first names make a name: a linear tagger, a word at a time,
//! whose neighbouring words join.
//!
//! # What it lets pass
//!
//! Products, places and firms, as far as the tagger tells them apart; see the model's card for how far that is.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::numbers::Numbers;
use super::value::{Found, Value};
use crate::finding::Category;
use crate::guard::Tier;
use crate::model::{Weights, bucket, hash};
use crate::view::Vocabulary;

/// The detector.
pub const VALUE: Value =
    Value { name: "person", category: Category::Pii, explanation: "a person's name", tier: Tier::All, find };

static FIRST_NAMES: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| include_str!("person/first_names.txt").split_whitespace().collect());

/// A word of a text, as the tagger sees it.
#[derive(Debug, Clone)]
pub struct Word {
    /// Where.
    pub range: Range<usize>,
    hash: u64,
    shape: u64,
    first_name: bool,
    /// Whether it is an ordinary English word too.
    common: bool,
}

/// A tagger is never as sure as a check digit; default policies mask from a higher score on.
const SCORE_MAX: f32 = 0.75;

const CAPITAL: u64 = 1;
const UPPER: u64 = 2;

/// The words and signs of a text.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        if c.is_alphanumeric() {
            while let Some((at, next)) = rest.peek().copied() {
                let joins = matches!(next, '\'' | '’' | '-')
                    && text[at + next.len_utf8()..].starts_with(char::is_alphabetic);
                let possessive = joins
                    && next != '-'
                    && text[at + next.len_utf8()..].starts_with("s")
                    && !text[at + next.len_utf8() + 1..].starts_with(char::is_alphabetic);
                if !(next.is_alphanumeric() || joins) || possessive {
                    break;
                }
                end = at + next.len_utf8();
                rest.next();
            }
        }
        words.push(word(text, start..end));
    }
    words
}

fn word(text: &str, range: Range<usize>) -> Word {
    let held = text.get(range.clone()).unwrap_or_default();
    let lower = held.to_lowercase();
    let mut letters = held.chars();
    let first = letters.next().unwrap_or(' ');
    let shape = match () {
        () if first.is_uppercase() && letters.clone().any(char::is_lowercase) => CAPITAL,
        () if first.is_uppercase() && letters.clone().all(|c| !c.is_lowercase()) => {
            UPPER + u64::from(held.len() == 1) * 4
        }
        () if first.is_numeric() => 8,
        () if first.is_alphabetic() => 3,
        () => 4,
    };
    let first_name = FIRST_NAMES.contains(lower.as_str());
    let common = shape != 4 && Vocabulary::built_in().holds(&lower);
    Word { range, hash: hash(lower.as_bytes()), shape, first_name, common }
}

/// Whether a word may be (part of) a name at all.
pub fn may_be_name(word: &Word) -> bool {
    matches!(word.shape, CAPITAL | UPPER | 6) || word.first_name
}

/// The features of a word among its neighbours.
pub fn features(text: &str, words: &[Word], at: usize) -> Vec<u32> {
    let mut out = Vec::with_capacity(40);
    let Some(word) = words.get(at) else { return out };
    let neighbour = |by: isize| at.checked_add_signed(by).and_then(|at| words.get(at));
    let hash_of = |by: isize| neighbour(by).map_or(1, |word| word.hash);
    let shape_of = |by: isize| neighbour(by).map_or(5, |word| word.shape);
    let name_of = |by: isize| u64::from(neighbour(by).is_some_and(|word| word.first_name));
    let mut add = |kind: u64, value: u64| out.push(bucket(value, 20 + kind));
    add(0, word.hash);
    add(1, hash_of(-1));
    add(2, hash_of(1));
    add(3, hash_of(-2));
    add(4, hash_of(2));
    add(5, hash_of(-1).rotate_left(9) ^ hash_of(-2));
    add(6, hash_of(1).rotate_left(9) ^ hash_of(2));
    add(7, hash_of(-1).rotate_left(9) ^ hash_of(1));
    add(8, word.shape << 32 | shape_of(-1) << 24 | shape_of(1) << 16);
    add(9, shape_of(-2) << 24 | shape_of(-1) << 16 | word.shape << 8 | shape_of(1));
    add(10, u64::from(word.first_name) << 4 | name_of(-1) << 2 | name_of(1));
    add(11, u64::from(word.first_name) << 8 | word.shape << 4 | shape_of(1));
    add(12, hash_of(-1).rotate_left(5) ^ word.shape);
    add(13, hash_of(1).rotate_left(5) ^ word.shape);
    add(14, hash_of(-1).rotate_left(5) ^ shape_of(1));
    add(15, hash_of(2).rotate_left(5) ^ shape_of(1));
    add(16, hash_of(-2).rotate_left(5) ^ shape_of(-1));
    let held = text.get(word.range.clone()).unwrap_or_default().to_lowercase();
    let letters: Vec<char> = held.chars().collect();
    for length in 1..=4 {
        let end: String = letters.iter().rev().take(length).collect();
        add(20 + length as u64, hash(end.as_bytes()));
        let start: String = letters.iter().take(length).collect();
        add(26 + length as u64, hash(start.as_bytes()));
    }
    add(31, letters.len().min(12) as u64);
    let common = |by: isize| u64::from(neighbour(by).is_some_and(|word| word.common));
    add(34, common(0) << 8 | word.shape << 4 | u64::from(word.first_name));
    add(35, common(-1) << 9 | common(0) << 8 | common(1) << 7 | shape_of(-1) << 4 | shape_of(1));
    add(36, hash_of(-1).rotate_left(7) ^ common(0) << 1 ^ u64::from(word.first_name));
    let joined = neighbour(-1).is_some_and(|before| before.range.end == word.range.start);
    let joins = neighbour(1).is_some_and(|after| after.range.start == word.range.end);
    add(32, u64::from(joined) << 1 | u64::from(joins));
    let line = neighbour(-1).is_none_or(|before| {
        text.get(before.range.end..word.range.start).is_some_and(|gap| gap.contains('\n'))
    });
    add(33, u64::from(line));
    out
}

fn find(text: &str, _: &Numbers) -> Vec<Found> {
    let head = &Weights::built_in().person;
    let words = words(text);
    let mut found: Vec<Found> = Vec::new();
    let mut last: Option<usize> = None;
    for (at, word) in words.iter().enumerate().filter(|(_, word)| may_be_name(word)) {
        let features = features(text, &words, at);
        let sum: f32 = features.iter().map(|bucket| head.weight(*bucket)).sum();
        let score = head.probability(sum, features.len() as f32).min(SCORE_MAX);
        if score < 0.5 {
            continue;
        }
        // An initial's full stop stands between two words of a name.
        let gap =
            last.and_then(|last| words.get(last)).and_then(|last| text.get(last.range.end..word.range.start));
        let joins = gap.is_some_and(|gap| gap == " " || gap == ". " || gap == "  ");
        match found.last_mut() {
            Some(held) if joins => {
                held.range.end = word.range.end;
                held.score = held.score.max(score);
            }
            _ => found.push(Found { range: word.range.clone(), score }),
        }
        last = Some(at);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_context() {
        let found = |text: &str| {
            find(text, &Numbers::default())
                .into_iter()
                .map(|found| text[found.range].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found("My name is Anna Kowalski and I live in Kansas."), ["Anna Kowalski"]);
        assert!(found("Deploy the cluster with Kubernetes and restart the node pool.").is_empty());
    }
}
