//! Messages to text, a piece at a time.

use std::pin::Pin;

use access::PrivateText;
use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use serde::{Deserialize, Serialize};

use crate::ModelError;

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Whoever runs the service.
    System,
    /// Whoever asks.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The role as wires write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One message of a conversation.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub text: PrivateText,
}

impl Message {
    /// A message.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: PrivateText::new(text.into()) }
    }
}

/// What a chat model is asked.
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// The conversation so far, the last message being the one to answer.
    pub messages: Vec<Message>,
    /// The most tokens that the answer may have; `None` leaves it to the model.
    pub tokens_max: Option<u32>,
    /// 0 for the likeliest answer; `None` leaves it to the model.
    pub temperature: Option<f64>,
    /// The request as a client wrote it. Where it is given it is sent byte for byte, and the fields above
    /// count for nothing.
    pub original: Option<PrivateText>,
}

/// Why a model stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// It was through.
    Stop,
    /// It came to the most tokens that it may make.
    Length,
    /// Something else, as the model calls it.
    Other(String),
}

/// Tokens that a request took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
}

/// One piece of what a model says. Every part of it may be absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatEvent {
    /// Text that the answer goes on with.
    pub text: String,
    /// Why the answer ends.
    pub finish: Option<FinishReason>,
    /// What the request took, as the model says.
    pub usage: Option<Usage>,
    /// The piece as the model's server sent it, to be handed on untouched. A server that does not stream
    /// sends one piece.
    pub original: Bytes,
}

impl ChatEvent {
    /// A piece of text and nothing else.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// What a model says, as it says it. Dropping it tells the model to stop.
pub type ChatStream = Pin<Box<dyn Stream<Item = Result<ChatEvent, ModelError>> + Send>>;

/// Answers a conversation.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// The model's name, as its server knows it.
    fn name(&self) -> &str;

    /// How many tokens prompt and answer may have together.
    fn context_tokens(&self) -> usize;

    /// How many tokens a text is; an estimate where the model's tokenizer is not known, see the
    /// implementation for what it promises.
    fn count_tokens(&self, text: &str) -> usize;

    /// Asks the model. Returns when its server has begun to answer; the rest comes through the stream, which
    /// ends after the last piece or the first error.
    ///
    /// # Errors
    ///
    /// [`ModelError`] when the model cannot be reached, refuses, or does not begin in time.
    async fn chat(&self, request: ChatRequest) -> Result<ChatStream, ModelError>;
}
