//! What a server gets: the client's own bytes, with the few pieces written anew that a policy asks for.

use bytes::Bytes;
use provider::Dialect;

use crate::bill::Bill;
use crate::json::{Edit, JsonError, Scanner};
use crate::request::{Name, Operation, Request};
use crate::route::Backend;

/// A body for a server.
pub(crate) struct Outgoing {
    pub body: Bytes,
    /// Whether it asks for the tokens used, which the client did not.
    pub hides_usage: bool,
}

impl Outgoing {
    /// The body for a server. Without a bill that limits anything or that somebody pays, only the model's name changes,
    /// where the server has another.
    pub fn of(request: &Request, backend: &Backend, bill: Option<&Bill>) -> Self {
        let mut edits: Vec<Edit> = backend
            .model
            .as_deref()
            // Azure reads the deployment's name in the path.
            .filter(|_| backend.dialect == Dialect::OpenAi)
            .and_then(|model| request.renamed(model))
            .into_iter()
            .collect();
        let is_chat = request.operation == Operation::Chat;
        if let Some(granted) = bill.and_then(Bill::completion_granted).filter(|_| is_chat) {
            limit(request, backend.dialect, granted / request.answers, &mut edits);
        }
        let hides_usage = is_chat
            && request.is_stream
            && !request.wants_usage
            && backend.tells_usage
            && bill.is_some_and(Bill::is_somebodys);
        if hides_usage {
            edits.push(asking_for_usage(request));
        }
        Self { body: request.edited(edits), hides_usage }
    }
}

/// Has no answer be longer than `tokens`.
fn limit(request: &Request, dialect: Dialect, tokens: u64, edits: &mut Vec<Edit>) {
    if request.tokens_max.is_some_and(|wanted| wanted <= tokens) {
        return;
    }
    let fields =
        [Name::MaxTokens, Name::MaxCompletionTokens].into_iter().filter_map(|name| request.find(name));
    let before = edits.len();
    edits.extend(fields.map(|field| Edit { place: field.value.clone(), text: tokens.to_string() }));
    if edits.len() == before {
        let name = match dialect {
            Dialect::OpenAi => "max_tokens",
            Dialect::Azure => "max_completion_tokens",
        };
        edits.push(request.added(&format!("\"{name}\":{tokens}")));
    }
}

/// Has the server tell the tokens at a stream's end, keeping the client's other options.
fn asking_for_usage(request: &Request) -> Edit {
    const ASKS: &str = "\"include_usage\":true";
    let Some(field) = request.find(Name::StreamOptions) else {
        return request.added(&format!("\"stream_options\":{{{ASKS}}}"));
    };
    let text = &request.body()[field.value.clone()];
    let mut options = vec![ASKS.to_owned()];
    // What is no object has no options to keep.
    let _ = Scanner::new(text).object(|key, scanner| {
        let value = String::from_utf8_lossy(&text[scanner.value()?]).into_owned();
        if key != "include_usage" {
            options.push(format!("{}:{value}", serde_json::Value::from(key)));
        }
        Ok::<(), JsonError>(())
    });
    Edit { place: field.value.clone(), text: format!("{{{}}}", options.join(",")) }
}
