//! Owns the words that text without spaces is cut into, and how often each is used.
//!
//! The list is made by the training command; see the model card.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// Words in lower case with the number of times each was seen.
pub struct Vocabulary {
    words: FxHashMap<&'static str, f32>,
    total: f32,
    /// For each three letters, which lengths the words have that begin with them, a bit for each.
    lengths: Vec<u32>,
}

/// How many letters of a word's beginning are looked at before the list is.
const BEGINNING: usize = 3;

static BUILT_IN: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::read(include_str!("../../weights/words.txt")));

/// No word in the list is longer, in bytes.
const WORD_BYTES_MAX: usize = 20;

impl Vocabulary {
    /// The committed list.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    fn read(list: &'static str) -> Self {
        let line = |line: &'static str| {
            let (word, count) = line.split_once(' ')?;
            Some((word, count.parse().ok()?))
        };
        let words: FxHashMap<_, f32> = list.lines().filter_map(line).collect();
        let total = words.values().sum();
        let mut lengths = vec![0; 26usize.pow(3)];
        for (at, held) in lengths.iter_mut().enumerate() {
            let beginning = [at / 676, at / 26 % 26, at % 26].map(|letter| char::from(b'a' + letter as u8));
            let beginning = String::from_iter(beginning);
            let shorter = (1..BEGINNING).filter(|length| words.contains_key(&beginning[..*length]));
            *held = shorter.fold(0, |bits, length| bits | 1 << length);
        }
        for word in words.keys() {
            if let Some(held) = place(word.as_bytes()).and_then(|place| lengths.get_mut(place)) {
                *held |= 1 << word.len();
            }
        }
        Self { words, total, lengths }
    }

    /// The lengths that a word may have that `text` begins with: one that is not among them is in no list.
    pub fn lengths(&self, text: &[u8]) -> impl Iterator<Item = usize> {
        let known = place(text).and_then(|place| self.lengths.get(place).copied()).unwrap_or(u32::MAX);
        let mut left = known & (u32::MAX >> (31 - WORD_BYTES_MAX.min(text.len()))) & !1;
        std::iter::from_fn(move || {
            let length = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (length < u32::BITS).then_some(length as usize)
        })
    }

    /// Whether the list holds a word.
    pub fn holds(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    /// The logarithm of a word's share of all words; `None` for one that is not in the list.
    pub fn share_log(&self, word: &str) -> Option<f32> {
        self.words.get(word).map(|count| (count / self.total).ln())
    }

    /// Every word with its count.
    pub fn words(&self) -> impl Iterator<Item = (&'static str, f32)> {
        self.words.iter().map(|(word, count)| (*word, *count))
    }
}

/// Where the table has a beginning; `None` where it is not of small letters.
fn place(text: &[u8]) -> Option<usize> {
    let letters = text.get(..BEGINNING)?;
    letters
        .iter()
        .try_fold(0, |sum, letter| letter.is_ascii_lowercase().then(|| sum * 26 + usize::from(letter - b'a')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_length_that_is_looked_at() {
        let vocabulary = Vocabulary::built_in();
        for (word, _) in vocabulary.words() {
            let text = format!("{word}zz");
            assert!(vocabulary.lengths(text.as_bytes()).any(|length| length == word.len()), "{word}");
        }
        let none = |text: &[u8]| vocabulary.lengths(text).all(|length| length < 3);
        assert!(none(b"qzxvkqzxvkqz") && none(b"") && vocabulary.lengths(b"it").any(|length| length == 2));
    }
}
