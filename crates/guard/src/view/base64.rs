//! Owns Base64, in either alphabet, wrapped or not, also where it was turned or reversed as a whole.

use std::ops::Range;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Transform;
use super::offsets::Builder;
use super::runs::{as_text, runs, turned};

/// Decodes runs of it that hold text.
pub const TRANSFORM: Transform = Transform { name: "base64", literal: true, apply };

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Shorter runs are words.
const RUN_BYTES_MIN: usize = 16;
/// Lines of wrapped Base64 are at least so long.
const LINE_BYTES_MIN: usize = 40;

fn apply(source: &str) -> Option<Builder> {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    let mut builder = Builder::default();
    let mut symbols: Vec<usize> = Vec::new();
    let mut pending: Option<Range<usize>> = None;
    for run in runs(source, RUN_BYTES_MIN / 4, belongs) {
        let continues = pending.as_ref().is_some_and(|last| wraps(source, last, &run));
        if !continues {
            decode(source, &symbols, &mut builder);
            symbols.clear();
            pending = None;
        }
        if continues || run.len() >= RUN_BYTES_MIN {
            symbols.extend(run.clone());
            pending = Some(run);
        }
    }
    decode(source, &symbols, &mut builder);
    (!builder.text().is_empty()).then_some(builder)
}

fn wraps(source: &str, last: &Range<usize>, next: &Range<usize>) -> bool {
    let gap = source.get(last.end..next.start).unwrap_or("x");
    last.len() >= LINE_BYTES_MIN && gap.len() <= 12 && gap.contains('\n') && gap.trim().is_empty()
}

/// Decodes symbols that stand at these places, in whichever of four ways gives text.
fn decode(source: &str, symbols: &[usize], builder: &mut Builder) {
    if symbols.len() < RUN_BYTES_MIN {
        return;
    }
    let byte = |at: &usize| match source.as_bytes().get(*at) {
        Some(b'-') => b'+',
        Some(b'_') => b'/',
        Some(other) => *other,
        None => b'=',
    };
    let straight: Vec<(usize, u8)> = symbols.iter().map(|at| (*at, byte(at))).collect();
    let turn = |symbols: &[(usize, u8)]| symbols.iter().map(|(at, c)| (*at, turned(*c))).collect::<Vec<_>>();
    let reversed: Vec<_> = straight.iter().rev().copied().collect();
    let ways = [turn(&straight), reversed.clone(), turn(&reversed)];
    if let Some((text, held)) = std::iter::once(straight).chain(ways).find_map(|way| read(&way)) {
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

fn read(symbols: &[(usize, u8)]) -> Option<(String, Vec<usize>)> {
    let symbols: Vec<_> = symbols.iter().skip_while(|(_, c)| *c == b'=').collect();
    let end = symbols.iter().position(|(_, c)| *c == b'=').unwrap_or(symbols.len());
    // A single symbol over a whole number of groups carries no byte.
    let end = if end % 4 == 1 { end - 1 } else { end };
    let symbols = symbols.get(..end)?;
    let bytes: Vec<u8> = symbols.iter().map(|(_, c)| *c).collect();
    let text = as_text(ENGINE.decode(bytes).ok()?)?;
    Some((text, symbols.iter().map(|(at, _)| *at).collect()))
}
