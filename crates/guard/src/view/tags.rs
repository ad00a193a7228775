//! Owns text written in Unicode's tag characters (U+E0020 to U+E007E), which nothing shows.

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::signals::{Needs, Signals};

/// Reads tag characters as the ASCII they stand for.
pub const TRANSFORM: Transform = Transform { name: "tags", literal: true, needs: Needs::Unicode, apply };

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    // Their UTF-8 begins with these bytes.
    memchr::memmem::find(source.as_bytes(), &[0xF3, 0xA0])?;
    let shown = |(at, c): (usize, char)| {
        let hidden = matches!(c, '\u{E0020}'..='\u{E007E}');
        let shown = u32::from(c).checked_sub(0xE0000).filter(|_| hidden).and_then(char::from_u32)?;
        Some(Change { range: at..at + c.len_utf8(), by: Replacement::Char(shown) })
    };
    let changes: Vec<_> = source.char_indices().filter_map(shown).collect();
    // A flag of a region is an emoji and a few tags.
    if changes.len() >= 7 { changed_lines(source, &changes) } else { None }
}
