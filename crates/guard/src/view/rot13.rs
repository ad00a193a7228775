//! Owns letters that stand thirteen places on.

use super::Transform;
use super::leet;
use super::likeness::{Likeness, stretches};
use super::offsets::Builder;
use super::runs::turned;
use super::signals::{Needs, Signals};

/// Turns them back, in sentences that read better so.
pub const TRANSFORM: Transform =
    Transform { name: "rot13", literal: false, needs: Needs::OddLetters, apply: turn };
/// Turns them back where digits stand for some of them.
pub const LEET: Transform =
    Transform { name: "leet>rot13", literal: false, needs: Needs::OddLetters, apply: turn_with_digits };

fn turn(source: &str, signals: &Signals) -> Option<Builder> {
    apply(source, signals, |_| None)
}

fn turn_with_digits(source: &str, signals: &Signals) -> Option<Builder> {
    if !source.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    apply(source, signals, |byte| leet::letter(byte).filter(|_| byte.is_ascii_digit()))
}

fn apply(source: &str, signals: &Signals, digit: impl Fn(u8) -> Option<char>) -> Option<Builder> {
    let mut builder = Builder::default();
    for stretch in stretches(&signals.odd, Likeness::is_rotated) {
        if !builder.text().is_empty() {
            builder.put("\n", stretch.start..stretch.start);
        }
        let Some(text) = source.get(stretch.clone()) else { continue };
        for (at, c) in text.char_indices() {
            let range = stretch.start + at..stretch.start + at + c.len_utf8();
            let byte = u8::try_from(c).unwrap_or_default();
            let letter = if byte.is_ascii_alphabetic() { Some(c) } else { digit(byte) };
            match letter {
                Some(letter) => builder.put_char(char::from(turned(letter as u8)), range),
                None => builder.keep(source, range),
            }
        }
    }
    (!builder.text().is_empty()).then_some(builder)
}
