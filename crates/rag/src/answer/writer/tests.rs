//! What models say, well and badly, and what becomes of it.

use document::Span;
use index::PointId;

use super::*;
use crate::registry::{ChunkRecord, LiveChunk};
use crate::{Hit, Scores};

const BEFORE: &str = "# Header\n\n";
const VENUS: &str = "Venus is the hottest planet. Its day is longer than its year. Clouds of acid cover it.";
const MARS: &str = "Mars has two moons. They are called Phobos and Deimos.";

fn passage(id: &str, text: &str) -> Passage {
    let span = Span { start: BEFORE.len(), end: BEFORE.len() + text.len() };
    let chunk = ChunkRecord {
        id: PointId([0; 16]),
        span,
        heading_path: Vec::new(),
        context: String::new(),
        page: None,
        area: None,
        tokens: 0,
    };
    let found = LiveChunk {
        chunk,
        ordinal: 0,
        document_id: id.into(),
        version: "v".into(),
        source: format!("{id}.md"),
        title: None,
        duplicate_of: None,
    };
    let hit = Hit { rank: 1, score: 1.0, scores: Scores::default(), found, text: text.into() };
    Passage { hit, span, text: text.into() }
}

/// Writes what a model says, a few characters at a time, for every few; the answers must be the same.
fn check(said: &str, expect: &str) -> Written {
    let passages = [passage("venus", VENUS), passage("mars", MARS)];
    let letters: Vec<char> = said.chars().collect();
    let mut last = None;
    for size in 1..=letters.len() {
        let mut writer = AnswerWriter::new(&passages);
        let mut events = Vec::new();
        for piece in letters.chunks(size) {
            events.extend(writer.push(&piece.iter().collect::<String>()));
        }
        let (rest, written) = writer.finish();
        events.extend(rest);
        let mut told = BTreeSet::new();
        let mut streamed = String::new();
        for event in events {
            match event {
                AnswerEvent::Token(text) => streamed.push_str(&text),
                AnswerEvent::Citation(citation) => assert!(told.insert(citation.marker)),
            }
        }
        assert_eq!(written.text, expect, "in pieces of {size}");
        assert_eq!(streamed, expect, "in pieces of {size}");
        assert_eq!(told.len(), written.citations.len());
        for citation in &written.citations {
            let stored = format!("{BEFORE}{}", if citation.document_id == "mars" { MARS } else { VENUS });
            assert_eq!(citation.quote, stored[citation.span.start..citation.span.end]);
            assert!(expect.contains(&format!("[{}]", citation.marker)));
        }
        last = Some(written);
    }
    last.unwrap()
}

fn quotes(written: &Written) -> Vec<&str> {
    written.citations.iter().map(|citation| citation.quote.as_str()).collect()
}

#[test]
fn a_model_that_cites_well() {
    let written = check(
        "Venus is the hottest planet [1]. Mars has two moons.[2] A day of Venus is longer than its year. [1]",
        "Venus is the hottest planet [1]. Mars has two moons.[2] A day of Venus is longer than its year. [3]",
    );
    assert_eq!(
        quotes(&written),
        ["Venus is the hottest planet.", "Mars has two moons.", "Its day is longer than its year."]
    );
    let supported: Vec<_> =
        written.support.iter().map(|s| (s.support.citations.clone(), s.support.supported)).collect();
    assert_eq!(supported, [(vec![1], true), (vec![2], true), (vec![3], true)]);
}

#[test]
fn markers_in_every_spelling() {
    check("Moons [2, 1].", "Moons [1][2].");
    check("Moons [1-2]; moons 【2】 [^1] [Passage 2].", "Moons [1][2]; moons [2] [1] [2].");
    check("Moons [2][2].", "Moons [1][1].");
}

#[test]
fn a_model_that_cites_what_was_not_given() {
    let written = check("Venus has rings [7]. It is hot [0].", "Venus has rings . It is hot .");
    assert!(written.citations.is_empty());
    assert!(written.support.iter().all(|s| !s.support.supported && s.support.citations.is_empty()));
}

#[test]
fn a_model_that_cites_badly_or_not_at_all() {
    let written =
        check("Gold rains on Jupiter [2]. Nobody knows why.", "Gold rains on Jupiter [1]. Nobody knows why.");
    assert_eq!(quotes(&written), [MARS]);
    let found: Vec<_> =
        written.support.iter().map(|s| (s.support.citations.len(), s.support.supported)).collect();
    assert_eq!(found, [(1, false), (0, false)]);
}

#[test]
fn brackets_that_are_no_markers() {
    let written = check(
        "See [the page](x), `a[1]` and [x]. Venus is hot [1",
        "See [the page](x), `a[1]` and [x]. Venus is hot [1",
    );
    assert!(written.citations.is_empty());
    let written = check("Ven[1]us", "Ven[1]us");
    assert_eq!(written.citations.len(), 1);
}

#[test]
fn a_refusal_is_seen_before_it_is_shown() {
    for said in ["NO ANSWER", " no answer.\n", ""] {
        let passages = [passage("venus", VENUS)];
        let mut writer = AnswerWriter::new(&passages);
        let shown: Vec<_> = said.chars().flat_map(|c| writer.push(&c.to_string())).collect();
        let (rest, written) = writer.finish();
        assert!(shown.is_empty() && rest.is_empty() && written.refused, "{said:?}");
    }
    assert!(!check("No answers are given on Venus [1].", "No answers are given on Venus [1].").refused);
}
