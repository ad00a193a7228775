//! Owns the words that text without spaces is cut into, and how often each is used.
//!
//! The list is made by the training command; see the model card.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// Words in lower case with the number of times each was seen.
pub struct Vocabulary {
    words: FxHashMap<&'static str, f32>,
    total: f32,
}

static BUILT_IN: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::read(include_str!("../../weights/words.txt")));

/// No word in the list is longer, in bytes.
pub const WORD_BYTES_MAX: usize = 20;

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
        Self { words, total }
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
