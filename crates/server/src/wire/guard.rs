//! Verdicts of the guard as JSON.

use platform::{GuardFinding, Replayed, Verdict as Held};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Span, round};

/// What came of a scan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Verdict {
    /// Which text, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `allow`, `mark`, `mask`, `quarantine` or `block`.
    pub decision: &'static str,
    /// The probability that the text is an attack.
    pub score: f64,
    /// What was found, in the order of spans.
    pub findings: Vec<Finding>,
    /// How many findings are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub omitted: usize,
    /// Whether a limit was met, so that something decoded may not have been read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// One thing that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Finding {
    /// What found it.
    pub detector: &'static str,
    /// `injection`, `jailbreak`, `hidden_text`, `pii`, `secret`, `egress` or `leak`.
    pub category: &'static str,
    /// Where, in bytes of the text.
    pub span: Span,
    /// The view it was found in.
    pub view: String,
    /// How sure the detector is.
    pub score: f64,
    /// Why.
    pub explanation: String,
}

/// A text without its values, or with them put back.
#[derive(Clone, Debug, Serialize)]
pub struct RedactedText {
    /// The text.
    pub text: String,
}

/// What another threshold would have done to documents that were held back.
#[derive(Clone, Debug, Serialize)]
pub struct Replay {
    /// The collection.
    pub collection: String,
    /// From which score on a document would have been an attack.
    pub attack_score_min: f64,
    /// What people let in.
    pub released: Still,
    /// What people kept out.
    pub rejected: Still,
    /// What waits.
    pub held: Still,
}

/// So many documents, and how many of them would be held back still.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Still {
    /// All of them.
    pub documents: usize,
    /// Those that would be held back.
    pub still_held: usize,
}

/// A replay as JSON.
pub fn replayed(collection: &str, attack_score_min: f32, replayed: &Replayed) -> Replay {
    let still = |(documents, still_held)| Still { documents, still_held };
    Replay {
        collection: collection.to_owned(),
        attack_score_min: round(attack_score_min.into()),
        released: still(replayed.released),
        rejected: still(replayed.rejected),
        held: still(replayed.held),
    }
}

/// A verdict as JSON.
pub fn verdict(id: Option<&str>, held: &Held) -> Verdict {
    Verdict {
        id: id.map(str::to_owned),
        decision: held.decision.name(),
        score: round(held.score.into()),
        findings: held.findings.iter().map(finding).collect(),
        omitted: held.omitted,
        truncated: held.truncated,
    }
}

fn finding(held: &GuardFinding) -> Finding {
    Finding {
        detector: held.detector,
        category: held.category.name(),
        span: Span { start: held.span.start, end: held.span.end },
        view: held.view.to_string(),
        score: round(held.score.into()),
        explanation: held.explanation.to_string(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
