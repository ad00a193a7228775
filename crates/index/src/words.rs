//! BM25's view of text: tokens, stems, weights. Indexing, searching and the answerer share it, and a
//! change to it is a change to [`fingerprint`].

use std::collections::BTreeSet;
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

static DOCUMENTS: LazyLock<EdgeBm25> = LazyLock::new(|| analysis(K1, B));
static QUERIES: LazyLock<EdgeBm25> = LazyLock::new(|| analysis(K1_COUNTING, 0.0));

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

/// A document's terms with their saturated frequencies.
pub(crate) fn document(text: &str) -> SparseVector {
    DOCUMENTS.embed_document(text)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_fingerprint_names_every_setting() {
        assert_eq!(fingerprint(), "bm25 1 k1 1.2 b 0.75 length 60 english");
    }
}
