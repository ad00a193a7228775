//! Owns words that run together without spaces.

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::signals::{Needs, Signals};
use super::vocabulary::Vocabulary;

/// Cuts long runs of letters into known words (the likeliest cut, by the words' shares).
pub const TRANSFORM: Transform =
    Transform { name: "segmented", literal: false, needs: Needs::LetterRun, apply };

/// Longer runs are data.
const RUN_BYTES_MAX: usize = 4096;
/// The cost of a letter in no word, as a logarithm of a share.
const UNKNOWN: f32 = -9.0;

fn apply(source: &str, signals: &Signals) -> Option<Builder> {
    let vocabulary = Vocabulary::built_in();
    let mut changes = Vec::new();
    for run in signals.letters.iter().cloned() {
        let Some(text) = source.get(run.clone()).filter(|text| text.len() <= RUN_BYTES_MAX) else { continue };
        let lower = text.to_ascii_lowercase();
        if vocabulary.holds(&lower) {
            continue;
        }
        for cut in cuts(&lower, vocabulary) {
            let at = run.start + cut;
            changes.push(Change { range: at..at, by: Replacement::Char(' ') });
        }
    }
    changed_lines(source, &changes)
}

/// Where the likeliest cut into words has its boundaries; nothing where too few letters are in known words.
fn cuts(lower: &str, vocabulary: &Vocabulary) -> Vec<usize> {
    let length = lower.len();
    // For each end: the best score, where its last word begins, and whether that word is known.
    let mut best = vec![(f32::NEG_INFINITY, 0usize, false); length + 1];
    if let Some(start) = best.first_mut() {
        start.0 = 0.0;
    }
    for start in 0..length {
        let (Some((before, ..)), Some(rest)) = (best.get(start).copied(), lower.get(start..)) else {
            continue;
        };
        let mut reach = |size: usize, share: f32, known: bool| {
            if let Some(held) = best.get_mut(start + size).filter(|held| before + share > held.0) {
                *held = (before + share, start, known);
            }
        };
        let words = vocabulary.lengths(rest.as_bytes());
        let shares = words.filter_map(|size| Some((size, vocabulary.share_log(rest.get(..size)?)?)));
        let mut is_word = false;
        for (size, share) in shares {
            is_word |= size == 1;
            reach(size, share, true);
        }
        if !is_word {
            reach(1, UNKNOWN, false);
        }
    }
    let (mut at, mut cuts, mut covered) = (length, Vec::new(), 0);
    while let Some((_, start, known)) = best.get(at).copied() {
        if at == 0 {
            break;
        }
        covered += if known && at - start > 1 { at - start } else { 0 };
        cuts.push(start);
        at = start;
    }
    if covered * 4 < length * 3 {
        return Vec::new();
    }
    cuts.pop();
    cuts.reverse();
    cuts
}
