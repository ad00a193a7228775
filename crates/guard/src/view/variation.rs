//! Owns bytes written in variation selectors (U+FE00 to U+FE0F for 0 to 15, U+E0100 to U+E01EF for 16 to 255).

use super::Transform;
use super::offsets::Builder;
use super::runs::as_text;
use super::signals::{Needs, Signals};

/// Reads runs of variation selectors as the bytes they stand for.
pub const TRANSFORM: Transform =
    Transform { name: "variation_selectors", literal: true, needs: Needs::Unicode, apply };

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    if source.is_ascii() {
        return None;
    }
    let mut builder = Builder::default();
    let mut run: Vec<u8> = Vec::new();
    let mut from = 0;
    for (at, c) in source.char_indices().chain([(source.len(), ' ')]) {
        match (byte(c), run.is_empty()) {
            (Some(byte), empty) => {
                if empty {
                    from = at;
                }
                run.push(byte);
            }
            (None, false) => {
                if run.len() >= 4
                    && let Some(text) = as_text(std::mem::take(&mut run))
                {
                    builder.put(&text, from..at);
                }
                run.clear();
            }
            (None, true) => {}
        }
    }
    (!builder.text().is_empty()).then_some(builder)
}

fn byte(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ 0xFE00..=0xFE0F => u8::try_from(code - 0xFE00).ok(),
        code @ 0xE0100..=0xE01EF => u8::try_from(code - 0xE0100 + 16).ok(),
        _ => None,
    }
}
