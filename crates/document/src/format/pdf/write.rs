//! The parts of pages as Markdown, with where each line stands.

use super::heading::Headings;
use super::layout::{Kind, Part, is_bullet, number_length};
use super::lines::Line;
use crate::{Area, Document, Page, Span};

/// Writes pages one after another into a document.
pub(super) struct Writer<'d> {
    document: &'d mut Document,
    page: u32,
    /// Where the page's text starts.
    start: usize,
    /// The left edges of the items of the list that is open, outermost first.
    items: Vec<f32>,
}

impl<'d> Writer<'d> {
    /// Writes into a document.
    pub(super) fn new(document: &'d mut Document) -> Self {
        Self { document, page: 0, start: 0, items: Vec::new() }
    }

    /// Starts the next page.
    pub(super) fn start_page(&mut self, number: u32) {
        self.page = number;
        self.items.clear();
        self.part_from_before();
        self.start = self.document.text.len();
    }

    /// Where the page's next text comes.
    pub(super) fn place(&self) -> usize {
        self.document.text.len()
    }

    /// Ends the page.
    pub(super) fn end_page(&mut self) {
        let end = self.document.text.len();
        let start = self.start.min(end);
        self.document.pages.push(Page { number: self.page, span: Span { start, end } });
    }

    /// Writes a part of the page.
    pub(super) fn part(&mut self, part: &Part, headings: &Headings) {
        match &part.kind {
            Kind::Table(rows) => self.table(rows),
            Kind::Lines(lines) => match headings.level(part, self.page) {
                Some(level) => self.heading(level, lines),
                None => self.lines(lines),
            },
        }
    }

    /// Writes text that stands nowhere on the page: a note, or a field's value.
    pub(super) fn aside(&mut self, text: &str) {
        self.items.clear();
        self.part_from_before();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let start = self.document.text.len();
        self.document.text.push_str(&text);
        self.escape_start(start);
    }

    fn part_from_before(&mut self) {
        if !self.document.text.is_empty() {
            self.document.text.push_str("\n\n");
        }
    }

    fn heading(&mut self, level: u8, lines: &[Line]) {
        self.items.clear();
        self.part_from_before();
        self.document.text.push_str(&"#".repeat(usize::from(level)));
        self.document.text.push(' ');
        self.text(lines);
    }

    fn lines(&mut self, lines: &[Line]) {
        let Some(first) = lines.first() else { return };
        let text = first.text.trim();
        let bullet = text.chars().next().filter(|c| is_bullet(*c)).map_or(0, char::len_utf8);
        let bullet = if text[bullet..].starts_with(' ') { bullet } else { 0 };
        let numbered = number_length(text).is_some_and(|length| {
            text.as_bytes()[0].is_ascii_digit() && text[..length].ends_with(['.', ')'])
        });
        if bullet == 0 && !numbered {
            self.items.clear();
            self.part_from_before();
            let start = self.document.text.len();
            self.text(lines);
            self.escape_start(start);
            return;
        }
        self.item_start(first);
        if bullet > 0 {
            self.document.text.push_str("- ");
            let mut own = lines.to_vec();
            own[0].text = text[bullet..].trim_start().to_owned();
            self.text(&own);
        } else {
            self.text(lines);
        }
    }

    /// Parts an item from the one before, and sets it in by how far it stands to the right.
    fn item_start(&mut self, line: &Line) {
        let left = line.area.left;
        let goes_on = !self.items.is_empty();
        self.items.retain(|own| *own < left + 4.0);
        if self.items.last().is_none_or(|own| left > own + 4.0) {
            self.items.push(left);
        }
        if goes_on {
            self.document.text.push('\n');
        } else {
            self.part_from_before();
            self.items = vec![left];
        }
        let depth = self.items.len().saturating_sub(1).min(4);
        self.document.text.push_str(&"   ".repeat(depth));
    }

    /// Lines as one, each with its area; a word that a hyphen parts is put together again.
    fn text(&mut self, lines: &[Line]) {
        let mut joins = true;
        for (index, line) in lines.iter().enumerate() {
            let text = line.text.trim();
            if text.is_empty() {
                continue;
            }
            if !joins {
                self.document.text.push(' ');
            }
            let next = lines.get(index + 1).map(|next| next.text.trim()).unwrap_or_default();
            let own = parted(text, next);
            joins = own.is_some();
            self.line(own.unwrap_or(text), line);
        }
    }

    fn line(&mut self, text: &str, line: &Line) {
        let out = &mut self.document.text;
        let start = out.len();
        push_escaped(out, text);
        let span = Span { start, end: out.len() };
        let area = line.area;
        self.document.areas.push(Area {
            span,
            page: self.page,
            left: area.left,
            top: area.top,
            right: area.right,
            bottom: area.bottom,
        });
    }

    fn table(&mut self, rows: &[Vec<Vec<Line>>]) {
        self.items.clear();
        self.part_from_before();
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                self.document.text.push('\n');
            }
            self.document.text.push('|');
            for cell in row {
                self.document.text.push(' ');
                let start = self.document.text.len();
                let areas = self.document.areas.len();
                self.text(cell);
                if self.document.text[start..].contains('|') {
                    self.escape_bars(start, areas);
                }
                self.document.text.push_str(" |");
            }
            if index == 0 {
                self.document.text.push_str("\n|");
                self.document.text.push_str(&" --- |".repeat(row.len()));
            }
        }
    }

    /// A bar within a cell would part it.
    fn escape_bars(&mut self, start: usize, areas: usize) {
        let cell = self.document.text.split_off(start);
        let moved = |place: usize| start + place + cell[..place].matches('|').count();
        for area in &mut self.document.areas[areas..] {
            area.span = Span { start: moved(area.span.start - start), end: moved(area.span.end - start) };
        }
        self.document.text.push_str(&cell.replace('|', "\\|"));
    }

    /// Keeps the start of a paragraph from being taken for a mark of Markdown.
    fn escape_start(&mut self, start: usize) {
        let Some(place) = mark_of_markdown(&self.document.text[start..]) else { return };
        self.document.text.insert(start + place, '\\');
        for area in self.document.areas.iter_mut().rev().take_while(|area| area.span.end > start) {
            let moved = |offset: usize| if offset > start + place { offset + 1 } else { offset };
            area.span = Span { start: moved(area.span.start), end: moved(area.span.end) };
        }
    }
}

/// Where a backslash keeps a text from being a heading, an item, a quotation, a table, a fence or a rule.
fn mark_of_markdown(text: &str) -> Option<usize> {
    let after = |mark: char| text.trim_start_matches(mark);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes() {
        [b'>' | b'|', ..] | [b'+' | b'-' | b'*', b' ', ..] => Some(0),
        [b'#', ..] => (after('#').is_empty() || after('#').starts_with(' ')).then_some(0),
        [b'`', b'`', b'`', ..] | [b'~', b'~', b'~', ..] => Some(0),
        [b'-' | b'+' | b'*' | b'_' | b'=', ..] => {
            let rule = text.bytes().all(|byte| b"-+*_= ".contains(&byte));
            rule.then_some(0)
        }
        bytes if (1..=9).contains(&digits) && matches!(bytes.get(digits), Some(b'.' | b')')) => {
            bytes.get(digits + 1).is_none_or(|byte| *byte == b' ').then_some(digits)
        }
        _ => None,
    }
}

/// A line without the hyphen at its end, when the next line has the rest of its word.
fn parted<'t>(text: &'t str, next: &str) -> Option<&'t str> {
    let own = text.strip_suffix(['-', '\u{ad}', '\u{2010}'])?;
    let before = own.chars().next_back()?.is_alphabetic();
    let after = next.chars().next()?.is_lowercase();
    (before && after).then_some(own)
}

/// Text with what would be HTML kept as text.
fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(place) = rest.find('<') {
        let (before, tail) = rest.split_at(place);
        out.push_str(before);
        if tail[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            out.push('\\');
        }
        out.push('<');
        rest = &tail[1..];
    }
    out.push_str(rest);
}
