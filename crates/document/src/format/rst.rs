//! reStructuredText (docutils' markup specification, with Sphinx's directives): stored as the Markdown it says.
//!
//! A directive that is not known keeps its text. What another file holds is told as a problem.

mod directive;
mod inline;
mod list;
mod table;

use std::collections::HashMap;

use serde_json::Value;

use super::{Entry, Read, markup};
use crate::{Document, Format};

/// reStructuredText.
pub(crate) const FORMAT: Entry = Entry {
    name: "restructuredtext",
    endings: &["rst", "rest"],
    names: &[],
    prose: true,
    read: Read::Text(|text, _| Ok(parse(&text))),
};

/// Blocks nested deeper are kept as the text they are.
const DEPTH_MAX: usize = 20;

fn parse(text: &str) -> Document {
    let text = text.replace('\t', "        ");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut reading = Reading {
        document: Document::new(Format(&FORMAT), String::new()),
        targets: HashMap::new(),
        substitutions: HashMap::new(),
        styles: Vec::new(),
        begun: false,
    };
    reading.definitions(&lines);
    let blocks = reading.blocks(&lines, 0);
    let mut document = reading.document;
    markup::finish(&mut document, blocks);
    document
}

struct Reading {
    document: Document,
    /// Where named links lead.
    targets: HashMap<String, String>,
    substitutions: HashMap<String, String>,
    /// What underlines headings, outermost first, and whether it is above them too.
    styles: Vec<(char, bool)>,
    /// Whether anything but a heading was read: fields at the start are about the document.
    begun: bool,
}

/// Where in the text a block begins.
#[derive(Clone, Copy)]
struct Place<'a> {
    lines: &'a [&'a str],
    at: usize,
    depth: usize,
}

/// How many spaces a line begins with.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether a line is one sign of punctuation throughout.
fn rule(line: &str) -> Option<char> {
    let first = line.chars().next().filter(char::is_ascii_punctuation)?;
    (line.len() >= 2 && line.chars().all(|c| c == first)).then_some(first)
}

/// Lines without the indent that they share.
fn dedent<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let shared = lines.iter().filter(|line| !line.is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    lines.iter().map(|line| line.get(shared..).unwrap_or("")).collect()
}

/// Where an indented part that begins at `start` ends.
fn end_of_indented(lines: &[&str], start: usize, least: usize) -> usize {
    let mut end = start;
    for (at, line) in lines.iter().enumerate().skip(start) {
        if line.is_empty() {
            continue;
        }
        if indent(line) < least {
            break;
        }
        end = at + 1;
    }
    end
}

impl Reading {
    /// Names that other parts of the text refer to.
    fn definitions(&mut self, lines: &[&str]) {
        for line in lines {
            let Some(rest) = line.trim_start().strip_prefix(".. ") else { continue };
            if let Some((name, target)) = rest.strip_prefix('_').and_then(|rest| rest.split_once(": ")) {
                self.targets.insert(name.trim_matches('`').to_lowercase(), target.trim().to_owned());
            } else if let Some((name, rest)) = rest.strip_prefix('|').and_then(|rest| rest.split_once('|'))
                && let Some(text) = rest.trim_start().strip_prefix("replace::")
            {
                self.substitutions.insert(name.to_owned(), text.trim().to_owned());
            }
        }
    }

    /// The Markdown of lines that stand under one indent.
    fn blocks(&mut self, lines: &[&str], depth: usize) -> Vec<String> {
        if depth > DEPTH_MAX {
            return vec![lines.join("\n")];
        }
        let mut out = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            if lines[at].is_empty() {
                at += 1;
                continue;
            }
            let next = self.block(Place { lines, at, depth }, &mut out);
            at = next.max(at + 1);
        }
        out
    }

    /// One block; gives where the next one begins.
    fn block(&mut self, place: Place<'_>, out: &mut Vec<String>) -> usize {
        let Place { lines, at, depth } = place;
        let line = lines[at];
        if indent(line) > 0 {
            let end = end_of_indented(lines, at, 1);
            let inner = self.blocks(&dedent(&lines[at..end]), depth + 1);
            out.push(markup::quote(&inner.join("\n\n")));
            return end;
        }
        if line == ".." || line.starts_with(".. ") {
            return self.explicit(place, out);
        }
        if let Some(next) = self.heading(lines, at, out) {
            return next;
        }
        if let Some(next) = self.table(place, out) {
            self.begun = true;
            return next;
        }
        if let Some(next) = self.list(place, out) {
            return next;
        }
        self.begun = true;
        if line.starts_with(">>> ") {
            let end = (at..lines.len()).find(|at| lines[*at].is_empty()).unwrap_or(lines.len());
            out.push(markup::fence("python", &lines[at..end].join("\n")));
            return end;
        }
        if line.starts_with("| ") || line == "|" {
            let end = (at..lines.len()).find(|at| lines[*at].is_empty()).unwrap_or(lines.len());
            let verse = lines[at..end].iter().map(|line| self.inline(line.trim_start_matches('|').trim()));
            out.push(verse.collect::<Vec<_>>().join("\\\n"));
            return end;
        }
        if line.starts_with("__ ") {
            return at + 1;
        }
        self.paragraph(lines, at, out)
    }

    /// A heading or a line across the page.
    fn heading(&mut self, lines: &[&str], at: usize, out: &mut Vec<String>) -> Option<usize> {
        let line = lines[at];
        let under = |place: usize| lines.get(place).copied().and_then(rule);
        let (text, style, next) = match rule(line) {
            Some(over) => {
                let title = lines.get(at + 1).map(|title| title.trim()).filter(|title| !title.is_empty());
                match title {
                    Some(title) if under(at + 2) == Some(over) => (title, (over, true), at + 3),
                    _ if line.len() >= 4 && lines.get(at + 1).is_none_or(|line| line.is_empty()) => {
                        out.push("---".into());
                        return Some(at + 1);
                    }
                    _ => return None,
                }
            }
            None => {
                let sign = under(at + 1)?;
                let long_enough = lines[at + 1].len() >= line.chars().count().min(4);
                if !long_enough {
                    return None;
                }
                (line, (sign, false), at + 2)
            }
        };
        let level = self.styles.iter().position(|known| *known == style).unwrap_or_else(|| {
            self.styles.push(style);
            self.styles.len() - 1
        });
        let text = self.inline(text);
        out.push(format!("{} {text}", "#".repeat((level + 1).min(6))));
        Some(next)
    }

    /// A paragraph, the term of a definition, or the text ahead of a literal block.
    fn paragraph(&mut self, lines: &[&str], at: usize, out: &mut Vec<String>) -> usize {
        let mut end = at + 1;
        while end < lines.len() && !lines[end].is_empty() && indent(lines[end]) == 0 {
            end += 1;
        }
        let text = lines[at..end].join("\n");
        let Some(ahead) = text.strip_suffix("::") else {
            out.push(self.inline(&text));
            return end;
        };
        let ahead = ahead.trim_end();
        if !ahead.is_empty() {
            out.push(self.inline(&format!("{ahead}:")));
        }
        let start = (end..lines.len()).find(|at| !lines[*at].is_empty()).unwrap_or(lines.len());
        let last = end_of_indented(lines, start, 1);
        if start < last {
            out.push(markup::fence("", &dedent(&lines[start..last]).join("\n")));
        }
        last.max(end)
    }

    /// A field at the head of the document.
    fn metadata(&mut self, name: &str, text: &str) {
        let key = match name.to_lowercase().as_str() {
            "date" => "created".to_owned(),
            "authors" => "author".to_owned(),
            name => name.replace(' ', "_"),
        };
        if !text.is_empty() {
            self.document.metadata.insert(key, Value::from(text));
        }
    }
}

#[cfg(test)]
mod tests;
