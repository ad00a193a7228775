//! Azure Document Intelligence (REST 2024-11-30): a picture is handed over, and its analysis is asked for until it is
//! there.

use std::time::Duration;

use async_trait::async_trait;
use model::{ModelError, Picture, Recognized, RecognizedLine, RecognizedWord, Recognizer};
use outbound::Request;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{ANSWER_BYTES_MAX, REQUESTS_AT_ONCE, place};
use crate::Endpoint;

const API_VERSION: &str = "2024-11-30";
/// How long is waited between two questions where the service does not say, as its documentation asks for.
const POLL: Duration = Duration::from_secs(1);
/// The kinds of pictures that it takes.
const TAKEN: [&str; 4] = ["image/jpeg", "image/png", "image/bmp", "image/tiff"];

/// A Document Intelligence resource; the endpoint's model is the analysis, `prebuilt-read` for text alone.
pub struct AzureRecognizer {
    id: String,
    endpoint: Endpoint,
    poll: Duration,
    turns: Semaphore,
}

impl AzureRecognizer {
    /// One behind the resource's address; nothing is asked yet.
    pub fn new(endpoint: Endpoint) -> Self {
        let id = format!("azure {API_VERSION} {}", endpoint.model);
        Self { id, endpoint, poll: POLL, turns: Semaphore::new(REQUESTS_AT_ONCE) }
    }

    /// The same, waiting so long between two questions where the service does not say.
    #[must_use]
    pub fn asking_every(self, poll: Duration) -> Self {
        Self { poll, ..self }
    }

    fn failed(&self, why: impl Into<String>) -> ModelError {
        ModelError::Failed { model: self.id.clone(), why: why.into() }
    }

    fn key(&self) -> impl Iterator<Item = (&'static str, String)> {
        let key = self.endpoint.api_key.iter();
        key.map(|key| ("ocp-apim-subscription-key", key.reveal().to_owned()))
    }

    async fn analyse(&self, picture: &Picture) -> Result<Recognized, ModelError> {
        let base = self.endpoint.base_url.trim_end_matches('/');
        let model = &self.endpoint.model;
        let url =
            format!("{base}/documentintelligence/documentModels/{model}:analyze?api-version={API_VERSION}");
        let kind = ("content-type", "application/octet-stream".to_owned());
        let headers: Vec<_> = self.key().chain([kind]).collect();
        let body = Some(picture.bytes.clone());
        let request = Request { url: &url, headers: &headers, body, ..Request::default() };
        let taken = self.endpoint.exchange(request).await?;
        let operation = taken.header("operation-location").map(str::to_owned);
        let operation = operation.ok_or_else(|| self.failed("it does not say where the analysis is"))?;
        // The key goes with the question: it goes to the resource alone.
        if !operation.starts_with(&format!("{base}/")) {
            return Err(self.failed("it says that the analysis is on another host"));
        }
        let mut wait = taken.retry_after_s;
        drop(taken);
        loop {
            tokio::time::sleep(wait.map_or(self.poll, Duration::from_secs)).await;
            let headers: Vec<_> = self.key().collect();
            let request = Request { url: &operation, headers: &headers, ..Request::default() };
            let exchange = match self.endpoint.exchange(request).await {
                Err(ModelError::Busy { retry_after_s, .. }) => {
                    wait = retry_after_s;
                    continue;
                }
                exchange => exchange?,
            };
            wait = exchange.retry_after_s;
            let body = exchange.whole(ANSWER_BYTES_MAX).await;
            let body = body.map_err(|error| self.endpoint.unreachable(error))?;
            // The answer holds a document's text: what is wrong with it is not quoted.
            let operation: Operation =
                serde_json::from_slice(&body).map_err(|_| self.failed("its answer is no analysis"))?;
            match (operation.status.as_str(), operation.analyze_result) {
                ("notStarted" | "running", _) => {}
                ("succeeded", Some(result)) => return Ok(result.recognized()),
                _ => {
                    let code = operation.error.map(|error| error.code).unwrap_or_default();
                    let is_word = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
                    let code = if is_word && !code.is_empty() { format!(": {code}") } else { String::new() };
                    return Err(self.failed(format!("the analysis failed{code}")));
                }
            }
        }
    }
}

#[async_trait]
impl Recognizer for AzureRecognizer {
    fn id(&self) -> &str {
        &self.id
    }

    async fn recognize(&self, picture: &Picture) -> Result<Recognized, ModelError> {
        if !TAKEN.contains(&picture.media_type) {
            return Err(self.failed(format!("it does not take `{}`", picture.media_type)));
        }
        let turn = self.turns.acquire().await;
        let read = self.endpoint.in_time(self.endpoint.first_timeout, self.analyse(picture)).await?;
        drop(turn);
        read
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    status: String,
    analyze_result: Option<AnalyzeResult>,
    error: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
struct AnalyzeResult {
    #[serde(default)]
    pages: Vec<Page>,
    #[serde(default)]
    paragraphs: Vec<Paragraph>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    width: f32,
    #[serde(default)]
    height: f32,
    #[serde(default)]
    words: Vec<Word>,
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Word {
    content: String,
    confidence: Option<f32>,
    span: Option<Stretch>,
}

#[derive(Deserialize)]
struct Line {
    content: String,
    #[serde(default)]
    polygon: Vec<f32>,
    #[serde(default)]
    spans: Vec<Stretch>,
}

#[derive(Deserialize)]
struct Paragraph {
    #[serde(default)]
    spans: Vec<Stretch>,
}

/// A part of the analysis's text, in the service's own units.
#[derive(Clone, Copy, Deserialize)]
struct Stretch {
    offset: u64,
    length: u64,
}

impl Stretch {
    fn holds(self, offset: u64) -> bool {
        offset.checked_sub(self.offset).is_some_and(|within| within < self.length)
    }
}

impl AnalyzeResult {
    fn recognized(self) -> Recognized {
        let starts: Vec<u64> =
            self.paragraphs.iter().filter_map(|own| own.spans.first()).map(|span| span.offset).collect();
        let mut lines = Vec::new();
        for page in self.pages {
            let size = [page.width, page.height];
            let mut words = page.words.into_iter().peekable();
            for line in page.lines {
                let within = |offset: u64| line.spans.iter().any(|span| span.holds(offset));
                let mut own = Vec::new();
                // Words come in the order of their lines.
                while let Some(word) = words.next_if(|word| word.span.is_some_and(|span| within(span.offset)))
                {
                    own.push(RecognizedWord { text: word.content, confidence: word.confidence });
                }
                if own.is_empty() {
                    let word = |word: &str| RecognizedWord { text: word.to_owned(), confidence: None };
                    own = line.content.split_whitespace().map(word).collect();
                }
                if own.is_empty() {
                    continue;
                }
                let begins_paragraph = lines.is_empty()
                    || starts.iter().any(|start| line.spans.iter().any(|span| span.holds(*start)));
                lines.push(RecognizedLine {
                    begins_paragraph,
                    words: own,
                    place: corners(&line.polygon).and_then(|corners| place(corners, size)),
                });
            }
        }
        Recognized { lines }
    }
}

/// The box around a polygon of `x, y` pairs.
fn corners(polygon: &[f32]) -> Option<[f32; 4]> {
    let (first, rest) = polygon.as_chunks::<2>().0.split_first()?;
    let start = [first[0], first[1], first[0], first[1]];
    Some(rest.iter().fold(start, |[left, top, right, bottom], [x, y]| {
        [left.min(*x), top.min(*y), right.max(*x), bottom.max(*y)]
    }))
}
