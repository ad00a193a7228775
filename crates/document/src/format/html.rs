//! HTML: stored as the Markdown it says, links kept. Other formats whose parts are HTML or XHTML use it too.
//!
//! What is not shown on the page (scripts, style sheets, comments) is not read. What is there and hidden from a
//! reader is read, and is a problem.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Context, Damage, Entry, Read, markdown};
use crate::{Document, Extent, Format, Problem, decode};

mod entities;
mod head;
mod hidden;
mod inline;
mod render;
mod table;
mod tokens;
pub(super) mod tree;
mod write;

pub(super) use head::language;
pub(super) use render::Pictures;
use tree::{DEPTH_MAX, Tree};

/// Web pages.
pub(crate) const FORMAT: Entry = Entry {
    name: "html",
    endings: &["html", "htm", "xhtml"],
    names: &[],
    prose: true,
    read: Read::Bytes { sniff, read },
};

/// Less main content than this share of the whole is not believed.
const MAIN_SHARE_MIN: f64 = 0.1;
/// Nor is less than this many bytes.
const MAIN_BYTES_MIN: usize = 200;
/// Main content is not looked for in pages that are longer, nested deeper, or of more elements or attributes than
/// any that people write: the search takes more than linear time.
const MAIN_SOURCE_BYTES_MAX: usize = 8 << 20;
/// How many bytes are looked at to tell a page.
const SNIFF_BYTES: usize = 512;

/// How tags are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// `<br/>` says nothing that `<br>` does not.
    Html,
    /// An element of XML that closes itself has no content, whatever its name.
    Xhtml,
}

/// What a page says, as Markdown.
pub(crate) struct Page {
    pub text: String,
    pub title: Option<String>,
    /// ISO 639-1 code.
    pub language: Option<String>,
    pub metadata: BTreeMap<String, Value>,
    pub problems: Vec<Problem>,
    pub has_headings: bool,
    /// Where the files of its pictures are, as it names them.
    pub images: Vec<String>,
    /// How deep elements are nested was more than is kept.
    too_deep: bool,
}

fn sniff(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(SNIFF_BYTES)];
    let start =
        String::from_utf8_lossy(start).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    let decoded = decode::decode_declared(bytes, head::declared_encoding(bytes));
    let mut document = parse(&decoded.text, context.extent);
    document.problems.splice(0..0, decoded.problems);
    Ok(document)
}

/// Reads a page.
pub(crate) fn parse(html: &str, extent: Extent) -> Document {
    let start: String = html.chars().take(100).collect();
    let syntax = if start.trim_start().starts_with("<?xml") { Syntax::Xhtml } else { Syntax::Html };
    let whole = page(html, syntax);
    let main =
        (extent == Extent::MainContent && !whole.too_deep).then(|| main_content(html, syntax)).flatten();
    let believed = |main: &String| {
        #[expect(clippy::cast_precision_loss, reason = "a share of a page needs no more than 52 bits")]
        let share = main.len() as f64 / whole.text.len().max(1) as f64;
        main.len() >= MAIN_BYTES_MIN && share >= MAIN_SHARE_MIN
    };
    let mut document = Document::new(Format(&FORMAT), main.filter(believed).unwrap_or(whole.text));
    document.blocks = markdown::blocks(&document.text).blocks;
    document.title = whole.title.or_else(|| markdown::first_heading(&document.blocks));
    document.language = whole.language;
    document.metadata = whole.metadata;
    document.problems = whole.problems;
    document
}

/// Reads a page as it is, navigation and all.
pub(crate) fn page(html: &str, syntax: Syntax) -> Page {
    page_with(html, syntax, Pictures::Marked)
}

/// Reads a page with its pictures shown in this way.
pub(super) fn page_with(html: &str, syntax: Syntax, pictures: Pictures) -> Page {
    let tree = Tree::parse(html, syntax);
    let mut problems = hidden::problems(&tree, html);
    if tree.too_deep {
        let why = format!("elements are nested more than {DEPTH_MAX} deep; what is deeper was read as text");
        problems.push(whole_page("structure", why));
    }
    let head = head::read(&tree);
    let rendered = render::render(&tree, head.base, pictures);
    if rendered.cut_tables {
        let why = "cells that span many rows or columns were not repeated in each of them".to_owned();
        problems.push(whole_page("tables", why));
    }
    Page {
        text: rendered.text,
        title: head.title,
        language: head.language,
        metadata: head.metadata,
        problems,
        has_headings: rendered.has_headings,
        images: images(&tree),
        too_deep: tree.too_deep,
    }
}

fn images(tree: &Tree<'_>) -> Vec<String> {
    let source = |id| match tree.name(id) {
        "img" => tree.attribute(id, "src"),
        "image" => tree.attribute(id, "xlink:href").or_else(|| tree.attribute(id, "href")),
        _ => None,
    };
    tree.descendants(0).filter_map(source).filter(|source| !source.is_empty()).map(str::to_owned).collect()
}

fn whole_page(what: &str, why: String) -> Problem {
    Problem { place: "the whole page".into(), what: what.into(), why, content_lost: false }
}

fn main_content(html: &str, syntax: Syntax) -> Option<String> {
    if html.len() > MAIN_SOURCE_BYTES_MAX || !head::is_usual(html, syntax) {
        return None;
    }
    let mut page = dom_smoothie::Readability::new(html, None, None).ok()?;
    let article = page.parse().ok()?;
    Some(self::page(&article.content, Syntax::Html).text)
}

#[cfg(test)]
mod tests;
