//! Llama Guard, and models that answer as it does, through any chat model: `safe`, or `unsafe` and the codes of what
//! is wrong (`S1` to `S14`). The server lays out the prompt that the model was trained on.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use model::{
    ChatModel, ChatRequest, Classified, Classifier, Concern, Label, Message, ModelError, Role, Sample,
    TextKind,
};

use super::{by_piece, is_word};

/// `unsafe`, and every code there is.
const ANSWER_TOKENS_MAX: u32 = 64;
/// Tokens of the model's own prompt, with its list of what is unsafe.
const POLICY_TOKENS: usize = 1_024;
/// An answer is cut off there: one that goes on is none of its answers.
const ANSWER_BYTES_MAX: usize = 1_024;

/// A guard model behind a chat model.
pub struct LlamaGuard {
    id: String,
    chat: Arc<dyn ChatModel>,
}

impl LlamaGuard {
    /// One called `id`; nothing is asked yet.
    pub fn new(id: &str, chat: Arc<dyn ChatModel>) -> Self {
        Self { id: id.to_owned(), chat }
    }

    async fn judge(&self, sample: &Sample, text: &str) -> Result<Vec<Label>, ModelError> {
        let mut messages = Vec::with_capacity(2);
        if sample.kind == TextKind::Output {
            // What is judged is the last turn, and a conversation begins with the user's.
            let question = sample.question.as_ref().map_or("…", |question| question.reveal());
            messages.push(Message::new(Role::User, question));
            messages.push(Message::new(Role::Assistant, text));
        } else {
            messages.push(Message::new(Role::User, text));
        }
        let request = ChatRequest {
            messages,
            tokens_max: Some(ANSWER_TOKENS_MAX),
            temperature: Some(0.0),
            original: None,
        };
        let mut stream = self.chat.chat(request).await?;
        let mut answer = String::new();
        while let Some(event) = stream.next().await {
            answer.push_str(&event?.text);
            if answer.len() > ANSWER_BYTES_MAX {
                break;
            }
        }
        labels(&answer).ok_or_else(|| ModelError::Failed {
            model: self.id.clone(),
            why: "it answered neither `safe` nor `unsafe`".into(),
        })
    }
}

/// What an answer says; `None` where it is none.
fn labels(answer: &str) -> Option<Vec<Label>> {
    let mut lines = answer.trim().lines();
    match lines.next()?.trim() {
        "safe" => return Some(Vec::new()),
        "unsafe" => {}
        _ => return None,
    }
    let label = |code: &str| Label { concern: Concern::Harm, name: code.to_owned(), score: 1.0, span: None };
    let codes = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|code| is_word(code));
    let mut labels: Vec<Label> = codes.map(label).collect();
    if labels.is_empty() {
        labels.push(label("unsafe"));
    }
    Some(labels)
}

#[async_trait]
impl Classifier for LlamaGuard {
    fn id(&self) -> &str {
        &self.id
    }

    fn detector(&self) -> &'static str {
        "llama_guard"
    }

    fn judges(&self, _: &Sample) -> bool {
        true
    }

    async fn classify(&self, sample: &Sample) -> Result<Classified, ModelError> {
        let text = sample.text.reveal();
        let question =
            sample.question.as_ref().map_or(0, |question| self.chat.count_tokens(question.reveal()));
        let room = self.chat.context_tokens().saturating_sub(POLICY_TOKENS + question);
        // The estimate of tokens never counts less than one for three characters of a word, so that a piece of as
        // many characters as there is room for tokens fits in any language that has more letters than tokens.
        let judge = |piece| self.judge(sample, piece);
        Ok(Classified { labels: by_piece((&self.id, text), room.max(512), judge).await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_the_model_writes_them() {
        let names = |answer: &str| {
            labels(answer).map(|labels| labels.into_iter().map(|label| label.name).collect::<Vec<_>>())
        };
        assert_eq!(names("\n\nsafe"), Some(vec![]));
        assert_eq!(names("unsafe\nS1,S9 "), Some(vec!["S1".into(), "S9".into()]));
        assert_eq!(names("unsafe"), Some(vec!["unsafe".into()]));
        assert_eq!(names("I cannot help with that"), None);
        assert_eq!(names(""), None);
    }
}
