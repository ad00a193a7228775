//! JSON: one `path: value` line for each leaf, records apart.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::{Damage, Entry, Read};
use crate::{Block, BlockKind, Document, Format, Span};

/// One JSON value.
pub(crate) const FORMAT: Entry = Entry {
    name: "json",
    endings: &["json"],
    names: &[],
    prose: true,
    read: Read::Text(|text, _| parse(&text).map_err(Damage::Broken)),
};

/// Keys whose value names a record.
const TITLE_KEYS: [&str; 5] = ["title", "name", "label", "subject", "id"];

/// Reads one JSON value.
///
/// # Errors
///
/// What the parser says, with line and column.
pub(crate) fn parse(text: &str) -> Result<Document, String> {
    if text.trim().is_empty() {
        return Ok(Document::new(Format(&FORMAT), String::new()));
    }
    serde_json::from_str(text).map(|value| render(&value)).map_err(|error| error.to_string())
}

/// A JSON value as a document: an array of objects is a record each, anything else one record.
pub(crate) fn render(value: &Value) -> Document {
    let mut document = Document::new(Format(&FORMAT), String::new());
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                push_record(&mut document, item);
            }
        }
        Value::Object(fields) => {
            document.title = title(value);
            let is_list =
                |value: &Value| value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
            let plain: serde_json::Map<_, _> = fields
                .iter()
                .filter(|(_, value)| !is_list(value))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            if !plain.is_empty() {
                push_record(&mut document, &Value::Object(plain));
            }
            for (key, value) in fields.iter().filter(|(_, value)| is_list(value)) {
                for item in value.as_array().into_iter().flatten() {
                    let wrapped = serde_json::Map::from_iter([(key.clone(), item.clone())]);
                    push_record(&mut document, &Value::Object(wrapped));
                }
            }
        }
        value => push_record(&mut document, value),
    }
    document
}

fn push_record(document: &mut Document, value: &Value) {
    let mut lines = String::new();
    leaves(value, "", &mut lines);
    if lines.is_empty() {
        return;
    }
    if !document.text.is_empty() {
        document.text.push('\n');
    }
    let start = document.text.len();
    document.text.push_str(&lines);
    let span = Span { start, end: document.text.len() }.trimmed(&document.text);
    let heading_path = title(value).filter(|own| document.title.as_ref() != Some(own)).into_iter().collect();
    document.blocks.push(Block { kind: BlockKind::Record, span, heading_path });
}

/// What a record says it is called.
fn title(value: &Value) -> Option<String> {
    let fields = value.as_object()?;
    let named = TITLE_KEYS.iter().find_map(|key| fields.get(*key).and_then(Value::as_str));
    let inner = || (fields.len() == 1).then(|| fields.values().next().and_then(title)).flatten();
    named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).or_else(inner)
}

/// Writes a line for each leaf. The parser bounds the depth.
fn leaves(value: &Value, path: &str, lines: &mut String) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                leaves(value, &below(key), lines);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (place, item) in items.iter().enumerate() {
                leaves(item, &below(&(place + 1).to_string()), lines);
            }
        }
        Value::Array(items) if items.is_empty() => {}
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            line(path, &items.join(", "), lines);
        }
        Value::Null => {}
        leaf => line(path, &plain(leaf), lines),
    }
}

fn line(path: &str, value: &str, lines: &mut String) {
    // Writing to a string cannot fail.
    let _ = if path.is_empty() { writeln!(lines, "{value}") } else { writeln!(lines, "{path}: {value}") };
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\r', "").replace('\0', "\u{fffd}"),
        other => other.to_string(),
    }
}

/// The fields of a metadata object.
pub(crate) fn metadata(value: &Value) -> BTreeMap<String, Value> {
    let fields = value.as_object();
    fields.map(|fields| fields.iter().map(|(k, v)| (k.clone(), v.clone())).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_become_lines_and_records_blocks() {
        let document =
            parse(r#"[{"name":"A","x":{"y":1,"z":[1,2]}},{"name":"B","t":true,"n":null}]"#).unwrap();
        assert_eq!(document.text, "name: A\nx.y: 1\nx.z: 1, 2\n\nname: B\nt: true\n");
        assert_eq!(document.blocks.len(), 2);
        assert_eq!(document.blocks[1].heading_path, ["B"]);
        assert_eq!(document.blocks[1].span.of(&document.text), "name: B\nt: true");
    }

    #[test]
    fn lists_of_records_within_an_object_are_records() {
        let document =
            parse(r#"{"title":"Fleet","year":2026,"ships":[{"name":"S1"},{"name":"S2"}]}"#).unwrap();
        assert_eq!(document.title.as_deref(), Some("Fleet"));
        assert_eq!(document.text, "title: Fleet\nyear: 2026\n\nships.name: S1\n\nships.name: S2\n");
        assert_eq!(document.blocks[2].heading_path, ["S2"]);
    }

    #[test]
    fn what_is_not_json_says_where() {
        assert!(parse("{\"a\": }").unwrap_err().contains("line 1 column"));
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(&deep).unwrap_err().contains("recursion"));
        assert_eq!(parse("  ").unwrap().text, "");
    }
}
