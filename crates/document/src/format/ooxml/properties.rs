//! What an Office file says about itself in `docProps`: title, author, dates, subject, keywords and the like.

use std::collections::BTreeMap;

use serde_json::Value;

use super::xml::Xml;

/// Reads core properties; the title is given apart.
pub(crate) fn core(text: &str) -> (Option<String>, BTreeMap<String, Value>) {
    let (mut title, mut metadata) = (None, BTreeMap::new());
    each(text, |name, value| {
        let key = match name {
            "title" => {
                title = Some(value);
                return;
            }
            "keywords" => {
                let words = value.split([',', ';']).map(str::trim).filter(|word| !word.is_empty());
                let words: Vec<Value> = words.map(Value::from).collect();
                metadata.insert("keywords".to_owned(), Value::Array(words));
                return;
            }
            "creator" => "author",
            "lastModifiedBy" => "last_modified_by",
            "created" | "modified" | "subject" | "description" | "category" | "language" => name,
            "contentStatus" => "status",
            _ => return,
        };
        metadata.insert(key.to_owned(), Value::from(value));
    });
    (title, metadata)
}

/// Reads what the program that wrote the file adds: company and manager.
pub(crate) fn extended(text: &str, metadata: &mut BTreeMap<String, Value>) {
    each(text, |name, value| {
        let key = match name {
            "Company" => "company",
            "Manager" => "manager",
            _ => return,
        };
        metadata.insert(key.to_owned(), Value::from(value));
    });
}

fn each(text: &str, mut take: impl FnMut(&str, String)) {
    let mut xml = Xml::new(text);
    let Some(root) = xml.root() else { return };
    while let Some(element) = xml.child(root.inner) {
        let value = xml.text(element.inner);
        let value = value.trim();
        if !value.is_empty() {
            take(element.name(), value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_properties_have_the_names_of_metadata() {
        let text = "<cp:coreProperties xmlns:dc='x'><dc:title> A title </dc:title><dc:creator>Ann</dc:creator>\
            <cp:keywords>a, b;c</cp:keywords><dcterms:created>2024-01-02T03:04:05Z</dcterms:created><dc:subject/>\
            </cp:coreProperties>";
        let (title, mut metadata) = core(text);
        extended("<Properties><Company>We</Company></Properties>", &mut metadata);
        assert_eq!(title.as_deref(), Some("A title"));
        let expect = serde_json::json!({"author": "Ann", "company": "We", "created": "2024-01-02T03:04:05Z",
            "keywords": ["a", "b", "c"]});
        assert_eq!(serde_json::to_value(metadata).unwrap(), expect);
    }
}
