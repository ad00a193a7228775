//! Owns when a document is held back for more than one word of one detector.
//!
//! Of many thousands of ordinary documents, one in a thousand has a stretch that a single detector takes for an attack.
//! Whoever reads one document can live with that; a queue that people have to work through cannot.

use std::collections::BTreeSet;

use crate::detector::is_attack_detector;
use crate::finding::Finding;
use crate::guard::{LINEAR_MODEL, Verdict};
use crate::judges::MEANING_MODEL;
use crate::policy::{Decision, Policy};

/// What is enough to hold a document back where a policy says `quarantine`: two detectors of attacks that agree, one
/// of these, or a finding that is no attack's (hidden text, poisoning, what a classifier outside says).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corroboration {
    /// A model that is so sure needs nobody who agrees.
    pub sure_score_min: f32,
    /// Nor does a pattern that is so plain, in a short document.
    pub plain_score_min: f32,
    /// A document of so many bytes is too short to hold such a pattern by chance.
    pub short_bytes_max: usize,
}

impl Default for Corroboration {
    fn default() -> Self {
        Self { sure_score_min: 0.85, plain_score_min: 0.9, short_bytes_max: 8192 }
    }
}

impl Corroboration {
    /// Whether what was found in a document of so many bytes is enough.
    pub fn is_enough(&self, verdict: &Verdict, policy: &Policy, bytes: usize) -> bool {
        let calls = |finding: &&Finding| policy.of(finding.category, finding.score) >= Decision::Quarantine;
        let calling = || verdict.findings.iter().filter(calls);
        let detectors: BTreeSet<&str> = calling().map(|one| one.detector).collect();
        detectors.len() > 1 || calling().any(|finding| self.is_enough_alone(finding, bytes))
    }

    fn is_enough_alone(&self, finding: &Finding, bytes: usize) -> bool {
        match finding.detector {
            LINEAR_MODEL | MEANING_MODEL => finding.score >= self.sure_score_min,
            name if is_attack_detector(name) => {
                finding.score >= self.plain_score_min && bytes <= self.short_bytes_max
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::finding::Category;
    use crate::guard::Guard;
    use crate::policy::Kind;

    fn check(found: &[(&'static str, Category, f32)], bytes: usize, enough: bool) {
        let guard = Guard::default();
        let mut verdict = guard.scan(Kind::Document, "");
        verdict.findings.extend(found.iter().map(|(detector, category, score)| Finding {
            detector,
            category: *category,
            span: 0..1,
            view: Cow::Borrowed("original"),
            score: *score,
            explanation: Cow::Borrowed(""),
        }));
        let is_enough = Corroboration::default().is_enough(&verdict, guard.policy(Kind::Document), bytes);
        assert_eq!(is_enough, enough, "{found:?}");
    }

    #[test]
    fn one_word_of_one_detector_is_not_enough() {
        use Category::{HiddenText, Injection, Pii, Poisoning};
        check(&[(LINEAR_MODEL, Injection, 0.8)], 1000, false);
        check(&[(LINEAR_MODEL, Injection, 0.85)], 100_000, true);
        check(&[(MEANING_MODEL, Injection, 0.8)], 1000, false);
        check(&[(MEANING_MODEL, Injection, 0.8), (LINEAR_MODEL, Injection, 0.6)], 1000, true);
        check(&[("role_claim", Injection, 0.9)], 8192, true);
        check(&[("role_claim", Injection, 0.95)], 8193, false);
        check(&[("role_claim", Injection, 0.6), (LINEAR_MODEL, Injection, 0.6)], 100_000, true);
        check(&[("role_claim", Injection, 0.6), (LINEAR_MODEL, Injection, 0.4)], 100_000, false);
        check(&[("hidden_text", HiddenText, 0.95)], 100_000, true);
        check(&[("topic_jump", Poisoning, 0.6)], 100_000, true);
        check(&[("person", Pii, 1.0), ("role_claim", Injection, 0.6)], 1000, false);
    }
}
