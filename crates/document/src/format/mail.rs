//! What every mail becomes, whatever file it came in: its head and its body as Markdown, its attachments by name.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::{Context, html, markdown};
use crate::{Attachment, Document, Problem};

/// The longest name of an attachment, in bytes.
const NAME_BYTES_MAX: usize = 160;

/// A mail as it was read.
#[derive(Default)]
pub(super) struct Mail {
    pub subject: String,
    /// `Name <address>`.
    pub from: String,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// ISO 8601.
    pub date: Option<String>,
    pub message_id: Option<String>,
    pub in_reply_to: Option<String>,
    /// Its text, in the order it is shown.
    pub body: Vec<Body>,
    /// What it carries, by the names it gives.
    pub attachments: Vec<(String, Vec<u8>)>,
    pub problems: Vec<Problem>,
}

/// A part of a mail's text.
pub(super) enum Body {
    /// Plain text, lines as they were written.
    Plain(String),
    /// A page.
    Html(String),
}

impl Mail {
    /// The document that the mail is.
    pub(super) fn into_document(self, context: &Context<'_>) -> Document {
        let mut text = self.head();
        let mut hidden = Vec::new();
        for part in &self.body {
            let part = match part {
                Body::Plain(text) => text.replace('\0', "\u{fffd}").replace('\r', ""),
                Body::Html(page) => {
                    let page = html::page(page, html::Syntax::Html);
                    hidden.extend(page.problems);
                    page.text
                }
            };
            if !part.trim().is_empty() {
                text.push_str("\n\n");
                text.push_str(part.trim_end().trim_start_matches('\n'));
            }
        }
        let mut document = Document::new(context.format, text.trim_start().to_owned());
        document.blocks = markdown::blocks(&document.text).blocks;
        document.title = Some(self.subject.clone()).filter(|subject| !subject.is_empty());
        document.attachments = named(self.attachments);
        document.problems = self.problems;
        document.problems.append(&mut hidden);
        let names: Vec<String> = document.attachments.iter().map(|carried| carried.name.clone()).collect();
        let one = |text: Option<String>| text.filter(|text| !text.is_empty()).map(Value::from);
        let many = |texts: Vec<String>| (!texts.is_empty()).then(|| Value::from(texts));
        let metadata = [
            ("subject", one(Some(self.subject))),
            ("author", one(Some(self.from))),
            ("to", many(self.to)),
            ("cc", many(self.cc)),
            ("created", one(self.date)),
            ("message_id", one(self.message_id)),
            ("in_reply_to", one(self.in_reply_to)),
            ("attachments", many(names)),
        ];
        document.metadata = metadata
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect::<BTreeMap<_, _>>();
        document
    }

    /// Who wrote what to whom, and when.
    fn head(&self) -> String {
        let mut head = String::new();
        if !self.subject.is_empty() {
            head = format!("# {}\n\n", self.subject);
        }
        let (to, cc) = (self.to.join(", "), self.cc.join(", "));
        let date = self.date.as_deref().unwrap_or_default();
        let lines = [("From", self.from.as_str()), ("To", &to), ("Cc", &cc), ("Date", date)];
        for (name, value) in lines.into_iter().filter(|(_, value)| !value.is_empty()) {
            head.push_str(&format!("- {name}: {value}\n"));
        }
        head.truncate(head.trim_end().len());
        head
    }
}

/// A text on one line.
pub(super) fn line(text: &str) -> String {
    let plain = text.replace(|c: char| c.is_control(), " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Attachments under names that are file names, and each another's.
fn named(carried: Vec<(String, Vec<u8>)>) -> Vec<Attachment> {
    let mut taken = HashSet::new();
    let mut numbers: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let mut unique = |name: String| {
        let mut own = name.clone();
        while !taken.insert(own.to_lowercase()) {
            let number = numbers.entry(name.to_lowercase()).or_insert(1);
            *number += 1;
            own = match name.rsplit_once('.') {
                Some((stem, ending)) => format!("{stem} ({number}).{ending}"),
                None => format!("{name} ({number})"),
            };
        }
        own
    };
    carried.into_iter().map(|(name, bytes)| Attachment { name: unique(file_name(&name)), bytes }).collect()
}

/// A name without what a path or a source would read into it.
fn file_name(name: &str) -> String {
    let plain: String =
        line(name).chars().map(|c| if matches!(c, '/' | '\\' | '#' | ':') { '_' } else { c }).collect();
    let plain = plain.trim_matches(['.', ' ']);
    if plain.is_empty() {
        return "attachment".to_owned();
    }
    if plain.len() <= NAME_BYTES_MAX {
        return plain.to_owned();
    }
    let (stem, ending) = match plain.rsplit_once('.') {
        Some((stem, ending)) if ending.len() < 16 => (stem, format!(".{ending}")),
        _ => (plain, String::new()),
    };
    let cut = (0..=NAME_BYTES_MAX).rev().find(|cut| stem.is_char_boundary(*cut)).unwrap_or(0);
    format!("{}{ending}", &stem[..cut.min(stem.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_attachments_are_file_names_and_unique() {
        let carried = ["a.pdf", "../A.pdf", "a.pdf", "A.PDF", "x/y#z.txt", "", "\u{1}", &"n".repeat(400)];
        let names: Vec<String> = named(carried.iter().map(|name| (name.to_string(), Vec::new())).collect())
            .into_iter()
            .map(|carried| carried.name)
            .collect();
        let long = "n".repeat(NAME_BYTES_MAX);
        let expect =
            ["a.pdf", "_A.pdf", "a (2).pdf", "A (3).PDF", "x_y_z.txt", "attachment", "attachment (2)", &long];
        assert_eq!(names, expect);
    }
}
