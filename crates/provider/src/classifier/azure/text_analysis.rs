//! Text analysis: hate, self-harm, sexual content and violence by severity, and the resource's own blocklists.

use async_trait::async_trait;
use model::{Classified, Classifier, Concern, Label, ModelError, Sample};
use serde::{Deserialize, Serialize};

use super::{API_VERSION, CHARS_MAX, Resource};
use crate::Endpoint;
use crate::classifier::{by_piece, is_word};

/// The gravest severity there is.
const SEVERITY_MAX: f32 = 7.0;

/// Text analysis of a resource.
pub struct AzureTextAnalysis {
    resource: Resource,
    blocklists: Vec<String>,
}

impl AzureTextAnalysis {
    /// One behind the resource's address, with these blocklists; nothing is asked yet.
    pub fn new(endpoint: Endpoint, blocklists: Vec<String>) -> Self {
        Self { resource: Resource { endpoint }, blocklists }
    }

    async fn analyse(&self, text: &str) -> Result<Vec<Label>, ModelError> {
        let body = Asked {
            text,
            blocklist_names: &self.blocklists,
            halt_on_blocklist_hit: false,
            output_type: "EightSeverityLevels",
        };
        let answer: Answer = self.resource.ask(("analyze", API_VERSION), &body).await?;
        let label = |name: String, score| Label { concern: Concern::Harm, name, score, span: None };
        let listed = answer.blocklists_match.unwrap_or_default().into_iter();
        let listed = listed.map(|hit| hit.blocklist_name).filter(|name| is_word(name));
        let grave = answer.categories_analysis.into_iter().filter(|analysis| analysis.severity > 0.0);
        let grave = grave.filter(|analysis| is_word(&analysis.category));
        Ok(listed
            .map(|name| label(name, 1.0))
            .chain(grave.map(|own| label(own.category, (own.severity / SEVERITY_MAX).clamp(0.0, 1.0))))
            .collect())
    }
}

#[async_trait]
impl Classifier for AzureTextAnalysis {
    fn id(&self) -> &str {
        &self.resource.endpoint.model
    }

    fn detector(&self) -> &'static str {
        "azure_text_analysis"
    }

    fn judges(&self, _: &Sample) -> bool {
        true
    }

    async fn classify(&self, sample: &Sample) -> Result<Classified, ModelError> {
        let text = sample.text.reveal();
        let judge = |piece| self.analyse(piece);
        Ok(Classified { labels: by_piece((self.id(), text), CHARS_MAX, judge).await? })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    text: &'a str,
    blocklist_names: &'a [String],
    halt_on_blocklist_hit: bool,
    output_type: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    blocklists_match: Option<Vec<Listed>>,
    categories_analysis: Vec<Analysis>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    blocklist_name: String,
}

#[derive(Deserialize)]
struct Analysis {
    category: String,
    /// 0 to 7; absent or null is none.
    #[serde(default, deserialize_with = "or_none")]
    severity: f32,
}

fn or_none<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    Ok(Option::<f32>::deserialize(from)?.unwrap_or_default())
}
