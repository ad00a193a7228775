//! Owns Unicode's compatibility forms: wide, styled, circled letters become plain ones, and marks are taken off.

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::signals::{Needs, Signals};

/// Normalises to NFKC and takes combining marks off what is left.
pub const TRANSFORM: Transform = Transform { name: "nfkc", literal: true, needs: Needs::Unicode, apply };

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    if source.is_ascii() {
        return None;
    }
    let mut changes = Vec::new();
    // A text has few different characters.
    let mut known: FxHashMap<char, Option<Replacement>> = FxHashMap::default();
    for (at, c) in source.char_indices().filter(|(_, c)| !c.is_ascii()) {
        if let Some(by) = known.entry(c).or_insert_with(|| plain(c)) {
            changes.push(Change { range: at..at + c.len_utf8(), by: by.clone() });
        }
    }
    changed_lines(source, &changes)
}

/// What a character comes to; `None` where it stays.
fn plain(c: char) -> Option<Replacement> {
    if is_combining_mark(c) {
        return Some(Replacement::Nothing);
    }
    let mut plain = std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c));
    match (plain.next(), plain.next()) {
        (Some(only), None) => Some(unboxed(only)).filter(|only| *only != c).map(Replacement::Char),
        (None, _) => Some(Replacement::Nothing),
        // Hangul is taken apart into letters, which nobody hides in.
        (Some(_), Some(_)) if matches!(u32::from(c), 0xAC00..=0xD7A3) => None,
        (Some(first), Some(second)) => {
            Some(Replacement::Text([first, second].into_iter().chain(plain).collect()))
        }
    }
}

/// Letters in boxes and circles that have no compatibility form.
fn unboxed(c: char) -> char {
    let code = u32::from(c);
    let letter = match code {
        0x1F150..=0x1F169 => code - 0x1F150,
        0x1F170..=0x1F189 => code - 0x1F170,
        0x1F1E6..=0x1F1FF => code - 0x1F1E6,
        _ => return c,
    };
    char::from_u32(u32::from('A') + letter).unwrap_or(c)
}
