//! Prompt Shields: jailbreaks in prompts, injected instructions in documents. It says yes or no.

use async_trait::async_trait;
use model::{Classified, Classifier, Concern, Label, ModelError, Sample, TextKind};
use serde::{Deserialize, Serialize};

use super::{API_VERSION, CHARS_MAX, Resource};
use crate::Endpoint;
use crate::classifier::by_piece;

/// Prompt Shields of a resource.
pub struct AzurePromptShields {
    resource: Resource,
}

impl AzurePromptShields {
    /// One behind the resource's address; nothing is asked yet.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { resource: Resource { endpoint } }
    }

    async fn shield(&self, kind: TextKind, text: &str) -> Result<Vec<Label>, ModelError> {
        let body = match kind {
            TextKind::Document => Asked { user_prompt: "", documents: vec![text] },
            TextKind::Prompt | TextKind::Output => Asked { user_prompt: text, documents: Vec::new() },
        };
        let answer: Answer = self.resource.ask(("shieldPrompt", API_VERSION), &body).await?;
        let label = |concern, name: &str| Label { concern, name: name.to_owned(), score: 1.0, span: None };
        let mut labels = Vec::new();
        if answer.user_prompt_analysis.is_some_and(|analysis| analysis.attack_detected) {
            labels.push(label(Concern::Jailbreak, "UserPromptAttack"));
        }
        if answer.documents_analysis.unwrap_or_default().iter().any(|analysis| analysis.attack_detected) {
            labels.push(label(Concern::Injection, "DocumentAttack"));
        }
        Ok(labels)
    }
}

#[async_trait]
impl Classifier for AzurePromptShields {
    fn id(&self) -> &str {
        &self.resource.endpoint.model
    }

    fn detector(&self) -> &'static str {
        "azure_prompt_shields"
    }

    fn judges(&self, sample: &Sample) -> bool {
        sample.kind != TextKind::Output
    }

    async fn classify(&self, sample: &Sample) -> Result<Classified, ModelError> {
        let text = sample.text.reveal();
        let judge = |piece| self.shield(sample.kind, piece);
        Ok(Classified { labels: by_piece((self.id(), text), CHARS_MAX, judge).await? })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    user_prompt: &'a str,
    documents: Vec<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    user_prompt_analysis: Option<Analysis>,
    documents_analysis: Option<Vec<Analysis>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Analysis {
    attack_detected: bool,
}
