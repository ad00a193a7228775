//! A request as a guard reads it: which strings somebody wrote, and who.

use std::sync::Arc;

use crate::call::CallError;
use crate::guarding::{Guarding, Seen, Strictness, Writer};
use crate::json::{Edit, JsonError, Place, Scanner, Strings, Written, escaped, unescaped};
use crate::measure;
use crate::request::{MEDIA, Name, Operation, Request, RequestError};

/// Keys whose strings nobody wrote as words.
const NO_WORDS: &[&[u8]] = &[b"role", b"id", b"type", b"tool_call_id", b"format", b"detail"];
/// From this length on a body is read on a thread of its own, so that others need not wait for it.
const LARGE_BYTES: usize = 64 << 10;

/// A string of a request.
struct Text {
    place: Place,
    writer: Writer,
    /// Which of the messages it is part of.
    message: usize,
}

/// A request that was read.
pub(crate) struct Guarded {
    pub request: Request,
    /// Tells the client what became of it, where anything did.
    pub header: Option<(String, String)>,
}

impl Guarding {
    /// Reads a request, and writes anew what is to be masked.
    ///
    /// # Errors
    ///
    /// [`CallError::Blocked`] where it is refused, [`CallError::Request`] where a text cannot be read, which only a
    /// guard that observes passes over.
    pub(crate) async fn prompt(self: &Arc<Self>, request: Request) -> Result<Guarded, CallError> {
        if self.input == Strictness::Off {
            return Ok(Guarded { request, header: None });
        }
        if request.body().len() < LARGE_BYTES {
            return self.read(request);
        }
        let own = Arc::clone(self);
        let read = runtime::blocking(move || own.read(request)).await;
        read.unwrap_or(Err(CallError::Unguarded))
    }

    fn read(&self, request: Request) -> Result<Guarded, CallError> {
        let mut seen = Seen::default();
        let mut edits = Vec::new();
        let mut texts = texts(&request);
        // The route's own prompt is not read.
        texts.retain(|text| request.own_bytes() == 0 || text.message > 1);
        for (at, text) in texts.iter().enumerate() {
            let Some(words) = unescaped(&request.body()[text.place.clone()]) else {
                if self.input == Strictness::Observe {
                    continue;
                }
                let what = "has a text whose escapes mean nothing, which no guard can read";
                return Err(RequestError::Field { field: field(&request), what }.into());
            };
            let findings = self.look(text.writer, &words, &mut seen);
            if self.input >= Strictness::Mask
                && let Some(masked) = self.masked(text.writer, &words, &findings)
            {
                edits.push(Edit { place: text.place.clone(), text: escaped(&masked) });
            }
            let is_last = texts.get(at + 1).is_none_or(|next| next.message != text.message);
            if is_last {
                self.assembled(&request, &texts[..=at], &mut seen);
            }
        }
        measure::guarded(&request.model, "prompt", (seen.done(self.input), &seen));
        if seen.is_refused(self.input) {
            return Err(CallError::Blocked(seen.to_string()));
        }
        if edits.is_empty() {
            return Ok(Guarded { request, header: None });
        }
        let body = request.edited(edits);
        let header = seen.header("prompt", self.input);
        Ok(Guarded { request: Request::read(request.operation, body)?.with_own(request.own_bytes()), header })
    }

    /// Looks at the last message as the model reads it, where that comes in several parts.
    fn assembled(&self, request: &Request, texts: &[Text], seen: &mut Seen) {
        let Some(last) = texts.last() else { return };
        let parts = texts.iter().rev().take_while(|text| text.message == last.message).count();
        if parts > 1 {
            let words = texts[texts.len() - parts..].iter();
            let words: Vec<_> =
                words.filter_map(|text| unescaped(&request.body()[text.place.clone()])).collect();
            self.look(last.writer, &words.join(" "), seen);
        }
    }
}

fn field(request: &Request) -> &'static str {
    if request.operation == Operation::Chat { "messages" } else { "input" }
}

/// The strings of a request that words are in.
fn texts(request: &Request) -> Vec<Text> {
    let mut texts = Vec::new();
    let Some(field) = request.find(Name::Prompt) else { return texts };
    let start = field.value.start;
    let mut scanner = Scanner::new(&request.body()[field.value.clone()]);
    // It was passed over before: it is JSON.
    let _: Result<(), JsonError> = match request.operation {
        Operation::Chat => messages(&mut scanner, &mut texts),
        Operation::Embeddings => {
            let mut words = Words { writer: Writer::Tool, message: None, texts: &mut texts };
            scanner.value_with(&mut words).map(drop)
        }
    };
    for text in &mut texts {
        text.place = text.place.start + start..text.place.end + start;
    }
    texts
}

fn messages(scanner: &mut Scanner<'_>, texts: &mut Vec<Text>) -> Result<(), JsonError> {
    let mut message = 0;
    let mut words = |scanner: &mut Scanner<'_>, message| {
        scanner.value_with(&mut Words { writer: Writer::User, message: Some(message), texts }).map(drop)
    };
    if scanner.peek() != Some(b'[') {
        return words(scanner, 0);
    }
    let mut writers = Vec::new();
    scanner.array(|scanner| {
        message += 1;
        if scanner.peek() != Some(b'{') {
            return words(scanner, message);
        }
        let mut writer = None;
        scanner.object(|key, scanner| {
            if key != "role" {
                return words(scanner, message);
            }
            let mut role = Role::default();
            scanner.value_with(&mut role)?;
            // A role that is there twice is read as the one that is trusted least.
            writer = Some(if writer.is_some() { Writer::User } else { role.0 });
            Ok(())
        })?;
        writers.push((message, writer.unwrap_or(Writer::User)));
        Ok(())
    })?;
    let mut writers = writers.into_iter().peekable();
    for text in texts {
        while writers.next_if(|(message, _)| *message < text.message).is_some() {}
        if let Some((_, writer)) = writers.peek().filter(|(message, _)| *message == text.message) {
            text.writer = *writer;
        }
    }
    Ok(())
}

/// Takes down who wrote a message.
struct Role(Writer);

impl Default for Role {
    fn default() -> Self {
        Self(Writer::User)
    }
}

impl Strings for Role {
    fn string(&mut self, _key: &[u8], written: Written<'_>) {
        self.0 = match written.text {
            b"system" | b"developer" | b"assistant" => Writer::Application,
            b"tool" | b"function" => Writer::Tool,
            _ => Writer::User,
        };
    }
}

/// Takes down strings that words are in.
struct Words<'a> {
    writer: Writer,
    /// The message they are part of; `None` where each stands for itself.
    message: Option<usize>,
    texts: &'a mut Vec<Text>,
}

impl Strings for Words<'_> {
    fn string(&mut self, key: &[u8], written: Written<'_>) {
        if !NO_WORDS.contains(&key) && !MEDIA.contains(&key) && !written.text.is_empty() {
            let message = self.message.unwrap_or(self.texts.len());
            self.texts.push(Text { place: written.place, writer: self.writer, message });
        }
    }
}
