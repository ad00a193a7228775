//! A chat model that says what a test wrote, for tests.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures_core::Stream;

use crate::{ChatEvent, ChatModel, ChatRequest, ChatStream, FinishReason, ModelError, Usage};

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Says this.
    Say(String),
    /// Breaks off with an error.
    Fail,
    /// Says nothing more and does not end.
    Hang,
}

impl Step {
    /// Says a text in pieces of so many characters.
    pub fn say(text: &str, chars: usize) -> Vec<Self> {
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(chars.max(1)).map(|piece| Self::Say(piece.iter().collect())).collect()
    }
}

/// Answers each request with the next script, or with the last one again. Keeps the requests.
#[derive(Clone, Default)]
pub struct ScriptedChat {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    scripts: Mutex<VecDeque<Vec<Step>>>,
    requests: Mutex<Vec<ChatRequest>>,
    dropped: AtomicUsize,
}

impl ScriptedChat {
    /// A model with these scripts, one a request.
    pub fn new(scripts: impl IntoIterator<Item = Vec<Step>>) -> Self {
        let shared = Shared { scripts: Mutex::new(scripts.into_iter().collect()), ..Shared::default() };
        Self { shared: Arc::new(shared) }
    }

    /// A model that says one text, in pieces of so many characters.
    pub fn saying(text: &str, chars: usize) -> Self {
        Self::new([Step::say(text, chars)])
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<ChatRequest> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many answers were given up before their end.
    pub fn given_up(&self) -> usize {
        self.shared.dropped.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ChatModel for ScriptedChat {
    fn name(&self) -> &str {
        "scripted"
    }

    fn context_tokens(&self) -> usize {
        4096
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    async fn chat(&self, request: ChatRequest) -> Result<ChatStream, ModelError> {
        let prompt_tokens = request.messages.iter().map(|m| self.count_tokens(m.text.reveal()) as u64).sum();
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let mut scripts = self.shared.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        let script = if scripts.len() > 1 { scripts.pop_front() } else { scripts.front().cloned() };
        Ok(Box::pin(Telling {
            steps: script.unwrap_or_default().into(),
            usage: Usage { prompt_tokens, completion_tokens: 0 },
            over: false,
            shared: Arc::clone(&self.shared),
        }))
    }
}

/// A script as it is told.
struct Telling {
    steps: VecDeque<Step>,
    usage: Usage,
    over: bool,
    shared: Arc<Shared>,
}

impl Stream for Telling {
    type Item = Result<ChatEvent, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        if self.steps.front() == Some(&Step::Hang) {
            return Poll::Pending;
        }
        Poll::Ready(Some(match self.steps.pop_front() {
            Some(Step::Say(text)) => {
                self.usage.completion_tokens += 1;
                Ok(ChatEvent::text(text))
            }
            Some(Step::Fail | Step::Hang) => {
                self.over = true;
                Err(ModelError::Failed { model: "scripted".into(), why: "the script says so".into() })
            }
            None => {
                self.over = true;
                let (finish, usage) = (Some(FinishReason::Stop), Some(self.usage));
                Ok(ChatEvent { finish, usage, ..ChatEvent::default() })
            }
        }))
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        if !self.over {
            self.shared.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    #[tokio::test]
    async fn it_says_its_scripts_in_turn_and_tells_who_left() {
        let chat = ScriptedChat::new([Step::say("one", 2), vec![Step::Fail], vec![Step::Hang]]);
        let first: Vec<_> = chat.chat(ChatRequest::default()).await.unwrap().collect().await;
        let said: String = first.iter().map(|event| event.as_ref().unwrap().text.as_str()).collect();
        assert_eq!((said.as_str(), chat.given_up()), ("one", 0));
        let second: Vec<_> = chat.chat(ChatRequest::default()).await.unwrap().collect().await;
        assert!(matches!(second[..], [Err(_)]));
        drop(chat.chat(ChatRequest::default()).await.unwrap());
        assert_eq!((chat.given_up(), chat.requests().len()), (1, 3));
    }
}
