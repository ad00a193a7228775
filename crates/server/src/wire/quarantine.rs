//! What is held back, as JSON.

use platform::{HeldDetail, HeldRecord};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Span, documents::access, round};

/// A document that was held back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Held {
    /// Names it in its collection's quarantine.
    pub id: String,
    /// The document that it would be.
    pub document_id: String,
    /// The document's source.
    pub source: String,
    /// `held`, `released` or `rejected`.
    pub state: &'static str,
    /// What the policy called for: `quarantine` or `block`.
    pub decision: String,
    /// The probability that it is an attack.
    pub score: f64,
    /// Who would read it.
    pub access: Vec<String>,
    /// Why, in the order of spans.
    pub reasons: Vec<Reason>,
    /// When it was held back: microseconds since 1970.
    pub held_at: i64,
    /// When somebody decided.
    pub decided_at: Option<i64>,
    /// Its text, which the spans point into, where it was asked for and is still there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One thing that was found in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HeldReason)]
pub struct Reason {
    /// What found it.
    pub detector: String,
    /// What kind of thing it is.
    pub category: String,
    /// Where, in bytes of the text; empty for what is not in the text.
    pub span: Span,
    /// The view it was found in.
    pub view: String,
    /// How sure the detector is.
    pub score: f64,
    /// Why.
    pub explanation: String,
}

/// A document that was held back.
pub fn held(record: &HeldRecord) -> Held {
    let reason = |reason: &platform::Reason| Reason {
        detector: reason.detector.clone(),
        category: reason.category.clone(),
        span: Span { start: reason.span.start, end: reason.span.end },
        view: reason.view.clone(),
        score: round(reason.score.into()),
        explanation: reason.explanation.clone(),
    };
    Held {
        id: record.id.clone(),
        document_id: record.document_id.clone(),
        source: record.source.clone(),
        state: record.state.name(),
        decision: record.decision.clone(),
        score: round(record.score.into()),
        access: access(&record.access),
        reasons: record.reasons.iter().map(reason).collect(),
        held_at: record.held_at,
        decided_at: record.decided_at,
        text: None,
    }
}

/// A document that was held back, with its text.
pub fn held_detail(detail: &HeldDetail) -> Held {
    Held { text: detail.text.clone(), ..held(&detail.held) }
}
