//! Owns percent-encoding, as in URLs.

use std::ops::Range;

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::runs::{runs, turned};
use super::signals::{Needs, Signals};

/// Decodes it; a plus sign becomes a space where it stands beside what is encoded.
pub const TRANSFORM: Transform = Transform { name: "percent", literal: true, needs: Needs::Nothing, apply };

/// Turns letters back where that makes escapes of what is none.
pub const TURNED: Transform = Transform { name: "rot13", literal: false, needs: Needs::Nothing, apply: turn };
/// Reads backwards where that makes escapes of what is none.
pub const REVERSED: Transform =
    Transform { name: "reversed", literal: false, needs: Needs::Nothing, apply: reverse };

/// So many escapes in a word are no accident.
const ESCAPES_MIN: usize = 6;

fn turn(source: &str, _: &Signals) -> Option<Builder> {
    let gains = |word: &str| {
        let after: Vec<u8> = word.bytes().map(turned).collect();
        escapes(&after) > escapes(word.as_bytes())
    };
    words(source, gains, |builder, range| {
        for (at, byte) in range.clone().zip(source.bytes().skip(range.start)) {
            builder.put_char(char::from(turned(byte)), at..at + 1);
        }
    })
}

/// Escapes read backwards are escapes too, but for the last; so are references of HTML.
fn reverse(source: &str, _: &Signals) -> Option<Builder> {
    let ends = |word: &str| word.ends_with('%') || word.ends_with("#&");
    words(source, ends, |builder, range| {
        for at in range.rev() {
            builder.put_char(char::from(source.as_bytes().get(at).copied().unwrap_or_default()), at..at + 1);
        }
    })
}

/// The words of a text that hold many marks of escapes and are `wanted`.
fn words(
    source: &str,
    wanted: impl Fn(&str) -> bool,
    write: impl Fn(&mut Builder, Range<usize>),
) -> Option<Builder> {
    memchr::memchr2(b'%', b'&', source.as_bytes())?;
    let mut builder = Builder::default();
    for run in runs(source, ESCAPES_MIN * 3, |byte| byte.is_ascii_graphic()) {
        let Some(word) = source.get(run.clone()) else { continue };
        let marks = memchr::memchr2_iter(b'%', b'&', word.as_bytes()).count();
        if marks >= ESCAPES_MIN && wanted(word) {
            write(&mut builder, run);
        }
    }
    (!builder.text().is_empty()).then_some(builder)
}

fn escapes(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'%', bytes).filter(|at| encoded(bytes, *at).is_some()).count()
}

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    let bytes = source.as_bytes();
    let mut changes = Vec::new();
    let mut rest = 0;
    for at in memchr::memchr_iter(b'%', bytes) {
        if at < rest {
            continue;
        }
        let mut decoded = Vec::new();
        let mut end = at;
        while let Some(byte) = encoded(bytes, end) {
            decoded.push(byte);
            end += 3;
        }
        if let Ok(text) = String::from_utf8(decoded)
            && !text.is_empty()
        {
            changes.push(Change { range: at..end, by: Replacement::Text(text) });
            rest = end;
        }
    }
    changed_lines(source, &changes)
}

fn encoded(bytes: &[u8], at: usize) -> Option<u8> {
    if bytes.get(at) != Some(&b'%') {
        return None;
    }
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(at + 1)? * 16 + digit(at + 2)?).ok().filter(|byte| *byte != 0)
}
