//! The Markdown that light markup becomes: blocks one after another, fences, quotes, lists and tables.

use crate::format::markdown;
use crate::{BlockKind, Document, Problem};

/// A fence around code, longer than any run of ticks in it.
pub(super) fn fence(language: &str, code: &str) -> String {
    let code = code.trim_end().trim_start_matches('\n');
    let ticks = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((ticks + 1).max(3));
    let language: String = language.chars().filter(|c| c.is_alphanumeric() || "+-#._".contains(*c)).collect();
    format!("{fence}{language}\n{code}\n{fence}")
}

/// Text as code within a line.
pub(super) fn code(text: &str) -> String {
    let ticks = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(ticks + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A quotation of blocks.
pub(super) fn quote(text: &str) -> String {
    let lines = text.lines().map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a reader should mind: a label ahead of the text.
pub(super) fn admonition(label: &str, text: &str) -> String {
    quote(&format!("**{label}:** {text}"))
}

/// An item of a list: the marker, and what is under it.
pub(super) fn item(marker: &str, text: &str) -> String {
    let indent = " ".repeat(marker.len() + 1);
    let mut item = String::from(marker);
    for (number, line) in text.trim().lines().enumerate() {
        if number == 0 {
            item.push(' ');
        } else {
            item.push('\n');
            if !line.is_empty() {
                item.push_str(&indent);
            }
        }
        item.push_str(line);
    }
    item
}

/// Rows as a table; the first is the header.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines = Vec::with_capacity(rows.len() + 1);
    // Rows of very different lengths are left as they are: filling all would multiply what the file holds.
    let filled = rows.len().saturating_mul(columns) <= 1 << 18;
    for (number, row) in rows.iter().enumerate() {
        let width = if filled || number == 0 { columns } else { row.len() };
        let cell = |column: usize| row.get(column).map_or("", String::as_str);
        let cells: Vec<String> =
            (0..width).map(|column| one_line(cell(column)).replace('|', "\\|")).collect();
        lines.push(format!("| {} |", cells.join(" | ")));
        if number == 0 {
            lines.push(format!("|{}", " --- |".repeat(columns)));
        }
    }
    lines.join("\n")
}

/// A text on one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Rows of comma-separated values.
pub(super) fn csv_rows(text: &str, separator: u8) -> Vec<Vec<String>> {
    // A quote counts as one after a space, too.
    let text =
        text.replace(&format!("{} \"", char::from(separator)), &format!("{}\"", char::from(separator)));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    reader.records().flatten().map(|record| record.iter().map(str::to_owned).collect()).collect()
}

/// Blocks and titles of a text that has become Markdown.
pub(super) fn finish(document: &mut Document, blocks: Vec<String>) {
    let blocks: Vec<String> = blocks.into_iter().filter(|block| !block.trim().is_empty()).collect();
    document.text = blocks.join("\n\n");
    document.blocks = markdown::blocks(&document.text).blocks;
    // A first line of dashes would be taken for metadata.
    if document.blocks.first().is_some_and(|block| block.kind == BlockKind::FrontMatter) {
        document.text.insert_str(0, "&#8203;\n\n");
        document.blocks = markdown::blocks(&document.text).blocks;
    }
    if document.title.is_none() {
        document.title = markdown::first_heading(&document.blocks);
    }
}

/// A file that is not here: what it was to bring is missing.
pub(super) fn left_out(document: &mut Document, place: String, what: &str) {
    let why = format!("the text is in `{}`, which is not part of this file", one_line(what));
    document.problems.push(Problem { place, what: "included text".into(), why, content_lost: true });
}
