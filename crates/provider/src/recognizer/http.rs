//! Any service that is handed a picture and answers with what is written in it. `docs/ocr.md` says how.

use async_trait::async_trait;
use model::{ModelError, Picture, Recognized, RecognizedLine, RecognizedWord, Recognizer};
use outbound::Request;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{ANSWER_BYTES_MAX, REQUESTS_AT_ONCE, place};
use crate::Endpoint;

/// A service that reads pictures.
pub struct HttpRecognizer {
    id: String,
    endpoint: Endpoint,
    languages: String,
    turns: Semaphore,
}

impl HttpRecognizer {
    /// One behind the endpoint's URL, told these languages; nothing is asked yet.
    pub fn new(endpoint: Endpoint, languages: &[String]) -> Self {
        let languages = languages.join(",");
        let id = format!("http {} {languages}", endpoint.base_url);
        Self { id, endpoint, languages, turns: Semaphore::new(REQUESTS_AT_ONCE) }
    }

    async fn ask(&self, picture: &Picture) -> Result<Recognized, ModelError> {
        let endpoint = &self.endpoint;
        let mut headers = vec![
            ("content-type", picture.media_type.to_owned()),
            ("accept", "application/json, text/plain".to_owned()),
        ];
        if !self.languages.is_empty() {
            headers.push(("x-ocr-languages", self.languages.clone()));
        }
        headers
            .extend(endpoint.api_key.iter().map(|key| ("authorization", format!("Bearer {}", key.reveal()))));
        let (url, body) = (endpoint.base_url.as_str(), Some(picture.bytes.clone()));
        let exchange =
            endpoint.exchange(Request { url, headers: &headers, body, ..Request::default() }).await?;
        let is_json = exchange.content_type.as_ref().is_some_and(|kind| kind.contains("json"));
        let body = exchange.whole(ANSWER_BYTES_MAX).await.map_err(|error| endpoint.unreachable(error))?;
        if !is_json {
            return Ok(Recognized::from_text(&String::from_utf8_lossy(&body), None));
        }
        // The answer holds a document's text: what is wrong with it is not quoted.
        let failed = |_| ModelError::Failed {
            model: endpoint.model.clone(),
            why: "it sent JSON without `text` or `lines`".into(),
        };
        serde_json::from_slice::<Answer>(&body).map(Answer::recognized).map_err(failed)
    }
}

#[async_trait]
impl Recognizer for HttpRecognizer {
    fn id(&self) -> &str {
        &self.id
    }

    async fn recognize(&self, picture: &Picture) -> Result<Recognized, ModelError> {
        let turn = self.turns.acquire().await;
        let read = self.endpoint.in_time(self.endpoint.first_timeout, self.ask(picture)).await?;
        drop(turn);
        read
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Lines {
        lines: Vec<Line>,
        #[serde(default)]
        width: f32,
        #[serde(default)]
        height: f32,
    },
    Text {
        text: String,
        confidence: Option<f32>,
    },
}

#[derive(Deserialize)]
struct Line {
    text: String,
    confidence: Option<f32>,
    #[serde(rename = "box")]
    corners: Option<[f32; 4]>,
    #[serde(default)]
    begins_paragraph: bool,
}

impl Answer {
    fn recognized(self) -> Recognized {
        let (lines, width, height) = match self {
            Self::Text { text, confidence } => return Recognized::from_text(&text, confidence),
            Self::Lines { lines, width, height } => (lines, width, height),
        };
        let line = |line: Line| {
            let word = |word: &str| RecognizedWord { text: word.to_owned(), confidence: line.confidence };
            let words: Vec<RecognizedWord> = line.text.split_whitespace().map(word).collect();
            let place = line.corners.and_then(|corners| place(corners, [width, height]));
            let begins_paragraph = line.begins_paragraph;
            (!words.is_empty()).then_some(RecognizedLine { begins_paragraph, words, place })
        };
        Recognized { lines: lines.into_iter().filter_map(line).collect() }
    }
}
