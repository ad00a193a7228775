//! OpenDocument files: texts, sheets, and presentations or drawings; in packages, or flat in one XML file.
//!
//! Owns what the three have in common: how a file is opened, its styles and its metadata.

mod blocks;
mod inline;
mod lists;
mod objects;
mod presentation;
mod spreadsheet;
mod styles;
mod tables;
mod text;

use serde_json::Value;

use super::{Context, Damage, Entry, Read, markdown};
use crate::compose::line;
use crate::package::{Package, properties};
use crate::xml::{self, Token, Xml};
use crate::{Document, Problem};
use styles::Styles;

/// Texts.
pub(crate) const TEXT: Entry = Entry {
    name: "odt",
    endings: &["odt", "ott", "fodt"],
    names: &[],
    prose: true,
    read: Read::Bytes {
        sniff: |bytes| is(bytes, "text"),
        read: |bytes, context| read(bytes, context, text::read),
    },
};

/// Sheets.
pub(crate) const SHEETS: Entry = Entry {
    name: "ods",
    endings: &["ods", "ots", "fods"],
    names: &[],
    prose: false,
    read: Read::Bytes {
        sniff: |bytes| is(bytes, "spreadsheet"),
        read: |bytes, context| read(bytes, context, spreadsheet::read),
    },
};

/// Presentations and drawings: pages with frames on them.
pub(crate) const PAGES: Entry = Entry {
    name: "odp",
    endings: &["odp", "otp", "fodp", "odg", "otg", "fodg"],
    names: &[],
    prose: true,
    read: Read::Bytes {
        sniff: |bytes| is(bytes, "presentation") || is(bytes, "graphics"),
        read: |bytes, context| read(bytes, context, presentation::read),
    },
};

/// What a package says it is, in its first part, which is not compressed.
const MEDIA_TYPE: &str = "application/vnd.oasis.opendocument.";
/// Longer headers and footers are left out, in bytes.
const FURNITURE_BYTES_MAX: usize = 4096;
/// How many bytes from the start say what a flat file is.
const SNIFF_BYTES: usize = 4096;

/// A file's content, and what else is in its package.
struct Source<'a> {
    content: &'a str,
    package: Option<Package<'a>>,
    styles: Styles,
}

/// Reads the body of a content part.
type Body = fn(&mut Source<'_>, &mut Document) -> Result<(), String>;

fn is(bytes: &[u8], kind: &str) -> bool {
    let wanted = format!("{MEDIA_TYPE}{kind}");
    let start = &bytes[..bytes.len().min(SNIFF_BYTES)];
    let package = start.starts_with(b"PK") && start.get(30..38) == Some(b"mimetype");
    let at = if package { Some(38) } else { find(start, b"office:mimetype=").map(|at| at + 17) };
    at.and_then(|at| start.get(at..)).is_some_and(|rest| rest.starts_with(wanted.as_bytes()))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn read(bytes: &[u8], context: &Context<'_>, body: Body) -> Result<Document, Damage> {
    let mut document = Document::new(context.format, String::new());
    let (package, content) = if bytes.starts_with(b"PK") {
        let mut package = Package::open(bytes)?;
        let content = packaged(&mut package, &mut document)?;
        (Some(package), content)
    } else {
        let start = bytes.trim_ascii_start();
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        if !start.starts_with(b"<") {
            return Err(Damage::Broken("it is neither a package nor an XML file".into()));
        }
        (None, Parts { content: xml::decoded(bytes.to_vec()), styles: String::new() })
    };
    let mut styles = Styles::default();
    // A style of the content part counts before one of the same name in the other.
    styles.read(&content.styles);
    styles.read(&content.content);
    // Sheets and slides have such lines by default, whether they are printed or not.
    if context.format.as_str() == TEXT.name {
        furniture(if package.is_some() { &content.styles } else { &content.content }, &mut document);
    }
    if package.is_none() {
        properties::read(head(&content.content), &mut document);
    }
    let mut source = Source { content: &content.content, package, styles };
    if let Err(why) = body(&mut source, &mut document) {
        if document.text.is_empty() {
            return Err(Damage::Broken(format!("its content cannot be read: {why}")));
        }
        document.problems.push(lost("content", why));
    }
    document.text.truncate(document.text.trim_end().len());
    document.title = document.title.take().or_else(|| markdown::first_heading(&document.blocks));
    Ok(document)
}

/// The parts that say what a document is.
struct Parts {
    content: String,
    styles: String,
}

fn packaged(package: &mut Package<'_>, document: &mut Document) -> Result<Parts, Damage> {
    if let Ok(Some(manifest)) = package.read("META-INF/manifest.xml")
        && find(&manifest, b"encryption-data").is_some()
    {
        return Err(Damage::Locked);
    }
    let content = xml::decoded(package.require("content.xml")?);
    let mut optional = |part: &str| match package.read(part) {
        Ok(bytes) => Ok(bytes.map(xml::decoded).unwrap_or_default()),
        Err(Damage::Broken(why)) => {
            document.problems.push(lost(part, why));
            Ok(String::new())
        }
        Err(damage) => Err(damage),
    };
    let styles = optional("styles.xml")?;
    let meta = optional("meta.xml")?;
    properties::read(&meta, document);
    Ok(Parts { content, styles })
}

/// Takes what stands above and below every page: it is no part of the text, and goes into the metadata.
fn furniture(part: &str, document: &mut Document) {
    let mut xml = Xml::new(part);
    let mut said: [Vec<String>; 2] = Default::default();
    while let Ok(Some(token)) = xml.next() {
        let Token::Start(tag) = token else { continue };
        let place = match tag.name() {
            "office:body" => break,
            "style:header" | "style:header-left" | "style:header-first" => 0,
            "style:footer" | "style:footer-left" | "style:footer-first" => 1,
            _ => continue,
        };
        let Ok(text) = xml.text() else { break };
        let text = line(&text);
        if text.len() > FURNITURE_BYTES_MAX {
            let why = format!("it is longer than {FURNITURE_BYTES_MAX} bytes, and was left out");
            document.problems.push(lost("the top or the bottom of every page", why));
        } else if !text.is_empty() && !said[place].contains(&text) {
            said[place].push(text);
        }
    }
    for (key, said) in ["page_header", "page_footer"].into_iter().zip(said) {
        if !said.is_empty() {
            document.metadata.insert(key.into(), Value::from(said.join("\n")));
        }
    }
}

/// A flat file up to its body.
fn head(content: &str) -> &str {
    content.split("<office:body").next().unwrap_or_default()
}

/// Goes to where the content of a body begins; gives the name of its kind, such as `office:text`.
fn enter(xml: &mut Xml<'_>) -> Result<String, String> {
    let mut within = false;
    while let Some(token) = xml.next()? {
        if let Token::Start(tag) = token {
            if within {
                return Ok(tag.name().to_owned());
            }
            within = tag.name() == "office:body";
        }
    }
    Err("it has no body".into())
}

fn lost(place: &str, why: String) -> Problem {
    Problem { place: place.into(), what: "content".into(), why, content_lost: true }
}
