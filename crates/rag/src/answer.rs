//! Answers whose every sentence can be checked against the stored text.

mod extractive;
mod prose;
mod refusal;
mod support;

use document::Span;
use runtime::Stopwatch;

use crate::{Library, RagError, RetrievalTimings, SearchQuery};
use extractive::Extract;
pub use refusal::Refusal;
pub use support::Support;

/// How many hits the extractive answerer reads.
const PASSAGES: usize = 8;
/// What an answer says when there is none.
const DO_NOT_KNOW: &str = "I do not know: nothing in this collection that you may read answers the question.";

/// An answer, or a refusal that says why.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The answer with markers such as `[1]`; for a refusal, that it is not known.
    pub text: String,
    /// Why there is no answer.
    pub refusal: Option<Refusal>,
    /// What the markers stand for, by marker.
    pub citations: Vec<Citation>,
    /// What each sentence of the answer rests on.
    pub support: Vec<Support>,
    /// Who wrote it.
    pub model: &'static str,
    /// Embedding the question and searching.
    pub retrieval: RetrievalTimings,
    /// Choosing and ordering the sentences, in milliseconds.
    pub generation_ms: f64,
}

/// A place in a document version, and what stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Citation {
    /// The `n` of `[n]`.
    pub marker: usize,
    /// The document.
    pub document_id: String,
    /// The version that was read.
    pub version: String,
    /// The document's source.
    pub source: String,
    /// The document's title.
    pub title: Option<String>,
    /// The page, 1-based, where the format has pages.
    pub page: Option<u32>,
    /// The headings that the quote stands under.
    pub heading_path: Vec<String>,
    /// Where the quote is in the version's stored text.
    pub span: Span,
    /// The stored text at the span, byte for byte.
    pub quote: String,
}

impl Library {
    /// Answers a question from a collection with sentences taken from its documents.
    ///
    /// # Errors
    ///
    /// What [`Library::search`] says.
    pub async fn answer(&self, query: &SearchQuery) -> Result<Answer, RagError> {
        let wider = SearchQuery { top_k: PASSAGES, ..query.clone() };
        let retrieval = self.search(&wider).await?;
        let clock = Stopwatch::start();
        let embedder = match &retrieval.query_vector {
            Some(_) => self.parts.embedder.as_ref(),
            None => None,
        };
        let question = extractive::Question {
            text: query.text.reveal(),
            vector: retrieval.query_vector.as_deref(),
            hits: &retrieval.hits,
        };
        let extract = extractive::extract(&question, embedder).await?;
        let (text, refusal, citations, support) = match extract {
            Err(refusal) => (DO_NOT_KNOW.to_owned(), Some(refusal), Vec::new(), Vec::new()),
            Ok(extracts) => compose(extracts),
        };
        Ok(Answer {
            text,
            refusal,
            citations,
            support,
            model: "extractive",
            retrieval: retrieval.timings,
            generation_ms: clock.elapsed_ms(),
        })
    }
}

/// Sentences in their order, each with the marker of the place it was taken from.
fn compose(extracts: Vec<Extract>) -> (String, Option<Refusal>, Vec<Citation>, Vec<Support>) {
    let mut text = String::new();
    let mut citations = Vec::with_capacity(extracts.len());
    let mut supports = Vec::with_capacity(extracts.len());
    for (place, extract) in extracts.into_iter().enumerate() {
        let marker = place + 1;
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&format!("{} [{marker}]", extract.sentence));
        supports.push(support::of(&extract.sentence, vec![marker], &[extract.quote.as_str()]));
        citations.push(Citation {
            marker,
            document_id: extract.hit.found.document_id,
            version: extract.hit.found.version,
            source: extract.hit.found.source,
            title: extract.hit.found.title,
            page: extract.hit.found.chunk.page,
            heading_path: extract.hit.found.chunk.heading_path,
            span: extract.span,
            quote: extract.quote,
        });
    }
    (text, None, citations, supports)
}
