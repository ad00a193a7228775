//! Vectors by the hash of their text, so that no text is embedded twice.
//!
//! Losing the cache costs time and nothing else: it lies in a database of its own, and what it cannot give
//! is computed.

use std::collections::HashMap;
use std::sync::Arc;

use model::Embedder;
use store::sqlx::{self, Row};
use store::{Database, Migrations, StoreError};

use crate::registry::{places, slices, values};
use crate::{RagError, ids};

const MIGRATIONS: Migrations = Migrations {
    owner: "embedding_cache",
    steps: &[&["CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL)"]],
};

/// How many texts go to the embedder at once: a request to stop is looked at in between.
const TEXTS_PER_CALL: usize = 64;

/// Embeds texts, remembering what it has embedded.
#[derive(Clone)]
pub struct EmbeddingCache {
    database: Database,
}

/// What [`EmbeddingCache::embed`] gives.
#[derive(Debug, Default)]
pub struct Embedded {
    /// A vector for each text, in the order given.
    pub vectors: Vec<Vec<f32>>,
    /// Whether each was there already.
    pub reused: Vec<bool>,
    /// How many tokens were embedded now.
    pub tokens: usize,
}

/// A text to embed, with its length in tokens.
#[derive(Clone, Debug)]
pub struct TextToEmbed {
    /// The text.
    pub text: String,
    /// Its tokens, as the embedder counts.
    pub tokens: usize,
}

impl EmbeddingCache {
    /// The cache in `database`, its table brought up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be prepared.
    pub async fn open(database: Database) -> Result<Self, StoreError> {
        database.migrate(&MIGRATIONS).await?;
        Ok(Self { database })
    }

    /// A vector for each text. New ones outlive the process once this returns. `None` when `stop` said so
    /// before the last text was embedded; what was embedded until then is kept.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the embedder or the cache's database fails.
    pub async fn embed(
        &self,
        embedder: &Arc<dyn Embedder>,
        texts: &[TextToEmbed],
        stop: &runtime::Shutdown,
    ) -> Result<Option<Embedded>, RagError> {
        let keys: Vec<String> =
            texts.iter().map(|text| ids::hex(&ids::vector_key(embedder.id(), &text.text))).collect();
        let mut known = self.find(&keys, embedder.dimension()).await?;
        let reused: Vec<bool> = keys.iter().map(|key| known.contains_key(key)).collect();
        let mut missing: Vec<usize> = (0..texts.len()).filter(|&place| !reused[place]).collect();
        missing.sort_by_key(|&place| (texts[place].tokens, &keys[place]));
        missing.dedup_by_key(|place| &keys[*place]);
        let mut tokens = 0;
        let mut fresh: Vec<(String, Vec<f32>)> = Vec::new();
        for some in missing.chunks(TEXTS_PER_CALL) {
            let batch: Vec<String> = some.iter().map(|&place| texts[place].text.clone()).collect();
            if stop.is_requested() {
                self.keep(&fresh).await?;
                return Ok(None);
            }
            // What was embedded last is kept while the next is embedded: the encoder never waits for a disk.
            let (vectors, kept) = tokio::join!(embedder.embed(&batch), self.keep(&fresh));
            known.extend(fresh);
            kept?;
            let vectors = vectors.map_err(RagError::Model)?;
            tokens += some.iter().map(|&place| texts[place].tokens).sum::<usize>();
            fresh = some.iter().map(|&place| keys[place].clone()).zip(vectors).collect();
        }
        self.keep(&fresh).await?;
        known.extend(fresh);
        let vectors = keys.iter().filter_map(|key| known.get(key).cloned()).collect();
        Ok(Some(Embedded { vectors, reused, tokens }))
    }

    async fn find(&self, keys: &[String], dimension: usize) -> Result<HashMap<String, Vec<f32>>, RagError> {
        let mut found = HashMap::new();
        for some in slices(keys) {
            let places = places(1, some.len());
            let statement = format!("SELECT key, vector FROM vectors WHERE key IN ({places})");
            // The statement is made of placeholders alone: nothing a user wrote is in it.
            let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
            for key in some {
                query = query.bind(key);
            }
            let rows = query
                .fetch_all(self.database.pool())
                .await
                .map_err(StoreError::query("look up embeddings"))?;
            for row in &rows {
                let bytes: Vec<u8> = row.get(1);
                let vector = from_bytes(&bytes);
                if vector.len() == dimension {
                    found.insert(row.get(0), vector);
                }
            }
        }
        Ok(found)
    }

    async fn keep(&self, fresh: &[(String, Vec<f32>)]) -> Result<(), RagError> {
        if fresh.is_empty() {
            return Ok(());
        }
        let mut transaction = self.database.begin().await?;
        for some in slices(fresh) {
            let statement = format!(
                "INSERT INTO vectors (key, vector) VALUES {} \
                 ON CONFLICT (key) DO UPDATE SET vector = excluded.vector",
                values(some.len(), 2)
            );
            let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
            for (key, vector) in some {
                query = query.bind(key).bind(to_bytes(vector));
            }
            query.execute(transaction.connection()).await.map_err(StoreError::query("keep embeddings"))?;
        }
        Ok(transaction.commit().await?)
    }
}

fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_text_is_embedded_once() {
        let home = tempfile::tempdir().unwrap();
        let database = Database::open_sqlite(&home.path().join("cache.db")).await.unwrap();
        let cache = EmbeddingCache::open(database).await.unwrap();
        let embedder: Arc<dyn Embedder> = Arc::new(model::HashEmbedder::new(16));
        let texts: Vec<_> = ["a b", "c", "a b"]
            .iter()
            .map(|text| TextToEmbed { text: (*text).into(), tokens: embedder.count_tokens(text) })
            .collect();
        let stop = runtime::Shutdown::new();
        let first = cache.embed(&embedder, &texts, &stop).await.unwrap().unwrap();
        assert_eq!((first.reused, first.tokens), (vec![false; 3], 3));
        assert_eq!(first.vectors[0], first.vectors[2]);
        let second = cache.embed(&embedder, &texts, &stop).await.unwrap().unwrap();
        assert_eq!((second.reused, second.tokens), (vec![true; 3], 0));
        assert_eq!(second.vectors, first.vectors);
        stop.request();
        let new = [TextToEmbed { text: "new".into(), tokens: 1 }];
        assert!(cache.embed(&embedder, &new, &stop).await.unwrap().is_none());
    }
}
