//! When not to answer.
//!
//! Decided on absolute figures: the cosine of the best passage and sentence to the question, and the share
//! of the question's terms that the passages hold. Normalised scores cannot say it: the best of a bad list
//! is always 1.

use crate::Hit;

/// Why there is no answer. That something is there but not for this reader is never told apart from
/// nothing being there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing was found that the reader may read.
    NothingFound,
    /// What was found does not answer the question.
    NotSupported,
    /// The guard did not let the question, or its answer, through.
    NotPermitted,
}

impl Refusal {
    /// The reason as contracts write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NothingFound => "nothing_found",
            Self::NotSupported => "not_supported",
            Self::NotPermitted => "not_permitted",
        }
    }
}

/// What is known about how well the best sentences answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Evidence {
    /// The greatest cosine of a passage to the question, where there are vectors.
    pub passage_cosine: Option<f64>,
    /// The greatest cosine of a sentence to the question, where there are vectors.
    pub sentence_cosine: Option<f64>,
    /// The greatest share of the question's terms that one passage holds.
    pub coverage: f64,
}

/// A chat model is asked where a passage is at least this near to the question, or holds at least this share
/// of its terms. Below both, passages have nothing to do with the question; whether what is above answers it,
/// the model says.
const ASKING_COSINE_MIN: f64 = 0.25;
const ASKING_COVERAGE_MIN: f64 = 0.5;

/// Why the question is not even put to a chat model.
pub(super) fn before_generation(question: &str, hits: &[Hit]) -> Option<Refusal> {
    if hits.is_empty() {
        return Some(Refusal::NothingFound);
    }
    let wanted = index::terms(question);
    let promises = |hit: &Hit| {
        let held = index::terms(&format!("{} {}", hit.found.chunk.context, hit.text));
        hit.scores.dense.is_some_and(|cosine| cosine >= ASKING_COSINE_MIN)
            || super::extractive::share(&wanted, &held) >= ASKING_COVERAGE_MIN
    };
    (!hits.iter().any(promises)).then_some(Refusal::NotSupported)
}

/// Weights and threshold of the decision, calibrated on questions over one manual and over the examples
/// (see `benches/aks/README.md`).
const PASSAGE_WEIGHT: f64 = 0.5;
const SENTENCE_WEIGHT: f64 = 0.3;
const COVERAGE_WEIGHT: f64 = 0.2;
const THRESHOLD: f64 = 0.5;
/// Where there are no vectors: the share of the question's terms that one passage must hold.
const COVERAGE_ALONE: f64 = 0.6;

impl Evidence {
    /// Whether the evidence is enough to answer on.
    pub(super) fn suffices(&self) -> bool {
        match (self.passage_cosine, self.sentence_cosine) {
            (Some(passage), Some(sentence)) => {
                PASSAGE_WEIGHT * passage + SENTENCE_WEIGHT * sentence + COVERAGE_WEIGHT * self.coverage
                    >= THRESHOLD
            }
            _ => self.coverage >= COVERAGE_ALONE,
        }
    }
}
