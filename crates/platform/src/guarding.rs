//! The guard out of the settings: what is done with what is found, and who is asked outside.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guard::{Egress, Judges, Kind};
use model::{Classifier, Embedder, ModelError};
use provider::{
    AzureGroundedness, AzurePromptShields, AzureTextAnalysis, Endpoint, HttpClassifier, LlamaGuard,
    OpenAiChat, OpenAiChatOptions, Watch, WatchedClassifier,
};
use rag::Guarding;
use runtime::SystemClock;

use crate::models::{StackEmbedder, endpoint};
use crate::settings::{ExternalEngine, ExternalSettings};
use crate::{Platform, PlatformError};

impl Platform {
    /// Who the guard asks beside itself: the encoder, and the classifiers outside that the settings name.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when something is wrong with the settings, or a key is not there.
    pub fn judges(&self) -> Result<Judges, PlatformError> {
        if let Some(judges) = self.judges.get() {
            return Ok(judges.clone());
        }
        let own = &self.require_settings()?.guard.external;
        let made = own.iter().map(|(name, own)| self.classifier(name, own));
        let judges = Judges::new(made.collect::<Result<_, _>>()?).with_encoder(self.second_look(false));
        Ok(self.judges.get_or_init(|| judges).clone())
    }

    /// The guards of collections.
    ///
    /// # Errors
    ///
    /// As [`Platform::judges`].
    pub(crate) fn guarding(&self) -> Result<Guarding, PlatformError> {
        let own = &self.require_settings()?.guard;
        Ok(Guarding {
            guard: own.guard(None),
            collections: own.collections.keys().map(|name| (name.clone(), own.of_collection(name))).collect(),
            judges: self.judges()?.with_encoder(self.second_look(true)),
            egress: own.link_hosts.clone().map(Egress::new),
        })
    }

    fn second_look(&self, is_bulk: bool) -> Arc<SecondLook> {
        Arc::new(SecondLook { embedder: Arc::clone(&self.embedder), is_bulk })
    }

    fn classifier(&self, name: &str, own: &ExternalSettings) -> Result<Arc<dyn Classifier>, PlatformError> {
        let mut server = own.server.clone();
        // The deadline is the watch's; the endpoint's limits stand behind it.
        server.first_seconds_max = own.deadline().as_secs() + 1;
        server.idle_seconds_max = server.first_seconds_max;
        let endpoint = endpoint(&server, &self.environment)?;
        // What is told of failures names the classifier as the settings do.
        let named = Endpoint { model: name.to_owned(), ..endpoint.clone() };
        let inner: Arc<dyn Classifier> = match own.engine {
            ExternalEngine::Http => Arc::new(HttpClassifier::new(named)),
            ExternalEngine::AzurePromptShields => Arc::new(AzurePromptShields::new(named)),
            ExternalEngine::AzureTextAnalysis => {
                Arc::new(AzureTextAnalysis::new(named, own.blocklists.clone()))
            }
            ExternalEngine::AzureGroundedness => Arc::new(AzureGroundedness::new(named)),
            ExternalEngine::LlamaGuard => {
                let options = OpenAiChatOptions { endpoint, context_tokens: own.context_tokens };
                Arc::new(LlamaGuard::new(name, Arc::new(OpenAiChat::new(options))))
            }
        };
        let all = vec![Kind::Prompt, Kind::Document, Kind::Output];
        let watch = Watch {
            kinds: if own.kinds.is_empty() { all } else { own.kinds.clone() },
            deadline: own.deadline(),
            on_failure: own.on_failure,
            keep: Duration::from_secs(own.cache_seconds),
        };
        Ok(Arc::new(WatchedClassifier::new(inner, watch, Arc::new(SystemClock))))
    }
}

/// The stack's encoder as the guard asks it, counted. It is not loaded for the guard alone.
struct SecondLook {
    embedder: Arc<StackEmbedder>,
    /// Whether nobody waits for it: documents are read while questions go first.
    is_bulk: bool,
}

#[async_trait]
impl Embedder for SecondLook {
    fn id(&self) -> &str {
        self.embedder.id()
    }

    fn dimension(&self) -> usize {
        self.embedder.dimension()
    }

    fn max_tokens(&self) -> usize {
        self.embedder.max_tokens()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.embedder.count_tokens(text)
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let embedded = self.embedder.embed_loaded(texts, self.is_bulk).await;
        let outcome = match &embedded {
            Some(Ok(_)) => "looked",
            Some(Err(_)) => "failed",
            None => "not_loaded",
        };
        metrics::counter!("patou_guard_second_looks_total", "outcome" => outcome).increment(1);
        embedded.unwrap_or_else(|| {
            Err(ModelError::Unavailable { model: self.id().to_owned(), why: "it is not loaded".into() })
        })
    }
}
