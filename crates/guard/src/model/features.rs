//! Owns the features: hashed words, pairs and triples of words, signs and capitals, and the acts that rules found.

use std::ops::Range;

use super::classes::class;
use super::weights::BUCKETS;

/// Takes features sentence by sentence.
pub trait Sink {
    /// A feature of the sentence being read.
    fn feature(&mut self, bucket: u32);
    /// The end of a sentence, with its range.
    fn sentence(&mut self, range: Range<usize>);
}

/// An act that rules found: where, and its bucket.
pub type Marked = (Range<usize>, u32);

/// A sentence without an end is cut after so many words.
const WORDS_MAX: usize = 60;

const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// The bucket of an act, told apart by whether the words were used or mentioned.
pub fn act_bucket(name: &str, used: bool) -> u32 {
    bucket(hash(name.as_bytes()), if used { 11 } else { 12 })
}

/// A hash of a word, in lower case.
pub fn hash(bytes: &[u8]) -> u64 {
    let step =
        |hash: u64, byte: &u8| (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01B3);
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, step)
}

/// The bucket of a hashed value of some kind.
pub fn bucket(hash: u64, kind: u64) -> u32 {
    let mixed = (hash ^ kind.wrapping_mul(SEED)).wrapping_mul(SEED);
    ((mixed >> 40) as u32) % BUCKETS
}

/// Reads a text and gives its features, sentence by sentence. `acts` come in order.
pub fn visit(text: &str, acts: &[Marked], sink: &mut impl Sink) {
    let mut reader = Reader {
        acts,
        act: 0,
        start: 0,
        words: 0,
        signs: 0,
        capitals: 0,
        before: [0; 2],
        classes: [0; 2],
        started: false,
    };
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let end = token_end(bytes, at);
        let token = bytes.get(at..end).unwrap_or_default();
        if !byte.is_ascii_whitespace() {
            reader.token(token, at, sink);
        }
        if ends_sentence(bytes, at, end) || reader.words >= WORDS_MAX {
            reader.end(end, sink);
        }
        at = end;
    }
    reader.end(bytes.len(), sink);
}

/// A word, a run of one sign, or a space.
fn token_end(bytes: &[u8], at: usize) -> usize {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
    let Some(first) = bytes.get(at).copied() else { return at + 1 };
    let rest = bytes.get(at..).unwrap_or_default();
    let length = if belongs(first) {
        rest.iter().take_while(|byte| belongs(**byte)).count()
    } else {
        rest.iter().take_while(|byte| **byte == first).count()
    };
    at + length.max(1)
}

fn ends_sentence(bytes: &[u8], at: usize, end: usize) -> bool {
    match bytes.get(at) {
        Some(b'\n') => true,
        Some(b'.' | b'!' | b'?') => bytes.get(end).is_none_or(|next| next.is_ascii_whitespace()),
        _ => false,
    }
}

struct Reader<'a> {
    acts: &'a [Marked],
    act: usize,
    start: usize,
    words: usize,
    signs: u128,
    capitals: usize,
    before: [u64; 2],
    classes: [u64; 2],
    started: bool,
}

impl Reader<'_> {
    fn token(&mut self, token: &[u8], at: usize, sink: &mut impl Sink) {
        if !self.started {
            self.started = true;
            self.start = at;
        }
        let word = token.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
        if !word {
            let sign = token.first().copied().unwrap_or_default();
            // A list has many commas; a sign counts once.
            let bit = 1u128 << (sign & 127);
            if self.signs & bit != 0 {
                return;
            }
            self.signs |= bit;
            let long = u64::from(token.len() > 1) + u64::from(token.len() > 2);
            sink.feature(bucket(u64::from(sign) << 2 | long, 4));
            return;
        }
        // Numbers are all one word.
        let hash = if token.iter().all(u8::is_ascii_digit) { 7 } else { hash(token) };
        sink.feature(bucket(hash, 1));
        let [second, first] = self.before;
        sink.feature(bucket(first.rotate_left(17).wrapping_add(hash), 2));
        if second != 0 {
            sink.feature(bucket(
                second.rotate_left(34).wrapping_add(first.rotate_left(17)).wrapping_add(hash),
                3,
            ));
        }
        self.before = [first, hash];
        self.classed(hash, sink);
        self.words += 1;
        self.capitals += usize::from(token.len() > 2 && token.iter().all(u8::is_ascii_uppercase));
    }

    /// Classes in a row, whatever stands between them: that words of theirs are there, and in which order.
    fn classed(&mut self, hash: u64, sink: &mut impl Sink) {
        let class = u64::from(class(hash));
        let [second, first] = self.classes;
        if class == 0 || class == first {
            return;
        }
        sink.feature(bucket(class, 6));
        if first != 0 {
            sink.feature(bucket(first << 8 | class, 7));
        }
        if second != 0 {
            sink.feature(bucket(second << 16 | first << 8 | class, 8));
        }
        self.classes = [first, class];
    }

    fn end(&mut self, at: usize, sink: &mut impl Sink) {
        if self.started {
            let shouted = (self.capitals.min(3) * 4 + self.words.min(30) / 10) as u64;
            sink.feature(bucket(shouted, 5));
            while let Some((range, bucket)) = self.acts.get(self.act) {
                if range.start >= at {
                    break;
                }
                sink.feature(*bucket);
                self.act += 1;
            }
            sink.sentence(self.start..at);
        }
        self.started = false;
        self.words = 0;
        self.signs = 0;
        self.capitals = 0;
        self.before = [0; 2];
        self.classes = [0; 2];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Vec<Range<usize>>, usize);

    impl Sink for Seen {
        fn feature(&mut self, bucket: u32) {
            assert!(bucket < BUCKETS);
            self.1 += 1;
        }

        fn sentence(&mut self, range: Range<usize>) {
            self.0.push(range);
        }
    }

    #[test]
    fn sentences_end_at_stops_and_lines() {
        let mut seen = Seen::default();
        visit("One two. Three v1.2 four!\nFive", &[(0..3, 5)], &mut seen);
        assert_eq!(seen.0, [0..8, 9..25, 26..30]);
    }
}
