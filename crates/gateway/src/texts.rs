//! The words of a request: which strings somebody wrote, and who.

use std::borrow::Cow;

use crate::json::{JsonError, Place, Scanner, Strings, Written, unescaped};
use crate::request::{MEDIA, Name, Operation, Request};

/// Keys whose strings nobody wrote as words.
const NO_WORDS: &[&[u8]] = &[b"role", b"id", b"type", b"tool_call_id", b"format", b"detail"];

/// Who wrote a text, which decides what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// Somebody who asks.
    User,
    /// A tool, or a document to be embedded.
    Tool,
    /// Whoever built the application, or the model earlier on.
    Application,
    /// The model.
    Model,
}

/// A string of a request.
pub(crate) struct Text {
    pub place: Place,
    pub writer: Writer,
    /// Which of the messages it is part of.
    pub message: usize,
}

/// What is asked: the last message, where a user wrote it.
pub(crate) struct Question {
    pub text: String,
    /// Where its strings stand.
    pub places: Vec<Place>,
}

/// The question of a request; `None` where the last message is not a user's, or cannot be read.
pub(crate) fn question(request: &Request) -> Option<Question> {
    let texts = texts(request);
    let last = texts.last().filter(|last| last.writer == Writer::User)?.message;
    let places: Vec<Place> =
        texts.into_iter().filter(|text| text.message == last).map(|text| text.place).collect();
    let strings = places.iter().map(|place| unescaped(&request.body()[place.clone()]));
    let text = strings.collect::<Option<Vec<Cow<'_, str>>>>()?.join("\n");
    Some(Question { text, places })
}

/// The strings of a request that words are in.
pub(crate) fn texts(request: &Request) -> Vec<Text> {
    let mut texts = Vec::new();
    match request.operation {
        Operation::Chat => within(request, Name::Prompt, &mut texts, messages),
        Operation::Embeddings | Operation::Rerank => {
            within(request, Name::Query, &mut texts, |scanner, texts| each(Writer::User, scanner, texts));
            within(request, Name::Prompt, &mut texts, |scanner, texts| each(Writer::Tool, scanner, texts));
        }
    }
    texts
}

/// Takes down what `read` finds in a field.
fn within(
    request: &Request,
    name: Name,
    texts: &mut Vec<Text>,
    read: impl FnOnce(&mut Scanner<'_>, &mut Vec<Text>) -> Result<(), JsonError>,
) {
    let Some(field) = request.find(name) else { return };
    let (start, before) = (field.value.start, texts.len());
    // It was passed over before: it is JSON.
    let _ = read(&mut Scanner::new(&request.body()[field.value.clone()]), texts);
    for text in &mut texts[before..] {
        text.place = text.place.start + start..text.place.end + start;
    }
}

/// Strings that each stand for themselves.
fn each(writer: Writer, scanner: &mut Scanner<'_>, texts: &mut Vec<Text>) -> Result<(), JsonError> {
    scanner.value_with(&mut Words { writer, message: None, texts }).map(drop)
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
