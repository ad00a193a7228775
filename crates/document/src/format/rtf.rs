//! Rich Text Format (version 1.9.1 of its specification): stored as the Markdown that it says.
//!
//! What is read becomes a page of HTML first, so that lists, tables and escapes come out as those of a web page.
//! Deleted text is left out; hidden text is left out and told.

mod control;
mod page;
mod reader;

use super::{Context, Damage, Entry, Read, html, markdown};
use crate::{Document, Edit, Extent, Problem, Scan, Span};
pub(super) use reader::codepage;
use reader::{Found, Reader};

/// Rich text.
pub(crate) const FORMAT: Entry = Entry {
    name: "rtf",
    endings: &["rtf"],
    names: &[],
    prose: true,
    read: Read::Bytes { sniff: |bytes| bytes.starts_with(b"{\\rtf"), read },
};

/// What stands for a picture until its place in the text is known: private characters that no text has.
const MARK: char = '\u{f8e0}';

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    if !bytes.trim_ascii_start().starts_with(b"{\\rtf") {
        return Err(Damage::Broken("it does not begin with `{\\rtf`".into()));
    }
    let found = Reader::new(bytes).read();
    let mut document = html::parse(&page(&found), Extent::Whole);
    document.format = context.format;
    document.metadata = found.metadata;
    document.problems.extend(found.problems);
    let title = document.metadata.get("title").and_then(|title| title.as_str().map(str::to_owned));
    document.title = title.or_else(|| markdown::first_heading(&document.blocks));
    place_pictures(&mut document, found.pictures);
    Ok(document)
}

/// The page that mail programs pack into rich text, or the rich text as a page: for the bodies of mails.
pub(super) fn to_html(bytes: &[u8]) -> String {
    let found = Reader::new(bytes).read();
    page(&found).replace(MARK, "")
}

fn page(found: &Found) -> String {
    if found.packed_page.is_empty() { page::of(&found.blocks) } else { found.packed_page.clone() }
}

/// Puts the usual mark in place of each picture's own, and notes where it stands.
fn place_pictures(document: &mut Document, pictures: Vec<reader::Picture>) {
    let mut edits = Vec::new();
    let mut scans = Vec::new();
    let mut rest = 0;
    for (number, picture) in pictures.into_iter().enumerate() {
        let place = format!("picture {}", number + 1);
        let marker = format!("{MARK}{number}{MARK}");
        let at = document.text[rest..].find(&marker).map(|at| rest + at);
        if let Some(start) = at {
            rest = start + marker.len();
            edits.push(Edit { span: Span { start, end: rest }, with: "<!-- image -->".into() });
        }
        let why = if picture.media_type.is_some() {
            "no text was read in it"
        } else {
            "pictures of this format cannot be read"
        };
        document.problems.push(Problem {
            place: place.clone(),
            what: "text in a picture".into(),
            why: why.into(),
            content_lost: true,
        });
        if let Some(media_type) = picture.media_type {
            let at = at.unwrap_or(document.text.len());
            scans.push(Scan { place, at, media_type, bytes: picture.bytes });
        }
    }
    document.scans = scans;
    document.edit(edits);
}

#[cfg(test)]
mod tests;
