//! Owns what classifiers outside add to a verdict: their labels become findings, and the policy of the text's kind
//! decides on them as on any other.
//!
//! Refuses to reach anybody by itself: classifiers are handed to it, each with its own deadline.

use std::borrow::Cow;
use std::sync::Arc;

use ::model::{Classifier, Concern, Label, Sample};
use futures_util::future::join_all;

use crate::finding::{Category, Finding};
use crate::guard::{Guard, Verdict};
use crate::policy::Mode;

/// The classifiers that are asked beside what is decided here. Cheap to clone; without any it finds nothing.
#[derive(Clone, Default)]
pub struct External {
    classifiers: Vec<Arc<dyn Classifier>>,
}

impl External {
    /// These classifiers, all asked at once.
    pub fn new(classifiers: Vec<Arc<dyn Classifier>>) -> Self {
        Self { classifiers }
    }

    /// Whether any of them has something to say of such a text.
    pub fn judges(&self, sample: &Sample) -> bool {
        self.classifiers.iter().any(|classifier| classifier.judges(sample))
    }

    /// What they find in a text. One that could not judge it, and does not let pass what it did not judge, adds a
    /// finding of [`Category::Unjudged`] over the whole text.
    pub async fn find(&self, sample: &Sample) -> Vec<Finding> {
        let judging = self.classifiers.iter().filter(|classifier| classifier.judges(sample));
        let judged = join_all(judging.map(|classifier| findings(classifier.as_ref(), sample))).await;
        judged.into_iter().flatten().collect()
    }
}

impl Guard {
    /// Adds what classifiers outside found in the same text, and decides anew.
    pub fn add(&self, verdict: &mut Verdict, sample: &Sample, findings: Vec<Finding>) {
        let policy = self.policy(sample.kind);
        for finding in &findings {
            verdict.called_for = verdict.called_for.max(policy.of(finding.category, finding.score));
            if matches!(finding.category, Category::Injection | Category::Jailbreak) {
                verdict.score = verdict.score.max(finding.score);
            }
        }
        if self.mode() == Mode::Enforce {
            verdict.decision = verdict.called_for;
        }
        verdict.findings.extend(findings);
        verdict.findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
    }
}

async fn findings(classifier: &dyn Classifier, sample: &Sample) -> Vec<Finding> {
    let text = sample.text.reveal();
    let made = |category, score, span: Option<_>, explanation: String| Finding {
        detector: classifier.detector(),
        category,
        span: span.unwrap_or(0..text.len()),
        view: Cow::Borrowed("original"),
        score,
        explanation: Cow::Owned(explanation),
    };
    match classifier.classify(sample).await {
        Ok(classified) => {
            let finding = |label: Label| {
                let span = label.span.filter(|span| text.get(span.clone()).is_some());
                let explanation = format!("`{}` calls it `{}`", classifier.id(), label.name);
                made(category(label.concern), label.score.clamp(0.0, 1.0), span, explanation)
            };
            classified.labels.into_iter().map(finding).collect()
        }
        Err(_) => {
            let why =
                format!("`{}` did not judge it, and what it does not judge does not pass", classifier.id());
            vec![made(Category::Unjudged, 1.0, None, why)]
        }
    }
}

fn category(concern: Concern) -> Category {
    match concern {
        Concern::Injection => Category::Injection,
        Concern::Jailbreak => Category::Jailbreak,
        Concern::Harm => Category::Harm,
        Concern::Ungrounded => Category::Ungrounded,
        Concern::Pii => Category::Pii,
        Concern::Secret => Category::Secret,
    }
}

#[cfg(test)]
mod tests {
    use ::model::{Judgement, ScriptedClassifier};

    use super::*;
    use crate::policy::{Decision, Kind};

    async fn decided(kind: Kind, said: Judgement) -> (Decision, Vec<Category>) {
        let external = External::new(vec![Arc::new(ScriptedClassifier::new("theirs", [said]))]);
        let guard = Guard::default();
        let sample = Sample::new(kind, "an ordinary text");
        let mut verdict = guard.scan(kind, sample.text.reveal());
        guard.add(&mut verdict, &sample, external.find(&sample).await);
        (verdict.decision, verdict.findings.iter().map(|finding| finding.category).collect())
    }

    #[tokio::test]
    async fn what_others_find_is_decided_on_as_what_is_found_here() {
        let found = decided(Kind::Prompt, Judgement::of(Concern::Jailbreak, 0.9)).await;
        assert_eq!(found, (Decision::Block, vec![Category::Jailbreak]));
        let found = decided(Kind::Document, Judgement::of(Concern::Injection, 0.9)).await;
        assert_eq!(found, (Decision::Quarantine, vec![Category::Injection]));
        let found = decided(Kind::Output, Judgement::of(Concern::Ungrounded, 0.9)).await;
        assert_eq!(found, (Decision::Mark, vec![Category::Ungrounded]));
        assert_eq!(decided(Kind::Prompt, Judgement::Labels(Vec::new())).await, (Decision::Allow, vec![]));
        let theirs = Arc::new(ScriptedClassifier::new("theirs", [Judgement::of(Concern::Jailbreak, 0.9)]));
        let (observing, sample) =
            (Guard::default().with_mode(Mode::Observe), Sample::new(Kind::Prompt, "a text"));
        let mut verdict = observing.scan(Kind::Prompt, "a text");
        observing.add(&mut verdict, &sample, External::new(vec![theirs]).find(&sample).await);
        assert_eq!((verdict.decision, verdict.called_for), (Decision::Allow, Decision::Block));
        let wrong = Label { concern: Concern::Pii, name: "x".into(), score: 0.1, span: Some(3..999) };
        assert_eq!(decided(Kind::Prompt, Judgement::Labels(vec![wrong])).await.0, Decision::Allow);
    }

    #[tokio::test]
    async fn what_could_not_be_judged_does_not_pass_by_itself() {
        let found = decided(Kind::Prompt, Judgement::Unavailable).await;
        assert_eq!(found, (Decision::Block, vec![Category::Unjudged]));
        assert_eq!(decided(Kind::Document, Judgement::Unavailable).await.0, Decision::Quarantine);
    }
}
