//! Embeddings.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use model::{Embedder, ModelError, estimate_tokens};
use serde::{Deserialize, Serialize};

use super::endpoint::Endpoint;

/// The longest answer that is taken.
const BODY_BYTES_MAX: usize = 256 << 20;
/// How many texts one request holds.
const TEXTS_PER_REQUEST: usize = 32;
/// How many requests are on their way at once.
const REQUESTS_AT_ONCE: usize = 4;

/// An embedding model behind an OpenAI-compatible server.
#[derive(Clone)]
pub struct OpenAiEmbedderOptions {
    /// The server.
    pub endpoint: Endpoint,
    /// How many numbers a vector has.
    pub dimension: usize,
    /// How many tokens of a text the model reads.
    pub tokens_max: usize,
}

/// Asks an OpenAI-compatible server for vectors, and brings them to length 1. Tokens are counted by
/// [`estimate_tokens`].
#[derive(Clone)]
pub struct OpenAiEmbedder {
    id: String,
    options: OpenAiEmbedderOptions,
}

impl OpenAiEmbedder {
    /// An embedder behind the server; nothing is asked yet.
    pub fn new(options: OpenAiEmbedderOptions) -> Self {
        let id = format!("openai/{}/{}/{}", options.endpoint.model, options.dimension, options.tokens_max);
        Self { id, options }
    }

    async fn ask(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let endpoint = &self.options.endpoint;
        let failed = |why: String| ModelError::Failed { model: endpoint.model.clone(), why };
        let body = Body { model: &endpoint.model, input: texts, encoding_format: "float" };
        let body = serde_json::to_vec(&body).map_err(|error| failed(error.to_string()))?;
        let exchange = endpoint.post("embeddings", Bytes::from(body)).await?;
        let body = endpoint.in_time(endpoint.first_timeout, exchange.bytes(BODY_BYTES_MAX)).await?;
        let body = body.map_err(|error| endpoint.unreachable(error))?;
        let read: Answer = serde_json::from_slice(&body)
            .map_err(|error| failed(format!("it sent no list of embeddings: {error}")))?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for item in read.data {
            let place = vectors.get_mut(item.index);
            *place.ok_or_else(|| {
                failed(format!("it sent a vector for text {} of {}", item.index, texts.len()))
            })? = item.embedding;
        }
        for vector in &mut vectors {
            if vector.len() != self.options.dimension {
                let (found, wanted) = (vector.len(), self.options.dimension);
                return Err(failed(format!("it sent a vector of {found} numbers, not {wanted}")));
            }
            let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            if !norm.is_finite() || norm == 0.0 {
                return Err(failed("it sent a vector without a direction".into()));
            }
            vector.iter_mut().for_each(|x| *x /= norm);
        }
        Ok(vectors)
    }
}

#[async_trait]
impl Embedder for OpenAiEmbedder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        self.options.dimension
    }

    fn max_tokens(&self) -> usize {
        self.options.tokens_max
    }

    fn count_tokens(&self, text: &str) -> usize {
        estimate_tokens(text)
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let requests: Vec<_> = texts.chunks(TEXTS_PER_REQUEST).map(|some| self.ask(some)).collect();
        let answers: Vec<Vec<Vec<f32>>> =
            stream::iter(requests).buffered(REQUESTS_AT_ONCE).try_collect().await?;
        Ok(answers.into_iter().flatten().collect())
    }
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [String],
    encoding_format: &'static str,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}
