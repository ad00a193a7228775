//! Whether a document is let in: the guard reads the whole of it before it is cut, and what is suspicious waits for a
//! person. What people decided before holds for the same bytes.

use std::borrow::Cow;

use document::{Document, Problem, Span};
use guard::{Category, Corroboration, Decision, Finding, Guard, Kind, Mode, Verdict};
use model::Sample;

use super::prepare::{Made, Preparing};
use super::read::{Met, Outcome, Reading};
use crate::RagError;
use crate::registry::{HeldRecord, HeldState, Reason};

/// A document that is held back.
pub(super) struct Held {
    pub met: Met,
    pub document: Document,
    /// What is written down of it; who may read it is known when it is admitted.
    pub record: HeldRecord,
    /// Whether it was kept out before, so that nothing is to be decided.
    pub is_rejected: bool,
    /// Whether the version that is live stops answering.
    pub withdraws: bool,
}

/// How many reasons are written down.
const REASONS_MAX: usize = 1000;
/// How sure a parser is that it met hidden text: many pages hide some for good reasons.
const HIDDEN_SCORE: f32 = 0.6;
/// So many other documents that begin with one question are a crowd.
const ECHOES_MIN: usize = 3;
const ECHO_SCORE: f32 = 0.6;

impl Preparing<'_> {
    /// What becomes of a parsed document: it is held back, or masked where the policy asks for it, and cut.
    pub(super) fn judged(&self, met: Met, mut document: Document, made: Made) -> Result<Outcome, RagError> {
        let verdict = self.verdict(&met, &document)?;
        match verdict.decision {
            Decision::Allow | Decision::Mark | Decision::Mask => {}
            Decision::Quarantine if !self.is_corroborated(&verdict, document.text.len()) => {}
            Decision::Quarantine | Decision::Block => {
                let reading = &self.reading;
                let decided = reading.registry.decided(&reading.collection, &made.content_hash);
                match self.driver.wait(decided)? {
                    Some(HeldState::Released) => {}
                    decided => {
                        let is_rejected = decided == Some(HeldState::Rejected);
                        let withdraws = verdict.decision == Decision::Block;
                        let record = record(&met, made, &verdict);
                        let held = Held { met, document, record, is_rejected, withdraws };
                        return Ok(Outcome::Held(Box::new(held)));
                    }
                }
            }
        }
        // Whatever else was found, and whoever let it in: what is to be masked is.
        mask(&mut document, verdict, self.reading.guarding.of(&self.reading.collection));
        Ok(self.cut(met, document, made))
    }

    /// Whether a document is held back for more than one word of one detector.
    fn is_corroborated(&self, verdict: &Verdict, bytes: usize) -> bool {
        let policy = self.reading.guarding.of(&self.reading.collection).policy(Kind::Document);
        Corroboration::default().is_enough(verdict, policy, bytes)
    }

    fn verdict(&self, met: &Met, document: &Document) -> Result<Verdict, RagError> {
        let guarding = &self.reading.guarding;
        let guard = guarding.of(&self.reading.collection);
        let mut verdict = guard.scan(Kind::Document, &document.text);
        let mut others = beside(document, guard);
        others.extend(self.echo(met, document, guard)?);
        if !others.is_empty() {
            guard.add(&mut verdict, Kind::Document, others);
        }
        if guarding.judges.have_a_say(Kind::Document, &verdict) {
            let sample = Sample::new(Kind::Document, document.text.as_str());
            self.driver.wait(guard.ask(&guarding.judges, &mut verdict, &sample));
        }
        Ok(verdict)
    }

    /// Whether a short document begins with the question that several others begin with.
    fn echo(&self, met: &Met, document: &Document, guard: &Guard) -> Result<Option<Finding>, RagError> {
        if guard.mode() == Mode::Off {
            return Ok(None);
        }
        let Some(question) = guard::opening_question(&document.text) else { return Ok(None) };
        let Reading { registry, collection, .. } = &self.reading;
        let others = self.driver.wait(registry.opens_with(collection, &met.id, &question))?;
        Ok((others >= ECHOES_MIN).then(|| Finding {
            detector: "echoed_question",
            category: Category::Poisoning,
            span: 0..document.text.floor_char_boundary(question.len()),
            view: Cow::Borrowed("original"),
            score: ECHO_SCORE,
            explanation: Cow::Owned(format!(
                "begins with the same question as {others} other short documents"
            )),
        }))
    }
}

/// What is found beside the text: in the title and in what the document says of itself, which no span points to, and
/// what its parser found hidden.
fn beside(document: &Document, guard: &Guard) -> Vec<Finding> {
    if guard.mode() == Mode::Off {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut fields = document.title.clone().unwrap_or_default();
    for value in document.metadata.values() {
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        fields.push_str("\n\n");
        fields.push_str(&text);
    }
    let attacks = guard.scan(Kind::Document, &fields).findings.into_iter();
    found.extend(attacks.filter(|finding| finding.category.is_attack()).map(|finding| Finding {
        span: 0..0,
        explanation: Cow::Owned(format!("in the title or metadata: {}", finding.explanation)),
        ..finding
    }));
    let hidden = |problem: &&Problem| problem.what == "hidden text";
    found.extend(document.problems.iter().filter(hidden).map(|problem| Finding {
        detector: "hidden_text",
        category: Category::HiddenText,
        span: 0..0,
        view: Cow::Borrowed("original"),
        score: HIDDEN_SCORE,
        explanation: Cow::Owned(format!("{}: {}", problem.place, problem.why)),
    }));
    found
}

/// Overwrites what is to be masked, byte for byte, so that every span stays true. Where more was found than a verdict
/// lists, what is left is looked for again.
fn mask(document: &mut Document, mut verdict: Verdict, guard: &Guard) {
    let policy = guard.policy(Kind::Document);
    let is_masked = |finding: &&Finding| policy.of(finding.category, finding.score) == Decision::Mask;
    loop {
        let values: Vec<&Finding> = verdict.findings.iter().filter(is_masked).collect();
        if guard.mode() != Mode::Enforce || values.is_empty() {
            return;
        }
        let mut text = document.text.clone().into_bytes();
        for finding in values {
            let place = finding.span.start.min(text.len())..finding.span.end.min(text.len());
            text.get_mut(place).unwrap_or_default().fill(b'*');
        }
        let masked = String::from_utf8_lossy(&text).into_owned();
        let is_through = verdict.omitted == 0 || masked == document.text;
        document.text = masked;
        if is_through {
            return;
        }
        verdict = guard.scan(Kind::Document, &document.text);
    }
}

fn record(met: &Met, made: Made, verdict: &Verdict) -> HeldRecord {
    let reason = |finding: &Finding| Reason {
        detector: finding.detector.to_owned(),
        category: finding.category.name().to_owned(),
        span: Span { start: finding.span.start, end: finding.span.end },
        view: finding.view.to_string(),
        score: finding.score,
        explanation: finding.explanation.to_string(),
    };
    // Personal data is no reason to hold a document back.
    let attacks = verdict.findings.iter().filter(|finding| {
        finding.category.is_attack()
            || matches!(finding.category, Category::Poisoning | Category::Unjudged | Category::Harm)
    });
    HeldRecord {
        id: HeldRecord::id_of(&met.id, &made.content_hash),
        document_id: met.id.clone(),
        source: met.source.clone(),
        root: met.root.clone(),
        content_hash: made.content_hash,
        fingerprint: made.fingerprint,
        access: access::AccessList::Unknown,
        state: HeldState::Held,
        decision: verdict.decision.name().to_owned(),
        score: verdict.score,
        reasons: attacks.map(reason).take(REASONS_MAX).collect(),
        held_at: 0,
        decided_at: None,
    }
}
