//! Owns Unicode's compatibility forms: wide, styled, circled letters become plain ones, and marks are taken off.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};

/// Normalises to NFKC and takes combining marks off what is left.
pub const TRANSFORM: Transform = Transform { name: "nfkc", literal: true, apply };

fn apply(source: &str) -> Option<Builder> {
    if source.is_ascii() {
        return None;
    }
    let mut changes = Vec::new();
    for (at, c) in source.char_indices().filter(|(_, c)| !c.is_ascii()) {
        let range = at..at + c.len_utf8();
        if is_combining_mark(c) {
            changes.push(Change { range, by: Replacement::Nothing });
            continue;
        }
        let mut plain = std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c));
        match (plain.next(), plain.next()) {
            (Some(only), None) if only == c => {}
            (Some(only), None) => changes.push(Change { range, by: Replacement::Char(unboxed(only)) }),
            (None, _) => changes.push(Change { range, by: Replacement::Nothing }),
            (Some(first), Some(second)) => {
                // Hangul is taken apart into letters, which nobody hides in.
                if !matches!(u32::from(c), 0xAC00..=0xD7A3) {
                    let text = [first, second].into_iter().chain(plain).collect();
                    changes.push(Change { range, by: Replacement::Text(text) });
                }
            }
        }
    }
    let boxed = source.char_indices().any(|(_, c)| unboxed(c) != c);
    if boxed {
        changes.extend(
            source
                .char_indices()
                .filter(|(_, c)| unboxed(*c) != *c)
                .map(|(at, c)| Change { range: at..at + c.len_utf8(), by: Replacement::Char(unboxed(c)) }),
        );
        changes.sort_by_key(|change| change.range.start);
        changes.dedup_by_key(|change| change.range.start);
    }
    changed_lines(source, &changes)
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
