//! Words that a hyphen parts at the end of a line, as one word. For formats with a layout: elsewhere lines end where
//! somebody ended them.

use std::collections::HashSet;

use super::Edit;
use crate::{Document, Span};

/// An edit for each hyphen that goes, with the line end after it.
pub(super) fn edits(document: &Document) -> Vec<Edit> {
    if document.areas.is_empty() {
        return Vec::new();
    }
    let text = &document.text;
    let page_starts: HashSet<usize> = document.pages.iter().map(|page| page.span.start).collect();
    let mut words: Option<HashSet<&str>> = None;
    let mut edits = Vec::new();
    for (end, _) in text.match_indices('\n') {
        let line = text[..end].trim_end_matches([' ', '\t']);
        let Some(before) = line.strip_suffix(['-', '\u{2010}', '\u{ad}']) else { continue };
        let rest = text[end..].trim_start();
        let next = text.len() - rest.len();
        let gap = &text[end..next];
        // Further than a line, a word goes on only from one page to the next.
        let turns_page = || (line.len()..=next).any(|place| page_starts.contains(&place));
        if gap.matches('\n').count() > 1 && !turns_page() {
            continue;
        }
        let first = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        let second = rest.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        if first.is_empty() || !second.starts_with(char::is_lowercase) {
            continue;
        }
        let words =
            words.get_or_insert_with(|| text.split(|c: char| !c.is_alphabetic() && c != '-').collect());
        // A word that the text has with its hyphen elsewhere, and not without it, keeps it.
        let keeps = !line.ends_with('\u{ad}')
            && !words.contains(format!("{first}{second}").as_str())
            && words.contains(format!("{first}-{second}").as_str());
        let start = if keeps { line.len() } else { before.len() };
        edits.push(Edit { span: Span { start, end: next }, with: String::new() });
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::text;
    use crate::{Area, Page};

    fn check(text: &str, page: usize, expect: &str) {
        let mut document = text::parse(text.to_owned());
        assert!(edits(&document).is_empty(), "without a layout, lines are as they were written");
        let all = Span { start: 0, end: text.len() };
        document.areas.push(Area { span: all, page: 1, left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 });
        document.pages.push(Page { number: 2, span: Span { start: page, end: text.len() } });
        let edits = edits(&document);
        document.edit(edits);
        assert_eq!(document.text, expect);
    }

    #[test]
    fn parted_words_are_one() {
        check("an exam-\nple of 1990-\n2000 and A-\nB", 0, "an example of 1990-\n2000 and A-\nB");
        check("a well-known, a well-\nknown one", 0, "a well-known, a well-known one");
        check(
            "on this infor-\n\nmation and that infor-\n\nmation",
            16,
            "on this information and that infor-\n\nmation",
        );
        check("soft\u{ad}\nware \u{2010}\n-\n", 0, "software \u{2010}\n-\n");
    }
}
