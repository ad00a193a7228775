//! Whatever the document and the strategy, chunks are spans of the stored text that lose nothing.

#![expect(clippy::unwrap_used, reason = "a test")]

use patou_document::{BlockKind, Chunking, Document, Extent, Input, Strategy, chunk, parse};
use proptest::prelude::*;

const NAMES: [&str; 15] = [
    "a.md", "a.txt", "a.html", "a.xhtml", "a.epub", "a.json", "a.csv", "a.eml", "a.rs", "a.py", "a.toml",
    "a.rst", "a.adoc", "a.rtf", "a.ipynb",
];
const STRATEGIES: [&str; 5] = ["heading", "recursive", "fixed", "sentence", "code"];

/// Counts as a subword tokenizer does: a long word is several tokens.
fn count(text: &str) -> usize {
    text.split_whitespace().map(|word| word.chars().count().div_ceil(4)).sum()
}

fn check_chunks(document: &Document, chunking: &Chunking) -> Result<(), TestCaseError> {
    let chunks = chunk(document, chunking, count);
    let text = &document.text;
    let mut covered = 0;
    let has_rows = document.blocks.iter().any(|block| block.kind == BlockKind::Row);
    let aside = |start: usize| {
        document.blocks.iter().any(|block| {
            let apart =
                block.kind == BlockKind::FrontMatter || (has_rows && block.kind == BlockKind::TableHeader);
            apart && block.span.start <= start && start < block.span.end
        }) || text[start..].starts_with("| ---")
    };
    let mut last_start = 0;
    for chunk in &chunks {
        let span = chunk.span;
        prop_assert!(text.get(span.start..span.end).is_some_and(|own| !own.trim().is_empty()), "{span:?}");
        prop_assert!(span.start >= last_start, "chunks are in order");
        last_start = span.start;
        let own = &text[span.start..span.end];
        prop_assert_eq!(chunk.tokens, count(&chunk.indexed_text(document)));
        prop_assert!(chunk.tokens <= chunking.max_tokens || own.trim().chars().count() == 1, "{own:?}");
        for (place, _) in
            text.get(covered..span.start).unwrap_or_default().match_indices(|c: char| !c.is_whitespace())
        {
            let line = text[..covered + place].rfind('\n').map_or(0, |end| end + 1);
            prop_assert!(
                aside(covered + place) || aside(line),
                "lost at {}: {:?}",
                covered + place,
                &text[line..]
            );
        }
        covered = covered.max(span.end);
    }
    let rest = &text[covered..];
    prop_assert!(
        rest.trim().is_empty()
            || chunks.is_empty()
            || aside(covered + (rest.len() - rest.trim_start().len())),
        "lost: {rest:?}"
    );
    Ok(())
}

fn chunking(strategy: &str, max_tokens: usize, overlap_tokens: usize) -> Chunking {
    Chunking { strategy: strategy.parse::<Strategy>().unwrap(), max_tokens, overlap_tokens }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_in_any_format_is_covered(
        text in "([a-zA-Zäé。]{1,9}[ \\n]|#{1,3} |- |\\| |```\\n|\\n\\n|<p>|</p>|\\{|\\}|\\[|\\]|:|,|\"|---\\n|[.!?] ){0,120}",
        name in prop::sample::select(&NAMES[..]),
        strategy in prop::sample::select(&STRATEGIES[..]),
        max_tokens in 8usize..64,
        overlap_tokens in 0usize..16,
    ) {
        let input = Input { name, bytes: text.as_bytes(), extent: Extent::Whole, passwords: &[] };
        if let Ok(document) = parse(&input) {
            check_chunks(&document, &chunking(strategy, max_tokens, overlap_tokens))?;
        }
    }

    #[test]
    fn any_bytes_are_survived(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        name in prop::sample::select(&NAMES[..]),
    ) {
        for extent in [Extent::Whole, Extent::MainContent] {
            if let Ok(document) = parse(&Input { name, bytes: &bytes, extent, passwords: &[] }) {
                check_chunks(&document, &chunking("heading", 32, 4))?;
            }
        }
    }
}

fn markdown(text: &str) -> Document {
    parse(&Input { name: "a.md", bytes: text.as_bytes(), extent: Extent::MainContent, passwords: &[] })
        .unwrap()
}

fn cut(text: &str, max_tokens: usize, overlap_tokens: usize) -> Vec<(String, Vec<String>)> {
    let document = markdown(text);
    let chunks = chunk(&document, &chunking("heading", max_tokens, overlap_tokens), |text| {
        text.split_whitespace().count()
    });
    chunks
        .into_iter()
        .map(|chunk| (document.text[chunk.span.start..chunk.span.end].to_owned(), chunk.heading_path))
        .collect()
}

#[test]
fn tiny_sections_go_together_and_others_stay_apart() {
    let long = "word ".repeat(60);
    let text = format!("# Top\n\n## A\n\ntiny one\n\n## B\n\ntiny two\n\n## C\n\n{long}\n\n## D\n\n{long}");
    let found = cut(&text, 200, 0);
    let paths: Vec<_> = found.iter().map(|(_, path)| path.join("/")).collect();
    assert_eq!(paths, ["Top", "Top/D"], "{found:?}");
    assert!(found[0].0.starts_with("# Top") && found[0].0.contains("tiny two"));
}

#[test]
fn a_long_section_shares_sentences_and_tables_stay_whole() {
    let sentences: Vec<String> = (0..40).map(|n| format!("Sentence number {n} has six words.")).collect();
    let found = cut(&format!("# Top\n\n{}", sentences.join(" ")), 100, 16);
    assert!(found.len() > 2);
    for pair in found.windows(2) {
        let first = pair[1].0.split(". ").next().unwrap();
        assert!(first.starts_with("Sentence") && pair[0].0.contains(first), "no overlap: {pair:?}");
    }
    let table = "| a | b |\n|---|---|\n| c | d |\n| e | f |";
    let found = cut(&format!("# Top\n\n{}\n\n{table}\n", "word ".repeat(70)), 100, 0);
    assert!(found.iter().any(|(text, _)| text.contains(table)), "{found:?}");
}

#[test]
fn a_large_file_is_cut_in_linear_time() {
    let paragraph = "The quick brown fox jumps over the lazy dog. ".repeat(12);
    let text = format!("{paragraph}\n\n").repeat(20_000);
    let document =
        parse(&Input { name: "a.txt", bytes: text.as_bytes(), extent: Extent::Whole, passwords: &[] })
            .unwrap();
    let calls = std::cell::Cell::new(0usize);
    let chunks = chunk(&document, &Chunking::default(), |text| {
        calls.set(calls.get() + text.len());
        text.len() / 5
    });
    assert!(chunks.len() > 1000);
    assert!(calls.get() < 8 * text.len(), "{} bytes were counted of {}", calls.get(), text.len());
}
