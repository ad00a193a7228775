//! Writing a document's text part by part: an empty line between two, a block for each.

use crate::{Block, BlockKind, Document, Span};

/// Ends what was written with an empty line; gives where the next part begins.
pub(crate) fn separate(document: &mut Document) -> usize {
    let text = &mut document.text;
    text.truncate(text.trim_end_matches('\n').len());
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.len()
}

/// Writes a part of its own, a block. One that says nothing is left out.
pub(crate) fn block(document: &mut Document, path: &[String], kind: BlockKind, text: &str) {
    let text = text.trim_end();
    if text.is_empty() {
        return;
    }
    let start = separate(document);
    document.text.push_str(text);
    let span = Span { start, end: document.text.len() }.trimmed(&document.text);
    document.blocks.push(Block { kind, span, heading_path: path.to_vec() });
}

/// A text of several lines without empty ones, and without zero bytes.
pub(crate) fn lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n").replace('\0', "\u{fffd}")
}

/// A text on one line.
pub(crate) fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\0', "\u{fffd}")
}
