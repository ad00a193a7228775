//! Owns escapes of programming languages: `\u0069`, `\x69`, `\u{69}`, `U+0069`.

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::signals::{Needs, Signals};

/// Resolves them.
pub const TRANSFORM: Transform = Transform { name: "escapes", literal: true, needs: Needs::Nothing, apply };

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    let bytes = source.as_bytes();
    let mut changes: Vec<Change> = Vec::new();
    for at in memchr::memchr2_iter(b'\\', b'U', bytes) {
        if changes.last().is_some_and(|last| at < last.range.end) {
            continue;
        }
        let Some((length, c)) = source.get(at..).and_then(escape) else { continue };
        changes.push(Change { range: at..at + length, by: Replacement::Char(c) });
    }
    changed_lines(source, &changes)
}

fn escape(after: &str) -> Option<(usize, char)> {
    let (prefix, digits_min, digits_max) = match after.as_bytes() {
        [b'\\', b'u', b'{', ..] => (3, 1, 6),
        [b'\\', b'u', ..] | [b'U', b'+', ..] => (2, 4, 4),
        [b'\\', b'x', ..] => (2, 2, 2),
        [b'\\', b'U', ..] => (2, 8, 8),
        _ => return None,
    };
    let digits = after.bytes().skip(prefix).take(digits_max).take_while(u8::is_ascii_hexdigit).count();
    if digits < digits_min {
        return None;
    }
    let code = u32::from_str_radix(after.get(prefix..prefix + digits)?, 16).ok()?;
    let c = char::from_u32(code).filter(|c| *c >= ' ')?;
    let closed = usize::from(prefix == 3 && after.as_bytes().get(prefix + digits) == Some(&b'}'));
    Some((prefix + digits + closed, c))
}
