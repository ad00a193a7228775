//! Groundedness: claims of an answer that its passages do not carry.

use async_trait::async_trait;
use model::{Classified, Classifier, Concern, Label, ModelError, Sample, TextKind};
use serde::{Deserialize, Serialize};

use super::{PREVIEW_VERSION, Resource};
use crate::Endpoint;
use crate::classifier::by_piece;

/// The most characters of an answer, and of all its passages together, in Azure's documentation.
const ANSWER_CHARS_MAX: usize = 7_500;
const GROUNDS_CHARS_MAX: usize = 55_000;

/// Groundedness detection of a resource.
pub struct AzureGroundedness {
    resource: Resource,
}

impl AzureGroundedness {
    /// One behind the resource's address; nothing is asked yet.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { resource: Resource { endpoint } }
    }

    async fn detect(&self, sample: &Sample, text: &str) -> Result<Vec<Label>, ModelError> {
        let query = sample.question.as_ref().map(|question| Query { query: question.reveal() });
        let body = Asked {
            domain: "Generic",
            task: if query.is_some() { "QnA" } else { "Summarization" },
            qna: query,
            text,
            grounding_sources: sample.grounds.iter().map(|passage| passage.reveal()).collect(),
            reasoning: false,
        };
        let answer: Answer = self.resource.ask(("detectGroundedness", PREVIEW_VERSION), &body).await?;
        if !answer.ungrounded_detected {
            return Ok(Vec::new());
        }
        let score = answer.ungrounded_percentage.unwrap_or(1.0).clamp(0.0, 1.0);
        let label =
            |score, span| Label { concern: Concern::Ungrounded, name: "Ungrounded".to_owned(), score, span };
        let mut from = 0;
        let mut claims = Vec::new();
        for claim in answer.ungrounded_details.unwrap_or_default() {
            // The service says which words; where they stand is found again, each after the last.
            let found = text.get(from..).and_then(|rest| rest.find(&claim.text));
            let Some(start) = found.map(|at| from + at).filter(|_| !claim.text.is_empty()) else { continue };
            from = start + claim.text.len();
            claims.push(label(1.0, Some(start..from)));
        }
        if claims.is_empty() {
            claims.push(label(score, None));
        }
        Ok(claims)
    }
}

#[async_trait]
impl Classifier for AzureGroundedness {
    fn id(&self) -> &str {
        &self.resource.endpoint.model
    }

    fn detector(&self) -> &'static str {
        "azure_groundedness"
    }

    fn judges(&self, sample: &Sample) -> bool {
        sample.kind == TextKind::Output && !sample.grounds.is_empty()
    }

    async fn classify(&self, sample: &Sample) -> Result<Classified, ModelError> {
        let chars: usize = sample.grounds.iter().map(|passage| passage.reveal().chars().count()).sum();
        if chars > GROUNDS_CHARS_MAX {
            let why = format!("the passages have more than {GROUNDS_CHARS_MAX} characters");
            return Err(ModelError::Failed { model: self.id().to_owned(), why });
        }
        let text = sample.text.reveal();
        let judge = |piece| self.detect(sample, piece);
        Ok(Classified { labels: by_piece((self.id(), text), ANSWER_CHARS_MAX, judge).await? })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    domain: &'static str,
    task: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    qna: Option<Query<'a>>,
    text: &'a str,
    grounding_sources: Vec<&'a str>,
    reasoning: bool,
}

#[derive(Serialize)]
struct Query<'a> {
    query: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    ungrounded_detected: bool,
    /// A share, 0 to 1, whatever it is called.
    ungrounded_percentage: Option<f32>,
    ungrounded_details: Option<Vec<Claim>>,
}

#[derive(Deserialize)]
struct Claim {
    text: String,
}
