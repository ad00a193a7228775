//! Putting the text that somebody read in a document's images where the images stand.

use crate::format::text;
use crate::{Block, BlockKind, Document, Edit, Span, language};

/// What stands for an image in Markdown.
const MARK: &str = "<!-- image -->";

impl Document {
    /// Takes the texts that were recognized in scans, by the scans' places in [`Document::scans`]: each comes where
    /// its scan stands, as paragraphs of their own under the same headings; the scan and its problem go. An empty
    /// text says that there is none to read. Places that no scan has are passed over.
    pub fn recognized(&mut self, mut texts: Vec<(usize, String)>) {
        texts.sort_by_key(|(scan, _)| *scan);
        texts.dedup_by_key(|(scan, _)| *scan);
        texts.retain(|(scan, _)| *scan < self.scans.len());
        let mut inserts: Vec<Insert> = Vec::new();
        for (scan, text) in &texts {
            let place = self.scans[*scan].place.clone();
            let found =
                self.problems.iter().position(|problem| problem.place == place && problem.content_lost);
            if let Some(found) = found {
                self.problems.remove(found);
            }
            let text = text.replace('\r', "").replace('\0', "\u{fffd}");
            if !text.trim().is_empty() {
                inserts.push(self.insert(*scan, text.trim().to_owned()));
            }
        }
        let read: Vec<usize> = texts.into_iter().map(|(scan, _)| scan).collect();
        let mut number = 0;
        self.scans.retain(|_| {
            number += 1;
            !read.contains(&(number - 1))
        });
        inserts.sort_by_key(|insert| insert.span.start);
        self.put(inserts);
        if self.language.is_none() && self.format.0.prose {
            self.language = language::detect(&self.text);
        }
    }

    /// Where a scan's text goes: in place of its mark, else at its place, or after the block that is there.
    fn insert(&self, scan: usize, text: String) -> Insert {
        let scan = &self.scans[scan];
        let mut at = scan.at.min(self.text.len());
        let number = scan.place.strip_prefix("page ").map(|rest| {
            rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().parse().unwrap_or(0)
        });
        let page = self.pages.iter().position(|page| match number {
            Some(number) => page.number == number,
            None => page.span.start <= at && at <= page.span.end,
        });
        let marked = self.text.get(at..).is_some_and(|rest| rest.starts_with(MARK));
        let within = self.blocks.iter().find(|block| block.span.start < at && at < block.span.end);
        if let Some(block) = within {
            at = block.span.end;
        }
        while !self.text.is_char_boundary(at) {
            at += 1;
        }
        let alone = within.is_none()
            && self.blocks.iter().any(|block| block.span == Span { start: at, end: at + MARK.len() });
        let end = if marked && alone { at + MARK.len() } else { at };
        Insert { span: Span { start: at, end }, text, page }
    }

    fn put(&mut self, inserts: Vec<Insert>) {
        let mut edits: Vec<Edit> = Vec::new();
        for insert in &inserts {
            let before = edits.last().filter(|edit| edit.span.end == insert.span.start).is_some();
            let ahead = &self.text[..insert.span.start];
            let behind = &self.text[insert.span.end..];
            let start = if before || ahead.is_empty() || ahead.ends_with("\n\n") {
                ""
            } else if ahead.ends_with('\n') {
                "\n"
            } else {
                "\n\n"
            };
            let end = if behind.is_empty() || behind.starts_with("\n\n") { "" } else { "\n\n" };
            // Two texts at one place: the first keeps the second apart.
            if before
                && let Some(last) = edits.last_mut()
                && !last.with.ends_with("\n\n")
            {
                last.with.push_str("\n\n");
            }
            edits.push(Edit { span: insert.span, with: format!("{start}{}{end}", insert.text) });
        }
        let replaced: Vec<Span> =
            inserts.iter().map(|insert| insert.span).filter(|span| !span.is_empty()).collect();
        self.blocks.retain(|block| !replaced.contains(&block.span));
        let mut offset = 0isize;
        let mut came = Vec::with_capacity(inserts.len());
        for (insert, edit) in inserts.iter().zip(&edits) {
            let lead = edit.with.len() - edit.with.trim_start_matches('\n').len();
            let start = insert.span.start.saturating_add_signed(offset) + lead;
            came.push((Span { start, end: start + insert.text.len() }, insert.page));
            offset += edit.with.len().cast_signed() - (insert.span.end - insert.span.start).cast_signed();
        }
        self.edit(edits);
        for (span, page) in came {
            self.take_in(span, page);
        }
        self.blocks.sort_by_key(|block| block.span.start);
    }

    /// Gives a text that came its blocks, and its page.
    fn take_in(&mut self, span: Span, page: Option<usize>) {
        if let Some(page) = page.and_then(|page| self.pages.get_mut(page)) {
            page.span = if page.span.is_empty() {
                span
            } else {
                Span { start: page.span.start.min(span.start), end: page.span.end.max(span.end) }
            };
        }
        let before = self
            .blocks
            .iter()
            .filter(|block| block.span.end <= span.start)
            .max_by_key(|block| block.span.end);
        let heading_path = before.map(|block| block.heading_path.clone()).unwrap_or_default();
        for block in text::paragraphs(span.of(&self.text)) {
            let span = Span { start: span.start + block.span.start, end: span.start + block.span.end };
            self.blocks.push(Block { kind: BlockKind::Paragraph, span, heading_path: heading_path.clone() });
        }
    }
}

/// A text and what it comes in place of.
struct Insert {
    span: Span,
    text: String,
    page: Option<usize>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::markdown;
    use crate::{Page, Problem, Scan};

    fn with_scans(text: &str, scans: &[(&str, usize)]) -> Document {
        let mut document = markdown::parse(text.to_owned());
        for (place, at) in scans {
            let place = (*place).to_owned();
            let (what, why) = ("text in a picture".to_owned(), "no text was read in it".to_owned());
            document.problems.push(Problem { place: place.clone(), what, why, content_lost: true });
            document.scans.push(Scan { place, at: *at, media_type: "image/png", bytes: Vec::new() });
        }
        document
    }

    fn own(document: &Document) -> Vec<&str> {
        document.blocks.iter().map(|block| block.span.of(&document.text)).collect()
    }

    #[test]
    fn texts_come_where_their_scans_stand_and_problems_go() {
        let text = "# Top\n\nbefore\n\n<!-- image -->\n\nafter words";
        let at = text.find("<!--").unwrap();
        let mut document = with_scans(text, &[("a", at), ("b", text.len() - 3), ("c", 0)]);
        document.recognized(vec![(1, " two\r\n".into()), (0, "one\n\nmore".into()), (9, "no".into())]);
        assert_eq!(document.text, "# Top\n\nbefore\n\none\n\nmore\n\nafter words\n\ntwo");
        assert_eq!(own(&document), ["# Top", "before", "one", "more", "after words", "two"]);
        assert_eq!(document.blocks[3].heading_path, ["Top"]);
        assert_eq!((document.scans.len(), document.problems.len()), (1, 1));
        document.recognized(vec![(0, "  ".into())]);
        assert!(document.scans.is_empty() && document.problems.is_empty());
    }

    #[test]
    fn scanned_pages_get_their_text() {
        let mut document = with_scans("", &[("page 1", 0), ("page 2", 0), ("page 3", 0)]);
        document.pages = (1..=3).map(|number| Page { number, span: Span { start: 0, end: 0 } }).collect();
        document.recognized(vec![(0, "first".into()), (2, "third".into())]);
        assert_eq!(document.text, "first\n\nthird");
        let pages: Vec<_> = document.pages.iter().map(|page| page.span.of(&document.text)).collect();
        assert_eq!(pages, ["first", "", "third"]);
        assert_eq!(own(&document), ["first", "third"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn blocks_stay_in_order_and_point_at_what_they_did(
            text in "(word |\\n\\n|# |<!-- image -->|é|- ){0,40}",
            scans in prop::collection::vec((0usize..200, "[a-z\\n]{0,12}"), 0..6),
        ) {
            let places: Vec<(&str, usize)> = scans.iter().map(|(at, _)| ("here", *at)).collect();
            let mut document = with_scans(&text, &places);
            let before: Vec<String> = own(&document).iter().map(|own| (*own).to_owned()).collect();
            document.recognized(scans.iter().map(|(_, text)| text.clone()).enumerate().collect());
            let after = own(&document);
            let mut end = 0;
            for block in &document.blocks {
                prop_assert!(block.span.start >= end && document.text.get(block.span.start..block.span.end).is_some());
                end = block.span.end;
            }
            for block in before.iter().filter(|block| *block != MARK) {
                prop_assert!(after.contains(&block.as_str()), "{block:?} of {text:?} not in {after:?}");
            }
            for (_, own) in &scans {
                prop_assert!(document.text.contains(own.trim()));
            }
        }
    }
}
