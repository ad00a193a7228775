//! AsciiDoc (the language as Asciidoctor documents it): stored as the Markdown it says.
//!
//! Blocks and macros that are not known keep their text. What another file holds is told as a problem.

mod inline;
mod list;
mod table;

use std::collections::HashMap;

use serde_json::Value;

use super::{Entry, Read, html, markup};
use crate::{Document, Extent, Format};

/// AsciiDoc.
pub(crate) const FORMAT: Entry = Entry {
    name: "asciidoc",
    endings: &["adoc", "asciidoc", "asc"],
    names: &[],
    prose: true,
    read: Read::Text(|text, _| Ok(parse(&text))),
};

/// Blocks nested deeper are kept as the text they are.
const DEPTH_MAX: usize = 20;
/// What a reader should mind.
const ADMONITIONS: [&str; 5] = ["NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"];

fn parse(text: &str) -> Document {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut reading =
        Reading { document: Document::new(Format(&FORMAT), String::new()), attributes: HashMap::new() };
    let start = reading.header(&lines);
    let mut blocks = Vec::new();
    if let Some(title) = &reading.document.title {
        blocks.push(format!("# {title}"));
    }
    blocks.extend(reading.blocks(&lines[start..], 0));
    let mut document = reading.document;
    markup::finish(&mut document, blocks);
    document
}

struct Reading {
    document: Document,
    attributes: HashMap<String, String>,
}

/// What stands ahead of a block.
#[derive(Default)]
struct Ahead {
    title: String,
    /// The positional attributes: the style, then what it takes.
    positional: Vec<String>,
    named: HashMap<String, String>,
}

impl Ahead {
    fn style(&self) -> &str {
        self.positional.first().map_or("", |style| style.split(['#', '.', '%']).next().unwrap_or_default())
    }

    fn take(&mut self, list: &str) {
        for part in split_attributes(list) {
            match part.split_once('=') {
                Some((key, value)) => {
                    self.named
                        .insert(key.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned());
                }
                None => self.positional.push(part.trim().trim_matches(['"', '\'']).to_owned()),
            }
        }
    }
}

/// The parts of a list of attributes; a comma within quotes parts nothing.
fn split_attributes(list: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in list.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// A heading's level, from 0, and its text.
fn heading(line: &str) -> Option<(usize, &str)> {
    let sign = line.chars().next().filter(|sign| matches!(sign, '=' | '#'))?;
    let level = line.len() - line.trim_start_matches(sign).len();
    let text = line[level..].strip_prefix(' ')?.trim();
    ((1..=6).contains(&level) && !text.is_empty()).then_some((level - 1, text))
}

/// The name and value of an attribute's line.
fn attribute(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix(':')?.split_once(':')?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_!".contains(c));
    (plain && (value.is_empty() || value.starts_with(' '))).then_some((name, value.trim()))
}

/// The sign that a delimited block begins with, and ends with.
fn delimiter(line: &str) -> Option<char> {
    let first = line.chars().next()?;
    let same = line.chars().all(|c| c == first);
    match line {
        "--" => Some('-'),
        line if same && line.len() >= 4 && "-.=*_+/".contains(first) => Some(first),
        line if line.starts_with("```") => Some('`'),
        line if line.len() >= 4 && line.ends_with("===") && ",:|!".contains(first) => {
            line[1..].chars().all(|c| c == '=').then_some('|')
        }
        _ => None,
    }
}

impl Reading {
    /// The document's title, its authors and its attributes; gives where the text begins.
    fn header(&mut self, lines: &[&str]) -> usize {
        let mut at = 0;
        while at < lines.len()
            && (lines[at].is_empty() || lines[at].starts_with("//") || self.attribute(lines[at]))
        {
            at += 1;
        }
        let Some((0, title)) = lines.get(at).and_then(|line| heading(line)) else { return at };
        self.document.title = Some(title.to_owned());
        at += 1;
        let mut place = 0;
        while let Some(line) = lines.get(at).filter(|line| !line.is_empty()) {
            if self.attribute(line) || line.starts_with("//") {
                at += 1;
                continue;
            }
            if place >= 2
                || heading(line).is_some()
                || delimiter(line).is_some()
                || line.starts_with(['[', '.'])
            {
                break;
            }
            let key = if place == 0 { "author" } else { "revision" };
            self.document.metadata.insert(key.to_owned(), Value::from(*line));
            place += 1;
            at += 1;
        }
        if let Some(title) = &self.document.title {
            self.document.title = Some(self.inline(title));
        }
        at
    }

    fn attribute(&mut self, line: &str) -> bool {
        let Some((name, value)) = attribute(line) else { return false };
        if let Some(name) = name.strip_prefix('!').or_else(|| name.strip_suffix('!')) {
            self.attributes.remove(name);
            return true;
        }
        let key = match name {
            "author" => Some("author"),
            "keywords" => Some("keywords"),
            "description" => Some("description"),
            "revdate" => Some("created"),
            _ => None,
        };
        if let Some(key) = key.filter(|_| !value.is_empty()) {
            self.document.metadata.insert(key.to_owned(), Value::from(value));
        }
        self.attributes.insert(name.to_owned(), value.to_owned());
        true
    }

    /// The Markdown of a part of the text.
    fn blocks(&mut self, lines: &[&str], depth: usize) -> Vec<String> {
        if depth > DEPTH_MAX {
            return vec![lines.join("\n")];
        }
        let mut out = Vec::new();
        let mut ahead = Ahead::default();
        let mut at = 0;
        while at < lines.len() {
            let line = lines[at];
            if line.is_empty() || self.aside(line, &mut ahead) {
                at += 1;
                continue;
            }
            let own = std::mem::take(&mut ahead);
            if !own.title.is_empty() {
                out.push(format!("**{}**", self.inline(&own.title)));
            }
            at = self.block(&Place { lines, at, depth }, &own, &mut out).max(at + 1);
        }
        out
    }

    /// Lines that are no block: attributes, titles and anchors of the next, comments, conditions.
    fn aside(&mut self, line: &str, ahead: &mut Ahead) -> bool {
        if delimiter(line).is_none() && (line.starts_with("//") || self.attribute(line)) {
            return true;
        }
        if let Some(file) = line.strip_prefix("include::") {
            let place = "directive `include`".to_owned();
            markup::left_out(&mut self.document, place, file.split('[').next().unwrap_or(file));
            return true;
        }
        let macros = ["ifdef::", "ifndef::", "ifeval::", "endif::", "toc::[]"];
        if macros.iter().any(|begin| line.starts_with(begin)) || line == "<<<" {
            return true;
        }
        if let Some(list) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            if !list.starts_with('[') {
                ahead.take(list);
            }
            return true;
        }
        let title =
            line.strip_prefix('.').filter(|title| !title.starts_with(['.', ' ']) && !title.is_empty());
        if let Some(title) = title {
            ahead.title = title.to_owned();
        }
        title.is_some()
    }

    /// One block; gives where the next one begins.
    fn block(&mut self, place: &Place<'_>, ahead: &Ahead, out: &mut Vec<String>) -> usize {
        let (lines, at) = (place.lines, place.at);
        let line = lines[at];
        if let Some(sign) = delimiter(line) {
            let close = if sign == '`' { "```" } else { line };
            let end = (at + 1..lines.len()).find(|at| lines[*at] == close).unwrap_or(lines.len());
            self.delimited(&Place { lines: &lines[at..end], at, depth: place.depth }, ahead, out);
            return end + 1;
        }
        if let Some((level, text)) = heading(line) {
            out.push(format!("{} {}", "#".repeat(level + 1), self.inline(text)));
            return at + 1;
        }
        if matches!(line, "'''" | "---" | "***") {
            out.push("---".into());
            return at + 1;
        }
        for (begin, sign) in [("image::", "!"), ("video::", ""), ("audio::", "")] {
            if let Some((target, text)) = line.strip_prefix(begin).and_then(|rest| rest.split_once('[')) {
                let text = split_attributes(text.trim_end_matches(']')).swap_remove(0);
                out.push(format!("{sign}[{}]({target})", text.trim_matches('"')));
                return at + 1;
            }
        }
        if let Some(next) = self.list(place, out) {
            return next;
        }
        self.paragraph(place, ahead, out)
    }

    /// What stands between two delimiters; the first line is the first of them.
    fn delimited(&mut self, place: &Place<'_>, ahead: &Ahead, out: &mut Vec<String>) {
        let (head, inner) = (place.lines[0], &place.lines[1..]);
        let Some(sign) = delimiter(head) else { return };
        let style = ahead.style();
        let text = inner.join("\n");
        let language = ahead.positional.get(1).map_or("", String::as_str);
        match sign {
            '/' => {}
            '|' => self.table(place, ahead, out),
            '`' => out.push(markup::fence(&head[3..], &text)),
            '-' if head != "--" => {
                let own = if matches!(style, "source" | "") { language } else { style };
                let known = self.attributes.get("source-language").map_or("", String::as_str);
                let own = if own.is_empty() && style == "source" { known } else { own };
                out.push(markup::fence(own, &text));
            }
            '.' => out.push(markup::fence(if style == "source" { language } else { "" }, &text)),
            '+' if matches!(style, "stem" | "latexmath" | "asciimath") => out.push(format!("$$\n{text}\n$$")),
            '+' => out.push(html::parse(&text, Extent::Whole).text),
            '-' if matches!(style, "source" | "listing") => out.push(markup::fence(language, &text)),
            '_' if style == "verse" => {
                let lines: Vec<String> = inner.iter().map(|line| self.inline(line)).collect();
                out.push(markup::quote(&lines.join("\\\n")));
            }
            sign => {
                let blocks = self.blocks(inner, place.depth + 1).join("\n\n");
                let by = ahead.positional[1.min(ahead.positional.len())..].join(", ");
                match sign {
                    _ if ADMONITIONS.contains(&style) => out.push(markup::admonition(&label(style), &blocks)),
                    '_' if by.is_empty() => out.push(markup::quote(&blocks)),
                    '_' => out.push(markup::quote(&format!("{blocks}\n\n— {by}"))),
                    '*' => out.push(markup::quote(&blocks)),
                    _ => out.push(blocks),
                }
            }
        }
    }

    fn paragraph(&mut self, place: &Place<'_>, ahead: &Ahead, out: &mut Vec<String>) -> usize {
        let (lines, at) = (place.lines, place.at);
        let goes_on = |line: &str| !line.is_empty() && delimiter(line).is_none() && line != "+";
        let end = (at + 1..lines.len()).find(|at| !goes_on(lines[*at])).unwrap_or(lines.len());
        let own = &lines[at..end];
        let language = ahead.positional.get(1).map_or("", String::as_str);
        match ahead.style() {
            "source" | "listing" | "literal" => {
                out.push(markup::fence(language, &own.join("\n")));
                return end;
            }
            _ if own[0].starts_with(' ') => {
                out.push(markup::fence("", &own.join("\n")));
                return end;
            }
            _ => {}
        }
        let shown: Vec<String> = own
            .iter()
            .map(|line| match line.strip_suffix(" +") {
                Some(line) => format!("{}\\", self.inline(line)),
                None => self.inline(line),
            })
            .collect();
        let text = shown.join("\n");
        let said =
            ADMONITIONS.iter().find_map(|kind| Some((*kind, text.strip_prefix(kind)?.strip_prefix(": ")?)));
        out.push(match (said, ahead.style()) {
            (Some((kind, text)), _) => markup::admonition(&label(kind), text),
            (None, kind) if ADMONITIONS.contains(&kind) => markup::admonition(&label(kind), &text),
            (None, "quote" | "verse") => markup::quote(&text),
            _ => text,
        });
        end
    }
}

/// Where in the text a block begins.
struct Place<'a> {
    lines: &'a [&'a str],
    at: usize,
    depth: usize,
}

fn label(kind: &str) -> String {
    format!("{}{}", &kind[..1], kind[1..].to_lowercase())
}

#[cfg(test)]
mod tests;
