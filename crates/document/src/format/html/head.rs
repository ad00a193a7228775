//! What a page says of itself: title, language, authors and dates, its encoding, and where its links start from.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use serde_json::Value;

use super::Syntax;
use super::tokens::{Tag, Token, Tokens};
use super::tree::{Id, Tree};

/// How many bytes are looked at for the encoding: browsers look at 1024.
const DECLARED_WITHIN: usize = 4096;
/// A base address longer than this is not put before links: it would be there once for each.
const BASE_BYTES_MAX: usize = 400;
/// No element that people write has more attributes.
const FEW_ATTRIBUTES: usize = 200;
/// Nor has a page that people read more elements.
const FEW_ELEMENTS: usize = 200_000;

#[derive(Default)]
pub(super) struct Head {
    pub title: Option<String>,
    pub language: Option<String>,
    /// The address that relative links start from, where the page names one.
    pub base: Option<String>,
    pub metadata: BTreeMap<String, Value>,
}

/// Names of `meta` elements, and what they are in metadata.
const NAMES: [(&str, &str); 12] = [
    ("author", "author"),
    ("article:author", "author"),
    ("dc.creator", "author"),
    ("description", "description"),
    ("og:description", "description"),
    ("dc.date", "created"),
    ("date", "created"),
    ("article:published_time", "created"),
    ("article:modified_time", "modified"),
    ("last-modified", "modified"),
    ("og:site_name", "site"),
    ("generator", "generator"),
];

pub(super) fn read(tree: &Tree<'_>) -> Head {
    let mut head = Head::default();
    for id in tree.descendants(0) {
        match tree.name(id) {
            "html" if head.language.is_none() => {
                let named = tree.attribute(id, "lang").or_else(|| tree.attribute(id, "xml:lang"));
                head.language = named.and_then(language);
            }
            "title" if head.title.is_none() && tree.name(tree.parent(id)) != "svg" => {
                let title = tree.words(id);
                head.title = (!title.is_empty()).then_some(title);
            }
            "base" if head.base.is_none() => {
                let address = tree.attribute(id, "href").filter(|href| href.len() <= BASE_BYTES_MAX);
                head.base = address.filter(|href| href.contains("://")).map(str::to_owned);
            }
            "meta" => meta(tree, id, &mut head.metadata),
            _ => {}
        }
    }
    head
}

fn meta(tree: &Tree<'_>, id: Id, metadata: &mut BTreeMap<String, Value>) {
    let name = tree.attribute(id, "name").or_else(|| tree.attribute(id, "property"));
    let (Some(name), Some(content)) = (name, tree.attribute(id, "content")) else { return };
    let name = name.to_ascii_lowercase();
    if content.is_empty() {
        return;
    }
    if name == "keywords" {
        let words = content.split([',', ';']).map(str::trim).filter(|word| !word.is_empty());
        metadata.entry(name).or_insert_with(|| words.map(Value::from).collect());
    } else if let Some((_, known)) = NAMES.iter().find(|(own, _)| *own == name) {
        metadata.entry((*known).to_owned()).or_insert_with(|| Value::from(content));
    }
}

/// The two-letter code of a language tag.
pub(in crate::format) fn language(tag: &str) -> Option<String> {
    let code = tag.split(['-', '_']).next().unwrap_or_default();
    (code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic())).then(|| code.to_ascii_lowercase())
}

/// The encoding that the first bytes of a page name, in a `meta` element or an XML declaration.
pub(super) fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARED_WITHIN)]).to_ascii_lowercase();
    let meta = start.match_indices("<meta").find_map(|(place, _)| {
        let element = start[place..].split('>').next()?;
        element.split_once("charset").map(|(_, after)| after.to_owned())
    });
    let declaration = start.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split("?>").next());
    let declared = meta.or_else(|| Some(declaration?.split_once("encoding")?.1.to_owned()))?;
    let label = declared.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\''));
    let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')));
    Encoding::for_label(&label.as_bytes()[..end.unwrap_or(label.len())])
}

/// Whether a page has no more elements, and they no more attributes, than people write.
pub(super) fn is_usual(html: &str, syntax: Syntax) -> bool {
    let mut elements = 0;
    Tokens::new(html, syntax).all(|token| match token {
        Token::Open(Tag { attributes, .. }) => {
            elements += 1;
            elements < FEW_ELEMENTS && attributes.len() < FEW_ATTRIBUTES
        }
        _ => true,
    })
}

/// A link as it is from outside: put after `base` when it is relative, and there is one.
pub(super) fn resolved(link: &str, base: Option<&str>) -> String {
    let Some(base) = base else { return link.to_owned() };
    let scheme = link.split(['/', '?', '#']).next().unwrap_or_default();
    if link.is_empty() || link.starts_with('#') || scheme.contains(':') {
        return link.to_owned();
    }
    let Some((protocol, rest)) = base.split_once("://") else { return link.to_owned() };
    if let Some(same_protocol) = link.strip_prefix("//") {
        return format!("{protocol}://{same_protocol}");
    }
    let path_start = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(path_start);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let folder =
        if link.starts_with('/') { "" } else { path.rsplit_once('/').map_or("", |(folder, _)| folder) };
    let (link_path, query) = link.split_at(link.find(['?', '#']).unwrap_or(link.len()));
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link_path.trim_start_matches('/').split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{protocol}://{host}/{}{query}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_start_from_the_base() {
        let check = |link: &str, expect: &str| {
            assert_eq!(resolved(link, Some("https://a.b/c/d.html?x")), expect);
        };
        check("e.html", "https://a.b/c/e.html");
        check("../f?q#g", "https://a.b/f?q#g");
        check("/h/./i", "https://a.b/h/i");
        check("//j/k", "https://j/k");
        check("mailto:x@y", "mailto:x@y");
        check("#part", "#part");
        assert_eq!(resolved("e.html", None), "e.html");
    }

    #[test]
    fn an_encoding_is_found_where_pages_name_it() {
        let check = |page: &str, expect: Option<&str>| {
            assert_eq!(declared_encoding(page.as_bytes()).map(Encoding::name), expect, "{page}");
        };
        check("<html><META charset='iso-8859-2'>", Some("ISO-8859-2"));
        check("<meta http-equiv=content-type content=\"text/html; charset=Shift_JIS\">", Some("Shift_JIS"));
        check("<?xml version='1.0' encoding='koi8-r'?><html>", Some("KOI8-R"));
        check("<meta name=charset-less><p>", None);
        check("<p>charset=koi8-r", None);
    }
}
