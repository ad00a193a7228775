//! What an Office or OpenDocument file says about itself.

use serde_json::Value;

use crate::Document;
use crate::xml::{Token, Xml};

/// Elements that say something, and what it is called here.
const NAMES: [(&str, &str); 12] = [
    ("creator", "author"),
    ("initial-creator", "author"),
    ("created", "created"),
    ("creation-date", "created"),
    ("modified", "modified"),
    ("date", "modified"),
    ("subject", "subject"),
    ("description", "description"),
    ("category", "category"),
    ("lastModifiedBy", "last_modified_by"),
    ("Company", "company"),
    ("Manager", "manager"),
];
/// Values longer than this are cut, in bytes.
const VALUE_BYTES_MAX: usize = 4096;

/// Takes title, language, author, dates, subject and keywords from a part of properties: Office's core or extended
/// ones, or OpenDocument's metadata. What cannot be read of it is left out: the document has its text all the same.
pub(crate) fn read(text: &str, document: &mut Document) {
    let mut xml = Xml::new(text);
    let mut keywords: Vec<String> = Vec::new();
    let mut initial = false;
    while let Ok(Some(token)) = xml.next() {
        let Token::Start(tag) = token else { continue };
        let name = tag.local().to_owned();
        let known = NAMES.iter().find(|(element, _)| *element == name);
        if known.is_none() && !matches!(name.as_str(), "title" | "language" | "keywords" | "keyword") {
            continue;
        }
        let Ok(value) = xml.text() else { break };
        let Some(value) = trimmed(&value) else { continue };
        match name.as_str() {
            "title" => document.title = Some(value),
            "language" => document.language = language(&value).or(document.language.take()),
            "keywords" | "keyword" => {
                keywords.extend(value.split([',', ';']).filter_map(trimmed));
            }
            // Who wrote it first is its author, whoever changed it last.
            "creator" if initial => {
                document.metadata.insert("last_modified_by".into(), Value::from(value));
            }
            _ => {
                if name == "initial-creator" {
                    initial = true;
                    if let Some(other) = document.metadata.remove("author") {
                        document.metadata.insert("last_modified_by".into(), other);
                    }
                }
                if let Some((_, key)) = known {
                    document.metadata.insert((*key).into(), Value::from(value));
                }
            }
        }
    }
    if !keywords.is_empty() {
        document.metadata.insert("keywords".into(), Value::from(keywords));
    }
}

/// A language's code without its region.
pub(crate) fn language(tag: &str) -> Option<String> {
    let code = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(code)
}

fn trimmed(value: &str) -> Option<String> {
    let value = value.trim().replace('\0', "\u{fffd}");
    let mut end = value.len().min(VALUE_BYTES_MAX);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    (!value.is_empty()).then(|| value[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::text;

    #[test]
    fn properties_of_both_kinds_become_metadata() {
        let mut document = text::parse(String::new());
        read(
            "<cp:coreProperties><dc:title> T </dc:title><dc:creator>A</dc:creator><cp:keywords>x, y</cp:keywords>\
             <dcterms:created>2020-01-02T03:04:05Z</dcterms:created><dc:language>de-CH</dc:language>",
            &mut document,
        );
        assert_eq!((document.title.as_deref(), document.language.as_deref()), (Some("T"), Some("de")));
        assert_eq!(document.metadata["author"], "A");
        assert_eq!(document.metadata["created"], "2020-01-02T03:04:05Z");
        assert_eq!(document.metadata["keywords"], serde_json::json!(["x", "y"]));
        read(
            "<m><meta:initial-creator>B</meta:initial-creator><dc:creator>C</dc:creator></m>",
            &mut document,
        );
        assert_eq!(
            (&document.metadata["author"], &document.metadata["last_modified_by"]),
            (&"B".into(), &"C".into())
        );
    }
}
