//! PowerPoint files: a slide is a page, its shapes in the order in which they are read. Footers, and
//! where words lead, are metadata.

use std::collections::BTreeSet;

use serde_json::Value;

use self::layout::Layouts;
use super::ooxml::relationships::Relationships;
use super::ooxml::writer::Writer;
use super::ooxml::xml::Xml;
use super::ooxml::{Office, is_office};
use super::{Context, Damage, Entry, Read};
use crate::{Document, Page, Span};

mod frame;
mod layout;
mod notes;
mod shape;
mod slide;
mod text;

/// PowerPoint files since 2007, with and without macros, shows and templates.
pub(crate) const FORMAT: Entry = Entry {
    name: "pptx",
    endings: &["pptx", "pptm", "ppsx", "ppsm", "potx", "potm"],
    names: &[],
    prose: true,
    read: Read::Bytes { sniff: |bytes| is_office(bytes, "ppt/"), read },
};

/// A presentation being read.
struct Show<'o, 'a> {
    office: &'o mut Office<'a>,
    layouts: Layouts,
    /// The slide being read, from 1.
    number: u32,
    relationships: Relationships,
    /// What stands in the footers of slides.
    footers: BTreeSet<String>,
    /// Where words of slides lead outside the file.
    links: BTreeSet<String>,
    nesting: usize,
}

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    let (mut office, main) = Office::open(bytes, "ppt/presentation.xml")?;
    let text = office.main(&main)?;
    let relationships = office.relationships(&main)?;
    let slides = slides(&text, &mut office)?;
    let mut show = Show {
        office: &mut office,
        layouts: Layouts::default(),
        number: 0,
        relationships: Relationships::default(),
        footers: BTreeSet::new(),
        links: BTreeSet::new(),
        nesting: 0,
    };
    let authors = show.authors(&relationships)?;
    let mut writer = Writer::default();
    let mut pages = Vec::with_capacity(slides.len());
    for (number, id) in (1..).zip(slides) {
        show.number = number;
        let start = writer.len();
        if let Some(part) = relationships.part(&id).map(str::to_owned) {
            show.slide(&part, &authors, &mut writer)?;
        } else {
            show.office.lost(&format!("slide {number}"), "a slide", "the file does not hold it");
        }
        let end = writer.len();
        show.office.place_scans(end);
        pages.push(Page { number, span: Span { start, end } });
    }
    for (key, found) in [("footers", show.footers), ("links", show.links)] {
        if !found.is_empty() {
            show.office.metadata.insert(key.into(), found.into_iter().map(Value::from).collect());
        }
    }
    let mut document = office.document(context, writer.finish());
    for page in &mut pages {
        page.span = page.span.trimmed(&document.text);
    }
    document.pages = pages;
    Ok(document)
}

/// The relationship ids of the slides, in their order.
fn slides(text: &str, office: &mut Office<'_>) -> Result<Vec<String>, Damage> {
    let mut xml = Xml::new(text);
    let Some(root) = xml.root().filter(|root| root.name() == "presentation") else {
        return Err(Damage::Broken("its main part is no presentation".into()));
    };
    let mut slides = Vec::new();
    while let Some(part) = xml.child(root.inner) {
        if part.name() == "sldIdLst" {
            while let Some(slide) = xml.child(part.inner) {
                slides.extend(slide.prefixed("id"));
            }
        }
    }
    office.damage(&xml, "the list of slides");
    Ok(slides)
}

#[cfg(test)]
mod tests;
