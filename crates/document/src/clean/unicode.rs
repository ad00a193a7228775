//! Characters as they are typed: composed (NFC), ligatures as letters, spaces as spaces, nothing of no width.

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::Edit;
use crate::{Document, Span};

/// One edit for each run of characters that is written otherwise.
pub(super) fn edits(document: &Document) -> Vec<Edit> {
    let text = &document.text;
    let mut edits = Vec::new();
    let mut start = 0;
    while let Some(special) = text[start..].bytes().position(|b| !b.is_ascii()) {
        // A mark that is combined with what is before it belongs to it.
        let special = start + special;
        let begin = text[start..special].char_indices().next_back().map_or(special, |(last, _)| start + last);
        let end = run_end(text, special);
        let own = &text[begin..end];
        start = end;
        if own.chars().all(is_clean) {
            continue;
        }
        let before = text[..begin].chars().next_back();
        let clean = cleaned(own, before, text[end..].chars().next());
        if clean != own {
            edits.push(Edit { span: Span { start: begin, end }, with: clean });
        }
    }
    edits
}

/// Cleans what a document says beside its text: its title, and the headings that blocks stand under.
pub(super) fn clean_names(document: &mut Document) {
    let paths = document.blocks.iter_mut().flat_map(|block| &mut block.heading_path);
    for name in paths.chain(&mut document.title).filter(|name| !name.is_ascii()) {
        *name = cleaned(name, None, None);
    }
}

/// Where a run of characters ends that may be composed with one another.
fn run_end(text: &str, special: usize) -> usize {
    let mut characters = text[special..].char_indices();
    characters.next();
    characters.find(|(_, c)| !goes(*c) && is_composed(*c)).map_or(text.len(), |(at, _)| special + at)
}

/// Whether a character is not composed with one before it.
fn is_composed(c: char) -> bool {
    c.is_ascii()
        || (canonical_combining_class(c) == 0 && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes)
}

/// Whether a character stays as it is, whatever is beside it.
fn is_clean(c: char) -> bool {
    let written_otherwise = matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{fb00}'..='\u{fb06}');
    !goes(c) && !written_otherwise && is_composed(c)
}

/// Whether a character may be taken out, so that what is around it meets.
fn goes(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

fn cleaned(own: &str, before: Option<char>, after: Option<char>) -> String {
    let mut plain = String::with_capacity(own.len());
    let mut last = before;
    let mut characters = own.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied().or(after);
        match c {
            '\u{fb00}' => plain.push_str("ff"),
            '\u{fb01}' => plain.push_str("fi"),
            '\u{fb02}' => plain.push_str("fl"),
            '\u{fb03}' => plain.push_str("ffi"),
            '\u{fb04}' => plain.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => plain.push_str("st"),
            '\u{a0}' | '\u{2007}' | '\u{202f}' => plain.push(' '),
            // Joiners shape letters of some scripts and make emoji; between others they are only in the way.
            '\u{200c}' | '\u{200d}' if joins(last) && joins(next) => plain.push(c),
            c if goes(c) => continue,
            c => plain.push(c),
        }
        last = Some(c);
    }
    plain.nfc().collect()
}

/// Whether a character may be joined with another by a joiner.
fn joins(c: Option<char>) -> bool {
    c.is_some_and(|c| u32::from(c) >= 0x600)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::text;

    fn check(text: &str, expect: &str) {
        let mut document = text::parse(text.to_owned());
        let edits = edits(&document);
        document.edit(edits);
        assert_eq!(document.text, expect);
    }

    #[test]
    fn characters_are_as_they_are_typed() {
        check("o\u{fb03}ce \u{fb02}y", "office fly");
        check("cafe\u{301} \u{212b} n\u{303}o", "café Å ño");
        check("soft\u{ad}ware a\u{200b}b\u{feff}c\u{a0}d", "software abc d");
        check("\u{1112}\u{1161}\u{11ab}", "한");
        check("می\u{200c}خواهم 👩\u{200d}💻 a\u{200d}b", "می\u{200c}خواهم 👩\u{200d}💻 ab");
        check("already “typed” – 漢字", "already “typed” – 漢字");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_clean_stays_clean(text in "[a-z \\u{ad}\\u{a0}\\u{fb01}\\u{301}\\u{327}é\\u{1100}-\\u{1175}가\\n]{0,60}") {
            let mut document = text::parse(text);
            let edits = edits(&document);
            document.edit(edits);
            let clean = document.text.clone();
            prop_assert!(is_nfc_quick(clean.chars()) != IsNormalized::No);
            let again = super::edits(&document);
            document.edit(again);
            prop_assert_eq!(document.text, clean);
        }
    }
}
