//! What a document can be filtered by: its metadata as typed payload.

use std::collections::BTreeMap;

use document::Problem;
use index::{Field, FieldKind, Payload, Value};

use crate::{ChunkRecord, DocumentRecord};

/// The fields that every collection has.
pub(crate) const BASE_FIELDS: &[(&str, FieldKind)] = &[
    ("document_id", FieldKind::Keyword),
    ("source", FieldKind::Keyword),
    ("title", FieldKind::Keyword),
    ("lang", FieldKind::Keyword),
    ("format", FieldKind::Keyword),
    ("tag", FieldKind::Keyword),
    ("date", FieldKind::Date),
    ("page", FieldKind::Integer),
    ("section", FieldKind::Keyword),
];

/// How many folders of a document's path are tags.
const PATH_TAGS_MAX: usize = 16;

/// How many fields a collection can have; more metadata is kept and shown, but not filtered by.
const FIELDS_MAX: usize = 128;
/// The longest metadata text that can be filtered by, in bytes.
const VALUE_BYTES_MAX: usize = 1024;

/// What [`labels_of`] gives.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    /// The payload of each of the document's points.
    pub payload: Payload,
    /// Fields that the collection did not have before.
    pub new_fields: Vec<Field>,
    /// Metadata that cannot be filtered by, and why.
    pub problems: Vec<Problem>,
}

/// The payload of a document's points, given the fields that the collection has so far. A key of the
/// metadata becomes a field of the kind that its first value had; a later value of another kind is a problem.
pub(crate) fn labels_of(document: &DocumentRecord, fields: &[Field]) -> Labels {
    let mut labels = Labels::default();
    let mut known: BTreeMap<String, FieldKind> =
        fields.iter().map(|field| (field.name.clone(), field.kind)).collect();
    for (name, kind) in BASE_FIELDS {
        if !known.contains_key(*name) {
            known.insert((*name).to_owned(), *kind);
            labels.new_fields.push(Field { name: (*name).to_owned(), kind: *kind });
        }
    }
    let base = [
        ("document_id", Some(document.id.clone())),
        ("source", Some(document.source.clone())),
        ("title", document.title.clone()),
        ("lang", document.language.clone()),
        ("format", Some(document.format.clone())),
    ];
    for (name, value) in base {
        if let Some(value) = value {
            labels.payload.0.insert(name.to_owned(), Value::Str(value));
        }
    }
    for (key, value) in &document.metadata {
        let Some((name, value)) = field_value(key, value) else { continue };
        let base = BASE_FIELDS.iter().take(5).any(|(base, _)| *base == name);
        let place = format!("metadata `{key}`");
        let unfit = |why: String| Problem {
            place: place.clone(),
            what: "cannot be filtered by".into(),
            why,
            content_lost: false,
        };
        let kind = kind_of(&value);
        match known.get(&name) {
            _ if base => {}
            Some(&expected) => match fit(value, expected) {
                Some(value) => drop(labels.payload.0.insert(name, value)),
                None => labels.problems.push(unfit(format!("field `{name}` holds {expected:?} values here"))),
            },
            None if known.len() >= FIELDS_MAX => {
                labels.problems.push(unfit(format!("the collection has {FIELDS_MAX} fields already")));
            }
            None => {
                known.insert(name.clone(), kind);
                labels.new_fields.push(Field { name: name.clone(), kind });
                labels.payload.0.insert(name, value);
            }
        }
    }
    add_path_tags(&mut labels.payload, &document.source);
    labels
}

/// The payload of one of the document's points: the document's, with the page and the headings of the chunk.
pub(crate) fn payload_of(document: &Payload, chunk: &ChunkRecord) -> Payload {
    let mut payload = document.clone();
    if let Some(page) = chunk.page {
        payload.0.insert("page".to_owned(), Value::Int(i64::from(page)));
    }
    let short = |heading: &&String| !heading.is_empty() && heading.len() <= VALUE_BYTES_MAX;
    let section: Vec<String> = chunk.heading_path.iter().filter(short).cloned().collect();
    if !section.is_empty() {
        payload.0.insert("section".to_owned(), Value::StrList(section));
    }
    payload
}

/// The folders that a document lies in are tags of it, after those that it has itself.
fn add_path_tags(payload: &mut Payload, source: &str) {
    let path = source.split_once('#').map_or(source, |(path, _)| path);
    if path.contains("://") {
        return;
    }
    let mut tags = match payload.0.remove("tag") {
        Some(Value::StrList(tags)) => tags,
        Some(Value::Str(tag)) => vec![tag],
        _ => Vec::new(),
    };
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders).split('/');
    for folder in folders.filter(|folder| !matches!(*folder, "" | "." | "..")).take(PATH_TAGS_MAX) {
        if folder.len() <= VALUE_BYTES_MAX && !tags.iter().any(|tag| tag == folder) {
            tags.push(folder.to_owned());
        }
    }
    if !tags.is_empty() {
        payload.0.insert("tag".to_owned(), Value::StrList(tags));
    }
}

/// The field that a key of the metadata goes to, and its value; `None` for what cannot be filtered by:
/// objects, empty and over-long texts.
fn field_value(key: &str, value: &serde_json::Value) -> Option<(String, Value)> {
    use serde_json::Value as Json;
    let short = |text: &str| (!text.is_empty() && text.len() <= VALUE_BYTES_MAX).then(|| text.to_owned());
    let value = match value {
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => {
            number.as_i64().map(Value::Int).or_else(|| number.as_f64().map(Value::Float))?
        }
        Json::String(text) if is_date(text) => Value::Date(text.clone()),
        Json::String(text) => Value::Str(short(text)?),
        Json::Array(items) => {
            let texts: Vec<_> = items
                .iter()
                .filter_map(|item| match item {
                    Json::String(text) => short(text),
                    Json::Number(number) => Some(number.to_string()),
                    Json::Bool(value) => Some(value.to_string()),
                    _ => None,
                })
                .collect();
            (!texts.is_empty()).then_some(Value::StrList(texts))?
        }
        Json::Null | Json::Object(_) => return None,
    };
    let name: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let name = name.trim_start_matches('_');
    let name = if name == "tags" { "tag" } else { name };
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then(|| (name.to_owned(), value))
}

/// `2026-01-31`, alone or followed by a time.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    bytes.len() >= 10
        && digits(0..4)
        && bytes[4] == b'-'
        && digits(5..7)
        && bytes[7] == b'-'
        && digits(8..10)
        && (1..=12).contains(&text[5..7].parse().unwrap_or(0))
        && (1..=31).contains(&text[8..10].parse().unwrap_or(0))
        && (bytes.len() == 10 || (bytes.len() >= 20 && matches!(bytes[10], b'T' | b't' | b' ')))
}

fn kind_of(value: &Value) -> FieldKind {
    match value {
        Value::Str(_) | Value::StrList(_) => FieldKind::Keyword,
        Value::Int(_) => FieldKind::Integer,
        Value::Float(_) => FieldKind::Float,
        Value::Bool(_) => FieldKind::Bool,
        Value::Date(_) => FieldKind::Date,
    }
}

/// The value as one of the expected kind, where that loses nothing.
fn fit(value: Value, expected: FieldKind) -> Option<Value> {
    match (value, expected) {
        (value, expected) if kind_of(&value) == expected => Some(value),
        (Value::Date(text), FieldKind::Keyword) => Some(Value::Str(text)),
        (Value::Int(number), FieldKind::Keyword) => Some(Value::Str(number.to_string())),
        (Value::Float(number), FieldKind::Keyword) => Some(Value::Str(number.to_string())),
        (Value::Bool(value), FieldKind::Keyword) => Some(Value::Str(value.to_string())),
        #[expect(clippy::cast_precision_loss, reason = "a filter on a float field compares floats")]
        (Value::Int(number), FieldKind::Float) => Some(Value::Float(number as f64)),
        _ => None,
    }
}
