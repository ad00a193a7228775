//! The guard around an answer: the question before anything is done with it, what a model is told as it was put
//! together, and what it says before anybody sees it.

use access::PrivateText;
use guard::{
    AnswerStream, Canary, Category, Decision, Guard, Kind, Marking, Mode, Redactor, Spotlight,
    StreamRedactor, Style, Tier, Verdict,
};
use model::{Message, Sample};

use super::passages::Passage;
use crate::Guarding;

/// What becomes of a question.
pub(super) enum Let {
    /// It goes on; masked where it holds what is to be masked.
    Pass(String),
    /// It does not.
    Refuse,
}

/// From which share of its runs of words on an answer repeats the system prompt rather than speaks of it.
const OVERLAP_MAX: f32 = 0.2;
/// How much of what was said before is looked at again for a mark that is cut.
const TAIL_BYTES: usize = 256;

/// Looks at a question together with what the same person said before, so that an attack in pieces is one.
pub(super) async fn question(guarding: &Guarding, guard: &Guard, history: &[Message], asked: &str) -> Let {
    if guard.mode() == Mode::Off {
        return Let::Pass(asked.to_owned());
    }
    let verdict = guard.judge(&guarding.judges, &Sample::new(Kind::Prompt, asked)).await;
    count("question", &verdict);
    let said = history.iter().filter(|message| message.role == model::Role::User);
    let mut whole: Vec<&str> = said.map(|message| message.text.reveal()).collect();
    whole.push(asked);
    let whole = (whole.len() > 1).then(|| guard.scan(Kind::Prompt, &whole.join("\n")));
    let strictest = whole.as_ref().map_or(verdict.decision, |whole| whole.decision.max(verdict.decision));
    match strictest {
        Decision::Quarantine | Decision::Block => Let::Refuse,
        Decision::Mask => {
            let mut redactor = Redactor::new(Style::Mask);
            Let::Pass(redactor.redact_scanned(asked, &verdict, (guard, Kind::Prompt, Tier::All)))
        }
        Decision::Allow | Decision::Mark => Let::Pass(asked.to_owned()),
    }
}

/// Takes out the passages that only together are an attack: each was looked at with its document, none with the
/// others.
pub(super) fn assembled(guard: &Guard, passages: &mut Vec<Passage>) {
    let mut whole = String::new();
    let mut ends = Vec::with_capacity(passages.len());
    for passage in passages.iter() {
        whole.push_str(passage.text.trim());
        whole.push('\n');
        ends.push(whole.len());
    }
    let verdict = guard.scan(Kind::Document, &whole);
    if verdict.decision < Decision::Quarantine {
        return;
    }
    count("passages", &verdict);
    let policy = guard.policy(Kind::Document);
    let place = |at: usize| ends.partition_point(|end| *end <= at);
    let mut dropped: Vec<usize> = Vec::new();
    for finding in &verdict.findings {
        let (first, last) = (place(finding.span.start), place(finding.span.end.saturating_sub(1)));
        if policy.of(finding.category, finding.score) >= Decision::Quarantine && last > first {
            dropped.extend(first + 1..=last);
        }
    }
    let mut at = 0;
    passages.retain(|_| {
        at += 1;
        !dropped.contains(&(at - 1))
    });
}

/// What a prompt is marked with, made for one request.
pub(super) struct Marks {
    pub spotlight: Spotlight,
    pub canary: Canary,
}

impl Marks {
    /// Marks of a word that nobody can foresee.
    pub fn new(nonce: &str) -> Self {
        let hash = blake3::hash(nonce.as_bytes());
        let (first, rest) =
            hash.as_bytes().split_first_chunk::<8>().map_or(([0; 8], &[][..]), |(a, b)| (*a, b));
        let canary = rest.first_chunk::<16>().copied().unwrap_or_default();
        Self { spotlight: Spotlight::new(first, Marking::Delimited), canary: Canary::new(canary) }
    }
}

/// What a model says, on its way out.
pub(super) struct Outgoing<'a> {
    guarding: &'a Guarding,
    guard: &'a Guard,
    marks: &'a Marks,
    stream: AnswerStream,
    /// The last of what was said, as it was said.
    tail: String,
    leaks: bool,
}

impl<'a> Outgoing<'a> {
    pub fn new(guarding: &'a Guarding, guard: &'a Guard, marks: &'a Marks) -> Self {
        let enforces = guard.mode() == Mode::Enforce;
        let policy = || guard.policy(Kind::Output).clone();
        let redactor = enforces.then(|| StreamRedactor::new(Style::Mask, policy(), Tier::Rules));
        Self {
            guarding,
            guard,
            marks,
            stream: AnswerStream::new(redactor, guarding.egress.clone().filter(|_| enforces)),
            tail: String::new(),
            leaks: false,
        }
    }

    /// Takes what was said next and gives what may be shown.
    pub fn push(&mut self, said: &str) -> String {
        if self.guard.mode() == Mode::Enforce {
            self.tail.push_str(said);
            self.leaks |= self.marks.canary.find(&self.tail).is_some();
            let keep = self.tail.len().saturating_sub(TAIL_BYTES);
            self.tail.drain(..self.tail.floor_char_boundary(keep));
        }
        self.stream.push(said)
    }

    /// What is left at the end.
    pub fn finish(&mut self) -> String {
        self.stream.finish()
    }

    /// Whether a mark of the system prompt was said: nothing more is to be shown.
    pub fn leaks(&self) -> bool {
        self.leaks
    }

    /// Whether a whole answer has to be waited for, since somebody outside judges it as a whole.
    pub fn waits(&self, sample: &Sample) -> bool {
        self.guard.mode() == Mode::Enforce && self.guarding.judges.asks_about(sample)
    }

    /// Whether a whole answer may be shown.
    pub async fn passes(&self, rules: &str, sample: &Sample) -> bool {
        if self.guard.mode() == Mode::Off {
            return true;
        }
        let said = sample.text.reveal();
        let mut verdict = self.guard.scan_tier(Kind::Output, Tier::Rules, said);
        let mut others = self.guarding.judges.find(sample).await;
        others.extend(self.marks.canary.find(said));
        let repeated = guard::overlap(rules, said);
        if repeated > OVERLAP_MAX {
            others.push(guard::Finding {
                detector: "prompt_overlap",
                category: Category::Leak,
                span: 0..said.len(),
                view: "original".into(),
                score: 0.5 + repeated / 2.0,
                explanation: "repeats its system prompt".into(),
            });
        }
        // An answer may well be about attacks; whether its author is attacked was asked of the question.
        verdict.findings.retain(|finding| !finding.category.is_attack());
        let policy = self.guard.policy(Kind::Output);
        verdict.called_for = policy.decide(verdict.findings.iter().chain(&others));
        if self.guard.mode() == Mode::Enforce {
            verdict.decision = verdict.called_for;
        }
        count("answer", &verdict);
        verdict.decision < Decision::Quarantine
    }
}

/// A sample of an answer with what it was written from.
pub(super) fn sample(said: &str, question: &str, passages: &[Passage]) -> Sample {
    Sample {
        kind: Kind::Output,
        text: PrivateText::new(said),
        question: Some(PrivateText::new(question)),
        grounds: passages.iter().map(|passage| PrivateText::new(passage.text.as_str())).collect(),
    }
}

/// Counts what a policy called for, whether it was done or not.
fn count(place: &'static str, verdict: &Verdict) {
    let done = if verdict.decision == verdict.called_for { "yes" } else { "no" };
    let decision = verdict.called_for.name();
    metrics::counter!("patou_guard_decisions_total", "place" => place, "decision" => decision, "done" => done)
        .increment(1);
}
