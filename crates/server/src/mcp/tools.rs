//! The tools: what each takes, and the use case that it calls.

use platform::{AskCall, PlatformError, PrivateText, SearchCall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Desk;
use crate::error::Refused;
use crate::metered::Metered;
use crate::routes::search::ModeName;
use crate::{metrics, wire};

/// The longest piece of a document that is given at once, in bytes.
const TEXT_BYTES_MAX: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchArguments {
    query: String,
    #[serde(default = "docs")]
    collection: String,
    top_k: Option<usize>,
    mode: Option<ModeName>,
    filter: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskArguments {
    question: String,
    #[serde(default = "docs")]
    collection: String,
    filter: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListArguments {
    #[serde(default = "docs")]
    collection: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentArguments {
    document: String,
    #[serde(default = "docs")]
    collection: String,
    #[serde(default)]
    offset: usize,
}

fn docs() -> String {
    "docs".to_owned()
}

/// What a tool gives, or why it gives nothing: the model is told.
type Given = Result<Value, Refused>;

/// Every tool, described.
pub(super) fn described() -> Value {
    let collection = json!({"type": "string", "description": "the collection", "default": "docs"});
    let tool = |name: &str, what: &str, properties: Value, required: &str| {
        json!({
            "name": name, "description": what, "annotations": {"readOnlyHint": true, "openWorldHint": false},
            "inputSchema": {
                "type": "object", "properties": properties, "additionalProperties": false,
                "required": if required.is_empty() { json!([]) } else { json!([required]) },
            },
        })
    };
    let filter = json!({"type": "string", "description": "which documents count, as a filter expression"});
    json!([
        tool(
            "search",
            "Finds passages in a collection's documents, best first.",
            json!({
                "query": {"type": "string", "description": "what to look for"}, "collection": collection,
                "top_k": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "how many passages"},
                "mode": {"type": "string", "enum": ["hybrid", "dense", "lexical"]}, "filter": filter,
            }),
            "query"
        ),
        tool(
            "ask",
            "Answers a question from a collection's documents. Every sentence is cited; without evidence it says that \
             it does not know.",
            json!({
                "question": {"type": "string", "description": "the question"}, "collection": collection,
                "filter": filter,
            }),
            "question"
        ),
        tool("list_documents", "Lists a collection's documents.", json!({"collection": collection}), ""),
        tool(
            "get_document",
            "Gives a document's text, a piece at a time, and what is known of it.",
            json!({
                "document": {"type": "string", "description": "its id, or its source"}, "collection": collection,
                "offset": {"type": "integer", "minimum": 0, "description": "the byte from which on, as `next_offset` said"},
            }),
            "document"
        ),
    ])
}

impl Desk {
    /// Calls a tool. What went wrong within one is a result, which the model sees; the error is for a tool that is not
    /// there.
    pub(super) async fn call(&self, params: &Value) -> Result<Value, String> {
        let name = params["name"].as_str().unwrap_or_default();
        let arguments = match &params["arguments"] {
            Value::Null => json!({}),
            arguments => arguments.clone(),
        };
        let given = match name {
            "search" => self.search(arguments).await,
            "ask" => self.ask(arguments).await,
            "list_documents" => self.list(arguments).await,
            "get_document" => self.document(arguments).await,
            _ => return Err("there is no such tool".to_owned()),
        };
        Ok(match given {
            Ok(value) => json!({
                "content": [{"type": "text", "text": value.to_string()}], "structuredContent": value,
                "isError": false,
            }),
            Err(refused) => {
                let detail = refused.detail(&self.caller.trace_id, false);
                let text = format!("{} ({}); {}", detail.message, detail.code, detail.hint);
                json!({"content": [{"type": "text", "text": text}], "isError": true})
            }
        })
    }

    async fn search(&self, arguments: Value) -> Given {
        let SearchArguments { query, collection, top_k, mode, filter } = read(arguments)?;
        let call =
            SearchCall { top_k, mode: mode.map(Into::into), filter, ..self.question(&query, &collection) };
        let (retrieval, total_ms) = self.platform.search(&call, &|_| {}).await?;
        metrics::search(&retrieval);
        Ok(json!(wire::search(&query, &collection, &retrieval, total_ms)))
    }

    async fn ask(&self, arguments: Value) -> Given {
        let AskArguments { question, collection, filter } = read(arguments)?;
        let search = SearchCall { filter, ..self.question(&question, &collection) };
        let metered = match &self.app {
            Some(app) => Some(Metered::open(app, &self.caller, &collection).await?),
            None => None,
        };
        metered.iter().for_each(Metered::taken);
        let call = AskCall { search, history: Vec::new(), trace_id: self.caller.trace_id.clone() };
        let outcome = self.platform.ask(&call, &|_| {}, &|_| {}).await?;
        metered.iter().for_each(|metered| metered.told(&outcome));
        metrics::answer(&outcome);
        Ok(json!(wire::ask(&question, &outcome)))
    }

    async fn list(&self, arguments: Value) -> Given {
        let ListArguments { collection } = read(arguments)?;
        let documents = self.platform.documents(&collection, &self.caller.reader).await?;
        let documents: Vec<wire::Document> = documents.iter().map(wire::document).collect();
        Ok(json!({"collection": collection, "documents": documents}))
    }

    async fn document(&self, arguments: Value) -> Given {
        let DocumentArguments { document, collection, offset } = read(arguments)?;
        let reader = &self.caller.reader;
        let detail = self.platform.document(&collection, reader, &document).await?;
        let text = self.platform.document_text(&collection, &detail, None).await?;
        let start = text.floor_char_boundary(offset.min(text.len()));
        let end = text.floor_char_boundary(start.saturating_add(TEXT_BYTES_MAX).min(text.len()));
        Ok(json!({
            "document": wire::document_detail(&detail), "text": &text[start..end], "offset": start,
            "next_offset": if end < text.len() { json!(end) } else { Value::Null },
        }))
    }

    fn question(&self, text: &str, collection: &str) -> SearchCall {
        SearchCall {
            text: PrivateText::new(text),
            collection: collection.to_owned(),
            top_k: None,
            mode: None,
            filter: None,
            reader: self.caller.reader.clone(),
        }
    }
}

/// The arguments, if they are a tool's. What was sent is not told again: it may be private.
fn read<T: DeserializeOwned>(arguments: Value) -> Result<T, Refused> {
    let wrong = |_| PlatformError::Argument {
        what: "the arguments are not those of the tool".into(),
        hint: "see its `inputSchema`".into(),
    };
    Ok(serde_json::from_value(arguments).map_err(wrong)?)
}
