//! BM25's view of text: tokens, stems, weights. Indexing, searching and the answerer share it, and a
//! change to it is a change to [`fingerprint`].

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use qdrant_edge::SparseVector;
use qdrant_edge::bm25_embed::{EdgeBm25, EdgeBm25Config};
use qdrant_edge::external::ordered_float::NotNan;

/// Raised when the analysis changes in a way that the settings below do not tell.
const ANALYSIS: u32 = 1;
/// How fast a term's repetition stops to count.
const K1: f64 = 1.2;
/// How much a text's length counts.
const B: f64 = 0.75;
/// The length, in terms after stop words, at which a text is neither favoured nor held back. Measured; see
/// `benches/hybrid_search/README.md`.
const TERMS_USUAL: f64 = 60.0;
/// So slow that repetitions count in full.
const K1_COUNTING: f64 = 1e9;
const LANGUAGE: &str = "english";
/// How many words a thread knows the terms of before it forgets them and begins anew.
const KNOWN_WORDS_MAX: usize = 1 << 16;
/// Longer words are looked at each time: they hardly come again.
const KNOWN_WORD_BYTES_MAX: usize = 32;

static DOCUMENTS: LazyLock<EdgeBm25> = LazyLock::new(|| analysis(K1, B));
static QUERIES: LazyLock<EdgeBm25> = LazyLock::new(|| analysis(K1_COUNTING, 0.0));

thread_local! {
    /// What words of documents stand for; `None` for stop words. A text has few distinct ones, and stemming one takes
    /// longer than everything else that is done with it.
    static KNOWN: RefCell<HashMap<Box<str>, Option<u32>>> = RefCell::default();
}

fn analysis(k1: f64, b: f64) -> EdgeBm25 {
    let number = |value: f64| NotNan::new(value).unwrap_or_default();
    let config = EdgeBm25Config {
        k: number(k1),
        b: number(b),
        avg_len: number(TERMS_USUAL),
        language: Some(LANGUAGE.to_owned()),
        ..EdgeBm25Config::default()
    };
    #[expect(clippy::expect_used, reason = "the settings are the constants above; every test builds them")]
    EdgeBm25::new(config).expect("constant BM25 settings")
}

/// Everything that decides what BM25 makes of a text. Texts indexed under one fingerprint must not be
/// searched under another.
pub fn fingerprint() -> String {
    format!("bm25 {ANALYSIS} k1 {K1} b {B} length {TERMS_USUAL} {LANGUAGE}")
}

/// The distinct terms of a text, as the numbers under which the index knows them: lower case, stemmed,
/// without stop words.
pub fn terms(text: &str) -> BTreeSet<u32> {
    query(text).indices.into_iter().collect()
}

/// A query's terms with the number of times that it names each: a long question weighs its subject.
pub(crate) fn query(text: &str) -> SparseVector {
    let mut terms = QUERIES.embed_document(text);
    terms.values.iter_mut().for_each(|count| *count = count.round());
    terms
}

/// A document's terms with their saturated frequencies: what the engine makes of the whole text, put together from
/// what it makes of each word.
pub(crate) fn document(text: &str) -> SparseVector {
    let mut terms: Vec<u32> = KNOWN.with_borrow_mut(|known| {
        text.split(|c: char| !c.is_alphanumeric()).filter_map(|word| term(known, word)).collect()
    });
    #[expect(clippy::cast_precision_loss, reason = "a text has fewer than 2⁵³ words")]
    let count = terms.len() as f64;
    terms.sort_unstable();
    let mut vector = SparseVector { indices: Vec::new(), values: Vec::new() };
    for same in terms.chunk_by(|a, b| a == b) {
        #[expect(clippy::cast_precision_loss, reason = "a text has fewer than 2⁵³ words")]
        let times = same.len() as f64;
        let weight = times * (K1 + 1.0) / K1.mul_add(1.0 - B + B * count / TERMS_USUAL, times);
        vector.indices.push(same[0]);
        #[expect(clippy::cast_possible_truncation, reason = "the index keeps weights in single precision")]
        vector.values.push(weight as f32);
    }
    vector
}

/// What a word stands for; `None` where it is empty or a stop word.
fn term(known: &mut HashMap<Box<str>, Option<u32>>, word: &str) -> Option<u32> {
    if word.is_empty() {
        return None;
    }
    if let Some(term) = known.get(word) {
        return *term;
    }
    let term = DOCUMENTS.embed_document(word).indices.first().copied();
    if word.len() <= KNOWN_WORD_BYTES_MAX {
        if known.len() >= KNOWN_WORDS_MAX {
            known.clear();
        }
        known.insert(word.into(), term);
    }
    term
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_meet_in_their_stems() {
        assert_eq!(terms("The clusters are upgraded"), terms("upgrading a cluster"));
        assert!(terms("the of and").is_empty());
        assert!(terms("").is_empty());
    }

    #[test]
    fn a_query_counts_its_words() {
        let mut counts = query("red fox, red wine, red red").values;
        counts.sort_by(f32::total_cmp);
        assert_eq!(counts, [1.0, 1.0, 4.0]);
        assert_eq!(query("fox").indices, document("foxes").indices);
    }

    proptest! {
        #[test]
        fn a_document_is_what_the_engine_makes_of_it(
            text in proptest::collection::vec("(the|Running|runs|RUN|x[0-9]{1,3}|\\PC{0,12}|İ|ß)[ ,.\n_-]{0,2}", 0..120),
        ) {
            let text = text.concat();
            let whole = DOCUMENTS.embed_document(&text);
            for _ in 0..2 {
                let ours = document(&text);
                prop_assert_eq!((&ours.indices, &ours.values), (&whole.indices, &whole.values));
            }
        }
    }

    #[test]
    fn the_fingerprint_names_every_setting() {
        assert_eq!(fingerprint(), "bm25 1 k1 1.2 b 0.75 length 60 english");
    }
}
