//! What a file says about itself: its information dictionary, its XMP packet, its title.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::file::File;
use super::object::Object;
use super::strings;
use crate::Document;

/// A packet is read up to here.
const PACKET_BYTES_MAX: usize = 1 << 20;
/// Longer values are cut.
const VALUE_CHARACTERS_MAX: usize = 2000;

/// Reads what the file says about itself into a document.
pub(super) fn read(file: &File<'_>, document: &mut Document) {
    let information = file.get(file.trailer(), b"Info");
    if let Some(own) = information.dictionary() {
        for (name, key) in [
            (&b"Title"[..], "title"),
            (b"Author", "author"),
            (b"Subject", "subject"),
            (b"Keywords", "keywords"),
            (b"CreationDate", "created"),
            (b"ModDate", "modified"),
            (b"Creator", "creator"),
            (b"Producer", "producer"),
        ] {
            if let Some(bytes) = file.get(own, name).string() {
                set(document, key, &strings::decode(bytes));
            }
        }
    }
    if let Object::Stream(packet) = file.get(&file.catalog(), b"Metadata") {
        let bytes = file.decode_within(&packet, PACKET_BYTES_MAX).bytes;
        read_packet(&String::from_utf8_lossy(&bytes), document);
    }
    if let Some(language) = file.get(&file.catalog(), b"Lang").string() {
        let language = strings::decode(language);
        let code: String = language.chars().take_while(char::is_ascii_alphabetic).collect();
        if code.len() == 2 {
            document.language = Some(code.to_ascii_lowercase());
        }
    }
}

/// Sets a value that is not set yet.
fn set(document: &mut Document, key: &str, text: &str) {
    let text: String = text.trim().chars().take(VALUE_CHARACTERS_MAX).collect();
    if text.is_empty() {
        return;
    }
    if key == "title" {
        document.title.get_or_insert(text);
        return;
    }
    if document.metadata.contains_key(key) {
        return;
    }
    let value = match key {
        "keywords" => strings::keywords(&text),
        "created" | "modified" => match strings::date(&text) {
            Some(date) => Value::from(date),
            // XMP has its dates as they are stored here.
            None if text.as_bytes().get(4) == Some(&b'-') => Value::from(text),
            None => return,
        },
        _ => Value::from(text),
    };
    document.metadata.insert(key.to_owned(), value);
}

/// Values of the packet that the dictionary has not.
fn read_packet(xml: &str, document: &mut Document) {
    let mut reader = Reader::from_str(xml);
    let mut path: Vec<String> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                path.push(element.name().as_ref().to_owned());
                for attribute in element.attributes().flatten() {
                    if let Some(key) = key_of(attribute.key.as_ref()) {
                        set_iso(document, key, &attribute.value);
                    }
                }
            }
            Ok(Event::Text(text)) => {
                let text: &str = &text;
                let key = path.iter().rev().find_map(|name| key_of(name));
                match key {
                    Some("keywords") if !text.trim().is_empty() => words.push(text.trim().to_owned()),
                    Some(key) => set_iso(document, key, text),
                    None => {}
                }
            }
            Ok(Event::End(_)) => {
                path.pop();
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
        if path.len() > 100 {
            break;
        }
    }
    if !words.is_empty() {
        set(document, "keywords", &words.join(";"));
    }
}

fn set_iso(document: &mut Document, key: &str, text: &str) {
    let date = matches!(key, "created" | "modified");
    if date && text.trim().as_bytes().get(4) == Some(&b'-') && !document.metadata.contains_key(key) {
        document.metadata.insert(key.to_owned(), Value::from(text.trim()));
    } else if !date {
        set(document, key, text);
    }
}

fn key_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "dc:title" => "title",
        "dc:creator" => "author",
        "dc:description" => "subject",
        "dc:subject" | "pdf:Keywords" => "keywords",
        "xmp:CreateDate" => "created",
        "xmp:ModifyDate" => "modified",
        "xmp:CreatorTool" => "creator",
        "pdf:Producer" => "producer",
        _ => return None,
    })
}
