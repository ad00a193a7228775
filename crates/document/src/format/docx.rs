//! Word files: stored as the Markdown that they show. Headers and footers, which are on every page, are metadata.

use self::body::Body;
use self::numbering::Numbering;
use self::styles::Styles;
use super::ooxml::writer::Writer;
use super::ooxml::xml::Xml;
use super::ooxml::{Office, is_office};
use super::{Context, Damage, Entry, Read};
use crate::Document;

mod body;
mod draft;
mod drawing;
mod list;
mod notes;
mod numbering;
mod pages;
mod paragraph;
mod run;
mod styles;
mod table;

/// Word files since 2007, with and without macros, and templates.
pub(crate) const FORMAT: Entry = Entry {
    name: "docx",
    endings: &["docx", "docm", "dotx", "dotm"],
    names: &[],
    prose: true,
    read: Read::Bytes { sniff: |bytes| is_office(bytes, "word/"), read },
};

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    let (mut office, main) = Office::open(bytes, "word/document.xml")?;
    let text = office.main(&main)?;
    let relationships = office.relationships(&main)?;
    let styles = relationships.parts("styles").next().map(|part| office.text(part)).transpose()?.flatten();
    let styles = styles.unwrap_or_default();
    let numbering =
        relationships.parts("numbering").next().map(|part| office.text(part)).transpose()?.flatten();
    let links = Styles::numbering_of(&mut Xml::new(&styles));
    let numbering = Numbering::read(&mut Xml::new(&numbering.unwrap_or_default()), links);
    let styles = Styles::read(&mut Xml::new(&styles));
    office.attach(&relationships)?;
    let mut body = Body::new(&mut office, relationships, &styles, numbering);
    let mut writer = Writer::default();
    body.document(&text, &mut writer)?;
    let pages = body.notes(&main, &mut writer)?;
    let text = writer.finish();
    let mut document = office.document(context, text);
    document.pages = pages.finish(&document.text);
    Ok(document)
}

#[cfg(test)]
mod tests;
