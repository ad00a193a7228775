//! The stored text of an Office file as it grows: paragraphs, headings, list items, code, tables and pictures as
//! Markdown blocks.

use std::mem;

use super::chart::Chart;
use super::inline;

/// Where a picture stands.
const PICTURE: &str = "<!-- image -->";

/// A table of more cells has rows that are as long as they are.
const FILLED_CELLS_MAX: usize = 1 << 18;
/// How deep an item of a list is at most.
const ITEM_DEPTH_MAX: usize = 15;

/// Blocks being written.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    text: String,
    /// Lines of code that go into one block.
    code: Vec<String>,
    /// How deep the last block's item was, if it was one.
    item: Option<usize>,
}

/// An item of a list.
pub(crate) struct Item<'a> {
    /// How deep it is; 0 is outermost.
    pub depth: usize,
    /// Its number as it is shown; empty for a bullet.
    pub marker: &'a str,
    /// Its Markdown.
    pub text: &'a str,
    /// Whether it begins a list of its own.
    pub begins: bool,
}

impl Writer {
    /// How long the text is with all that was written.
    pub(crate) fn len(&mut self) -> usize {
        self.end_code();
        self.text.len()
    }

    /// How long the text is without code whose block may go on.
    pub(crate) fn written(&self) -> usize {
        self.text.len()
    }

    /// The text.
    pub(crate) fn finish(mut self) -> String {
        self.end_code();
        self.text
    }

    /// A paragraph of Markdown; nothing for one without text.
    pub(crate) fn paragraph(&mut self, text: &str) {
        if !text.trim().is_empty() {
            let text = protected(text.trim());
            self.block(&text);
        }
    }

    /// A heading; levels beyond 6 are 6.
    pub(crate) fn heading(&mut self, level: u8, text: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            self.block(&format!("{} {text}", "#".repeat(usize::from(level.clamp(1, 6)))));
        }
    }

    /// An item of a list. One that is deeper than its list allows is as deep as it may be, so that it stays one.
    pub(crate) fn item(&mut self, item: &Item<'_>) {
        self.end_code();
        let depth = item.depth.min(self.item.map_or(0, |last| last + 1)).min(ITEM_DEPTH_MAX);
        let apart = if self.item.is_some() && !(item.begins && depth == 0) { "\n" } else { "\n\n" };
        if !self.text.is_empty() {
            self.text.push_str(apart);
        }
        let indent = "    ".repeat(depth);
        self.text.push_str(&indent);
        let number = item.marker.strip_suffix('.').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        let number = number && (2..=10).contains(&item.marker.len());
        if !number {
            self.text.push('-');
            self.text.push(' ');
        }
        if !item.marker.is_empty() {
            self.text.push_str(item.marker);
            self.text.push(' ');
        }
        self.text.push_str(&item.text.trim().replace('\n', &format!("\n{indent}    ")));
        self.item = Some(depth);
    }

    /// A line, or several, of code; what follows a line of code goes into its block.
    pub(crate) fn code(&mut self, text: &str) {
        if !text.trim().is_empty() || !self.code.is_empty() {
            self.code.push(text.trim_end().to_owned());
        }
    }

    /// Ends a block of code, if one is open.
    pub(crate) fn end_code(&mut self) {
        if self.code.is_empty() {
            return;
        }
        let code = mem::take(&mut self.code).join("\n");
        let ticks = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat((ticks + 1).max(3));
        self.block(&format!("{fence}\n{}\n{fence}", code.trim_end()));
    }

    /// A table; its first row is the header. Rows may be of any length.
    pub(crate) fn table(&mut self, rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        if columns == 0 {
            return;
        }
        // A short row of a large table is left short: filling all would multiply what the file holds.
        let filled = rows.len() * columns <= FILLED_CELLS_MAX;
        let mut text = String::new();
        for (number, row) in rows.iter().enumerate() {
            text.push('|');
            for column in 0..if filled || number == 0 { columns } else { row.len().max(1) } {
                text.push(' ');
                text.push_str(&cell(row.get(column).map_or("", String::as_str)));
                text.push_str(" |");
            }
            text.push('\n');
            if number == 0 {
                text.push_str(&"| - ".repeat(columns));
                text.push_str("|\n");
            }
        }
        self.block(text.trim_end());
    }

    /// A picture.
    pub(crate) fn picture(&mut self) {
        self.block(PICTURE);
    }

    /// A chart: its title, its place, its kind and its data.
    pub(crate) fn chart(&mut self, chart: &Chart) {
        self.paragraph(&inline::escaped(&chart.title));
        self.picture();
        self.paragraph(chart.kind);
        self.table(&chart.rows);
    }

    /// Markdown that is a block of its own.
    pub(crate) fn block(&mut self, text: &str) {
        self.end_code();
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(text);
        self.item = None;
    }
}

/// The text of a table's cell on one line.
fn cell(text: &str) -> String {
    text.trim().replace(['\n', '\r'], " ").replace('|', "&#124;")
}

/// A paragraph none of whose lines is taken for the start of another block.
fn protected(text: &str) -> String {
    let mut protected = String::with_capacity(text.len() + 2);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            protected.push('\n');
        }
        let line = if number > 0 { line.trim_start() } else { line };
        match begins_block(line) {
            Some(at) => {
                protected.push_str(&line[..at]);
                protected.push('\\');
                protected.push_str(&line[at..]);
            }
            None => protected.push_str(line),
        }
    }
    protected
}

/// Where a backslash takes from a line that it begins a block.
fn begins_block(line: &str) -> Option<usize> {
    let first = line.chars().next()?;
    let after = |count: usize| line[count..].chars().next().is_none_or(char::is_whitespace);
    let begins = match first {
        '#' => after(line.len() - line.trim_start_matches('#').len()),
        '-' | '+' | '*' | '=' => after(1) || line.trim_end().chars().all(|c| c == first || c.is_whitespace()),
        '`' => line.starts_with("```"),
        '~' => line.starts_with("~~~"),
        '|' => true,
        _ => false,
    };
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if (1..10).contains(&digits) && line[digits..].starts_with(['.', ')']) && after(digits + 1) {
        return Some(digits);
    }
    begins.then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item<'a>(depth: usize, marker: &'a str, text: &'a str, begins: bool) -> Item<'a> {
        Item { depth, marker, text, begins }
    }

    #[test]
    fn blocks_stand_apart_and_items_together() {
        let mut writer = Writer::default();
        writer.heading(1, "A\nheading");
        writer.paragraph("  ");
        writer.paragraph("1. no item\n# no heading");
        writer.item(&item(0, "1.", "one", true));
        writer.item(&item(3, "a)", "two", false));
        writer.item(&item(0, "", "three\nlines", true));
        writer.code("a = 1");
        writer.code("");
        writer.code("b = 2");
        writer.code("");
        writer.picture();
        writer.table(&[vec!["a|b".into(), "c\nd".into()], vec!["e".into()]]);
        assert_eq!(
            writer.finish(),
            "# A heading\n\n1\\. no item\n\\# no heading\n\n1. one\n    - a) two\n\n- three\n    lines\n\n\
             ```\na = 1\n\nb = 2\n```\n\n<!-- image -->\n\n| a&#124;b | c d |\n| - | - |\n| e |  |"
        );
    }
}
