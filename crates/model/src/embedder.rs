//! Texts to vectors.

use async_trait::async_trait;

use crate::ModelError;

/// Turns texts into vectors of one fixed length.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model, its version and whatever else changes its vectors (limit, precision). Part of the
    /// pipeline fingerprint and of the cache key: two embedders with one id give the same vectors.
    fn id(&self) -> &str;

    /// How many numbers a vector has.
    fn dimension(&self) -> usize;

    /// How many tokens of a text the model reads, its special tokens included.
    fn max_tokens(&self) -> usize;

    /// How many tokens a text is, special tokens not included, and not cut at the limit.
    fn count_tokens(&self, text: &str) -> usize;

    /// One L2-normalised vector for each text, in the order given. A text over the limit is cut there.
    ///
    /// # Errors
    ///
    /// [`ModelError`] when the model cannot be loaded or reached, or fails.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError>;
}
