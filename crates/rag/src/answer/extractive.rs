//! Choosing the sentences that answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use document::Span;
use model::Embedder;

use super::prose::plain;
use super::refusal::{Evidence, Refusal};
use crate::{Hit, RagError};

/// A question with what retrieval found for it.
pub(super) struct Question<'a> {
    pub text: &'a str,
    pub vector: Option<&'a [f32]>,
    pub hits: &'a [Hit],
}

/// A sentence chosen to stand in the answer.
pub(super) struct Extract {
    /// As the answer shows it.
    pub sentence: String,
    /// The stored text at the span.
    pub quote: String,
    /// Where it stands in the document's stored text.
    pub span: Span,
    /// The hit it was found in.
    pub hit: Hit,
}

/// How many sentences an answer has at most.
const SENTENCES_MAX: usize = 3;
/// How many sentences are considered at most.
const CANDIDATES_MAX: usize = 96;
/// A further sentence scores at least this share of the best one's score.
const RELATIVE_SCORE_MIN: f64 = 0.85;
/// Two sentences nearer than this say the same.
const SAME_COSINE: f64 = 0.92;
/// Shorter ones are labels rather than sentences, longer ones are listings; in bytes.
const SENTENCE_BYTES: std::ops::RangeInclusive<usize> = 12..=700;

const COSINE_WEIGHT: f64 = 0.5;
const COVERAGE_WEIGHT: f64 = 0.2;
const PASSAGE_WEIGHT: f64 = 0.3;

struct Sentence<'a> {
    hit: &'a Hit,
    span: Span,
    text: &'a str,
    terms: BTreeSet<u32>,
    vector: Option<Vec<f32>>,
    cosine: f64,
    score: f64,
}

/// The sentences that answer, in the order of their passages, or why there are none.
///
/// # Errors
///
/// [`RagError::Model`] when the embedder fails.
pub(super) async fn extract(
    question: &Question<'_>,
    embedder: Option<&Arc<dyn Embedder>>,
) -> Result<Result<Vec<Extract>, Refusal>, RagError> {
    if question.hits.is_empty() {
        return Ok(Err(Refusal::NothingFound));
    }
    let mut sentences = candidates(question.hits);
    if let (Some(embedder), Some(vector)) = (embedder, question.vector) {
        let texts: Vec<String> = sentences.iter().map(with_context).collect();
        let vectors = embedder.embed(&texts).await.map_err(RagError::Model)?;
        for (sentence, own) in sentences.iter_mut().zip(vectors) {
            sentence.cosine = dot(&own, vector);
            sentence.vector = Some(own);
        }
    }
    let wanted = index::terms(question.text);
    score(&mut sentences, &wanted, question);
    let evidence = evidence(question, &sentences, &wanted);
    tracing::debug!(?evidence, "evidence for an extractive answer");
    if sentences.is_empty() || !evidence.suffices() {
        return Ok(Err(Refusal::NotSupported));
    }
    let mut chosen = choose(&sentences);
    chosen.sort_by_key(|sentence| (sentence.hit.rank, sentence.span.start));
    Ok(Ok(chosen.into_iter().map(extract_of).collect()))
}

/// The sentences of the hits, each once.
fn candidates(hits: &[Hit]) -> Vec<Sentence<'_>> {
    let mut met = BTreeSet::new();
    let mut sentences = Vec::new();
    for hit in hits {
        for inner in document::sentences(&hit.text) {
            let text = &hit.text[inner.start..inner.end];
            let fits =
                SENTENCE_BYTES.contains(&text.len()) && !text.starts_with('#') && !text.starts_with("```");
            let offset = hit.found.chunk.span.start;
            let span = Span { start: offset + inner.start, end: offset + inner.end };
            if fits && sentences.len() < CANDIDATES_MAX && met.insert(text) {
                let terms = index::terms(text);
                if !terms.is_empty() {
                    sentences.push(Sentence {
                        hit,
                        span,
                        text,
                        terms,
                        vector: None,
                        cosine: 0.0,
                        score: 0.0,
                    });
                }
            }
        }
    }
    sentences
}

/// A sentence with the heading it stands under, without which many say nothing.
fn with_context(sentence: &Sentence<'_>) -> String {
    let found = &sentence.hit.found;
    match found.chunk.heading_path.last().or(found.title.as_ref()) {
        Some(heading) => format!("{heading}\n{}", plain(sentence.text, header_of(sentence.hit))),
        None => plain(sentence.text, header_of(sentence.hit)),
    }
}

fn score(sentences: &mut [Sentence<'_>], wanted: &BTreeSet<u32>, question: &Question<'_>) {
    let best = question.hits.iter().map(|hit| hit.score).fold(f64::MIN_POSITIVE, f64::max);
    for sentence in sentences {
        let passage = sentence.hit.score / best;
        let coverage = share(wanted, &sentence.terms);
        sentence.score = match sentence.vector {
            Some(_) => {
                COSINE_WEIGHT * sentence.cosine + COVERAGE_WEIGHT * coverage + PASSAGE_WEIGHT * passage
            }
            None => (COSINE_WEIGHT + COVERAGE_WEIGHT) * coverage + PASSAGE_WEIGHT * passage,
        };
    }
}

fn evidence(question: &Question<'_>, sentences: &[Sentence<'_>], wanted: &BTreeSet<u32>) -> Evidence {
    let greatest = |scores: &mut dyn Iterator<Item = f64>| {
        scores.fold(None, |most: Option<f64>, score| Some(most.map_or(score, |most| most.max(score))))
    };
    let has_vectors = question.vector.is_some();
    let passages = question.hits.iter().map(|hit| {
        let context = &hit.found.chunk.context;
        share(wanted, &index::terms(&format!("{context} {}", hit.text)))
    });
    Evidence {
        passage_cosine: greatest(&mut question.hits.iter().filter_map(|hit| hit.scores.dense)),
        sentence_cosine: has_vectors
            .then(|| greatest(&mut sentences.iter().map(|sentence| sentence.cosine)))
            .flatten(),
        coverage: passages.fold(0.0, f64::max),
    }
}

/// The best sentence, and the next ones that are nearly as good and say something else.
fn choose<'a, 'b>(sentences: &'b [Sentence<'a>]) -> Vec<&'b Sentence<'a>> {
    let mut order: Vec<&Sentence<'_>> = sentences.iter().collect();
    order.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.hit.rank.cmp(&b.hit.rank))
            .then_with(|| a.span.start.cmp(&b.span.start))
    });
    let mut chosen: Vec<&Sentence<'_>> = Vec::new();
    for sentence in order {
        let Some(best) = chosen.first() else {
            chosen.push(sentence);
            continue;
        };
        let near_enough = sentence.score >= RELATIVE_SCORE_MIN * best.score;
        let repeats = chosen.iter().any(|other| same(other, sentence));
        if chosen.len() < SENTENCES_MAX && near_enough && !repeats {
            chosen.push(sentence);
        }
    }
    chosen
}

fn same(a: &Sentence<'_>, b: &Sentence<'_>) -> bool {
    match (&a.vector, &b.vector) {
        (Some(a), Some(b)) => dot(a, b) >= SAME_COSINE,
        _ => share(&a.terms, &b.terms) >= SAME_COSINE,
    }
}

fn extract_of(sentence: &Sentence<'_>) -> Extract {
    Extract {
        sentence: plain(sentence.text, header_of(sentence.hit)),
        quote: sentence.text.to_owned(),
        span: sentence.span,
        hit: sentence.hit.clone(),
    }
}

/// The header row that goes with a hit out of a table, where its context ends with one.
fn header_of(hit: &Hit) -> Option<&str> {
    hit.found.chunk.context.lines().rfind(|line| line.starts_with('|'))
}

/// The share of `wanted` that is in `held`.
pub(super) fn share(wanted: &BTreeSet<u32>, held: &BTreeSet<u32>) -> f64 {
    if wanted.is_empty() {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a question has few terms")]
    let share = wanted.intersection(held).count() as f64 / wanted.len() as f64;
    share
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum()
}
