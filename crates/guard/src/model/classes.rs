//! Owns classes of words: what attacks are made of, in whatever words. One line of `classes.txt` is one class.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::features::hash;

static CLASSES: LazyLock<FxHashMap<u64, u8>> = LazyLock::new(|| {
    let lines = include_str!("classes.txt").lines().zip(1u8..);
    let words = lines.flat_map(|(line, class)| line.split(' ').skip(1).map(move |word| (word, class)));
    words.map(|(word, class)| (hash(word.as_bytes()), class)).collect()
});

/// The class of a hashed word, from 1; 0 where it has none.
pub(super) fn class(hash: u64) -> u8 {
    CLASSES.get(&hash).copied().unwrap_or_default()
}
