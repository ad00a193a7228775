//! Sentences of prose that may hold Markdown: what an answer can quote and an overlap can begin with.

use crate::Span;

/// Words before a full stop that do not end a sentence.
const ABBREVIATIONS: [&str; 30] = [
    "e.g", "i.e", "etc", "vs", "cf", "al", "fig", "eq", "no", "nos", "vol", "pp", "ch", "sec", "dr", "mr",
    "mrs", "ms", "prof", "st", "inc", "ltd", "co", "corp", "jr", "sr", "approx", "dept", "est", "u.s",
];

/// The first bytes of what ends a sentence: `.`, `!`, `?`, and of `。`, `！`, `？`, which others share.
const MAY_END: [bool; 256] = {
    let mut table = [false; 256];
    table[b'.' as usize] = true;
    table[b'!' as usize] = true;
    table[b'?' as usize] = true;
    table[0xe3] = true;
    table[0xef] = true;
    table
};

/// The sentences of a text, without the white space around them. A heading, a table row and a fenced block
/// is each one; a list item begins a new one; a sentence may go over line ends within its paragraph.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut paragraph: Option<Span> = None;
    let mut fence: Option<(usize, &str)> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let bare = line.trim();
        if let Some((begun, mark)) = fence {
            if bare.starts_with(mark) && bare.trim_start_matches(['`', '~']).is_empty() {
                push(text, Span { start: begun, end: offset }, &mut found);
                fence = None;
            }
            continue;
        }
        let opens = ["```", "~~~"].into_iter().find(|mark| bare.starts_with(mark));
        let alone = bare.starts_with('#') || bare.starts_with('|') || bare.is_empty() || opens.is_some();
        if (alone || is_item(bare))
            && let Some(span) = paragraph.take()
        {
            split(text, span, &mut found);
        }
        match opens {
            Some(mark) => fence = Some((start, mark)),
            None if alone => push(text, Span { start, end: offset }, &mut found),
            None => paragraph = Some(Span { start: paragraph.map_or(start, |span| span.start), end: offset }),
        }
    }
    if let Some((begun, _)) = fence {
        push(text, Span { start: begun, end: text.len() }, &mut found);
    }
    if let Some(span) = paragraph {
        split(text, span, &mut found);
    }
    found
}

/// Whether a line begins a list item.
fn is_item(line: &str) -> bool {
    if line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ") {
        return true;
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (1..=3).contains(&digits) && (line[digits..].starts_with(". ") || line[digits..].starts_with(") "))
}

fn push(text: &str, span: Span, found: &mut Vec<Span>) {
    let span = span.trimmed(text);
    if !span.is_empty() {
        found.push(span);
    }
}

/// Cuts prose after `.`, `!`, `?` and their wide forms, where a new sentence begins.
fn split(text: &str, span: Span, found: &mut Vec<Span>) {
    let own = span.of(text);
    let mut start = 0;
    let mut at = 0;
    while let Some(place) = own.as_bytes()[at..].iter().position(|b| MAY_END[usize::from(*b)]).map(|p| at + p)
    {
        let mut characters = own[place..].char_indices().map(|(next, c)| (place + next, c)).peekable();
        let character = characters.next().map_or(' ', |(_, c)| c);
        at = place + character.len_utf8();
        let wide = matches!(character, '。' | '！' | '？');
        if !wide && !matches!(character, '.' | '!' | '?') {
            continue;
        }
        let mut end = place + character.len_utf8();
        while let Some(&(next, closing)) = characters.peek()
            && matches!(
                closing,
                '.' | '!' | '?' | '"' | '\'' | ')' | ']' | '”' | '’' | '*' | '_' | '。' | '！' | '？'
            )
        {
            end = next + closing.len_utf8();
            characters.next();
        }
        at = end;
        let rest = &own[end..];
        let ends = wide || (begins_sentence(rest) && !(character == '.' && abbreviated(&own[start..place])));
        if ends {
            push(text, Span { start: span.start + start, end: span.start + end }, found);
            start = end;
        }
    }
    push(text, Span { start: span.start + start, end: span.end }, found);
}

/// Whether what follows a full stop is white space and then something other than a small letter.
fn begins_sentence(rest: &str) -> bool {
    let next = rest.trim_start();
    next.len() < rest.len() && next.chars().next().is_none_or(|c| !c.is_lowercase())
}

fn abbreviated(before: &str) -> bool {
    let word = before.rsplit([' ', '\n', '(', '\u{a0}']).next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let list_number =
        before.trim_start() == word && !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let word = word.to_lowercase();
    initial || list_number || ABBREVIATIONS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let found: Vec<_> = sentences(text).into_iter().map(|span| span.of(text)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn prose_is_cut_where_sentences_end() {
        check("One is here. Two goes\non! Three?", &["One is here.", "Two goes\non!", "Three?"]);
        check(
            "Use e.g. Paris, or v1.2.3 of it. Dr. A. Smith agrees.",
            &["Use e.g. Paris, or v1.2.3 of it.", "Dr. A. Smith agrees."],
        );
        check(
            "See https://a.b/c.d now. “Quoted.” Then.",
            &["See https://a.b/c.d now.", "“Quoted.”", "Then."],
        );
        check("これは文です。次の文。", &["これは文です。", "次の文。"]);
    }

    #[test]
    fn markdown_is_respected() {
        check(
            "# A head. Still\ntext one.\n- item one. More.\n- item two\n\n| a. B | c |\n```\nx. Y. Z\n```\n1. first\n2. second",
            &[
                "# A head. Still",
                "text one.",
                "- item one.",
                "More.",
                "- item two",
                "| a. B | c |",
                "```\nx. Y. Z\n```",
                "1. first",
                "2. second",
            ],
        );
    }

    proptest! {
        #[test]
        fn every_letter_is_in_one_sentence(text in "[a-zA-Zé。.!?#|`~\\- \n0-9]{0,200}") {
            let mut end = 0;
            for span in sentences(&text) {
                prop_assert!(span.start >= end && span.end > span.start && text.is_char_boundary(span.end));
                prop_assert!(text[end..span.start].trim().is_empty());
                end = span.end;
            }
            prop_assert!(text[end..].trim().is_empty());
        }
    }
}
