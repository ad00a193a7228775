//! Owns the question whether letters read as English as they stand, rotated, or backwards.

use std::ops::Range;

use super::bigram::{BigramTable, ENGLISH};

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
/// What reads worse than this is no English in any way: so do the letters of noise, whose readings differ by chance.
const ENGLISH_MIN: f32 = 0.0;
/// Stretches nearer than this belong together.
const GAP_BYTES: usize = 60;
const STRETCH_BYTES_MAX: usize = 600;

/// The letter that each byte is or, as a digit, stands for (0 to 25), with [`FIGURE`] for a digit; [`NONE`] for others.
static LETTERS: [u8; 256] = letters();
const FIGURE: u8 = 32;
const NONE: u8 = 255;

const fn letters() -> [u8; 256] {
    let mut letters = [NONE; 256];
    let mut at = 0u8;
    while at < 26 {
        letters[(b'a' + at) as usize] = at;
        letters[(b'A' + at) as usize] = at;
        at += 1;
    }
    // As `leet` reads them: oizeasgtbg.
    let figures = *b"oizeasgtbg";
    let mut digit = 0u8;
    while digit < 10 {
        letters[(b'0' + digit) as usize] = (figures[digit as usize] - b'a') | FIGURE;
        digit += 1;
    }
    letters
}

/// The pairs of letters of a text, not both of them digits.
fn pairs(text: &[u8]) -> impl Iterator<Item = (u8, u8)> {
    let code = |byte: &u8| LETTERS.get(usize::from(*byte)).copied().unwrap_or(NONE);
    let pairs = text.iter().zip(text.iter().skip(1)).map(move |(first, second)| (code(first), code(second)));
    pairs.filter(|(first, second)| *first != NONE && *second != NONE && first & second & FIGURE == 0)
}

impl Likeness {
    fn of(text: &str, table: &BigramTable) -> Option<Self> {
        let text = text.as_bytes();
        let (mut plain, mut count) = (0.0, 0usize);
        for (first, second) in pairs(text) {
            plain += table.lift(first & !FIGURE, second & !FIGURE);
            count += 1;
        }
        if count < PAIRS_MIN || plain >= PLAIN * count as f32 {
            return None;
        }
        let mut sums = Self::default();
        let turn = |letter: u8| (letter + 13) % 26;
        let mut letters_turned = 0.0;
        for (one, other) in pairs(text) {
            let (first, second) = (one & !FIGURE, other & !FIGURE);
            sums.rotated += table.lift(turn(first), turn(second));
            let one = if one & FIGURE == 0 { turn(first) } else { first };
            let other = if other & FIGURE == 0 { turn(second) } else { second };
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
        let turned = self.rotated.max(self.both);
        turned > ENGLISH_MIN && turned > self.plain.max(self.reversed) + MARGIN
    }

    /// Whether reading backwards helps.
    pub fn is_reversed(&self) -> bool {
        let reversed = self.reversed.max(self.both);
        reversed > ENGLISH_MIN && reversed > self.plain.max(self.rotated) + MARGIN / 2.0
    }
}

/// A stretch of a text (a sentence, a line) that reads worse than English, and how it reads otherwise.
pub struct Odd {
    /// Where.
    pub range: Range<usize>,
    likeness: Likeness,
}

/// Every such stretch of a text.
pub fn odd_stretches(text: &str) -> Vec<Odd> {
    let table = &*ENGLISH;
    let odd = |range: Range<usize>| {
        let likeness = Likeness::of(text.get(range.clone())?, table)?;
        Some(Odd { range, likeness })
    };
    sentences(text).filter_map(odd).collect()
}

/// The stretches that read better in the way asked for; near ones are joined.
pub fn stretches(odd: &[Odd], wanted: fn(&Likeness) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for Odd { range, .. } in odd.iter().filter(|odd| wanted(&odd.likeness)) {
        match found.last_mut() {
            Some(last) if range.start <= last.end + GAP_BYTES => last.end = range.end,
            _ => found.push(range.clone()),
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
