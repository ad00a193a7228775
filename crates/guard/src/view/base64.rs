//! Owns Base64, in either alphabet, wrapped or not, also where it was turned or reversed as a whole.

use std::ops::Range;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Transform;
use super::offsets::Builder;
use super::runs::{as_text, turned};
use super::signals::{BASE64_MIN, Needs, Signals};

/// Decodes runs of it that hold text.
pub const TRANSFORM: Transform = Transform { name: "base64", literal: true, needs: Needs::Base64Run, apply };

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Shorter runs are words.
const RUN_BYTES_MIN: usize = BASE64_MIN;
/// No more white space stands between two of its lines.
const GAP_BYTES_MAX: usize = 12;
/// Lines of wrapped Base64 are at least so long.
const LINE_BYTES_MIN: usize = 40;

fn apply(source: &str, signals: &Signals) -> Option<Builder> {
    let mut builder = Builder::default();
    for symbols in wholes(source, &signals.base64) {
        decode(source, &symbols, &mut builder);
    }
    (!builder.text().is_empty()).then_some(builder)
}

/// Where a text is Base64 as it stands: nobody needs to turn or cut the letters of it.
pub fn plain(source: &str, runs: &[Range<usize>]) -> Vec<Range<usize>> {
    let is_text = |symbols: &Vec<usize>| read(&straight(source, symbols)).is_some();
    let range = |symbols: Vec<usize>| Some(*symbols.first()?..symbols.last()? + 1);
    wholes(source, runs).filter(is_text).filter_map(range).collect()
}

/// The places of the symbols of each run, with the lines that go on with it.
fn wholes(source: &str, runs: &[Range<usize>]) -> impl Iterator<Item = Vec<usize>> {
    let mut until = 0;
    runs.iter().filter_map(move |run| {
        if run.start < until {
            return None;
        }
        let mut symbols: Vec<usize> = run.clone().collect();
        let mut last = run.clone();
        while let Some(next) = wrapped(source, &last) {
            symbols.extend(next.clone());
            last = next;
        }
        until = last.end;
        (symbols.len() >= RUN_BYTES_MIN).then_some(symbols)
    })
}

/// Symbols of the standard alphabet.
fn straight(source: &str, symbols: &[usize]) -> Vec<u8> {
    let symbol = |at: &usize| match source.as_bytes().get(*at) {
        Some(b'-') => b'+',
        Some(b'_') => b'/',
        Some(other) => *other,
        None => b'=',
    };
    symbols.iter().map(symbol).collect()
}

/// The line that goes on with a run, where the run is a whole line.
fn wrapped(source: &str, last: &Range<usize>) -> Option<Range<usize>> {
    let rest = source.as_bytes().get(last.end..)?;
    let gap = rest.iter().take(GAP_BYTES_MAX + 1).take_while(|byte| byte.is_ascii_whitespace()).count();
    let is_line = last.len() >= LINE_BYTES_MIN && gap <= GAP_BYTES_MAX && rest.get(..gap)?.contains(&b'\n');
    let belongs =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    let length = rest.get(gap..)?.iter().take_while(belongs).count();
    let start = last.end + gap;
    (is_line && length >= RUN_BYTES_MIN / 4).then_some(start..start + length)
}

/// Decodes symbols that stand at these places, in whichever of four ways gives text.
fn decode(source: &str, symbols: &[usize], builder: &mut Builder) {
    let straight = straight(source, symbols);
    let ways = [(false, false), (false, true), (true, false), (true, true)];
    let found = ways.into_iter().find_map(|(is_reversed, is_turned)| {
        let mut way = straight.clone();
        if is_reversed {
            way.reverse();
        }
        if is_turned {
            way.iter_mut().for_each(|c| *c = turned(*c));
        }
        let (text, place) = read(&way)?;
        // Where each of the symbols that were read stands.
        let places = symbols.iter().copied();
        let mut places: Vec<usize> = if is_reversed { places.rev().collect() } else { places.collect() };
        places.truncate(place.end);
        Some((text, places.split_off(place.start)))
    });
    if let Some((text, held)) = found {
        if !builder.text().is_empty() {
            let at = held.first().copied().unwrap_or_default();
            builder.put("\n", at..at);
        }
        for (at, c) in text.char_indices() {
            let (first, last) = (at * 4 / 3, (at + c.len_utf8()).saturating_mul(4).div_ceil(3));
            let place =
                |symbol: usize| held.get(symbol.min(held.len().saturating_sub(1))).copied().unwrap_or(0);
            let (one, other) = (place(first), place(last.saturating_sub(1)));
            builder.put_char(c, one.min(other)..one.max(other) + 1);
        }
    }
}

/// What symbols say, and which of them say it.
fn read(symbols: &[u8]) -> Option<(String, Range<usize>)> {
    let start = symbols.iter().position(|c| *c != b'=')?;
    let end = symbols.iter().skip(start).position(|c| *c == b'=').map_or(symbols.len(), |at| start + at);
    // A single symbol over a whole number of groups carries no byte.
    let end = if (end - start) % 4 == 1 { end - 1 } else { end };
    let text = as_text(ENGINE.decode(symbols.get(start..end)?).ok()?)?;
    Some((text, start..end))
}
