//! Owns the vocabulary: which words the training part uses, and how often.

use std::collections::BTreeMap;

use super::corpora::{Corpora, Part, of};

const COUNT_MIN: usize = 4;
const WORDS_MAX: usize = 9000;
const PAGE_BYTES_MAX: usize = 4000;
const SHORT: &str = "a i an as at be by do go he if in is it me my no of on or so to up us we am ai";

/// The list as it is committed: a word and its count on each line, the commonest first.
pub fn count(corpora: &Corpora) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let texts = [
        &corpora.manual,
        &corpora.abstracts,
        &corpora.queries,
        &corpora.triggers,
        &corpora.jailbreaks,
        &corpora.overrides,
        &corpora.ordinary,
        &corpora.scary,
        &corpora.articles,
    ];
    for text in texts.into_iter().flat_map(|texts| of(texts, Part::Train)) {
        let end = text.floor_char_boundary(PAGE_BYTES_MAX);
        let words = text[..end].split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
        for word in words.map(str::to_ascii_lowercase) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let keeps =
        |word: &str| word.len() <= 20 && (word.len() > 2 || SHORT.split(' ').any(|short| short == word));
    let mut kept: Vec<_> =
        counts.into_iter().filter(|(word, count)| *count >= COUNT_MIN && keeps(word)).collect();
    kept.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    kept.truncate(WORDS_MAX);
    kept.into_iter().map(|(word, count)| format!("{word} {count}\n")).collect()
}
