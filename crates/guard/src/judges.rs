//! Owns what others add to a verdict: an encoder, by which windows in doubt are looked at again, and classifiers
//! outside, whose labels become findings. The policy of the text's kind decides on them as on any other.
//!
//! Refuses to reach anybody by itself: they are handed to it, each with its own deadline.

use std::borrow::Cow;
use std::sync::Arc;

use ::model::{Classifier, Concern, Embedder, Label, Sample};
use futures_util::future::join_all;

use crate::finding::{Category, Finding};
use crate::guard::{Doubt, Guard, Verdict, talked_about};
use crate::model::Meaning;
use crate::policy::{Kind, Mode};

/// The name of the second look's detector.
pub const MEANING_MODEL: &str = "meaning_model";

/// Who is asked beside what is decided here. Cheap to clone; without anybody it finds nothing.
#[derive(Clone, Default)]
pub struct Judges {
    classifiers: Vec<Arc<dyn Classifier>>,
    second_look: Option<SecondLook>,
}

/// An encoder, and the network that reads its vectors.
#[derive(Clone)]
struct SecondLook {
    encoder: Arc<dyn Embedder>,
    network: &'static Meaning,
}

impl Judges {
    /// These classifiers, all asked at once.
    pub fn new(classifiers: Vec<Arc<dyn Classifier>>) -> Self {
        Self { classifiers, second_look: None }
    }

    /// And this encoder, where it is the one whose vectors the second look was trained on.
    #[must_use]
    pub fn with_encoder(self, encoder: Arc<dyn Embedder>) -> Self {
        let second_look = Meaning::built_in(encoder.id()).map(|network| SecondLook { encoder, network });
        Self { second_look, ..self }
    }

    /// The same without anybody outside.
    #[must_use]
    pub fn here(&self) -> Self {
        Self { classifiers: Vec::new(), second_look: self.second_look.clone() }
    }

    /// Whether any of the classifiers has something to say of such a text.
    pub fn asks_about(&self, sample: &Sample) -> bool {
        self.classifiers.iter().any(|classifier| classifier.judges(sample))
    }

    /// Whether anybody has something to say of a text of this kind, with this verdict so far.
    pub fn have_a_say(&self, kind: Kind, verdict: &Verdict) -> bool {
        self.second_look.is_some() && !verdict.doubts.is_empty() || self.asks_about(&Sample::new(kind, ""))
    }

    /// What the classifiers find in a text. One that could not judge it, and does not let pass what it did not judge,
    /// adds a finding of [`Category::Unjudged`] over the whole text.
    pub async fn find(&self, sample: &Sample) -> Vec<Finding> {
        let judging = self.classifiers.iter().filter(|classifier| classifier.judges(sample));
        let judged = join_all(judging.map(|classifier| findings(classifier.as_ref(), sample))).await;
        judged.into_iter().flatten().collect()
    }

    /// What the second look finds in the windows that a verdict is in doubt about. An encoder that cannot be asked
    /// leaves them as they are: whoever handed it over counts that.
    pub async fn look_again(&self, doubts: &[Doubt]) -> Vec<Finding> {
        let second_look = self.second_look.as_ref().filter(|_| !doubts.is_empty());
        let Some(SecondLook { encoder, network }) = second_look else { return Vec::new() };
        let texts: Vec<String> = doubts.iter().map(|doubt| doubt.text.clone()).collect();
        let Ok(vectors) = encoder.embed(&texts).await else { return Vec::new() };
        let found = doubts.iter().zip(&vectors).filter_map(|(doubt, vector)| {
            let score = network.probability(vector, doubt.raw);
            (score >= 0.5).then(|| again(doubt, score * talked_about(score, false, || doubt.talks)))
        });
        found.collect()
    }
}

fn again(doubt: &Doubt, score: f32) -> Finding {
    Finding {
        detector: MEANING_MODEL,
        category: Category::Injection,
        span: doubt.span.clone(),
        view: doubt.view.clone(),
        score,
        explanation: Cow::Borrowed("means what instructions to a model mean"),
    }
}

impl Guard {
    /// Scans a text, here and by everybody who is asked beside.
    pub async fn judge(&self, judges: &Judges, sample: &Sample) -> Verdict {
        let mut verdict = self.scan(sample.kind, sample.text.reveal());
        self.ask(judges, &mut verdict, sample).await;
        verdict
    }

    /// Asks everybody else about a text that was scanned, and decides anew.
    pub async fn ask(&self, judges: &Judges, verdict: &mut Verdict, sample: &Sample) {
        if self.mode() == Mode::Off {
            return;
        }
        let mut found = judges.look_again(&verdict.doubts).await;
        found.extend(judges.find(sample).await);
        if !found.is_empty() {
            self.add(verdict, sample.kind, found);
        }
    }

    /// Adds what others found in the same text, and decides anew.
    pub fn add(&self, verdict: &mut Verdict, kind: Kind, findings: Vec<Finding>) {
        let policy = self.policy(kind);
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
        let judges = Judges::new(vec![Arc::new(ScriptedClassifier::new("theirs", [said]))]);
        let guard = Guard::default();
        let sample = Sample::new(kind, "an ordinary text");
        let mut verdict = guard.scan(kind, sample.text.reveal());
        guard.add(&mut verdict, kind, judges.find(&sample).await);
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
        observing.ask(&Judges::new(vec![theirs]), &mut verdict, &sample).await;
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
