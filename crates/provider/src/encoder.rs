//! The local encoder: texts to vectors with all-MiniLM-L6-v2, on this machine's processors.
//!
//! A BERT of 6 layers, mean pooling over all tokens, L2 norm. Owns the order of the work: texts are sorted by
//! length and packed without padding, each worker takes packs that stay in its cache. The weights are read when
//! the first text is embedded, so that counting tokens costs no memory.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use model::{Embedder, ModelError};

use crate::model_files::{MODEL_NAME, ModelPaths};
use crate::tokenizer::MiniLmTokenizer;

mod attention;
mod forward;
mod linear;
mod norm;
mod packs;
mod safetensors;
mod softmax;
mod weights;
mod workers;

use weights::Weights;
use workers::Workers;

/// How many numbers a vector has.
pub const ENCODER_DIMENSION: usize = 384;

/// How many tokens the model has places for.
const PLACES: usize = 512;

/// What a [`LocalEncoder`] may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncoderOptions {
    /// How many tokens of a text are read, the two around it included: 2 to 512. The model was trained with 256
    /// and gains from 512.
    pub max_tokens: usize,
    /// How many threads embed; at least one does.
    pub threads: usize,
    /// In which numbers it computes.
    pub precision: EncoderPrecision,
}

/// In which numbers dense layers multiply. Vectors of one precision are never compared with those of another: it is
/// part of the encoder's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EncoderPrecision {
    /// 8-bit integers: twice as fast in a quarter of the memory, at a cosine of .995 or more to [`Self::Fp32`].
    #[default]
    Int8,
    /// 32-bit floats, the reference.
    Fp32,
}

impl EncoderPrecision {
    /// As it stands in settings and in the encoder's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Fp32 => "fp32",
        }
    }
}

/// What a [`LocalEncoder`] with these options calls itself.
pub fn encoder_id(options: &EncoderOptions) -> String {
    format!("{MODEL_NAME}@{}/{}", options.max_tokens, options.precision.name())
}

/// The encoder. Clones share weights and threads.
#[derive(Clone, Debug)]
pub struct LocalEncoder {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: String,
    paths: ModelPaths,
    options: EncoderOptions,
    tokenizer: MiniLmTokenizer,
    engine: Mutex<Option<Arc<Engine>>>,
}

/// What the first text brings into memory.
#[derive(Debug)]
struct Engine {
    weights: Weights,
    workers: Workers,
}

impl LocalEncoder {
    /// Opens the model with its tokenizer; the weights are read when the first text is embedded.
    ///
    /// # Errors
    ///
    /// [`ModelError::Failed`] when the model has no places for that many tokens, [`ModelError::File`] and
    /// [`ModelError::Damaged`] when the tokenizer cannot be read.
    pub fn open(paths: &ModelPaths, options: EncoderOptions) -> Result<Self, ModelError> {
        if !(2..=PLACES).contains(&options.max_tokens) {
            return Err(failed(format!("it reads 2 to {PLACES} tokens, not {}", options.max_tokens)));
        }
        let tokenizer = MiniLmTokenizer::open(&paths.tokenizer())?;
        let id = encoder_id(&options);
        let inner = Inner { id, paths: paths.clone(), options, tokenizer, engine: Mutex::new(None) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The tokenizer, which needs no weights.
    pub fn tokenizer(&self) -> &MiniLmTokenizer {
        &self.inner.tokenizer
    }

    /// As [`Embedder::embed`], on the calling thread and the encoder's own.
    ///
    /// # Errors
    ///
    /// [`ModelError`] when the weights cannot be read or are not this model's.
    pub fn embed_blocking(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let Inner { tokenizer, options, .. } = &*self.inner;
        let texts: Vec<_> = texts.iter().map(|text| tokenizer.encode(text, options.max_tokens)).collect();
        let engine = self.engine()?;
        let packs = packs::packs(&texts);
        let results = engine.workers.run(packs.len(), &|number, scratch| {
            forward::vectors(&engine.weights, &texts, &packs[number], scratch)
        });
        let mut vectors = vec![Vec::new(); texts.len()];
        for (number, result) in results {
            for (text, vector) in packs[number].iter().zip(result?) {
                vectors[*text] = vector;
            }
        }
        Ok(vectors)
    }

    fn engine(&self) -> Result<Arc<Engine>, ModelError> {
        let mut engine = self.inner.engine.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = &*engine {
            return Ok(engine.clone());
        }
        let EncoderOptions { precision, .. } = self.inner.options;
        let threads = self.inner.options.threads.max(1);
        let weights = Weights::open(&self.inner.paths.weights(), precision, threads)?;
        let loaded = Arc::new(Engine { weights, workers: Workers::new(threads)? });
        *engine = Some(loaded.clone());
        Ok(loaded)
    }
}

#[async_trait]
impl Embedder for LocalEncoder {
    fn id(&self) -> &str {
        &self.inner.id
    }

    fn dimension(&self) -> usize {
        ENCODER_DIMENSION
    }

    fn max_tokens(&self) -> usize {
        self.inner.options.max_tokens
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.inner.tokenizer.count(text)
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let (encoder, texts) = (self.clone(), texts.to_vec());
        let embedded = runtime::blocking(move || encoder.embed_blocking(&texts)).await;
        embedded.map_err(|error| failed(error.to_string()))?
    }
}

fn failed(why: String) -> ModelError {
    ModelError::Failed { model: MODEL_NAME.into(), why }
}
