//! Owns words whose letters are set apart: `i g n o r e`, `i-g-n-o-r-e`.

use std::ops::Range;

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::signals::{Needs, Signals};

/// Draws the letters together.
pub const TRANSFORM: Transform = Transform { name: "spacing", literal: true, needs: Needs::Singles, apply };

/// So many single characters in a row are no accident.
const SINGLES_MIN: usize = 6;

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    let mut changes: Vec<Change> = Vec::new();
    let mut row: Vec<Range<usize>> = Vec::new();
    for token in tokens(source) {
        let Some(text) = source.get(token.clone()) else { continue };
        let single = text.chars().nth(1).is_none();
        let near = row.last().is_none_or(|last| token.start - last.end <= 12);
        if single && near {
            row.push(token);
            continue;
        }
        draw_together(source, &row, &mut changes);
        row.clear();
        if single {
            row.push(token);
        } else {
            set_apart(text, token.start, &mut changes);
        }
    }
    draw_together(source, &row, &mut changes);
    changed_lines(source, &changes)
}

fn tokens(source: &str) -> impl Iterator<Item = Range<usize>> {
    let start = source.as_ptr() as usize;
    source.split_whitespace().map(move |token| {
        let at = token.as_ptr() as usize - start;
        at..at + token.len()
    })
}

/// A row of single characters: the least gap between them goes, a wider one is a space between
/// words.
fn draw_together(source: &str, row: &[Range<usize>], changes: &mut Vec<Change>) {
    if row.len() < SINGLES_MIN {
        return;
    }
    let gaps = row.windows(2).filter_map(|pair| match pair {
        [first, second] => Some(first.end..second.start),
        _ => None,
    });
    let usual = gaps.clone().map(|gap| gap.len()).min().unwrap_or(1);
    for gap in gaps {
        let wide = gap.len() > usual || source.get(gap.clone()) == Some("\n");
        let by = if wide { Replacement::Char(' ') } else { Replacement::Nothing };
        changes.push(Change { range: gap, by });
    }
}

/// A word with the same sign between each two letters loses the sign.
fn set_apart(token: &str, start: usize, changes: &mut Vec<Change>) {
    let mut between = token.char_indices().skip(1).step_by(2);
    let Some((_, sign)) = between.next() else { return };
    let letters = token.chars().step_by(2);
    if sign.is_alphanumeric() || sign == '\\' || token.chars().count() < 7 {
        return;
    }
    if letters.clone().any(|letter| letter == sign) || between.any(|(_, other)| other != sign) {
        return;
    }
    // Numbers are written so: `1,2,3,4`.
    if !letters.clone().any(char::is_alphabetic) {
        return;
    }
    for (at, c) in token.char_indices().skip(1).step_by(2) {
        changes.push(Change { range: start + at..start + at + c.len_utf8(), by: Replacement::Nothing });
    }
}
