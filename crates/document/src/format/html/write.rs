//! Markdown as it is written: blocks one after the other within lists and quotations, and what has to be escaped.

use std::fmt::Write as _;

/// Lists and quotations within one another are indented up to this depth.
const INDENTED_MAX: usize = 16;

/// How far a block is from the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// On the next line.
    Line,
    /// With a blank line between.
    Blank,
}

/// Writes blocks.
pub(super) struct Writer {
    text: String,
    /// What the lines of each enclosing list item or quotation begin with, outermost first.
    levels: Vec<&'static str>,
    prefix: String,
    /// The prefix of the last block that was written.
    last_prefix: String,
    /// What the first line of the innermost item begins with, in place of its level's prefix.
    marker: Option<String>,
    /// Before the next block.
    pub gap: Gap,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self {
            text: String::new(),
            levels: Vec::new(),
            prefix: String::new(),
            last_prefix: String::new(),
            marker: None,
            gap: Gap::Blank,
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Writes a block of one or more lines.
    pub(super) fn block(&mut self, content: &str) {
        if content.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
            if self.gap == Gap::Blank {
                // A blank line belongs to the quotations that both blocks are in.
                let both =
                    self.prefix.bytes().zip(self.last_prefix.bytes()).take_while(|(a, b)| a == b).count();
                self.text.push_str(self.prefix[..both].trim_end());
                self.text.push('\n');
            }
        }
        self.gap = Gap::Blank;
        self.last_prefix.clone_from(&self.prefix);
        for line in content.split('\n') {
            if let Some(marker) = self.marker.take() {
                let outer = self.prefix.len() - self.levels.last().map_or(0, |level| level.len());
                self.text.push_str(&self.prefix[..outer]);
                self.text.push_str(&marker);
            } else if line.is_empty() {
                self.text.push_str(self.prefix.trim_end());
            } else {
                self.text.push_str(&self.prefix);
            }
            self.text.push_str(line);
            self.text.push('\n');
        }
        self.text.pop();
    }

    /// Blocks up to [`Writer::leave`] are in an item that begins with a marker, or in a quotation.
    pub(super) fn enter(&mut self, level: Level<'_>) {
        let deep = self.levels.len() >= INDENTED_MAX;
        let (prefix, marker) = match level {
            Level::Item(marker) if deep => ("", Some(marker.to_owned())),
            Level::Item(marker) if marker.len() > 4 => ("      ", Some(format!("{marker:6}"))),
            Level::Item(marker) => ("    ", Some(marker.to_owned())),
            Level::Deeper if deep => ("", None),
            Level::Deeper => ("    ", None),
            Level::Quote if deep => ("", None),
            Level::Quote => ("> ", None),
        };
        // An item within an item that has nothing before it: the outer marker stands on a line of its own.
        if marker.is_some()
            && let Some(outer) = self.marker.take()
        {
            self.marker = Some(outer.trim_end().to_owned());
            self.block(" ");
            self.trim_line();
            self.gap = Gap::Line;
        }
        self.levels.push(prefix);
        self.prefix.push_str(prefix);
        self.marker = marker;
    }

    pub(super) fn leave(&mut self) {
        self.marker = None;
        if let Some(prefix) = self.levels.pop() {
            self.prefix.truncate(self.prefix.len() - prefix.len());
        }
    }

    fn trim_line(&mut self) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
    }
}

/// Something that indents what is in it.
pub(super) enum Level<'a> {
    /// A list item that begins with a marker.
    Item(&'a str),
    /// As deep as an item's content, without a marker.
    Deeper,
    Quote,
}

/// Where an inline text stands: what is markup there has to be escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A paragraph, which may have more than one line.
    Paragraph,
    /// A heading, or an item's one line.
    Line,
    /// A cell of a table.
    Cell,
}

/// Writes plain text so that Markdown reads it as it is. `begins` says that it stands at the start of a line.
pub(super) fn escape(text: &str, place: Place, begins: bool, out: &mut String) {
    let start = out.len();
    let bytes = text.as_bytes();
    let brackets = text.contains("](") || text.contains("][");
    for (at, c) in text.char_indices() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        let before = if at == 0 { b' ' } else { bytes[at - 1] };
        let escaped = match c {
            '_' | '`' => true,
            '*' => !(before.is_ascii_whitespace() && next.is_ascii_whitespace()),
            '\\' => next.is_ascii_punctuation(),
            '|' => place == Place::Cell,
            '~' => next == b'~' || before == b'~',
            '[' | ']' => brackets,
            '<' if next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?') => {
                out.push_str("&lt;");
                continue;
            }
            '&' if is_reference(&text[at..]) => {
                out.push_str("&amp;");
                continue;
            }
            '\n' if place != Place::Paragraph => {
                out.push(' ');
                continue;
            }
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(c);
    }
    if begins && place == Place::Paragraph {
        escape_start(out, start);
    }
}

/// Escapes what would make the line that begins at `start` a heading, a list item, a quotation or a rule.
fn escape_start(out: &mut String, start: usize) {
    let line = &out[start..];
    let first = line.chars().next().unwrap_or(' ');
    let rest = &line[first.len_utf8().min(line.len())..];
    let spaced = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t', '\n']);
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let at = match first {
        '#' if spaced(line.trim_start_matches('#')) => 0,
        '>' | '|' => 0,
        '-' | '+' if spaced(rest) => 0,
        '-' | '=' if line.chars().all(|c| c == first || c == ' ') => 0,
        '~' if line.starts_with("~~~") => 0,
        _ if (1..=9).contains(&digits)
            && line[digits..].starts_with(['.', ')'])
            && spaced(&line[digits + 1..]) =>
        {
            digits
        }
        _ => return,
    };
    out.insert(start + at, '\\');
}

/// Whether a text begins with what Markdown takes for a character reference.
fn is_reference(text: &str) -> bool {
    let name = text[1..].strip_prefix('#').unwrap_or(&text[1..]);
    let length = name.bytes().take(33).take_while(u8::is_ascii_alphanumeric).count();
    length > 0 && name[length..].starts_with(';')
}

/// A text as inline code.
pub(super) fn code(text: &str, place: Place, out: &mut String) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let padded = text.starts_with('`') || text.ends_with('`');
    let pad = if padded { " " } else { "" };
    let text = text.replace('\n', " ");
    let text = if place == Place::Cell { text.replace('|', "\\|") } else { text };
    let _ = write!(out, "{fence}{pad}{text}{pad}{fence}");
}

/// A text as a block of code.
pub(super) fn fenced(text: &str, language: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

/// Where a link goes, as it stands between the brackets.
pub(super) fn destination(address: &str) -> String {
    let mut balance = 0i64;
    let balanced = address.bytes().all(|b| {
        balance += i64::from(b == b'(') - i64::from(b == b')');
        balance >= 0
    }) && balance == 0;
    if balanced
        && !address.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '\\'))
    {
        return address.to_owned();
    }
    let mut out = String::with_capacity(address.len() + 8);
    for c in address.chars() {
        match c {
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '\\' => out.push_str("%5C"),
            c if c.is_ascii_whitespace() => out.push_str("%20"),
            c if c.is_control() || c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_would_read_as_markup_is_escaped() {
        let check = |text: &str, expect: &str| {
            let mut out = String::new();
            escape(text, Place::Paragraph, true, &mut out);
            assert_eq!(out, expect);
        };
        check("# no heading", "\\# no heading");
        check("#hash and a_b", "#hash and a\\_b");
        check("1. no item", "1\\. no item");
        check("2024 was", "2024 was");
        check("- no item", "\\- no item");
        check("5 * 3 and *so*", "5 * 3 and \\*so\\*");
        check("<b> a < b AT&T &amp;", "&lt;b> a < b AT&T &amp;amp;");
        check("[1] and [a](b)", "\\[1\\] and \\[a\\](b)");
        check("C:\\x \\* y", "C:\\x \\\\\\* y");
        check("---", "\\---");
    }

    #[test]
    fn code_and_links_are_delimited() {
        let mut out = String::new();
        code("a`b|c", Place::Cell, &mut out);
        assert_eq!(out, "``a`b\\|c``");
        assert_eq!(fenced("```\nx\n```", "md"), "````md\n```\nx\n```\n````");
        assert_eq!(destination("/a_(b)"), "/a_(b)");
        assert_eq!(destination("/a b)"), "/a%20b%29");
    }

    #[test]
    fn blocks_stand_within_items_and_quotations() {
        let mut writer = Writer::new();
        writer.block("one\ntwo");
        writer.enter(Level::Item("- "));
        writer.block("item\ngoes on");
        writer.gap = Gap::Line;
        writer.enter(Level::Item("10. "));
        writer.block("inner");
        writer.leave();
        writer.block("again");
        writer.leave();
        writer.enter(Level::Quote);
        writer.block("said");
        writer.block("more");
        writer.leave();
        assert_eq!(
            writer.finish(),
            "one\ntwo\n\n- item\n    goes on\n    10. inner\n\n    again\n\n> said\n>\n> more"
        );
    }
}
