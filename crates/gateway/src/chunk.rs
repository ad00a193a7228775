//! What an event of a stream, or a whole answer, tells: tokens, an end, an error. Its bytes stay as they are.

use model::{Usage, estimate_tokens};

use crate::json::{self, JsonError, Place, Scanner, Strings};

/// A chunk of so many bytes is taken for one token: servers send one at a time, and few are longer.
const TOKEN_BYTES_MAX: usize = 32;

/// Keys whose strings the model did not write.
pub(crate) const NOT_WRITTEN: &[&[u8]] = &[b"role", b"id", b"type"];

/// What is read of a chunk or a whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Bytes of what the model wrote, of a chunk.
    pub written_bytes: usize,
    /// Tokens of what the model wrote, of a chunk: counted, not told.
    pub tokens: u64,
    /// Whether it ends the answer.
    pub is_end: bool,
    /// Whether it is an error.
    pub is_error: bool,
    /// Whether it has entries in `choices`.
    pub has_choices: bool,
    /// Tokens as the server tells them.
    pub usage: Option<Usage>,
    /// Where the fields are that every chunk of an answer has alike.
    pub alike: Vec<(&'static str, Place)>,
}

/// The fields that every chunk of an answer has alike.
const ALIKE: &[&str] = &["id", "created", "model", "system_fingerprint"];

impl Told {
    /// Reads a chunk of a stream, or a whole answer.
    ///
    /// # Errors
    ///
    /// [`JsonError`] where it is no JSON object.
    pub fn read(text: &[u8]) -> Result<Self, JsonError> {
        let mut told = Self::default();
        let mut scanner = Scanner::new(text);
        scanner.object(|key, scanner| told.field(key, scanner, text))?;
        scanner.end()?;
        Ok(told)
    }

    /// The fields that every chunk has alike, as they are written, to begin another chunk with.
    pub fn head(&self, text: &str) -> String {
        self.alike.iter().map(|(name, place)| format!("\"{name}\":{},", &text[place.clone()])).collect()
    }

    fn field(&mut self, key: &str, scanner: &mut Scanner<'_>, text: &[u8]) -> Result<(), JsonError> {
        match key {
            "choices" if scanner.peek() == Some(b'[') => scanner.array(|scanner| {
                self.has_choices = true;
                self.choice(scanner)
            }),
            "usage" if scanner.peek() == Some(b'{') => {
                self.usage = Some(usage(scanner, text)?);
                Ok(())
            }
            "error" => {
                let place = scanner.value()?;
                self.is_error = &text[place] != b"null";
                Ok(())
            }
            _ => {
                let place = scanner.value()?;
                if let Some(name) = ALIKE.iter().find(|name| **name == key) {
                    self.alike.push((name, place));
                }
                Ok(())
            }
        }
    }

    fn choice(&mut self, scanner: &mut Scanner<'_>) -> Result<(), JsonError> {
        if scanner.peek() != Some(b'{') {
            return scanner.value().map(drop);
        }
        scanner
            .object(|key, scanner| {
                match key {
                    "finish_reason" => {
                        self.is_end |= scanner.peek() == Some(b'"');
                        scanner.value()?;
                    }
                    "delta" | "message" => {
                        let mut written = Written { bytes: 0, tokens: 0 };
                        scanner.value_with(&mut written)?;
                        self.written_bytes += written.bytes;
                        let is_bundle = written.bytes > TOKEN_BYTES_MAX;
                        self.tokens += if is_bundle { written.tokens } else { written.tokens.min(1) };
                    }
                    _ => {
                        scanner.value()?;
                    }
                }
                Ok(())
            })
            .map(drop)
    }
}

/// Adds up what the model wrote.
struct Written {
    bytes: usize,
    tokens: u64,
}

impl Strings for Written {
    fn string(&mut self, key: &[u8], written: json::Written<'_>) {
        let text = written.text;
        if NOT_WRITTEN.contains(&key) {
            return;
        }
        self.bytes += text.len();
        if text.len() > TOKEN_BYTES_MAX {
            self.tokens += std::str::from_utf8(text).map_or(text.len(), estimate_tokens) as u64;
        } else if !text.is_empty() {
            self.tokens += 1;
        }
    }
}

fn usage(scanner: &mut Scanner<'_>, text: &[u8]) -> Result<Usage, JsonError> {
    let (mut usage, mut total) = (Usage::default(), 0);
    scanner.object(|key, scanner| {
        let place = scanner.value()?;
        let number = || std::str::from_utf8(&text[place]).ok()?.parse().ok();
        match key {
            "prompt_tokens" => usage.prompt_tokens = number().unwrap_or(0),
            "completion_tokens" => usage.completion_tokens = number().unwrap_or(0),
            "total_tokens" => total = number().unwrap_or(0),
            _ => {}
        }
        Ok::<(), JsonError>(())
    })?;
    if usage == Usage::default() {
        // Those that rerank tell the sum alone.
        usage.prompt_tokens = total;
    }
    Ok(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Told {
        Told::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_chunk_tells_what_the_model_wrote() {
        let first = told(
            r#"{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
        );
        assert_eq!((first.tokens, first.written_bytes, first.is_end, first.has_choices), (0, 0, false, true));
        let token = told(r#"{"choices":[{"delta":{"content":"hello"},"finish_reason":null}],"usage":null}"#);
        assert_eq!((token.tokens, token.written_bytes, token.usage), (1, 5, None));
        let tool = told(
            r#"{"choices":[{"delta":{"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}"#,
        );
        assert_eq!((tool.tokens, tool.written_bytes), (1, 3));
        let bundle = format!(r#"{{"choices":[{{"delta":{{"content":"{}"}}}}]}}"#, "word ".repeat(20));
        assert!(told(&bundle).tokens >= 20);
        let end = told(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#);
        assert!(end.is_end && end.written_bytes == 0);
    }

    #[test]
    fn usage_and_errors_are_told() {
        let whole =
            told(r#"{"usage":{"prompt_tokens":7,"completion_tokens":2,"details":{"x":1}},"choices":[]}"#);
        assert_eq!(whole.usage, Some(Usage { prompt_tokens: 7, completion_tokens: 2 }));
        let sum = told(r#"{"results":[],"usage":{"total_tokens":9}}"#);
        assert_eq!(sum.usage, Some(Usage { prompt_tokens: 9, completion_tokens: 0 }));
        assert!(!whole.has_choices);
        assert!(told(r#"{"error":{"message":"out of memory"}}"#).is_error);
        assert!(!told(r#"{"error":null}"#).is_error);
        assert!(Told::read(b"<html>").is_err() && Told::read(b"[1]").is_err());
    }
}
