//! Speaker notes and comments of slides, as quotations after the slide.

use std::collections::HashMap;

use super::super::Damage;
use super::super::ooxml::inline;
use super::super::ooxml::relationships::Relationships;
use super::super::ooxml::writer::Writer;
use super::super::ooxml::xml::{Element, Xml};
use super::Show;
use super::layout::Role;
use super::text;

impl Show<'_, '_> {
    /// The names of those who comment, by their ids.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn authors(
        &mut self,
        relationships: &Relationships,
    ) -> Result<HashMap<String, String>, Damage> {
        let mut authors = HashMap::new();
        for kind in ["commentAuthors", "authors"] {
            let Some(part) = relationships.parts(kind).next() else { continue };
            let Some(text) = self.office.text(part)? else { continue };
            let mut xml = Xml::new(&text);
            let Some(root) = xml.root() else { continue };
            while let Some(author) = xml.child(root.inner) {
                if let (Some(id), Some(name)) = (author.attribute("id"), author.attribute("name")) {
                    authors.insert(id, name);
                }
            }
        }
        Ok(authors)
    }

    /// Writes the notes and comments of the slide that was just written.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn notes(
        &mut self,
        authors: &HashMap<String, String>,
        out: &mut Writer,
    ) -> Result<(), Damage> {
        let notes = self.relationships.parts("notesSlide").next().map(str::to_owned);
        let comments: Vec<String> = self.relationships.parts("comments").map(str::to_owned).collect();
        if let Some(part) = notes
            && let Some(content) = self.office.text(&part)?
        {
            let mut xml = Xml::new(&content);
            let lines = spoken(&mut xml);
            self.office.damage(&xml, &format!("slide {}, its notes", self.number));
            quote("Notes", &lines, out);
        }
        for part in comments {
            let Some(content) = self.office.text(&part)? else { continue };
            let mut xml = Xml::new(&content);
            let Some(root) = xml.root() else { continue };
            while let Some(comment) = xml.child(root.inner) {
                if comment.name() == "cm" {
                    said(&mut xml, &comment, authors, out);
                }
            }
            self.office.damage(&xml, &format!("slide {}, its comments", self.number));
        }
        Ok(())
    }
}

/// The lines of the notes' body.
fn spoken(xml: &mut Xml<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_body = false;
    let mut open: Vec<usize> = xml.root().map(|root| root.inner).into_iter().collect();
    while let Some(inner) = open.last().copied() {
        let Some(part) = xml.child(inner) else {
            open.pop();
            continue;
        };
        match part.name() {
            "sp" => {
                is_body = false;
                open.push(part.inner);
            }
            "ph" => is_body = Role::read(&part).kind == "body",
            "txBody" if is_body => {
                let paragraphs = text::body(xml, &part, None);
                lines.extend(paragraphs.iter().map(text::Paragraph::plain));
            }
            "cSld" | "spTree" | "grpSp" | "nvSpPr" | "nvPr" => open.push(part.inner),
            _ => {}
        }
    }
    lines
}

/// Writes a comment, and the answers to it.
fn said(xml: &mut Xml<'_>, comment: &Element<'_>, authors: &HashMap<String, String>, out: &mut Writer) {
    let mut waiting = vec![(comment.inner, by(comment, authors))];
    let mut lines: Vec<String> = Vec::new();
    while let Some((inner, who)) = waiting.last().cloned() {
        let Some(part) = xml.child(inner) else {
            waiting.pop();
            continue;
        };
        match part.name() {
            "text" | "txBody" => {
                lines.extend(xml.text(part.inner).lines().map(str::to_owned));
                quote(&who, &lines, out);
                lines.clear();
            }
            "reply" => waiting.push((part.inner, by(&part, authors))),
            "replyLst" => waiting.push((part.inner, who)),
            _ => {}
        }
    }
}

fn by(comment: &Element<'_>, authors: &HashMap<String, String>) -> String {
    let id = comment.attribute("authorId").unwrap_or_default();
    let author = authors.get(&id).map(|name| format!(" by {name}")).unwrap_or_default();
    let date = comment.attribute("dt").or_else(|| comment.attribute("created")).unwrap_or_default();
    let date = date.split('T').next().filter(|date| !date.is_empty()).map(|date| format!(", {date}"));
    format!("Comment{author}{}", date.unwrap_or_default())
}

/// Lines as a quotation with what they are before them; nothing for lines without text.
fn quote(what: &str, lines: &[String], out: &mut Writer) {
    let lines: Vec<String> = lines.iter().map(|line| inline::escaped(line.trim())).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
    if !lines.is_empty() {
        out.block(&format!("> {}: {}", inline::escaped(what), lines.join("\n>\n> ")));
    }
}
