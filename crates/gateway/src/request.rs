//! A request as a client wrote it, looked at once and changed only where a policy has to.

use bytes::Bytes;
use model::estimate_tokens;

use crate::json::{Edit, JsonError, Place, Scanner, Strings, Written, edited, unescaped};

/// The most messages of a conversation, and the most texts to embed.
const ELEMENTS_MAX: usize = 10_000;
/// Keys of pictures, sounds and files.
pub(crate) const MEDIA: &[&[u8]] = &[b"url", b"data", b"file_data"];
/// Tokens that a picture, a sound or a file counts for.
const MEDIA_TOKENS: u64 = 1_500;
/// How much of a prompt decides where it goes: about 256 tokens, 16 of vLLM's blocks.
const BEGINNING_BYTES: usize = 1024;
/// Tokens that a message takes beside its words, and that begin the answer, by OpenAI's cookbook.
const MESSAGE_TOKENS: u64 = 4;
const ANSWER_TOKENS: u64 = 3;

/// What is asked of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `POST /v1/chat/completions`.
    Chat,
    /// `POST /v1/embeddings`.
    Embeddings,
    /// `POST /v1/rerank`.
    Rerank,
}

impl Operation {
    /// The field that the prompt is in.
    pub(crate) fn prompt_field(self) -> &'static str {
        match self {
            Self::Chat => "messages",
            Self::Embeddings => "input",
            Self::Rerank => "documents",
        }
    }
}

/// Why a request cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is no JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is not UTF-8.
    #[error("the body is not UTF-8 from byte {0} on")]
    Encoding(usize),
    /// A field is missing, there twice, or of the wrong kind.
    #[error("`{field}` {what}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// A request with the places of the fields that policies look at.
#[derive(Clone, Debug)]
pub struct Request {
    body: Bytes,
    /// What is asked.
    pub operation: Operation,
    /// The model that the client asks for.
    pub model: String,
    /// Whether the answer comes as it is written.
    pub is_stream: bool,
    /// Whether the client wants the tokens told at a stream's end.
    pub wants_usage: bool,
    /// How many answers it wants.
    pub answers: u64,
    /// The most tokens of each answer, where the client says.
    pub tokens_max: Option<u64>,
    /// An estimate of the prompt's tokens, see [`model::estimate_tokens`].
    pub prompt_tokens: u64,
    fields: Vec<Field>,
    /// How many bytes of the prompt the route put in before the client's.
    own_bytes: usize,
    /// Where the object's closing brace is.
    end: usize,
}

/// A field by its place.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub name: Name,
    pub key: String,
    pub value: Place,
}

/// The fields that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Model,
    Stream,
    StreamOptions,
    MaxTokens,
    MaxCompletionTokens,
    Answers,
    Prompt,
    /// What documents are put in an order for.
    Query,
    Tools,
    Other,
}

/// Names of fields, and what they are to us.
const NAMES: &[(&str, Name)] = &[
    ("model", Name::Model),
    ("stream", Name::Stream),
    ("stream_options", Name::StreamOptions),
    ("max_tokens", Name::MaxTokens),
    ("max_completion_tokens", Name::MaxCompletionTokens),
    ("n", Name::Answers),
    ("messages", Name::Prompt),
    ("input", Name::Prompt),
    ("documents", Name::Prompt),
    ("query", Name::Query),
    ("tools", Name::Tools),
    ("functions", Name::Tools),
    ("response_format", Name::Tools),
];

impl Request {
    /// Looks at a body once.
    ///
    /// # Errors
    ///
    /// [`RequestError`] where it is no JSON object in UTF-8, names no model, or has a field twice that a policy
    /// depends on.
    pub fn read(operation: Operation, body: Bytes) -> Result<Self, RequestError> {
        if let Err(error) = std::str::from_utf8(&body) {
            return Err(RequestError::Encoding(error.valid_up_to()));
        }
        let mut request = Self {
            body: Bytes::new(),
            operation,
            model: String::new(),
            is_stream: false,
            wants_usage: false,
            answers: 1,
            tokens_max: None,
            prompt_tokens: ANSWER_TOKENS,
            fields: Vec::with_capacity(12),
            own_bytes: 0,
            end: 0,
        };
        let mut scanner = Scanner::new(&body);
        request.end = scanner.object(|key, scanner| request.field(key, scanner, &body))?;
        scanner.end()?;
        if request.find(Name::Model).is_none() {
            return Err(RequestError::Field { field: "model", what: "is missing" });
        }
        request.body = body;
        Ok(request)
    }

    /// The body as the client wrote it.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn find(&self, name: Name) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The body with pieces of it written anew, which do not overlap. Without any it is the client's own.
    pub(crate) fn edited(&self, edits: Vec<Edit>) -> Bytes {
        edited(&self.body, edits)
    }

    /// The fields by their names, without blanks between tokens: alike for requests that mean the same and differ in
    /// layout and in the order of fields.
    pub(crate) fn canonical(&self) -> Vec<(&str, Vec<u8>)> {
        let mut fields: Vec<(&str, Vec<u8>)> = self
            .fields
            .iter()
            .map(|field| (field.key.as_str(), dense(&self.body[field.value.clone()])))
            .collect();
        // Fields that no policy knows may be there twice: the order among those stays.
        fields.sort_by_key(|(key, _)| *key);
        fields
    }

    /// The beginning of the prompt, which requests share whose computation can be shared.
    pub(crate) fn beginning(&self) -> &[u8] {
        let prompt = self.find(Name::Prompt).map(|field| &self.body[field.value.clone()]).unwrap_or_default();
        let prompt = &prompt[prompt.len().min(1 + self.own_bytes)..];
        &prompt[..prompt.len().min(BEGINNING_BYTES)]
    }

    /// With so many bytes of the prompt being the route's own.
    pub(crate) fn with_own(mut self, own_bytes: usize) -> Self {
        self.own_bytes = own_bytes;
        self
    }

    /// How many bytes of the prompt are the route's own; where there are any, its first message is.
    pub(crate) fn own_bytes(&self) -> usize {
        self.own_bytes
    }

    /// A field's value as it is written.
    pub(crate) fn written(&self, key: &str) -> Option<&[u8]> {
        let field = self.fields.iter().find(|field| field.key == key)?;
        Some(&self.body[field.value.clone()])
    }

    /// The model under another name.
    pub(crate) fn renamed(&self, model: &str) -> Option<Edit> {
        if model == self.model {
            return None;
        }
        let place = self.find(Name::Model)?.value.clone();
        Some(Edit { place, text: serde_json::Value::from(model).to_string() })
    }

    /// One more field, at the end.
    pub(crate) fn added(&self, field: &str) -> Edit {
        Edit { place: self.end..self.end, text: format!(",{field}") }
    }

    fn field(&mut self, key: &str, scanner: &mut Scanner<'_>, body: &[u8]) -> Result<(), RequestError> {
        let known = NAMES.iter().find(|(name, _)| *name == key);
        let (field, mut name) = known.map_or(("", Name::Other), |(field, name)| (*field, *name));
        if matches!(field, "query" | "documents") && self.operation != Operation::Rerank {
            name = Name::Other;
        }
        if name != Name::Other && self.fields.iter().any(|other| other.key == key) {
            return Err(RequestError::Field { field, what: "is there twice" });
        }
        let wrong = |what| RequestError::Field { field, what };
        let value = match name {
            Name::Prompt => self.prompt(scanner)?,
            _ => scanner.value()?,
        };
        let text = &body[value.clone()];
        let number = || match text {
            b"null" => Ok(None),
            _ => std::str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok()).map(Some).ok_or(()),
        };
        match name {
            Name::Model => {
                let written = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
                let model = written.and_then(unescaped).ok_or(wrong("takes a text"))?;
                self.model = model.into_owned();
            }
            Name::Stream => {
                self.is_stream = match text {
                    b"true" => true,
                    b"false" | b"null" => false,
                    _ => return Err(wrong("takes `true` or `false`")),
                }
            }
            Name::StreamOptions => self.wants_usage = wants_usage(text),
            Name::MaxTokens | Name::MaxCompletionTokens => {
                let tokens = number().map_err(|()| wrong("takes a whole number"))?;
                self.tokens_max = self.tokens_max.min(tokens).or(tokens).or(self.tokens_max);
            }
            Name::Answers => {
                self.answers = number().map_err(|()| wrong("takes a whole number"))?.unwrap_or(1).max(1)
            }
            Name::Tools | Name::Query => self.prompt_tokens += estimate(text),
            Name::Prompt | Name::Other => {}
        }
        self.fields.push(Field { name, key: key.to_owned(), value });
        Ok(())
    }

    /// Passes over the messages, or the texts to embed, and counts them.
    fn prompt(&mut self, scanner: &mut Scanner<'_>) -> Result<Place, RequestError> {
        let field = self.operation.prompt_field();
        let start = scanner.place();
        let mut counted = Counted { tokens: 0 };
        if scanner.peek() != Some(b'[') {
            let place = scanner.value_with(&mut counted)?;
            self.prompt_tokens += counted.tokens;
            return Ok(place);
        }
        let mut elements = 0u64;
        let most = if self.operation == Operation::Chat { ELEMENTS_MAX } else { usize::MAX };
        scanner.array(|scanner| {
            elements += 1;
            if elements > most as u64 {
                return Err(RequestError::Field { field, what: "has more than 10,000 entries" });
            }
            scanner.value_with(&mut counted).map(drop).map_err(RequestError::from)
        })?;
        let each = if self.operation == Operation::Chat { MESSAGE_TOKENS } else { 1 };
        self.prompt_tokens += counted.tokens + each * elements;
        Ok(start..scanner.place())
    }
}

/// A value without blanks between its tokens. It was passed over before, so that strings end.
fn dense(value: &[u8]) -> Vec<u8> {
    let mut dense = Vec::with_capacity(value.len());
    let (mut in_string, mut is_escaped) = (false, false);
    for byte in value {
        if in_string || !byte.is_ascii_whitespace() {
            dense.push(*byte);
        }
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ => {}
        }
    }
    dense
}

/// Counts the tokens of strings.
struct Counted {
    tokens: u64,
}

impl Strings for Counted {
    fn string(&mut self, key: &[u8], written: Written<'_>) {
        self.tokens += if MEDIA.contains(&key) { MEDIA_TOKENS } else { estimate(written.text) };
    }
}

fn estimate(text: &[u8]) -> u64 {
    std::str::from_utf8(text).map_or(text.len(), estimate_tokens) as u64
}

fn wants_usage(options: &[u8]) -> bool {
    let mut wants = false;
    let read = Scanner::new(options).object(|key, scanner| {
        let place = scanner.value()?;
        wants |= key == "include_usage" && &options[place] == b"true";
        Ok::<(), JsonError>(())
    });
    read.is_ok() && wants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Request, RequestError> {
        Request::read(Operation::Chat, Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn fields_are_found_wherever_they_stand() {
        let request = read(
            r#" {"x":{"model":"no"},"mod\u0065l" : "a\/b","stream":true,"max_tokens":5,
            "stream_options":{"include_usage":true},"n":2,"messages":[{"role":"user","content":"hello"}]} "#,
        )
        .unwrap();
        assert_eq!((request.model.as_str(), request.is_stream, request.wants_usage), ("a/b", true, true));
        assert_eq!((request.tokens_max, request.answers), (Some(5), 2));
        // `user` and `hello` are two tokens each by the estimate.
        assert_eq!(request.prompt_tokens, 3 + 4 + 2 + 2);
    }

    #[test]
    fn the_smaller_limit_counts() {
        let most = |fields: &str| read(&format!("{{\"model\":\"m\",{fields}}}")).unwrap().tokens_max;
        assert_eq!(most(r#""max_tokens":5,"max_completion_tokens":9"#), Some(5));
        assert_eq!(most(r#""max_tokens":null,"max_completion_tokens":9"#), Some(9));
        assert_eq!(most(r#""max_tokens":9,"max_completion_tokens":null"#), Some(9));
        assert_eq!(most(r#""max_tokens":null"#), None);
    }

    #[test]
    fn only_what_has_to_change_changes() {
        let text = r#"{ "model":"a", "unknown" : [1,  2], "messages":[] }"#;
        let request = read(text).unwrap();
        assert_eq!(request.edited(Vec::new()), text);
        assert_eq!(request.renamed("a"), None);
        let renamed = request.edited(request.renamed("b\"c").into_iter().collect());
        assert_eq!(renamed, text.replace("\"a\"", "\"b\\\"c\""));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let refused = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(refused(r#"{"model":"a","model":"b"}"#), "`model` is there twice");
        assert_eq!(refused(r#"{"model":"a","m\u006fdel":"b"}"#), "`model` is there twice");
        assert_eq!(refused(r#"{"messages":[]}"#), "`model` is missing");
        assert_eq!(refused(r#"{"model":1}"#), "`model` takes a text");
        assert_eq!(refused(r#"{"model":"a","max_tokens":-1}"#), "`max_tokens` takes a whole number");
        assert_eq!(refused(r#"{"model":"a"} x"#), "the body is no JSON at byte 14");
        assert_eq!(refused("[]"), "the body is no JSON at byte 0");
        let many = format!(r#"{{"model":"a","messages":[{}1]}}"#, "1,".repeat(100_000));
        assert_eq!(refused(&many), "`messages` has more than 10,000 entries");
        let bytes = Bytes::from_static(b"{\"model\":\"\xff\"}");
        assert_eq!(Request::read(Operation::Chat, bytes).unwrap_err(), RequestError::Encoding(10));
    }

    #[test]
    fn a_picture_counts_alike_whatever_its_size() {
        let with = |data: &str| {
            let part =
                format!(r#"{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{data}"}}}}"#);
            read(&format!(r#"{{"model":"a","messages":[{{"role":"user","content":[{part}]}}]}}"#)).unwrap()
        };
        assert_eq!(with("AAAA").prompt_tokens, with(&"AAAA".repeat(100_000)).prompt_tokens);
    }
}
