//! The JSON that the contract fixes, made from the platform's plain values. The command line prints the same.

mod configuration;
mod documents;
pub mod event_grid;
mod guard;
mod keys;
pub mod openai;
mod quarantine;
mod search;
mod usage;

use platform::{Check, CheckStatus, RetrievalEvaluation};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub use configuration::{Configuration, ServedSettings, configuration};
pub use documents::{
    Chunk, Chunks, Collection, Document, DocumentPage, Failed, Ingested, Parsed, Problem, Version, access,
    chunk, collection, document, document_detail, document_problem, ingest_report, parsed,
};
pub use guard::{Finding, RedactedText, Verdict, replayed, verdict};
pub use keys::{Key, KeyLimits, KeyWithSecret, key, new_key};
pub use quarantine::{Held, Reason, held, held_detail};
pub use search::{
    AnswerMillis, Answered, Citation, Hit, HitScores, Inspection, Said, SearchAnswer, SearchTimings, Support,
    TokenUsage, ask, citation, inspection, search,
};
pub use usage::{Usage, UsageOfDay, usage, usage_csv};

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

/// A rectangle on a page, in points (1/72 inch) from the page's upper left corner.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PageBox {
    /// The left edge.
    pub left: f32,
    /// The upper edge.
    pub top: f32,
    /// The right edge.
    pub right: f32,
    /// The lower edge.
    pub bottom: f32,
}

impl From<platform::PageBox> for PageBox {
    fn from(area: platform::PageBox) -> Self {
        let tenth = |edge: f32| (edge * 10.0).round() / 10.0;
        Self {
            left: tenth(area.left),
            top: tenth(area.top),
            right: tenth(area.right),
            bottom: tenth(area.bottom),
        }
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

/// The figures of a benchmark.
pub fn ingest_bench(found: &platform::IngestBench) -> Value {
    let figure = |figure: &platform::Figure| {
        serde_json::json!({
            "measure": figure.measure, "value": millis(figure.value), "unit": figure.unit, "detail": figure.detail,
        })
    };
    let point = |point: &platform::ScalePoint| {
        serde_json::json!({
            "documents": point.documents, "seconds": millis(point.seconds),
            "resident_mib": point.resident_mib, "mapped_mib": point.mapped_mib,
        })
    };
    serde_json::json!({
        "figures": found.figures.iter().map(figure).collect::<Vec<_>>(),
        "scale": found.scale.iter().map(point).collect::<Vec<_>>(),
    })
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
