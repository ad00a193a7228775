//! Owns how likely one letter follows another in plain English, counted from the vocabulary.

use std::sync::LazyLock;

use super::vocabulary::Vocabulary;

/// For each pair of letters, the logarithm of its share among all pairs, against an even share.
pub struct BigramTable {
    lifts: Vec<f32>,
}

/// The table that the committed vocabulary gives.
pub static ENGLISH: LazyLock<BigramTable> = LazyLock::new(|| BigramTable::of(Vocabulary::built_in()));

impl BigramTable {
    /// Counts the pairs of a vocabulary's words, each as often as the word.
    pub fn of(vocabulary: &Vocabulary) -> Self {
        let mut counts = vec![1.0f32; 26 * 26];
        for (word, count) in vocabulary.words() {
            let letters = word.bytes().filter(u8::is_ascii_lowercase).map(|byte| usize::from(byte - b'a'));
            let letters: Vec<usize> = letters.collect();
            for pair in letters.windows(2) {
                if let [first, second] = pair
                    && let Some(held) = counts.get_mut(first * 26 + second)
                {
                    *held += count;
                }
            }
        }
        let even = counts.iter().sum::<f32>() / 676.0;
        Self { lifts: counts.into_iter().map(|count| (count / even).ln()).collect() }
    }

    /// The lift of a pair of letters, each 0 to 25.
    pub fn lift(&self, first: u8, second: u8) -> f32 {
        self.lifts.get(usize::from(first) * 26 + usize::from(second)).copied().unwrap_or_default()
    }
}
