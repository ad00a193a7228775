//! An answer that is here to its end, read for what it says: whole or as a stream's events.

use model::{Usage, estimate_tokens};
use provider::{Frame, Frames};
use serde_json::Value;

/// What an answer says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Draft {
    /// The words of its first choice.
    pub text: String,
    /// How that ended.
    pub finish: String,
    /// Whether it calls tools.
    pub has_calls: bool,
    /// The tokens used, where it tells.
    pub usage: Option<Usage>,
    /// Whether an error is in it.
    pub is_error: bool,
}

impl Draft {
    /// Reads an answer; what cannot be read says nothing.
    pub fn read(body: &[u8]) -> Self {
        let mut draft = Self::default();
        if let Ok(whole) = serde_json::from_slice::<Value>(body) {
            draft.part(&whole, "message");
            return draft;
        }
        let mut frames = Frames::default();
        frames.push(body);
        while let Some(frame) = frames.cut().or_else(|| frames.rest()) {
            draft.frame(&frame);
        }
        draft
    }

    /// The tokens used: as told, or as they look.
    pub fn usage(&self, prompt_tokens: u64) -> Usage {
        let completion_tokens = estimate_tokens(&self.text) as u64;
        self.usage.unwrap_or(Usage { prompt_tokens, completion_tokens })
    }

    fn frame(&mut self, frame: &Frame) {
        if let Ok(chunk) = serde_json::from_str::<Value>(&frame.data()) {
            self.part(&chunk, "delta");
        }
    }

    fn part(&mut self, part: &Value, key: &str) {
        self.is_error |= !part["error"].is_null();
        let number = |name: &str| part["usage"][name].as_u64();
        if let (Some(prompt_tokens), Some(completion_tokens)) =
            (number("prompt_tokens"), number("completion_tokens"))
        {
            self.usage = Some(Usage { prompt_tokens, completion_tokens });
        }
        let choices = part["choices"].as_array().into_iter().flatten();
        for choice in choices.filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0) {
            let said = &choice[key];
            self.text.push_str(said["content"].as_str().unwrap_or_default());
            self.text.push_str(said["refusal"].as_str().unwrap_or_default());
            self.has_calls |= said["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty());
            if let Some(finish) = choice["finish_reason"].as_str() {
                finish.clone_into(&mut self.finish);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_the_same_whole_and_in_pieces() {
        let whole = r#"{"choices":[{"message":{"content":"Good day"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
        let pieces = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Good\"}},{\"index\":1,\"delta\":{\"content\":\"x\"}}]}\n\n\
            data: {\"choices\":[{\"delta\":{\"content\":\" day\"},\"finish_reason\":\"stop\"}]}\r\n\r\n\
            data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
        let draft = Draft::read(whole.as_bytes());
        assert_eq!((draft.text.as_str(), draft.finish.as_str()), ("Good day", "stop"));
        assert_eq!(draft, Draft::read(pieces.as_bytes()));
        assert_eq!(draft.usage(9), Usage { prompt_tokens: 1, completion_tokens: 2 });
        assert!(Draft::read(b"data: {\"error\":{}}\n\n").is_error);
        assert_eq!(Draft::read(b"<html>"), Draft::default());
    }
}
