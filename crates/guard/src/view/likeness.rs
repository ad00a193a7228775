//! Owns the question whether letters read as English as they stand, rotated, or backwards.

use std::ops::Range;

use super::bigram::{BigramTable, ENGLISH};
use super::leet;

/// How a stretch of letters reads, as mean lifts of its pairs of letters: English has about 1, chance below 0.
#[derive(Debug, Default, Clone, Copy)]
pub struct Likeness {
    /// As it stands.
    pub plain: f32,
    /// Each letter thirteen places on.
    pub rotated: f32,
    /// From its end to its start.
    pub reversed: f32,
    /// Both.
    pub both: f32,
}

/// Stretches with fewer pairs say too little.
const PAIRS_MIN: usize = 14;
/// What reads at least so well as it stands is not looked at further.
const PLAIN: f32 = 0.45;
/// By how much another reading has to be better.
const MARGIN: f32 = 0.5;
/// Stretches nearer than this belong together.
const GAP_BYTES: usize = 60;
const STRETCH_BYTES_MAX: usize = 600;

impl Likeness {
    fn of(text: &str, table: &BigramTable) -> Option<Self> {
        let pairs = || {
            let following = text.bytes().skip(1);
            text.bytes().zip(following).filter_map(|(first, second)| {
                let letters = first.is_ascii_alphabetic() || second.is_ascii_alphabetic();
                if letters { Some((letter(first)?, letter(second)?)) } else { None }
            })
        };
        let (mut plain, mut count) = (0.0, 0usize);
        for ((first, _), (second, _)) in pairs() {
            plain += table.lift(first, second);
            count += 1;
        }
        if count < PAIRS_MIN || plain >= PLAIN * count as f32 {
            return None;
        }
        let mut sums = Self::default();
        let turn = |letter: u8| (letter + 13) % 26;
        let mut letters_turned = 0.0;
        for ((first, is_letter), (second, too)) in pairs() {
            sums.rotated += table.lift(turn(first), turn(second));
            let one = if is_letter { turn(first) } else { first };
            let other = if too { turn(second) } else { second };
            letters_turned += table.lift(one, other);
            sums.reversed += table.lift(second, first);
            sums.both += table.lift(turn(second), turn(first));
        }
        sums.rotated = sums.rotated.max(letters_turned);
        let mean = |sum: f32| sum / count as f32;
        Some(Self {
            plain: mean(plain),
            rotated: mean(sums.rotated),
            reversed: mean(sums.reversed),
            both: mean(sums.both),
        })
    }

    /// Whether turning the letters helps.
    pub fn is_rotated(&self) -> bool {
        self.rotated.max(self.both) > self.plain.max(self.reversed) + MARGIN
    }

    /// Whether reading backwards helps.
    pub fn is_reversed(&self) -> bool {
        self.reversed.max(self.both) > self.plain.max(self.rotated) + MARGIN / 2.0
    }
}

/// The letter that a byte is or, as a digit, stands for (0 to 25), and whether it is one.
fn letter(byte: u8) -> Option<(u8, bool)> {
    match byte {
        b'a'..=b'z' => Some((byte - b'a', true)),
        b'A'..=b'Z' => Some((byte - b'A', true)),
        b'0'..=b'9' => leet::letter(byte).map(|c| (c as u8 - b'a', false)),
        _ => None,
    }
}

/// The stretches of a text (sentences, lines) that read better in the way asked for; near ones are joined.
pub fn stretches(text: &str, wanted: fn(&Likeness) -> bool) -> Vec<Range<usize>> {
    let table = &*ENGLISH;
    let mut found: Vec<Range<usize>> = Vec::new();
    for stretch in sentences(text) {
        let Some(read) = text.get(stretch.clone()) else { continue };
        if !Likeness::of(read, table).is_some_and(|likeness| wanted(&likeness)) {
            continue;
        }
        match found.last_mut() {
            Some(last) if stretch.start <= last.end + GAP_BYTES => last.end = stretch.end,
            _ => found.push(stretch),
        }
    }
    found
}

fn sentences(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= bytes.len() {
            return None;
        }
        let limit = text.ceil_char_boundary((start + STRETCH_BYTES_MAX).min(bytes.len()));
        let ends = |at: usize| matches!(bytes.get(at), Some(b'\n' | b'.' | b'!' | b'?' | b'"' | b':'));
        let end = (start..limit).find(|at| ends(*at)).map_or(limit, |at| at + 1);
        let stretch = start..end;
        start = end;
        Some(stretch)
    })
}
