//! Searches and answers: hits, citations, support, timings.

use platform::{AnswerTimings, AskOutcome, Mode, Retrieval, Usage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageBox, Span, millis, round};

/// What a search found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchAnswer {
    /// What was asked.
    pub query: String,
    /// Where.
    pub collection: String,
    /// Which legs took part: `hybrid`, `dense` or `lexical`.
    pub mode: String,
    /// The hits, best first.
    pub hits: Vec<Hit>,
    /// Where the time went.
    pub timings_ms: SearchTimings,
}

/// Milliseconds by stage.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct SearchTimings {
    /// Embedding the query.
    pub embed: f64,
    /// Both legs, fusion, and reading the hits.
    pub search: f64,
    /// Reranking.
    pub rerank: f64,
    /// The whole.
    pub total: f64,
}

/// One chunk that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Hit {
    /// 1 for the best.
    pub rank: usize,
    /// The score that the ranking used.
    pub score: f64,
    /// The document.
    pub document_id: String,
    /// Its live version.
    pub version: String,
    /// The chunk.
    pub chunk_id: String,
    /// The document's source.
    pub source: String,
    /// Its title.
    pub title: Option<String>,
    /// The headings that the chunk stands under.
    pub heading_path: Vec<String>,
    /// The page, 1-based, where the format has pages.
    pub page: Option<u32>,
    /// Where the chunk stands on that page, for formats that say so.
    #[serde(rename = "box")]
    pub area: Option<PageBox>,
    /// Where the chunk is in the stored text.
    pub span: Span,
    /// The stored text there.
    pub text: String,
    /// All scores.
    pub scores: HitScores,
}

/// The scores of a hit.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct HitScores {
    /// Cosine to the query, −1 to 1.
    pub dense: Option<f64>,
    /// BM25.
    pub lexical: Option<f64>,
    /// Fused, 0 to 1, comparable only within one list.
    pub fused: Option<f64>,
    /// The reranker's own.
    pub rerank: Option<f64>,
}

/// The answer to a search.
pub fn search(query: &str, collection: &str, retrieval: &Retrieval, total_ms: f64) -> SearchAnswer {
    SearchAnswer {
        query: query.to_owned(),
        collection: collection.to_owned(),
        mode: mode(retrieval.mode).to_owned(),
        hits: retrieval.hits.iter().map(hit).collect(),
        timings_ms: SearchTimings {
            embed: millis(retrieval.timings.embed_ms),
            search: millis(retrieval.timings.search_ms),
            rerank: 0.0,
            total: millis(total_ms),
        },
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Hybrid => "hybrid",
        Mode::Dense => "dense",
        Mode::Lexical => "lexical",
    }
}

fn hit(hit: &platform::Hit) -> Hit {
    let found = &hit.found;
    Hit {
        rank: hit.rank,
        score: round(hit.score),
        document_id: found.document_id.clone(),
        version: found.version.clone(),
        chunk_id: found.chunk.id.to_string(),
        source: found.source.clone(),
        title: found.title.clone(),
        heading_path: found.chunk.heading_path.clone(),
        page: found.chunk.page,
        area: found.chunk.area.map(Into::into),
        span: found.chunk.span.into(),
        text: hit.text.clone(),
        scores: HitScores {
            dense: hit.scores.dense,
            lexical: hit.scores.lexical,
            fused: hit.scores.fused,
            rerank: None,
        },
    }
}

/// The answer to a question.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Answered {
    /// What was asked.
    pub question: String,
    /// The answer with markers such as `[1]`.
    pub answer: String,
    /// Whether it is not known.
    pub refused: bool,
    /// `nothing_found` or `not_supported`.
    pub refusal_reason: Option<String>,
    /// What the markers stand for.
    pub citations: Vec<Citation>,
    /// What each sentence rests on.
    pub support: Vec<Support>,
    /// Who wrote the answer.
    pub model: String,
    /// The stack that served.
    pub stack: String,
    /// Names this request in logs.
    pub trace_id: String,
    /// Tokens that the chat model took.
    pub usage: TokenUsage,
    /// Where the time went.
    pub timings_ms: AnswerMillis,
    /// What the answer was made from, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspection: Option<Inspection>,
}

/// What an answer was made from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Inspection {
    /// The question as it was searched for.
    pub question: String,
    /// What was found.
    pub hits: Vec<Hit>,
    /// What the chat model was told.
    pub prompt: Vec<Said>,
}

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

/// A place in a document version, and what stands there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Citation {
    /// The `n` of `[n]`.
    pub marker: usize,
    /// The document.
    pub document_id: String,
    /// The version that was read.
    pub version: String,
    /// The document's source.
    pub source: String,
    /// Its title.
    pub title: Option<String>,
    /// The page, 1-based, where the format has pages.
    pub page: Option<u32>,
    /// Where the chunk stands on that page, for formats that say so.
    #[serde(rename = "box")]
    pub area: Option<PageBox>,
    /// The headings that the quote stands under.
    pub heading_path: Vec<String>,
    /// Where the quote is in the stored text.
    pub span: Span,
    /// The stored text there, byte for byte.
    pub quote: String,
}

/// What one sentence rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Support {
    /// The sentence, without markers.
    pub sentence: String,
    /// The markers it carries.
    pub citations: Vec<usize>,
    /// Whether the score reaches the threshold.
    pub supported: bool,
    /// 0 to 1.
    pub score: f64,
}

/// Tokens that a request took.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TokenUsage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
}

impl From<Usage> for TokenUsage {
    fn from(usage: Usage) -> Self {
        Self { prompt_tokens: usage.prompt_tokens, completion_tokens: usage.completion_tokens }
    }
}

/// Milliseconds by stage.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct AnswerMillis {
    /// Embedding the question.
    pub embed: f64,
    /// Searching.
    pub search: f64,
    /// Reranking.
    pub rerank: f64,
    /// Condensing, choosing passages, writing the prompt.
    pub prompt: f64,
    /// From asking the model to its first text.
    pub ttft: f64,
    /// From asking the model to its end.
    pub generation: f64,
    /// The whole.
    pub total: f64,
}

impl AnswerMillis {
    fn of(timings: &AnswerTimings, total_ms: f64) -> Self {
        Self {
            embed: millis(timings.retrieval.embed_ms),
            search: millis(timings.retrieval.search_ms),
            rerank: 0.0,
            prompt: millis(timings.prompt_ms),
            ttft: millis(timings.ttft_ms),
            generation: millis(timings.generation_ms),
            total: millis(total_ms),
        }
    }
}

/// The answer to a question, without what it was made from.
pub fn ask(question: &str, outcome: &AskOutcome) -> Answered {
    let answer = &outcome.answer;
    let support = answer.support.iter().map(|support| Support {
        sentence: support.sentence.clone(),
        citations: support.citations.clone(),
        supported: support.supported,
        score: round(support.score),
    });
    Answered {
        question: question.to_owned(),
        answer: answer.text.clone(),
        refused: answer.refusal.is_some(),
        refusal_reason: answer.refusal.map(|refusal| refusal.as_str().to_owned()),
        citations: answer.citations.iter().map(citation).collect(),
        support: support.collect(),
        model: answer.model.clone(),
        stack: outcome.stack.to_owned(),
        trace_id: outcome.trace_id.clone(),
        usage: answer.usage.into(),
        timings_ms: AnswerMillis::of(&answer.timings, outcome.total_ms),
        inspection: None,
    }
}

/// What an answer was made from.
pub fn inspection(outcome: &AskOutcome) -> Inspection {
    let made_from = &outcome.answer.inspection;
    let said = made_from.prompt.iter().map(|message| Said {
        role: message.role.as_str().to_owned(),
        content: message.text.reveal().to_owned(),
    });
    Inspection {
        question: made_from.question.reveal().to_owned(),
        hits: made_from.hits.iter().map(hit).collect(),
        prompt: said.collect(),
    }
}

/// A citation.
pub fn citation(citation: &platform::Citation) -> Citation {
    Citation {
        marker: citation.marker,
        document_id: citation.document_id.clone(),
        version: citation.version.clone(),
        source: citation.source.clone(),
        title: citation.title.clone(),
        page: citation.page,
        area: citation.area.map(Into::into),
        heading_path: citation.heading_path.clone(),
        span: citation.span.into(),
        quote: citation.quote.clone(),
    }
}
