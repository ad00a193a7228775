//! The stack's models for those who ask for them by name, and whether everything can serve.

use access::{PrivateText, Reader};
use gateway::{Estimate, WhenAway};
use model::{ChatRequest, ChatStream, Embedder};

use crate::parts::Embedding;
use crate::{Platform, PlatformError};

/// The first part of the names of models that answer from a collection.
const RAG: &str = "rag/";

/// A model that clients can ask for by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServedModel {
    /// Answers from a collection.
    Collection(String),
    /// The stack's chat model.
    Chat,
    /// The stack's embedder.
    Embedder,
    /// One behind the gateway.
    Routed,
}

/// One part that has to work before questions are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The part.
    pub part: &'static str,
    /// Why it cannot serve; `None` where it can.
    pub problem: Option<String>,
    /// What is not as it should be, though it serves.
    pub note: Option<String>,
}

impl Platform {
    /// Which model a name stands for.
    ///
    /// # Errors
    ///
    /// [`PlatformError::UnknownModel`] for a name that no stack serves.
    pub fn served_model(&self, name: &str) -> Result<ServedModel, PlatformError> {
        if let Some(collection) = name.strip_prefix(RAG) {
            return Ok(ServedModel::Collection(collection.to_owned()));
        }
        if self.gateway.get().is_some_and(|gateway| gateway.serves(name)) {
            return Ok(ServedModel::Routed);
        }
        if self.chat()?.is_some_and(|chat| chat.name() == name) {
            return Ok(ServedModel::Chat);
        }
        if self.embedder.name() == name {
            return Ok(ServedModel::Embedder);
        }
        Err(PlatformError::UnknownModel(name.to_owned()))
    }

    /// The names of the models that are served, those of collections first.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the registry cannot be read.
    pub async fn served_models(&self, reader: &Reader) -> Result<Vec<String>, PlatformError> {
        let collections = self.collections(reader).await?;
        let mut names: Vec<String> =
            collections.iter().map(|summary| format!("{RAG}{}", summary.record.name)).collect();
        names.extend(self.gateway().await?.models());
        names.extend(self.chat()?.map(|chat| chat.name().to_owned()));
        names.push(self.embedder.name().to_owned());
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Ok(names)
    }

    /// Who writes answers: the chat model's name, or `extractive`.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the settings cannot be read.
    pub fn answers_by(&self) -> Result<String, PlatformError> {
        Ok(self.chat()?.map_or_else(|| "extractive".to_owned(), |chat| chat.name().to_owned()))
    }

    /// How many tokens an answer from a collection takes at most of the chat model: none without one.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the settings cannot be read.
    pub fn answer_estimate(&self) -> Result<Estimate, PlatformError> {
        let settings = self.require_settings()?;
        if self.chat()?.is_none() {
            return Ok(Estimate { prompt: 0, completion: 0 });
        }
        Ok(Estimate {
            prompt: settings.prompt_tokens_max as u64,
            completion: u64::from(settings.answer_tokens_max),
        })
    }

    /// Hands a request for the stack's chat model to it, byte for byte.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no chat model, or it fails.
    pub async fn forward_chat(&self, body: PrivateText) -> Result<ChatStream, PlatformError> {
        let chat = self.chat()?.ok_or_else(|| PlatformError::UnknownModel("chat".into()))?;
        Ok(chat.chat(ChatRequest { original: Some(body), ..ChatRequest::default() }).await?)
    }

    /// The vectors of texts, and how many tokens they have together.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the embedder fails.
    pub async fn embed(&self, texts: &[String]) -> Result<(Vec<Vec<f32>>, usize), PlatformError> {
        self.require_settings()?;
        self.home()?;
        self.embedder.prepare(&|_| {}).await?;
        let tokens = texts.iter().map(|text| self.embedder.count_tokens(text)).sum();
        Ok((self.embedder.embed(texts).await?, tokens))
    }

    /// Whether each part can serve.
    pub async fn readiness(&self) -> Vec<Readiness> {
        let problem = |result: Result<(), PlatformError>| result.err().map(|error| error.to_string());
        let state = match self.registry().await {
            Ok(registry) => registry.collections().await.map(drop).map_err(PlatformError::from),
            Err(error) => Err(error),
        };
        let home = self.library(Embedding::On).await.map(drop);
        let model = if self.embedder.is_prepared() {
            None
        } else {
            Some("the embedding model is not loaded yet".to_owned())
        };
        let out = self.gateway.get().map(|gateway| gateway.models_out()).unwrap_or_default();
        let backends = (!out.is_empty()).then(|| format!("no backend serves {}", out.join(", ")));
        let away = self.gateway.get().and_then(|gateway| gateway.counters_away());
        let (counters, note) = match away {
            None => (None, None),
            Some(WhenAway::Refuse) => (Some("the Redis that counts quotas is away".to_owned()), None),
            Some(WhenAway::Share(_)) => (
                None,
                Some("the Redis that counts quotas is away: this node lets its share through".to_owned()),
            ),
        };
        let part = |part, problem| Readiness { part, problem, note: None };
        vec![
            part("state", problem(state)),
            part("home", problem(home)),
            part("embedder", model),
            part("backends", backends),
            Readiness { note, ..part("counters", counters) },
            Readiness { note: self.writing.rejected(), ..part("configuration", None) },
        ]
    }
}
