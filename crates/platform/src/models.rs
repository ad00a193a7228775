//! The stack's embedder: known by name from the start, pulled and loaded when it is needed.

use std::path::PathBuf;
use std::sync::OnceLock;

use async_trait::async_trait;
use model::{Embedder, ModelError};
pub use provider::PullEvent;
use provider::{EncoderOptions, LocalEncoder, ModelPaths, PullOptions};

use crate::{Platform, PlatformError, Settings};

/// How many tokens of a text the product's encoder reads; see the manual on the encoder limit.
const ENCODER_TOKENS_MAX: usize = 512;

/// What is known of the embedding model's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelState {
    /// The model's name.
    pub name: &'static str,
    /// Where its files are or would be.
    pub path: PathBuf,
    /// Whether they are there.
    pub present: bool,
}

/// The local encoder, once its files are here. Until [`StackEmbedder::prepare`] has returned it cannot embed.
pub(crate) struct StackEmbedder {
    id: String,
    pull: PullOptions,
    options: EncoderOptions,
    encoder: OnceLock<LocalEncoder>,
}

impl StackEmbedder {
    pub(crate) fn new(settings: &Settings, models: PathBuf) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = if settings.encoder_threads == 0 { cores() } else { settings.encoder_threads };
        let options = EncoderOptions { max_tokens: ENCODER_TOKENS_MAX, threads };
        Self {
            id: provider::encoder_id(&options),
            pull: PullOptions {
                models_dir: models,
                offline: settings.offline,
                hf_endpoint: Some(settings.hf_endpoint.clone()),
            },
            options,
            encoder: OnceLock::new(),
        }
    }

    /// Sees to it that the model's files are here, fetching them if need be.
    pub(crate) async fn prepare(&self, tell: &(dyn Fn(PullEvent) + Sync)) -> Result<(), ModelError> {
        if self.encoder.get().is_some() {
            return Ok(());
        }
        let paths = provider::pull(&self.pull, tell).await?;
        let options = self.options.clone();
        let encoder = runtime::blocking(move || LocalEncoder::open(&paths, options)).await.map_err(|error| {
            ModelError::Failed { model: self.id.clone(), why: format!("loading it broke down: {error}") }
        })??;
        // Another task may have been first: its encoder is as good.
        let _ = self.encoder.set(encoder);
        Ok(())
    }
}

#[async_trait]
impl Embedder for StackEmbedder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        provider::ENCODER_DIMENSION
    }

    fn max_tokens(&self) -> usize {
        self.options.max_tokens
    }

    fn count_tokens(&self, text: &str) -> usize {
        // Before the tokenizer is here nothing is cut by this count; a byte is never more than a token.
        self.encoder.get().map_or(text.len(), |encoder| encoder.count_tokens(text))
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        match self.encoder.get() {
            Some(encoder) => encoder.embed(texts).await,
            None => {
                self.prepare(&|_| {}).await?;
                match self.encoder.get() {
                    Some(encoder) => encoder.embed(texts).await,
                    None => {
                        Err(ModelError::Failed { model: self.id.clone(), why: "it is not loaded".into() })
                    }
                }
            }
        }
    }
}

impl Platform {
    /// The models that the stack needs, and whether they are here.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the home cannot be used.
    pub fn models(&self) -> Result<Vec<ModelState>, PlatformError> {
        self.require_settings()?;
        let paths = self.model_paths()?;
        Ok(vec![ModelState {
            name: provider::MODEL_NAME,
            present: paths.are_present(),
            path: paths.directory().to_owned(),
        }])
    }

    /// Pulls the stack's models, verifying what is there already.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when a model is damaged or cannot be fetched.
    pub async fn pull_models(
        &self,
        tell: &(dyn Fn(PullEvent) + Sync),
    ) -> Result<Vec<ModelState>, PlatformError> {
        self.require_settings()?;
        self.home()?;
        provider::pull(&self.embedder.pull, tell).await?;
        self.verify_models().await?;
        self.models()
    }

    /// Hashes the models that are here and compares with what they should be.
    pub(crate) async fn verify_models(&self) -> Result<(), PlatformError> {
        let paths = self.model_paths()?;
        Ok(runtime::blocking(move || provider::verify(&paths)).await??)
    }

    pub(crate) fn model_paths(&self) -> Result<ModelPaths, PlatformError> {
        Ok(ModelPaths::below(&self.home()?.models()))
    }
}
