//! Owns bits written as two characters of no width.

use super::Transform;
use super::invisible::is_invisible;
use super::offsets::Builder;
use super::runs::as_text;
use super::signals::{Needs, Signals};

/// Reads runs of two invisible characters as bits, eight to a byte, either way round.
pub const TRANSFORM: Transform =
    Transform { name: "zero_width_bits", literal: true, needs: Needs::Unicode, apply };

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    if source.is_ascii() {
        return None;
    }
    let mut builder = Builder::default();
    let mut run: Vec<char> = Vec::new();
    let mut from = 0;
    for (at, c) in source.char_indices().chain([(source.len(), ' ')]) {
        if is_invisible(c) {
            if run.is_empty() {
                from = at;
            }
            run.push(c);
        } else if !run.is_empty() {
            if let Some(text) = bits(&run) {
                builder.put(&text, from..at);
            }
            run.clear();
        }
    }
    (!builder.text().is_empty()).then_some(builder)
}

fn bits(run: &[char]) -> Option<String> {
    if run.len() < 48 {
        return None;
    }
    let zero = *run.first()?;
    let one = *run.iter().find(|c| **c != zero)?;
    if run.iter().any(|c| *c != zero && *c != one) {
        return None;
    }
    let read = |set: char| {
        let byte = |eight: &[char]| eight.iter().fold(0u8, |byte, c| byte << 1 | u8::from(*c == set));
        as_text(run.chunks_exact(8).map(byte).collect())
    };
    read(one).or_else(|| read(zero))
}
