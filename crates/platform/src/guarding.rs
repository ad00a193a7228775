//! The guard out of the settings: what is done with what is found, and who is asked outside.

use std::sync::Arc;
use std::time::Duration;

use guard::{Egress, External, Kind};
use model::Classifier;
use provider::{
    AzureGroundedness, AzurePromptShields, AzureTextAnalysis, Endpoint, HttpClassifier, LlamaGuard,
    OpenAiChat, OpenAiChatOptions, Watch, WatchedClassifier,
};
use rag::Guarding;
use runtime::SystemClock;

use crate::models::endpoint;
use crate::settings::{ExternalEngine, ExternalSettings};
use crate::{Platform, PlatformError};

impl Platform {
    /// The classifiers outside that the settings name; without any it finds nothing.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when something is wrong with the settings, or a key is not there.
    pub fn external(&self) -> Result<External, PlatformError> {
        if let Some(external) = self.external.get() {
            return Ok(external.clone());
        }
        let own = &self.require_settings()?.guard.external;
        let made = own.iter().map(|(name, own)| self.classifier(name, own));
        let external = External::new(made.collect::<Result<_, _>>()?);
        Ok(self.external.get_or_init(|| external).clone())
    }

    /// The guards of collections.
    ///
    /// # Errors
    ///
    /// As [`Platform::external`].
    pub(crate) fn guarding(&self) -> Result<Guarding, PlatformError> {
        let own = &self.require_settings()?.guard;
        Ok(Guarding {
            guard: own.guard(None),
            collections: own.collections.keys().map(|name| (name.clone(), own.of_collection(name))).collect(),
            external: self.external()?,
            egress: own.link_hosts.clone().map(Egress::new),
        })
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
