//! Owns words in which digits and signs stand for letters: `1gn0r3`.

use std::ops::Range;

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::signals::{Needs, Signals};
use super::vocabulary::Vocabulary;

/// Reads them as letters, on lines that hold at least two words that come out known.
pub const TRANSFORM: Transform =
    Transform { name: "leet", literal: false, needs: Needs::DigitsInWords, apply };

const WORD_BYTES_MAX: usize = 24;

fn apply(source: &str, signals: &Signals) -> Option<Builder> {
    let vocabulary = Vocabulary::built_in();
    let mut changes: Vec<Change> = Vec::new();
    let mut words: Vec<(Range<usize>, bool)> = Vec::new();
    let mut flush = |words: &mut Vec<(Range<usize>, bool)>| {
        if words.iter().filter(|(_, known)| *known).count() >= 2 {
            for (range, _) in words.iter() {
                replace(source, range.clone(), vocabulary, &mut changes);
            }
        }
        words.clear();
    };
    for token in leet_tokens(source).filter(|token| !signals.is_decoded(token)) {
        let apart = words.last().is_some_and(|(last, _)| token.start > last.end + 200);
        if apart {
            flush(&mut words);
        }
        let known = source.get(token.clone()).is_some_and(|text| {
            let plain = plain(text, vocabulary);
            plain.len() > 2 && vocabulary.holds(&plain) || text.len() > WORD_BYTES_MAX
        });
        words.push((token, known));
    }
    flush(&mut words);
    changed_lines(source, &changes)
}

/// Tokens with a letter and with a digit or sign that stands for one.
fn leet_tokens(source: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = source.as_bytes();
    let class = |byte: &u8| STANDS.get(usize::from(*byte)).copied().unwrap_or_default();
    let mut at = 0;
    // Around each digit or sign, as far as letters, digits and signs go.
    let runs = std::iter::from_fn(move || {
        let sign = at + bytes.get(at..)?.iter().position(|byte| class(byte) == SIGN)?;
        let before = bytes.get(at..sign)?.iter().rev().take_while(|byte| class(byte) != OTHER).count();
        let after = bytes.get(sign..)?.iter().take_while(|byte| class(byte) != OTHER).count();
        at = sign + after;
        Some(sign - before..at)
    });
    runs.filter(|run| run.len() >= 2).filter_map(|run| {
        let text = source.get(run.clone())?;
        let end = text.trim_end_matches(['!', '|', '(', ')']).len();
        let text = text.get(..end)?;
        let stands = text.bytes().any(|byte| letter(byte).is_some());
        let short = text.len() <= 3;
        (stands && (short || text.bytes().any(|byte| byte.is_ascii_alphabetic())))
            .then_some(run.start..run.start + end)
    })
}

const OTHER: u8 = 0;
const LETTER: u8 = 1;
const SIGN: u8 = 2;

/// Whether each byte is a letter or digit, or stands for a letter.
static STANDS: [u8; 256] = stands();

const fn stands() -> [u8; 256] {
    let mut stands = [OTHER; 256];
    let mut byte = 0u8;
    loop {
        if letter(byte).is_some() {
            stands[byte as usize] = SIGN;
        } else if byte.is_ascii_alphanumeric() {
            stands[byte as usize] = LETTER;
        }
        if byte == 255 {
            return stands;
        }
        byte += 1;
    }
}

/// The letter that a digit or sign stands for.
pub const fn letter(byte: u8) -> Option<char> {
    Some(match byte {
        b'0' => 'o',
        b'1' | b'!' | b'|' => 'i',
        b'3' => 'e',
        b'4' | b'@' => 'a',
        b'5' | b'$' => 's',
        b'6' | b'9' => 'g',
        b'7' | b'+' => 't',
        b'8' => 'b',
        b'2' => 'z',
        b'(' => 'c',
        _ => return None,
    })
}

fn plain(text: &str, vocabulary: &Vocabulary) -> String {
    let read = |one: char| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'1' | b'!' | b'|' => one,
                _ => letter(byte).unwrap_or_else(|| char::from(byte.to_ascii_lowercase())),
            })
            .collect()
    };
    let (first, second) = (read('i'), read('l'));
    if !vocabulary.holds(&first) && vocabulary.holds(&second) {
        return second;
    }
    if vocabulary.holds(&first) { first } else { mixed(text, vocabulary).unwrap_or(first) }
}

/// A word in which a one is an `i` here and an `l` there.
fn mixed(text: &str, vocabulary: &Vocabulary) -> Option<String> {
    let ones = text.bytes().filter(|byte| matches!(byte, b'1' | b'!' | b'|')).count();
    if !(2..=4).contains(&ones) || text.len() > WORD_BYTES_MAX {
        return None;
    }
    (0..1u32 << ones).find_map(|choice| {
        let mut seen = 0;
        let word: String = text
            .bytes()
            .map(|byte| match byte {
                b'1' | b'!' | b'|' => {
                    seen += 1;
                    if choice >> (seen - 1) & 1 == 1 { 'l' } else { 'i' }
                }
                _ => letter(byte).unwrap_or_else(|| char::from(byte.to_ascii_lowercase())),
            })
            .collect();
        vocabulary.holds(&word).then_some(word)
    })
}

fn replace(source: &str, range: Range<usize>, vocabulary: &Vocabulary, changes: &mut Vec<Change>) {
    let Some(text) = source.get(range.clone()) else { return };
    let word = plain(text, vocabulary);
    if text.bytes().all(|byte| !byte.is_ascii_alphabetic()) && !vocabulary.holds(&word) {
        return;
    }
    for ((at, byte), c) in (range.start..).zip(text.bytes()).zip(word.chars()) {
        if letter(byte).is_some() {
            changes.push(Change { range: at..at + 1, by: Replacement::Char(c) });
        }
    }
}
