//! Where pages begin: where Word says that it began them when it last laid the text out, else where the text says
//! that one is to begin.

use crate::{Page, Span};

/// How many pages are told apart.
const PAGES_MAX: usize = 1_000_000;

/// A break of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// Word began a page here.
    Laid,
    /// The text says that a page begins here.
    Asked,
}

/// The breaks of a text.
#[derive(Default)]
pub(super) struct Pages {
    laid: Vec<usize>,
    asked: Vec<usize>,
    /// Breaks of the block being read, with whether they come before its text.
    waiting: Vec<(Break, bool)>,
    /// Whether the block being read has text so far.
    pub has_text: bool,
}

impl Pages {
    /// Notes a break within the block being read.
    pub(super) fn note(&mut self, kind: Break) {
        if self.waiting.len() < PAGES_MAX {
            self.waiting.push((kind, !self.has_text));
        }
    }

    /// Places the breaks of a block that begins and ends there.
    pub(super) fn place(&mut self, start: usize, end: usize) {
        for (kind, before) in self.waiting.drain(..) {
            let at = if before { start } else { end };
            let breaks = if kind == Break::Laid { &mut self.laid } else { &mut self.asked };
            if breaks.len() < PAGES_MAX {
                breaks.push(at);
            }
        }
        self.has_text = false;
    }

    /// The pages; none for a text without breaks.
    pub(super) fn finish(self, text: &str) -> Vec<Page> {
        let breaks = if self.laid.is_empty() { self.asked } else { self.laid };
        if breaks.is_empty() {
            return Vec::new();
        }
        let ends = breaks.iter().copied().chain([text.len()]);
        let mut start = 0;
        let mut pages = Vec::with_capacity(breaks.len() + 1);
        for (number, end) in (1..).zip(ends) {
            let end = end.clamp(start, text.len());
            pages.push(Page { number, span: Span { start, end }.trimmed(text) });
            start = end;
        }
        pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_are_before_or_after_the_text_of_their_block() {
        let mut pages = Pages { has_text: true, ..Pages::default() };
        pages.note(Break::Asked);
        pages.place(0, 3);
        pages.note(Break::Laid);
        pages.has_text = true;
        pages.note(Break::Laid);
        pages.place(3, 8);
        let text = "one\n\ntwo\n\nend";
        let found: Vec<_> = pages.finish(text).iter().map(|page| (page.number, page.span.of(text))).collect();
        assert_eq!(found, [(1, "one"), (2, "two"), (3, "end")]);
        assert!(Pages::default().finish(text).is_empty());
    }
}
