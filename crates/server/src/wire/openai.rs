//! OpenAI's shapes: what its clients send to a collection and what they read of the answer.

use platform::{AskOutcome, Message, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The fields of a chat completion request that Patou reads. Others are passed on untouched to the stack's
/// model, and count for nothing where a collection answers.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ChatCompletionRequest {
    /// `rag/COLLECTION`, or the stack's chat model.
    pub model: String,
    /// The conversation; the last message is the question.
    #[serde(default)]
    pub messages: Vec<ChatMessage>,
    /// Whether the answer comes as it is written.
    #[serde(default)]
    pub stream: Option<bool>,
    /// What a stream tells besides.
    #[serde(default)]
    pub stream_options: Option<StreamOptions>,
    /// Which documents count, as a filter expression; Patou's own.
    #[serde(default)]
    pub filter: Option<String>,
}

/// What a stream tells besides.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct StreamOptions {
    /// Whether the last chunk tells the tokens used.
    #[serde(default)]
    pub include_usage: Option<bool>,
}

/// One message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ChatMessage {
    /// Who says it.
    pub role: String,
    /// A text, or a list of parts.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub content: Value,
}

impl ChatMessage {
    /// The text of the message; parts that are no text are not read.
    fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => {
                let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
                texts.collect::<Vec<_>>().join("\n")
            }
            _ => String::new(),
        }
    }

    /// A turn of the conversation; `None` for what neither the user nor the model said.
    fn turn(&self) -> Option<Message> {
        let role = match self.role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => return None,
        };
        Some(Message::new(role, self.text()))
    }
}

impl ChatCompletionRequest {
    /// The last user turn, and the turns before it; `None` where there is no user turn.
    pub fn question(&self) -> Option<(String, Vec<Message>)> {
        let last = self.messages.iter().rposition(|message| message.role == "user")?;
        let history = self.messages[..last].iter().filter_map(ChatMessage::turn);
        Some((self.messages[last].text(), history.collect()))
    }
}

/// What goes into every piece of one completion.
#[derive(Clone, Debug)]
pub struct Completion {
    /// Its id.
    pub id: String,
    /// Seconds since 1970.
    pub created: i64,
    /// The model as it was asked for.
    pub model: String,
}

impl Completion {
    fn piece(&self, object: &str, choices: Value) -> Value {
        json!({
            "id": self.id, "object": object, "created": self.created, "model": self.model, "choices": choices,
        })
    }

    /// The answer in one piece.
    pub fn whole(&self, outcome: &AskOutcome) -> Value {
        let mut whole = self.piece(
            "chat.completion",
            json!([{
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": outcome.answer.text,
                    "refusal": null,
                    "annotations": annotations(outcome),
                },
                "logprobs": null,
                "finish_reason": finish(outcome),
            }]),
        );
        whole["usage"] = usage(outcome);
        whole
    }

    /// The first chunk of a stream.
    pub fn start(&self) -> Value {
        self.chunk(json!({"role": "assistant", "content": ""}), None)
    }

    /// A chunk of text.
    pub fn token(&self, text: &str) -> Value {
        self.chunk(json!({"content": text}), None)
    }

    /// The last chunk: what the markers stand for, and why the answer ends.
    pub fn end(&self, outcome: &AskOutcome) -> Value {
        self.chunk(json!({"annotations": annotations(outcome)}), Some(finish(outcome)))
    }

    /// The chunk after the last, with the tokens used.
    pub fn usage(&self, outcome: &AskOutcome) -> Value {
        let mut piece = self.piece("chat.completion.chunk", json!([]));
        piece["usage"] = usage(outcome);
        piece
    }

    fn chunk(&self, delta: Value, finish: Option<&str>) -> Value {
        self.piece("chat.completion.chunk", json!([{"index": 0, "delta": delta, "finish_reason": finish}]))
    }
}

fn finish(outcome: &AskOutcome) -> &'static str {
    if outcome.answer.is_cut { "length" } else { "stop" }
}

fn usage(outcome: &AskOutcome) -> Value {
    let used = outcome.answer.usage;
    json!({
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
        "total_tokens": used.prompt_tokens + used.completion_tokens,
    })
}

/// Each place where a marker stands, in characters of the content, and what it stands for.
fn annotations(outcome: &AskOutcome) -> Vec<Value> {
    let text = &outcome.answer.text;
    let mut found = Vec::new();
    for citation in &outcome.answer.citations {
        let marker = format!("[{}]", citation.marker);
        for (at, _) in text.match_indices(&marker) {
            let start = text[..at].chars().count();
            found.push(json!({
                "type": "url_citation",
                "url_citation": {
                    "start_index": start,
                    "end_index": start + marker.len(),
                    "title": citation.title.as_deref().unwrap_or(&citation.source),
                    "url": citation.source,
                },
                "patou": super::citation(citation),
            }));
        }
    }
    found
}

/// A request for embeddings.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct EmbeddingRequest {
    /// The stack's embedder.
    pub model: String,
    /// A text or a list of texts.
    #[schema(value_type = Object)]
    pub input: Value,
    /// `float` or `base64` (little-endian 32-bit floats).
    #[serde(default)]
    pub encoding_format: Option<String>,
}

impl EmbeddingRequest {
    /// The texts; `None` where the input is neither a text nor a list of texts.
    pub fn texts(&self) -> Option<Vec<String>> {
        match &self.input {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(texts) if !texts.is_empty() => {
                texts.iter().map(|text| text.as_str().map(str::to_owned)).collect()
            }
            _ => None,
        }
    }
}

/// The list of models.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelList {
    /// `list`.
    pub object: &'static str,
    /// The models.
    pub data: Vec<ModelEntry>,
}

/// One model.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelEntry {
    /// Its name.
    pub id: String,
    /// `model`.
    pub object: &'static str,
    /// Seconds since 1970; unknown here.
    pub created: i64,
    /// Who owns it.
    pub owned_by: &'static str,
}

impl ModelList {
    /// A list of these names.
    pub fn new(names: Vec<String>) -> Self {
        let entry = |id| ModelEntry { id, object: "model", created: 0, owned_by: "patou" };
        Self { object: "list", data: names.into_iter().map(entry).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_user_turn_is_the_question() {
        let request: ChatCompletionRequest = serde_json::from_value(json!({
            "model": "rag/docs", "temperature": 0.3,
            "messages": [
                {"role": "system", "content": "be brief"},
                {"role": "user", "content": "first"},
                {"role": "assistant", "content": "answer"},
                {"role": "user", "content": [{"type": "text", "text": "second"}, {"type": "image_url"}]},
            ],
        }))
        .unwrap();
        let (question, history) = request.question().unwrap();
        assert_eq!(question, "second");
        let history: Vec<_> = history.iter().map(|message| message.text.reveal()).collect();
        assert_eq!(history, ["first", "answer"]);
    }
}
