//! Plain text: paragraphs between blank lines.

use super::{Entry, Read};
use crate::{Block, BlockKind, Document, Format, Span};

/// Plain text.
pub(crate) const FORMAT: Entry = Entry {
    name: "text",
    endings: &["txt", "text", "log"],
    names: &["license", "notice", "changelog"],
    prose: true,
    read: Read::Text(|text, _| Ok(parse(text))),
};

/// A first line of at most so many characters, alone and without a full stop, is a title.
const TITLE_CHARS_MAX: usize = 80;

/// Reads plain text. The stored text is the text.
pub(crate) fn parse(text: String) -> Document {
    let mut document = Document::new(Format(&FORMAT), text);
    document.blocks = paragraphs(&document.text);
    document.title = title(&document.text, &document.blocks);
    document
}

/// The paragraphs of a text, without the white space around them.
pub(crate) fn paragraphs(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut start = None;
    let mut offset = 0;
    let mut push = |start: usize, end: usize| {
        let span = Span { start, end }.trimmed(text);
        if !span.is_empty() {
            blocks.push(Block { kind: BlockKind::Paragraph, span, heading_path: Vec::new() });
        }
    };
    for line in text.split_inclusive('\n') {
        match (line.trim().is_empty(), start) {
            (true, Some(begun)) => {
                push(begun, offset);
                start = None;
            }
            (false, None) => start = Some(offset),
            _ => {}
        }
        offset += line.len();
    }
    if let Some(begun) = start {
        push(begun, text.len());
    }
    blocks
}

fn title(text: &str, blocks: &[Block]) -> Option<String> {
    let [first, _, ..] = blocks else { return None };
    let mut lines = first.span.of(text).lines();
    let line = lines.next()?.trim();
    let alone = match lines.next() {
        None => true,
        Some(underline) => {
            underline.len() >= 3
                && underline.chars().all(|c| matches!(c, '=' | '-'))
                && lines.next().is_none()
        }
    };
    let fits = alone && line.chars().count() <= TITLE_CHARS_MAX && !line.ends_with(['.', ':', ',', ';']);
    fits.then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_title() {
        let document = parse("A Title\n\nfirst\nline\n \nsecond  \n\n".into());
        let texts: Vec<_> = document.blocks.iter().map(|block| block.span.of(&document.text)).collect();
        assert_eq!(texts, ["A Title", "first\nline", "second"]);
        assert_eq!(document.title.as_deref(), Some("A Title"));
        assert_eq!(parse("Just one line".into()).title, None);
        assert_eq!(parse("A sentence.\n\nAnother.".into()).title, None);
        assert_eq!(parse("Old style\n=========\n\ntext".into()).title.as_deref(), Some("Old style"));
    }
}
