//! Words to tokens: the longest piece of the vocabulary that the word begins with, then of what follows.

use rustc_hash::FxHashMap;

/// A word with more characters than this is one unknown token.
const WORD_CHARS_MAX: usize = 100;

/// A vocabulary of whole words, beginnings and continuations.
#[derive(Debug)]
pub(super) struct WordPiece {
    beginnings: FxHashMap<String, u32>,
    continuations: FxHashMap<String, u32>,
    /// The longest piece, in bytes: longer ones need not be looked up.
    piece_bytes_max: usize,
    unknown: u32,
}

impl WordPiece {
    /// `vocabulary` marks continuations with `##`.
    pub(super) fn new(vocabulary: FxHashMap<String, u32>, unknown: u32) -> Self {
        let piece_bytes_max = vocabulary.keys().map(String::len).max().unwrap_or(0);
        let continuation =
            |(piece, token): (&String, &u32)| Some((piece.strip_prefix("##")?.to_owned(), *token));
        let continuations = vocabulary.iter().filter_map(continuation).collect();
        // Continuations may stay among the beginnings: as in the reference, a word that reads `##` is cut at
        // its punctuation before it comes here.
        Self { beginnings: vocabulary, continuations, piece_bytes_max, unknown }
    }

    /// Hands each token of `word` to `take` until that says no; returns whether it never did. A word that the
    /// pieces do not cover is one unknown token.
    pub(super) fn tokens(&self, word: &str, take: &mut dyn FnMut(u32) -> bool) -> bool {
        if let Some(&token) = self.beginnings.get(word)
            && word.len() <= WORD_CHARS_MAX
        {
            return take(token);
        }
        match self.pieces(word) {
            Some(pieces) => pieces.into_iter().all(take),
            None => take(self.unknown),
        }
    }

    fn pieces(&self, word: &str) -> Option<Vec<u32>> {
        if word.len() > WORD_CHARS_MAX && word.chars().count() > WORD_CHARS_MAX {
            return None;
        }
        let mut pieces = Vec::new();
        let mut rest = word;
        while !rest.is_empty() {
            let pieces_here = if pieces.is_empty() { &self.beginnings } else { &self.continuations };
            let mut length = rest.floor_char_boundary(self.piece_bytes_max);
            let token = loop {
                match pieces_here.get(&rest[..length]) {
                    Some(&token) => break token,
                    None => {
                        length = rest.floor_char_boundary(length.checked_sub(1).filter(|&left| left > 0)?)
                    }
                }
                if length == 0 {
                    return None;
                }
            };
            pieces.push(token);
            rest = &rest[length..];
        }
        Some(pieces)
    }
}
