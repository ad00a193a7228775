//! The JSON that the contract fixes, made from the platform's plain values. The command line prints the same.

pub mod openai;

use std::collections::BTreeMap;

use platform::{
    AccessList, AnswerTimings, AskOutcome, Check, CheckStatus, CollectionSummary, DocumentDetail,
    DocumentProblem, DocumentRecord, IngestReport, Mode, Retrieval, RetrievalEvaluation, Usage,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Scores are shown to six decimals at most.
fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// Milliseconds are shown to three.
fn millis(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Byte offsets into a version's stored text: from `start` up to and without `end`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl From<platform::Span> for Span {
    fn from(span: platform::Span) -> Self {
        Self { start: span.start, end: span.end }
    }
}

/// What an ingest did: `added + updated + unchanged + quarantined + failed` is the number of items listed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = IngestReport)]
pub struct Ingested {
    /// Where to.
    pub collection: String,
    /// Documents that were not there.
    pub added: usize,
    /// Documents that are new versions, or whose access list changed.
    pub updated: usize,
    /// Documents that are as they were.
    pub unchanged: usize,
    /// Documents that their source no longer has.
    pub deleted: usize,
    /// Items that were held back.
    pub quarantined: usize,
    /// Items that could not be ingested.
    pub failed: Vec<Failed>,
    /// What became of chunks.
    pub chunks: Chunks,
    /// Tokens that were embedded.
    pub tokens_embedded: usize,
    /// Problems on the documents added or updated.
    pub problems: usize,
    /// How long it took.
    pub elapsed_ms: f64,
    /// Whether it was asked to stop before it was through.
    pub stopped: bool,
}

/// An item that could not be ingested.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Failed {
    /// The item.
    pub source: String,
    /// What went wrong.
    pub error: String,
    /// The remedy.
    pub hint: String,
}

/// Chunks by what became of them.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Chunks {
    /// Embedded now.
    pub added: usize,
    /// Whose vector was there.
    pub reused: usize,
    /// Of replaced and removed versions.
    pub removed: usize,
}

/// The report of an ingest.
pub fn ingest_report(collection: &str, report: &IngestReport) -> Ingested {
    let failed = report.failed.iter().map(|failure| Failed {
        source: failure.source.clone(),
        error: failure.error.clone(),
        hint: failure.hint.clone(),
    });
    Ingested {
        collection: collection.to_owned(),
        added: report.added,
        updated: report.updated,
        unchanged: report.unchanged,
        deleted: report.deleted,
        quarantined: report.quarantined,
        failed: failed.collect(),
        chunks: Chunks {
            added: report.chunks.added,
            reused: report.chunks.reused,
            removed: report.chunks.removed,
        },
        tokens_embedded: report.tokens_embedded,
        problems: report.problems,
        elapsed_ms: report.elapsed_ms.round(),
        stopped: report.stopped,
    }
}

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
        heading_path: citation.heading_path.clone(),
        span: citation.span.into(),
        quote: citation.quote.clone(),
    }
}

/// A document in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Document {
    /// Its id, unique in its collection.
    pub document_id: String,
    /// Its source, as the user would write it.
    pub source: String,
    /// What it says it is called.
    pub title: Option<String>,
    /// The live version.
    pub version: String,
    /// The format's name.
    pub format: String,
    /// ISO 639-1 code of its language.
    pub language: Option<String>,
    /// How many chunks the live version has.
    pub chunks: usize,
    /// How many problems it has.
    pub problems: usize,
    /// Who may read it: principals, or `public`; nothing for nobody.
    pub access: Vec<String>,
    /// How many bytes the stored text has.
    pub text_bytes: usize,
    /// When it was first ingested: microseconds since 1970.
    pub created_at: i64,
    /// When the live version was committed: microseconds since 1970.
    pub updated_at: i64,
}

/// A document in a list.
pub fn document(document: &DocumentRecord) -> Document {
    Document {
        document_id: document.id.clone(),
        source: document.source.clone(),
        title: document.title.clone(),
        version: document.version.clone(),
        format: document.format.clone(),
        language: document.language.clone(),
        chunks: document.chunks,
        problems: document.problems,
        access: access(&document.access),
        text_bytes: document.text_bytes,
        created_at: document.created_at,
        updated_at: document.updated_at,
    }
}

/// A document with all that is known of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DocumentPage {
    /// What a list shows.
    #[serde(flatten)]
    pub document: Document,
    /// The source root that owns it.
    pub root: String,
    /// What it says about itself.
    #[schema(value_type = Object)]
    pub metadata: BTreeMap<String, Value>,
    /// The versions whose text is kept, newest first.
    pub versions: Vec<Version>,
}

/// A version whose text is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Version {
    /// Its id.
    pub version: String,
    /// When it was committed: microseconds since 1970.
    pub committed_at: i64,
}

/// A document with all that is known of it.
pub fn document_detail(detail: &DocumentDetail) -> DocumentPage {
    let version = |(version, at): &(String, i64)| Version { version: version.clone(), committed_at: *at };
    DocumentPage {
        document: document(&detail.document),
        root: detail.document.root.clone(),
        metadata: detail.document.metadata.clone(),
        versions: detail.versions.iter().map(version).collect(),
    }
}

/// Who may read, as names; `public` for everybody, nothing for nobody.
pub fn access(list: &AccessList) -> Vec<String> {
    match list {
        AccessList::Public => vec!["public".to_owned()],
        AccessList::Only(principals) => principals.iter().map(ToString::to_string).collect(),
        AccessList::Unknown => Vec::new(),
    }
}

/// Something that could not be read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where in the original.
    pub place: String,
    /// What could not be read.
    pub what: String,
    /// Why.
    pub why: String,
    /// Whether content was lost.
    pub content_lost: bool,
    /// The document's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
}

/// A problem with the document that has it.
pub fn document_problem(found: &DocumentProblem) -> Problem {
    Problem {
        source: Some(found.source.clone()),
        document_id: Some(found.document_id.clone()),
        ..problem(&found.problem)
    }
}

fn problem(problem: &platform::Problem) -> Problem {
    Problem {
        place: problem.place.clone(),
        what: problem.what.clone(),
        why: problem.why.clone(),
        content_lost: problem.content_lost,
        source: None,
        document_id: None,
    }
}

/// A collection in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// How many documents the reader may see.
    pub documents: usize,
    /// How many chunks those have.
    pub chunks: usize,
    /// How many problems those have.
    pub problems: usize,
    /// The embedder it fixes; `null` where it has no vectors.
    pub embedder: Option<String>,
    /// How its documents are cut.
    pub chunker: String,
    /// When it was made: microseconds since 1970.
    pub created_at: i64,
}

/// A collection in a list.
pub fn collection(summary: &CollectionSummary) -> Collection {
    let record = &summary.record;
    Collection {
        name: record.name.to_string(),
        documents: summary.documents,
        chunks: summary.chunks,
        problems: summary.problems,
        embedder: record.settings.embedder.as_ref().map(|embedder| embedder.id.clone()),
        chunker: record.settings.chunking.strategy.to_string(),
        created_at: record.created_at,
    }
}

/// What was read in a file.
#[derive(Clone, Debug, Serialize)]
pub struct Parsed {
    format: String,
    title: Option<String>,
    language: Option<String>,
    text: String,
    blocks: Vec<Block>,
    pages: Vec<Page>,
    problems: Vec<Problem>,
    metadata: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Serialize)]
struct Block {
    kind: platform::BlockKind,
    span: Span,
    heading_path: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Page {
    number: u32,
    span: Span,
}

/// What was read in a file.
pub fn parsed(document: &platform::Document) -> Parsed {
    let block = |block: &platform::Block| Block {
        kind: block.kind.clone(),
        span: block.span.into(),
        heading_path: block.heading_path.clone(),
    };
    let page = |page: &platform::Page| Page { number: page.number, span: page.span.into() };
    Parsed {
        format: document.format.to_string(),
        title: document.title.clone(),
        language: document.language.clone(),
        text: document.text.clone(),
        blocks: document.blocks.iter().map(block).collect(),
        pages: document.pages.iter().map(page).collect(),
        problems: document.problems.iter().map(problem).collect(),
        metadata: document.metadata.clone(),
    }
}

/// The figures of an evaluation.
pub fn evaluation(collection: &str, found: &RetrievalEvaluation, per_query: bool) -> Value {
    let mut value = serde_json::json!({
        "collection": collection,
        "queries": found.report.queries,
        "metrics": found.report.metrics,
        "query_ms_p50": millis(found.query_ms_p50),
    });
    if per_query {
        value["per_query"] = serde_json::json!(found.report.per_query);
    }
    if !found.comparisons.is_empty() {
        value["comparisons"] = serde_json::json!(found.comparisons);
    }
    value
}

/// What a check is called.
pub fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Ok => "ok",
        CheckStatus::Missing => "missing",
        CheckStatus::Broken => "broken",
    }
}

/// What `doctor` found.
pub fn checks(checks: &[Check]) -> Value {
    let checks: Vec<_> = checks
        .iter()
        .map(|check| {
            serde_json::json!({
                "name": check.name, "status": status(check.status), "detail": check.detail, "hint": check.hint,
            })
        })
        .collect();
    serde_json::json!({"checks": checks})
}
