//! Owns the characters that show nothing: of no width, directional, fillers, tags and variation selectors.

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::signals::{Needs, Signals};

/// Drops them.
pub const TRANSFORM: Transform =
    Transform { name: "invisible", literal: true, needs: Needs::Unprintable, apply };

/// Whether a character shows nothing.
pub fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
        | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF9..=0xFFFB
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF
        | 0x1..=0x8 | 0xB | 0xC | 0xE..=0x1F | 0x7F)
}

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    if source.bytes().all(|byte| byte < 0x80 && (byte >= 0x20 || matches!(byte, b'\n' | b'\r' | b'\t'))) {
        return None;
    }
    let found = source.char_indices().filter(|(_, c)| is_invisible(*c));
    let changes: Vec<_> =
        found.map(|(at, c)| Change { range: at..at + c.len_utf8(), by: Replacement::Nothing }).collect();
    changed_lines(source, &changes)
}
