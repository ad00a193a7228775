//! Any service that is handed a text as JSON and answers with labels. `docs/guard.md` says how.

use async_trait::async_trait;
use bytes::Bytes;
use model::{Classified, Classifier, Concern, Label, ModelError, Sample};
use outbound::Request;
use serde::{Deserialize, Serialize};

use super::{ANSWER_BYTES_MAX, is_word};
use crate::Endpoint;

/// A service that judges texts.
pub struct HttpClassifier {
    endpoint: Endpoint,
}

impl HttpClassifier {
    /// One behind the endpoint's URL; nothing is asked yet.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }
}

#[async_trait]
impl Classifier for HttpClassifier {
    fn id(&self) -> &str {
        &self.endpoint.model
    }

    fn detector(&self) -> &'static str {
        "http_classifier"
    }

    fn judges(&self, _: &Sample) -> bool {
        true
    }

    async fn classify(&self, sample: &Sample) -> Result<Classified, ModelError> {
        let endpoint = &self.endpoint;
        let failed = |why: &str| ModelError::Failed { model: endpoint.model.clone(), why: why.to_owned() };
        let body = Asked {
            kind: sample.kind.name(),
            text: sample.text.reveal(),
            question: sample.question.as_ref().map(|question| question.reveal()),
            passages: sample.grounds.iter().map(|passage| passage.reveal()).collect(),
        };
        let body = serde_json::to_vec(&body).map_err(|_| failed("the text cannot be written as JSON"))?;
        let key = endpoint.api_key.iter();
        let headers: Vec<_> = key.map(|key| ("authorization", format!("Bearer {}", key.reveal()))).collect();
        let (url, body) = (endpoint.base_url.as_str(), Some(Bytes::from(body)));
        let exchange =
            endpoint.exchange(Request { url, headers: &headers, body, ..Request::default() }).await?;
        let answer = exchange.whole(ANSWER_BYTES_MAX).await.map_err(|error| endpoint.unreachable(error))?;
        // The answer may hold the text: what is wrong with it is not quoted.
        let answer: Answer =
            serde_json::from_slice(&answer).map_err(|_| failed("it sent no JSON with `labels`"))?;
        let labels: Option<Vec<Label>> =
            answer.labels.into_iter().map(|said| said.label(sample.text.reveal())).collect();
        let labels = labels.ok_or_else(|| failed("a label has an unknown category, score or span"))?;
        Ok(Classified { labels })
    }
}

#[derive(Serialize)]
struct Asked<'a> {
    kind: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passages: Vec<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    labels: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    category: String,
    name: Option<String>,
    score: f32,
    span: Option<Place>,
}

#[derive(Deserialize)]
struct Place {
    start: usize,
    end: usize,
}

impl Said {
    /// The label, if there is such a concern and its place is one of the text's.
    fn label(self, text: &str) -> Option<Label> {
        let concern = Concern::ALL.into_iter().find(|concern| concern.name() == self.category)?;
        let span = self.span.map(|place| place.start..place.end);
        let fits = span.as_ref().is_none_or(|span| text.get(span.clone()).is_some());
        let name = self.name.filter(|name| is_word(name)).unwrap_or_else(|| concern.name().to_owned());
        ((0.0..=1.0).contains(&self.score) && fits).then_some(Label {
            concern,
            name,
            score: self.score,
            span,
        })
    }
}
