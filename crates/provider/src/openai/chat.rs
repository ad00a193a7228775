//! Chat completions.

use async_stream::try_stream;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use model::{
    ChatEvent, ChatModel, ChatRequest, ChatStream, FinishReason, ModelError, Usage, estimate_tokens,
};
use outbound::Exchange;
use serde::{Deserialize, Serialize};

use super::endpoint::Endpoint;
use super::frames::{Frame, Frames};

/// The longest answer that is taken in one piece.
const BODY_BYTES_MAX: usize = 64 << 20;

/// A chat model behind an OpenAI-compatible server.
#[derive(Clone)]
pub struct OpenAiChatOptions {
    /// The server.
    pub endpoint: Endpoint,
    /// How many tokens prompt and answer may have together.
    pub context_tokens: usize,
}

/// Asks an OpenAI-compatible server. Tokens are counted by [`estimate_tokens`].
#[derive(Clone)]
pub struct OpenAiChat {
    options: OpenAiChatOptions,
}

impl OpenAiChat {
    /// A model behind the server; nothing is asked yet.
    pub fn new(options: OpenAiChatOptions) -> Self {
        Self { options }
    }

    /// Streams the frames of an answer. The stream owns the connection: dropping it hangs up.
    fn streamed(&self, mut exchange: Exchange) -> ChatStream {
        let endpoint = self.options.endpoint.clone();
        Box::pin(try_stream! {
            let (mut frames, mut begun, mut ended) = (Frames::default(), false, false);
            while !ended {
                let limit = if begun { endpoint.idle_timeout } else { endpoint.first_timeout };
                let bytes = endpoint.in_time(limit, exchange.body.next()).await?;
                let mut rest = None;
                match bytes {
                    Some(bytes) => {
                        let bytes = bytes.map_err(|error| endpoint.unreachable(error))?;
                        if !frames.push(&bytes) {
                            Err(broken(&endpoint.model, "it sent an event without an end"))?;
                        }
                    }
                    None => {
                        ended = true;
                        rest = frames.rest();
                    }
                }
                while let Some(frame) = frames.cut().or_else(|| rest.take()) {
                    begun = true;
                    ended = ended || frame.data() == "[DONE]";
                    yield event(frame, &endpoint.model)?;
                }
            }
        })
    }

    /// The whole of an answer that is not streamed, as one event.
    async fn whole(&self, exchange: Exchange) -> Result<ChatStream, ModelError> {
        let endpoint = &self.options.endpoint;
        let body = endpoint.in_time(endpoint.first_timeout, exchange.bytes(BODY_BYTES_MAX)).await?;
        let body = body.map_err(|error| endpoint.unreachable(error))?;
        let read: Chunk = serde_json::from_slice(&body)
            .map_err(|error| broken(&endpoint.model, &format!("it sent no chat completion: {error}")))?;
        let event = read.event(body);
        Ok(Box::pin(futures_util::stream::iter([Ok(event)])))
    }
}

#[async_trait]
impl ChatModel for OpenAiChat {
    fn name(&self) -> &str {
        &self.options.endpoint.model
    }

    fn context_tokens(&self) -> usize {
        self.options.context_tokens
    }

    fn count_tokens(&self, text: &str) -> usize {
        estimate_tokens(text)
    }

    async fn chat(&self, request: ChatRequest) -> Result<ChatStream, ModelError> {
        let body = match &request.original {
            Some(original) => Bytes::from(original.reveal().to_owned()),
            None => self.body(&request)?,
        };
        let exchange = self.options.endpoint.post("chat/completions", body).await?;
        let kind = exchange.content_type.as_deref().unwrap_or_default();
        if kind.starts_with("application/json") {
            self.whole(exchange).await
        } else {
            Ok(self.streamed(exchange))
        }
    }
}

impl OpenAiChat {
    fn body(&self, request: &ChatRequest) -> Result<Bytes, ModelError> {
        let model = &self.options.endpoint.model;
        let messages = request.messages.iter();
        let body = Body {
            model,
            messages: messages
                .map(|message| Said { role: message.role.as_str(), content: message.text.reveal() })
                .collect(),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: request.tokens_max,
            temperature: request.temperature,
        };
        Ok(serde_json::to_vec(&body).map_err(|error| broken(model, &error.to_string()))?.into())
    }
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Said<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: &'a str,
}

/// What is read of a chunk, or of a whole completion.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Counted>,
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Counted {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

impl Chunk {
    fn event(self, original: Bytes) -> ChatEvent {
        let choice = self.choices.into_iter().next();
        let finish =
            choice.as_ref().and_then(|choice| choice.finish_reason.as_deref()).map(|reason| match reason {
                "stop" => FinishReason::Stop,
                "length" => FinishReason::Length,
                other => FinishReason::Other(other.to_owned()),
            });
        ChatEvent {
            text: choice.and_then(|choice| choice.delta?.content).unwrap_or_default(),
            finish,
            usage: self.usage.map(|counted| Usage {
                prompt_tokens: counted.prompt_tokens,
                completion_tokens: counted.completion_tokens,
            }),
            original,
        }
    }
}

fn event(frame: Frame, model: &str) -> Result<ChatEvent, ModelError> {
    let data = frame.data();
    if data.is_empty() || data == "[DONE]" {
        return Ok(ChatEvent { original: frame.original.clone(), ..ChatEvent::default() });
    }
    let read: Chunk = serde_json::from_str(&data)
        .map_err(|error| broken(model, &format!("it sent an event that is no chat completion: {error}")))?;
    match read.error {
        Some(_) if read.choices.is_empty() => Err(broken(model, "it broke off with an error")),
        _ => Ok(read.event(frame.original.clone())),
    }
}

fn broken(model: &str, why: &str) -> ModelError {
    ModelError::Failed { model: model.to_owned(), why: why.to_owned() }
}
