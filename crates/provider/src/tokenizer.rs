//! The tokenizer of all-MiniLM-L6-v2: texts to the numbers that the encoder reads, and how many they are.
//!
//! Gives exactly what the reference (`tokenizers`, on the same file) gives, without truncation and padding; a
//! property test holds it to that. Written anew because chunking counts the tokens of every text several
//! times, and because reading the file must not be felt before a search.

#![expect(clippy::disallowed_methods, reason = "this module reads the tokenizer's file")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use model::ModelError;
use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::model_files::failed;

mod normalise;
mod word_piece;

use word_piece::WordPiece;

/// Texts to tokens, without the model's weights. Clones share the vocabulary.
#[derive(Clone, Debug)]
pub struct MiniLmTokenizer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    words: WordPiece,
    /// Markers that stand for themselves wherever they are written, and their tokens.
    markers: Vec<(String, u32)>,
    first: u32,
    last: u32,
}

/// What is read of the file; the rest is fixed by the model and checked here.
#[derive(Deserialize)]
struct Parsed {
    added_tokens: Vec<AddedToken>,
    normalizer: Named,
    pre_tokenizer: Named,
    model: ParsedModel,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "type")]
    name: String,
}

#[derive(Deserialize)]
struct ParsedModel {
    #[serde(rename = "type")]
    name: String,
    vocab: FxHashMap<String, u32>,
}

impl MiniLmTokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    ///
    /// [`ModelError::File`] when the file cannot be read, [`ModelError::Damaged`] when it describes another
    /// sort of tokenizer.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let bytes = fs::read(path).map_err(|source| failed("read", path, source))?;
        let damaged = |why: String| ModelError::Damaged { path: path.display().to_string(), why };
        let parsed = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        Ok(Self { inner: Arc::new(Inner::new(parsed).map_err(damaged)?) })
    }

    /// How many tokens `text` is, the two around it not included and not cut anywhere.
    pub fn count(&self, text: &str) -> usize {
        let mut count = 0;
        self.inner.tokens(text, &mut |_| {
            count += 1;
            true
        });
        count
    }

    /// The tokens of `text` with the two around it: at most `tokens_max` together.
    pub fn encode(&self, text: &str, tokens_max: usize) -> Vec<u32> {
        let mut tokens = vec![self.inner.first];
        if tokens_max > 2 {
            self.inner.tokens(text, &mut |token| {
                tokens.push(token);
                tokens.len() + 1 < tokens_max
            });
        }
        tokens.push(self.inner.last);
        tokens
    }
}

impl Inner {
    fn new(parsed: Parsed) -> Result<Self, String> {
        let Parsed { added_tokens, normalizer, pre_tokenizer, model } = parsed;
        let found = [normalizer.name, pre_tokenizer.name, model.name];
        let expected = ["BertNormalizer", "BertPreTokenizer", "WordPiece"];
        if found != expected {
            return Err(format!("it is made of {found:?}, not of {expected:?}"));
        }
        let token = |name: &str| model.vocab.get(name).copied().ok_or(format!("it has no token `{name}`"));
        let (first, last, unknown) = (token("[CLS]")?, token("[SEP]")?, token("[UNK]")?);
        let markers = added_tokens.into_iter().map(|added| (added.content, added.id)).collect();
        Ok(Self { words: WordPiece::new(model.vocab, unknown), markers, first, last })
    }

    /// Hands each token of `text` to `take` until that says no.
    fn tokens(&self, text: &str, take: &mut dyn FnMut(u32) -> bool) {
        let mut rest = text;
        while let Some((at, (marker, token))) = self.next_marker(rest) {
            if !self.plain(&rest[..at], take) || !take(*token) {
                return;
            }
            rest = &rest[at + marker.len()..];
        }
        self.plain(rest, take);
    }

    /// The marker that stands first in `text`.
    fn next_marker(&self, text: &str) -> Option<(usize, &(String, u32))> {
        // All of them open with a bracket, which most texts hold nowhere.
        let from = text.find('[')?;
        let places = self.markers.iter().filter_map(|marker| Some((text[from..].find(&marker.0)?, marker)));
        places.min_by_key(|(at, _)| *at).map(|(at, marker)| (from + at, marker))
    }

    fn plain(&self, text: &str, take: &mut dyn FnMut(u32) -> bool) -> bool {
        normalise::words(text, &mut |word| self.words.tokens(word, take))
    }
}
