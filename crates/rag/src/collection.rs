//! What a collection is called and what it fixes for good.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use document::Chunking;
use index::{IndexError, IndexSpec, SearchIndex};
use model::Embedder;
use serde::{Deserialize, Serialize};

use crate::RagError;

/// The longest collection name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// A collection's name: `[a-z0-9][a-z0-9_-]{0,63}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectionName(String);

impl CollectionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CollectionName {
    type Err = RagError;

    fn from_str(text: &str) -> Result<Self, RagError> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = text.len() <= NAME_BYTES_MAX
            && text.bytes().next().is_some_and(plain)
            && text.bytes().all(|c| plain(c) || c == b'_' || c == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(RagError::CollectionName(text.to_owned())) }
    }
}

impl fmt::Display for CollectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is fixed when a collection is made: everything that decides its chunks and vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionSettings {
    /// The embedder, or `None` for a collection that is searched by words alone.
    pub embedder: Option<EmbedderSettings>,
    /// How documents are cut.
    pub chunking: Chunking,
}

/// The embedder that a collection's vectors come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSettings {
    /// [`Embedder::id`].
    pub id: String,
    /// [`Embedder::dimension`].
    pub dimension: usize,
}

impl CollectionSettings {
    /// The settings that a new collection gets from the parts at hand.
    pub fn new(embedder: Option<&dyn Embedder>, chunking: Chunking) -> Self {
        let embedder =
            embedder.map(|part| EmbedderSettings { id: part.id().to_owned(), dimension: part.dimension() });
        Self { embedder, chunking }
    }

    /// Everything that decides what a document becomes, in one text: part of each version's id, so that a
    /// change to parser, chunker, embedder or lexical analysis re-does exactly the documents it affects.
    pub fn fingerprint(&self) -> String {
        let embedder = self.embedder.as_ref().map_or("none", |embedder| embedder.id.as_str());
        format!("{} | embedder {embedder} | {}", document::fingerprint(&self.chunking), index::fingerprint())
    }
}

/// Where one index of one collection is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IndexPlace {
    /// Whose index it is.
    pub collection: CollectionName,
    /// Which of the collection's numbered index versions.
    pub number: u32,
}

/// Opens and removes the indexes of an engine.
#[async_trait]
pub trait Indexes: Send + Sync {
    /// The index at `place`, made with `spec` if it is not there.
    ///
    /// # Errors
    ///
    /// [`IndexError`] when it cannot be opened or was made with another spec.
    async fn open(&self, place: &IndexPlace, spec: &IndexSpec) -> Result<Arc<dyn SearchIndex>, IndexError>;

    /// Removes the index at `place` with everything in it; it is no error if there is none.
    ///
    /// # Errors
    ///
    /// [`IndexError`] when it is there and cannot be removed.
    async fn remove(&self, place: &IndexPlace) -> Result<(), IndexError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_the_pattern() {
        for good in ["docs", "0", "a_b-c", &"x".repeat(64)] {
            assert!(good.parse::<CollectionName>().is_ok(), "{good}");
        }
        for bad in ["", "_a", "-a", "Docs", "a b", "a/b", "ä", &"x".repeat(65)] {
            assert!(bad.parse::<CollectionName>().is_err(), "{bad}");
        }
    }
}
