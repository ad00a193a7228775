//! Footnotes, endnotes and comments, which come after the text, and headers and footers, which are metadata.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::super::Damage;
use super::super::ooxml::inline;
use super::super::ooxml::writer::Writer;
use super::super::ooxml::xml::{Element, Xml};
use super::body::Body;
use super::list::Lists;
use super::pages::Pages;

/// The notes that the text refers to, with their numbers.
#[derive(Default)]
pub(super) struct Notes {
    numbers: HashMap<(bool, String), usize>,
}

impl Notes {
    /// The mark of a note where the text refers to it.
    pub(super) fn refer(&mut self, is_endnote: bool, id: &str) -> String {
        let next = self.numbers.len() + 1;
        format!("[^{}]", self.numbers.entry((is_endnote, id.to_owned())).or_insert(next))
    }
}

impl Body<'_, '_> {
    /// Writes the notes and comments after the text, and takes headers and footers. Gives the text's pages.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn notes(mut self, main: &str, out: &mut Writer) -> Result<Pages, Damage> {
        let own = self.office.relationships(main)?;
        for (kind, place) in
            [("footnotes", "the footnotes"), ("endnotes", "the endnotes"), ("comments", "the comments")]
        {
            let part = own.parts(kind).next().map(str::to_owned);
            if let Some(text) = self.open(part, place)? {
                self.notes_of(&text, kind, out)?;
            }
        }
        for (kind, key) in [("header", "headers"), ("footer", "footers")] {
            let mut found: Vec<String> = Vec::new();
            let mut seen = HashSet::new();
            for part in own.parts(kind).map(str::to_owned).collect::<Vec<_>>() {
                let place = if kind == "header" { "the headers" } else { "the footers" };
                let Some(text) = self.open(Some(part), place)? else { continue };
                let words = self.words(&text)?;
                if !words.is_empty() && seen.insert(words.clone()) {
                    found.push(words);
                }
            }
            if !found.is_empty() {
                self.office.metadata.insert(key.into(), found.into_iter().map(Value::from).collect());
            }
        }
        if self.hidden > 0 {
            let place = format!("{} runs of text", self.hidden);
            self.office.noted(&place, "hidden text", "the file hides it from its readers; it was kept");
        }
        Ok(self.pages)
    }

    /// Opens a part, whose relationships then hold.
    fn open(&mut self, part: Option<String>, place: &'static str) -> Result<Option<String>, Damage> {
        let Some(part) = part else { return Ok(None) };
        let Some(text) = self.office.text(&part)? else { return Ok(None) };
        self.relationships = self.office.relationships(&part)?;
        self.place = place;
        self.lists = Lists::default();
        Ok(Some(text))
    }

    fn notes_of(&mut self, text: &str, kind: &str, out: &mut Writer) -> Result<(), Damage> {
        let mut xml = Xml::new(text);
        let Some(root) = xml.root() else { return Ok(()) };
        while let Some(note) = xml.child(root.inner) {
            let separates = note.attribute("type").is_some_and(|kind| kind != "normal");
            if separates || !matches!(note.name(), "footnote" | "endnote" | "comment") {
                continue;
            }
            let text = self.flat(&mut xml, &note)?;
            if text.is_empty() {
                continue;
            }
            if kind == "comments" {
                out.paragraph(&format!("{}{text}", by(&note)));
            } else {
                let mark = self.notes.refer(kind == "endnotes", &note.attribute("id").unwrap_or_default());
                out.block(&format!("{mark}: {text}"));
            }
            let end = out.len();
            self.office.place_scans(end);
        }
        self.office.damage(&xml, self.place);
        Ok(())
    }

    /// The blocks of an element on one line.
    fn flat(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<String, Damage> {
        let mut own = Writer::default();
        self.apart += 1;
        let done = self.blocks(xml, element.inner, &mut own);
        self.apart -= 1;
        done?;
        Ok(own.finish().split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn words(&mut self, text: &str) -> Result<String, Damage> {
        let mut xml = Xml::new(text);
        let Some(root) = xml.root() else { return Ok(String::new()) };
        let words = self.flat(&mut xml, &root)?;
        self.office.damage(&xml, self.place);
        Ok(words.replace("<!-- image -->", "").trim().to_owned())
    }
}

/// Who said something, and when.
fn by(comment: &Element<'_>) -> String {
    let author = comment.attribute("author").unwrap_or_default();
    let date = comment.attribute("date").unwrap_or_default();
    let author = if author.trim().is_empty() {
        String::new()
    } else {
        format!(" by {}", inline::escaped(author.trim()))
    };
    let date = date.split('T').next().filter(|date| !date.is_empty()).map(|date| format!(", {date}"));
    format!("Comment{author}{}: ", date.unwrap_or_default())
}
