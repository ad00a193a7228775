//! Owns the linear models: hashed n-grams over windows of one to three sentences, and over whole prompts.
//!
//! Weights are committed, with a card beside them that says what they were trained on; the training command makes
//! them again bit for bit. A score is a probability, calibrated so that ½ is the threshold of each head.

mod classes;
mod features;
mod meaning;
mod weights;

use std::ops::Range;

pub use crate::detector::person::{Word, features as person_features, may_be_name, words as person_words};
pub use features::{Marked, Sink, act_bucket, bucket, hash, visit};
pub use meaning::{HIDDEN, Meaning, UNIT, units};
pub use weights::{BUCKETS, Head, Weights};

use crate::detector::{ACTS, act, mention};
use crate::policy::Kind;

/// How a text reads to the models.
#[derive(Debug, Default)]
pub struct Reading {
    /// The probability that it is an attack: that of its worst window, or of the whole of a prompt.
    pub score: f32,
    /// The probability by the whole of a prompt; 0 for documents.
    pub whole: f32,
    /// The windows at or above the threshold, in order and apart, each with its score.
    pub windows: Vec<(Range<usize>, f32)>,
    /// The windows below it that are worth a second look, apart, each with its raw score; the likeliest first.
    pub doubts: Vec<(Range<usize>, f32)>,
}

/// What the rules find in a text, as features.
pub fn marks(text: &str, kind: Kind) -> Vec<Marked> {
    let mark = |hit: act::Hit| {
        let factor = mention::factor(text, &hit.range);
        Some((hit.range, act_bucket(ACTS.get(hit.act)?.name, factor >= 0.5)))
    };
    let mut marked: Vec<Marked> = act::find(text, kind).into_iter().filter_map(mark).collect();
    marked.sort_by_key(|(range, _)| range.start);
    marked
}

/// Windows have up to so many sentences.
const WINDOW: usize = 3;

/// From which probability on a window below the threshold is worth a second look.
const DOUBT: f32 = 0.005;

/// At most one sentence in so many is looked at again; of a short text, so many are.
const DOUBTS_EACH: usize = 5;
const DOUBTS_MIN: usize = 2;
/// Nor more than one byte in so many; of a short text, so many bytes are.
const DOUBT_BYTES_EACH: usize = 4;
/// The most of one window that is looked at again, in bytes.
pub const DOUBT_BYTES: usize = 600;
/// No more windows of a text than these are looked at again.
pub const DOUBTS_MAX: usize = 16;

/// A window with fewer letters and digits gives no order, and too little evidence for its score to mean anything: text
/// whose letters are set apart has many such "sentences".
const WINDOW_LETTERS_MIN: usize = 12;
/// Nor do fewer say what a second look could understand.
const DOUBT_LETTERS_MIN: usize = 24;

/// What a sentence adds up to.
#[derive(Clone, Copy, Default)]
struct Sum {
    start: usize,
    end: usize,
    features: f32,
    weight: f32,
}

struct Reader<'a> {
    text: &'a str,
    window: &'a Head,
    whole: Option<&'a Head>,
    now: Sum,
    whole_sum: Sum,
    last: [Sum; WINDOW],
    sentences: usize,
    reading: Reading,
}

/// Reads a text. `acts` are what the rules found in it, in order.
pub fn read(text: &str, kind: Kind, acts: &[Marked]) -> Reading {
    let weights = Weights::built_in();
    let (window, whole) = match kind {
        Kind::Document => (&weights.document, None),
        Kind::Prompt | Kind::Output => (&weights.chat, Some(&weights.prompt)),
    };
    let none = Sum::default();
    let reading = Reading::default();
    let mut reader = Reader {
        text,
        window,
        whole,
        now: none,
        whole_sum: none,
        last: [none; WINDOW],
        sentences: 0,
        reading,
    };
    visit(text, acts, &mut reader);
    reader.finish()
}

impl Sink for Reader<'_> {
    fn feature(&mut self, bucket: u32) {
        self.now.features += 1.0;
        self.now.weight += self.window.weight(bucket);
        if let Some(whole) = self.whole {
            self.whole_sum.features += 1.0;
            self.whole_sum.weight += whole.weight(bucket);
        }
    }

    fn sentence(&mut self, range: Range<usize>) {
        let now = Sum { start: range.start, end: range.end, ..self.now };
        self.last.rotate_left(1);
        if let Some(last) = self.last.last_mut() {
            *last = now;
        }
        self.now = Sum::default();
        let mut sum = Sum { end: now.end, ..Sum::default() };
        self.sentences += 1;
        let mut best = (0.0f32, now.start, 0.0);
        for earlier in self.last.iter().rev().filter(|sum| sum.features > 0.0) {
            sum.features += earlier.features;
            sum.weight += earlier.weight;
            let score = self.window.probability(sum.weight, sum.features);
            if score > best.0 && (score < 0.5 || self.says_enough(earlier.start..now.end, WINDOW_LETTERS_MIN))
            {
                best = (score, earlier.start, self.window.raw(sum.weight, sum.features));
            }
        }
        self.take(best.1..now.end, best.0, best.2);
    }
}

impl Reader<'_> {
    fn says_enough(&self, range: Range<usize>, letters_min: usize) -> bool {
        let letters = self.text.get(range).unwrap_or_default().chars().filter(|c| c.is_alphanumeric());
        letters.take(letters_min).count() == letters_min
    }

    fn take(&mut self, range: Range<usize>, score: f32, raw: f32) {
        self.reading.score = self.reading.score.max(score);
        if score < 0.5 {
            if score >= DOUBT && self.says_enough(range.clone(), DOUBT_LETTERS_MIN) {
                self.reading.doubts.push((range, raw));
            }
            return;
        }
        match self.reading.windows.last_mut() {
            Some((last, held)) if range.start <= last.end => {
                last.end = range.end;
                *held = held.max(score);
            }
            _ => self.reading.windows.push((range, score)),
        }
    }

    fn finish(mut self) -> Reading {
        if let Some(whole) = self.whole {
            self.reading.whole = whole.probability(self.whole_sum.weight, self.whole_sum.features);
            self.reading.score = self.reading.score.max(self.reading.whole);
        }
        self.doubt();
        self.reading
    }

    /// Leaves the likeliest of what is worth a second look, none of it twice and none that is found already.
    fn doubt(&mut self) {
        let overlap =
            |one: &Range<usize>, other: &Range<usize>| one.start < other.end && other.start < one.end;
        let mut doubts = std::mem::take(&mut self.reading.doubts);
        doubts.sort_by(|(one, first), (other, second)| {
            second.total_cmp(first).then(one.start.cmp(&other.start))
        });
        let most = (self.sentences / DOUBTS_EACH).clamp(DOUBTS_MIN, DOUBTS_MAX);
        let mut left = (self.text.len() / DOUBT_BYTES_EACH).max(DOUBT_BYTES);
        for (range, raw) in doubts {
            let held = self.reading.doubts.iter().chain(&self.reading.windows);
            let taken = held.into_iter().any(|(held, _)| overlap(held, &range));
            let bytes = range.len().min(DOUBT_BYTES);
            if !taken && bytes <= left && self.reading.doubts.len() < most {
                left -= bytes;
                self.reading.doubts.push((range, raw));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_window_that_is_told_has_something_to_say(text in "(ignore|all|you|a|x|k|[ .!?\n]){0,60}") {
            for kind in [Kind::Document, Kind::Prompt] {
                for (range, _) in read(&text, kind, &[]).windows {
                    let letters = text[range].chars().filter(|c| c.is_alphanumeric()).count();
                    prop_assert!(letters >= WINDOW_LETTERS_MIN, "{text:?}");
                }
            }
        }
    }
}
