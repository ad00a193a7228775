//! Cleaning, and changing a stored text while every span goes on pointing at what it pointed at.
//!
//! A pass gives edits of a document; it changes nothing itself. Formats whose stored text is the file's own text are
//! not cleaned: what is quoted of them is found in the file, byte for byte.

use crate::format::Read;
use crate::{BlockKind, Document, Span};

mod hyphenation;
mod running;
mod unicode;

/// The passes, in order. To add one: a file, and a line here.
const PASSES: &[fn(&Document) -> Vec<Edit>] = &[running::edits, hyphenation::edits, unicode::edits];

/// Takes out of a document what stands in the way of finding and reading it.
pub(crate) fn clean(document: &mut Document) {
    let entry = document.format.0;
    if !entry.prose || !matches!(entry.read, Read::Bytes { .. }) {
        return;
    }
    let headings = |document: &Document| {
        document.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Heading { .. })).count()
    };
    let before = headings(document);
    for pass in PASSES {
        let edits = pass(document);
        if !edits.is_empty() {
            document.edit(edits);
        }
    }
    unicode::clean_names(document);
    if headings(document) < before {
        head_anew(document);
    }
}

/// Puts blocks under the headings that are left.
fn head_anew(document: &mut Document) {
    let mut path: Vec<(u8, String)> = Vec::new();
    for block in &mut document.blocks {
        if let BlockKind::Heading { level } = block.kind {
            let title = block.heading_path.pop().unwrap_or_default();
            path.retain(|(outer, _)| *outer < level);
            path.push((level, title));
        }
        block.heading_path = path.iter().map(|(_, title)| title.clone()).collect();
    }
}

/// A part of a text and what comes in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes; empty to take the part out.
    pub with: String,
}

/// Where the bytes of a text are in the text that was made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// Parts that went, in order, with where what came in their place begins and ends.
    edits: Vec<(Span, Span)>,
}

impl OffsetMap {
    /// The offset in the new text of an offset in the old. Within a part that went, it is the start of what
    /// came in its place.
    pub fn new_offset(&self, old: usize) -> usize {
        let after = self.edits.partition_point(|(went, _)| went.end <= old);
        if let Some((went, came)) = self.edits.get(after)
            && went.start <= old
        {
            return came.start;
        }
        self.edits[..after].last().map_or(old, |(went, came)| old - went.end + came.end)
    }

    /// The offset in the old text of an offset in the new. Within what came, it is the start of what went.
    pub fn old_offset(&self, new: usize) -> usize {
        let after = self.edits.partition_point(|(_, came)| came.end <= new);
        if let Some((went, came)) = self.edits.get(after)
            && came.start <= new
        {
            return went.start;
        }
        self.edits[..after].last().map_or(new, |(went, came)| new - came.end + went.end)
    }

    /// The span in the new text of a span in the old. What came in place of its first and last bytes is in it.
    pub fn new_span(&self, old: Span) -> Span {
        let start = self.new_offset(old.start);
        if old.is_empty() {
            return Span { start, end: start };
        }
        let after = self.edits.partition_point(|(went, _)| went.end < old.end);
        let end = match self.edits.get(after) {
            Some((went, came)) if went.start < old.end => came.end,
            _ => self.edits[..after].last().map_or(old.end, |(went, came)| old.end - went.end + came.end),
        };
        Span { start, end: end.max(start) }
    }
}

impl Document {
    /// Changes the stored text; blocks, pages, areas and scans go on pointing at what they pointed at, and those
    /// of which nothing is left go. Edits that overlap an earlier one, or are not on character boundaries, are
    /// left out.
    pub fn edit(&mut self, mut edits: Vec<Edit>) -> OffsetMap {
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut text = String::with_capacity(self.text.len());
        let mut map = OffsetMap::default();
        let mut done = 0;
        for edit in edits {
            let Span { start, end } = edit.span;
            if start < done || self.text.get(start..end).is_none() {
                continue;
            }
            text.push_str(&self.text[done..start]);
            let begin = text.len();
            text.push_str(&edit.with);
            map.edits.push((edit.span, Span { start: begin, end: text.len() }));
            done = end;
        }
        if map.edits.is_empty() {
            return map;
        }
        text.push_str(&self.text[done..]);
        self.text = text;
        self.move_spans(&map);
        map
    }

    fn move_spans(&mut self, map: &OffsetMap) {
        for block in &mut self.blocks {
            block.span = map.new_span(block.span).trimmed(&self.text);
        }
        self.blocks.retain(|block| !block.span.is_empty());
        for page in &mut self.pages {
            page.span = map.new_span(page.span);
        }
        for area in &mut self.areas {
            area.span = map.new_span(area.span);
        }
        self.areas.retain(|area| !area.span.is_empty());
        for scan in &mut self.scans {
            scan.at = map.new_offset(scan.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::text;

    fn edit(start: usize, end: usize, with: &str) -> Edit {
        Edit { span: Span { start, end }, with: with.into() }
    }

    #[test]
    fn blocks_point_at_what_they_pointed_at() {
        let mut document = text::parse("Page 1\n\nexam-\nple o\u{fb01}ce\n\nlast".into());
        let map = document.edit(vec![edit(12, 14, ""), edit(0, 8, ""), edit(19, 22, "fi")]);
        assert_eq!(document.text, "example ofice\n\nlast");
        let own: Vec<_> = document.blocks.iter().map(|block| block.span.of(&document.text)).collect();
        assert_eq!(own, ["example ofice", "last"]);
        assert_eq!((map.old_offset(0), map.new_offset(8), map.new_offset(3)), (8, 0, 0));
    }

    #[test]
    fn a_heading_that_goes_is_over_nothing() {
        let mut document = crate::format::markdown::parse("# Book\n\none\n\n# Running\n\ntwo".into());
        document.edit(vec![edit(13, 23, "")]);
        head_anew(&mut document);
        let paths: Vec<_> = document.blocks.iter().map(|block| block.heading_path.join("/")).collect();
        assert_eq!(paths, ["Book", "Book", "Book"]);
    }

    #[test]
    fn pages_are_cleaned_and_files_own_text_is_not() {
        let parsed = |name: &str, text: &str| {
            let input = crate::Input {
                name,
                bytes: text.as_bytes(),
                extent: crate::Extent::MainContent,
                passwords: &[],
            };
            crate::parse(&input).unwrap()
        };
        let page = parsed("a.html", "<h1>O\u{fb03}ce</h1><p>so\u{ad}ft a\u{a0}b</p><p>cafe\u{301}</p>");
        assert_eq!(page.text, "# Office\n\nsoft a b\n\ncafé");
        let own: Vec<_> = page.blocks.iter().map(|block| block.span.of(&page.text)).collect();
        assert_eq!(own, ["# Office", "soft a b", "café"]);
        assert_eq!(page.blocks[1].heading_path, ["Office"]);
        assert_eq!(parsed("a.md", "so\u{ad}ft").text, "so\u{ad}ft");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_no_edit_touches_is_found_again(
            cuts in prop::collection::vec((0usize..200, 0usize..9, "[a-z]{0,5}"), 0..12),
        ) {
            let before: String = ('\u{100}'..).take(100).collect();
            let mut document = text::parse(before.clone());
            let edits: Vec<Edit> =
                cuts.iter().map(|(start, length, with)| edit(*start, start + length, with)).collect();
            let map = document.edit(edits);
            for (old, c) in before.char_indices() {
                if document.text.contains(c) {
                    prop_assert!(document.text[map.new_offset(old)..].starts_with(c));
                    prop_assert_eq!(map.old_offset(map.new_offset(old)), old);
                }
            }
        }
    }
}
