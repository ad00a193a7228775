//! Owns text written as hexadecimal bytes: run together, or set apart by spaces, colons or `0x`.

use std::ops::Range;

use super::Transform;
use super::offsets::Builder;
use super::runs::{as_text, runs, turned};
use super::signals::{HEX_MIN, Needs, Signals};

/// Decodes runs of it that hold text.
pub const TRANSFORM: Transform = Transform { name: "hex", literal: true, needs: Needs::HexRun, apply };

const DIGITS_MIN: usize = HEX_MIN;

fn apply(source: &str, signals: &Signals) -> Option<Builder> {
    let mut builder = Builder::default();
    let between = |byte: u8| matches!(byte, b' ' | b':' | b',' | b'x' | b'k' | b'\\' | b'\n');
    let within = |belongs: &dyn Fn(u8) -> bool| {
        let runs_of = |wide: &Range<usize>| {
            let (start, text) = (wide.start, source.get(wide.clone()).unwrap_or_default());
            let found = runs(text, DIGITS_MIN, belongs).into_iter();
            found.map(move |run| start + run.start..start + run.end).collect::<Vec<_>>()
        };
        signals.hex.iter().flat_map(runs_of).collect::<Vec<_>>()
    };
    let plain = within(&|byte| byte.is_ascii_hexdigit() || between(byte));
    // Turned digits are n to s.
    let turned_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'n'..=b's' | b'N'..=b'S');
    let turned = within(&|byte| turned_digit(byte) || between(byte));
    for run in plain.into_iter().chain(turned) {
        for digits in sequences(source, run) {
            decode(&digits, &mut builder);
        }
    }
    (!builder.text().is_empty()).then_some(builder)
}

/// The digits with their places, without what sets bytes apart, in sequences of whole bytes.
fn sequences(source: &str, run: Range<usize>) -> Vec<Vec<(usize, u8)>> {
    let Some(text) = source.get(run.clone()) else { return Vec::new() };
    let mut found = vec![Vec::new()];
    let mut at = run.start;
    for token in text.split(|c: char| !c.is_ascii_alphanumeric() || matches!(c, 'x' | 'k')) {
        let prefix = token == "0" && matches!(source.as_bytes().get(at + 1), Some(b'x' | b'k'));
        match found.last_mut() {
            _ if token.is_empty() || prefix => {}
            Some(last) if token.len().is_multiple_of(2) => last.extend((at..).zip(token.bytes())),
            _ => found.push(Vec::new()),
        }
        at += token.len() + 1;
    }
    found.retain(|digits| digits.len() >= DIGITS_MIN && digits.iter().any(|(_, c)| c.is_ascii_digit()));
    found
}

fn decode(digits: &[(usize, u8)], builder: &mut Builder) {
    let turn = |digits: &[(usize, u8)]| digits.iter().map(|(at, c)| (*at, turned(*c))).collect::<Vec<_>>();
    let reversed: Vec<_> = digits.iter().rev().copied().collect();
    let ways = [turn(digits), reversed.clone(), turn(&reversed)];
    let read = |way: &[(usize, u8)]| {
        let pair = |pair: &[(usize, u8)]| match pair {
            [(_, high), (_, low)] => {
                let digit = |c: u8| char::from(c).to_digit(16);
                u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
            }
            _ => None,
        };
        let bytes: Option<Vec<u8>> = way.chunks_exact(2).map(pair).collect();
        as_text(bytes?)
    };
    let straight = std::iter::once(digits.to_vec());
    let Some((way, text)) = straight.chain(ways).find_map(|way| read(&way).map(|text| (way, text))) else {
        return;
    };
    if !builder.text().is_empty() {
        let at = digits.first().map_or(0, |(at, _)| *at);
        builder.put("\n", at..at);
    }
    for (at, c) in text.char_indices() {
        let place = |digit: usize| way.get(digit).map_or(0, |(at, _)| *at);
        let (one, other) = (place(at * 2), place((at + c.len_utf8()) * 2 - 1));
        builder.put_char(c, one.min(other)..one.max(other) + 1);
    }
}
