//! Explicit markup of reStructuredText: directives, notes, links' targets, comments.

use super::super::markup;
use super::{Place, Reading, dedent, end_of_indented};
use crate::Extent;
use crate::format::html;

/// A directive: what follows its name, its options, its content.
struct Directive<'a> {
    argument: String,
    options: Vec<(&'a str, &'a str)>,
    content: Vec<&'a str>,
    place: String,
    depth: usize,
}

impl Directive<'_> {
    fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }
}

impl Reading {
    /// What begins with two dots; gives where it ends.
    pub(super) fn explicit(&mut self, place: Place<'_>, out: &mut Vec<String>) -> usize {
        let Place { lines, at, depth } = place;
        let end = end_of_indented(lines, at + 1, 1).max(at + 1);
        let head = lines[at].get(3..).unwrap_or("").trim();
        let body = &lines[at + 1..end];
        if let Some((label, rest)) = head.strip_prefix('[').and_then(|head| head.split_once(']')) {
            let mut own = vec![rest.trim_start()];
            own.extend(dedent(body));
            let text = self.blocks(&own, depth + 1).join("\n\n");
            out.push(format!("[^{}]: {}", label.trim_start_matches('#'), text.replace('\n', "\n    ")));
            return end;
        }
        if head.starts_with('_') {
            return end;
        }
        let head = match head.strip_prefix('|').and_then(|head| head.split_once('|')) {
            Some((_, rest)) => rest.trim_start(),
            None => head,
        };
        let Some((name, argument)) = head.split_once("::") else { return end };
        let plain = |c: char| c.is_alphanumeric() || "-_:+.".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return end;
        }
        let body = dedent(body);
        let mut directive = Directive {
            argument: argument.trim().to_owned(),
            options: Vec::new(),
            content: Vec::new(),
            place: format!("directive `{name}`"),
            depth,
        };
        let mut rest = body.into_iter().peekable();
        while let Some(line) = rest.next_if(|line| !line.is_empty()) {
            match line.strip_prefix(':').and_then(|line| line.split_once(':')) {
                Some((key, value)) => directive.options.push((key, value.trim())),
                None if directive.options.is_empty() && !takes_content_at_once(name) => {
                    directive.argument = format!("{} {}", directive.argument, line.trim()).trim().to_owned();
                }
                None => {
                    directive.content.push(line);
                    break;
                }
            }
        }
        directive.content.extend(rest);
        self.directive(name, &directive, out);
        end
    }

    fn directive(&mut self, name: &str, own: &Directive<'_>, out: &mut Vec<String>) {
        let argument = own.argument.as_str();
        let code = || own.content.join("\n");
        match name {
            "code-block" | "code" | "sourcecode" | "parsed-literal" | "doctest" | "testcode" | "prompt"
            | "testoutput" | "productionlist" => out.push(markup::fence(argument, &code())),
            "math" => out.push(format!("$$\n{}\n$$", format!("{argument}\n{}", code()).trim())),
            "image" | "figure" => {
                let alt = own.option("alt").unwrap_or_default();
                out.push(format!("![{alt}]({argument})"));
                out.extend(self.blocks(&own.content, own.depth + 1));
            }
            "list-table" => self.list_table(own, out),
            "csv-table" => {
                if let Some(file) = own.option("file").or_else(|| own.option("url")) {
                    markup::left_out(&mut self.document, own.place.clone(), file);
                }
                let header = own.option("header").map(|header| format!("{header}\n")).unwrap_or_default();
                self.caption(argument, out);
                let rows = markup::csv_rows(&format!("{header}{}", code()), b',');
                let rows: Vec<Vec<String>> = rows
                    .iter()
                    .map(|row| row.iter().map(|cell| self.inline(cell.trim())).collect())
                    .collect();
                out.push(markup::table(&rows));
            }
            "include" | "literalinclude" => markup::left_out(&mut self.document, own.place.clone(), argument),
            "raw" => match own.option("file").or_else(|| own.option("url")) {
                Some(file) => markup::left_out(&mut self.document, own.place.clone(), file),
                None if argument == "html" => out.push(html::parse(&code(), Extent::Whole).text),
                None => out.push(markup::fence(argument, &code())),
            },
            "toctree" => {
                let entries = own.content.iter().filter(|line| !line.is_empty());
                out.push(entries.map(|line| format!("- {}", line.trim())).collect::<Vec<_>>().join("\n"));
            }
            "contents" | "index" | "meta" | "highlight" | "default-role" | "role" | "sectnum"
            | "target-notes" | "tabularcolumns" | "replace" | "unicode" | "date" | "currentmodule"
            | "sectionauthor" => {}
            "rubric" | "centered" => self.caption(argument, out),
            "table" => {
                self.caption(argument, out);
                out.extend(self.blocks(&own.content, own.depth + 1));
            }
            "versionadded" | "versionchanged" | "deprecated" | "versionremoved" => {
                self.version(name, own, out)
            }
            _ => self.other(name, own, out),
        }
    }

    /// Since when, or until when, something is there.
    fn version(&mut self, name: &str, own: &Directive<'_>, out: &mut Vec<String>) {
        let argument = own.argument.as_str();
        let label = match name {
            "versionadded" => "New in version",
            "versionchanged" => "Changed in version",
            "deprecated" => "Deprecated since version",
            _ => "Removed in version",
        };
        let (version, note) = argument.split_once(' ').unwrap_or((argument, ""));
        let mut text = vec![self.inline(note)];
        text.extend(self.blocks(&own.content, own.depth + 1));
        out.push(markup::admonition(&format!("{label} {version}"), text.join("\n\n").trim()));
    }

    /// Directives that set text apart, and those that are not known: their text is kept.
    fn other(&mut self, name: &str, own: &Directive<'_>, out: &mut Vec<String>) {
        let argument = self.inline(&own.argument);
        let inner = self.blocks(&own.content, own.depth + 1);
        match name {
            "note" | "tip" | "warning" | "caution" | "important" | "danger" | "error" | "hint"
            | "attention" | "seealso" | "todo" => {
                let label = if name == "seealso" { "See also".to_owned() } else { capitalized(name) };
                let text = std::iter::once(argument).chain(inner).filter(|text| !text.is_empty());
                out.push(markup::admonition(&label, &text.collect::<Vec<_>>().join("\n\n")));
            }
            "admonition" | "topic" | "sidebar" => {
                out.push(markup::admonition(&argument, &inner.join("\n\n")))
            }
            "epigraph" | "highlights" | "pull-quote" => {
                let text = std::iter::once(argument).chain(inner).filter(|text| !text.is_empty());
                out.push(markup::quote(&text.collect::<Vec<_>>().join("\n\n")));
            }
            "container" | "compound" | "class" | "rst-class" | "only" => out.extend(inner),
            name => {
                let is_object = name.contains(':') || own.argument.contains('(');
                out.push(if is_object { markup::code(&own.argument) } else { argument });
                out.extend(inner);
            }
        }
    }

    fn caption(&self, text: &str, out: &mut Vec<String>) {
        if !text.is_empty() {
            out.push(format!("**{}**", self.inline(text)));
        }
    }

    /// A table written as a list of lists.
    fn list_table(&mut self, own: &Directive<'_>, out: &mut Vec<String>) {
        self.caption(&own.argument, out);
        let mut rows: Vec<Vec<String>> = Vec::new();
        for line in &own.content {
            let (begins_row, line) = match line.strip_prefix("* ") {
                Some(rest) => (true, rest),
                None => (false, line.trim_start()),
            };
            if begins_row {
                rows.push(Vec::new());
            }
            let Some(row) = rows.last_mut() else { continue };
            let cell = line.strip_prefix("- ").or_else(|| (line == "-").then_some(""));
            match (cell, row.last_mut()) {
                (Some(cell), _) => row.push(cell.to_owned()),
                (None, Some(last)) => {
                    last.push('\n');
                    last.push_str(line);
                }
                (None, None) => {}
            }
        }
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| self.cell(cell, own.depth)).collect()).collect();
        out.push(markup::table(&rows));
    }
}

/// Directives without options whose content may begin on the line after.
fn takes_content_at_once(name: &str) -> bool {
    matches!(
        name,
        "note"
            | "tip"
            | "warning"
            | "caution"
            | "important"
            | "danger"
            | "error"
            | "hint"
            | "attention"
            | "seealso"
            | "toctree"
            | "math"
            | "epigraph"
            | "container"
            | "code-block"
            | "code"
            | "sourcecode"
            | "parsed-literal"
            | "list-table"
            | "csv-table"
            | "raw"
            | "admonition"
            | "topic"
            | "todo"
            | "only"
    )
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
