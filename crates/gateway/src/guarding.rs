//! What a route's guard does to words on their way to a model and back: count, mask, or refuse.
//!
//! Nothing is written anew but the strings that a finding is in; all other bytes stay the client's and the server's.

mod answer;
mod events;
mod heard;
mod prompt;

use std::collections::BTreeSet;
use std::fmt;

use guard::{
    Canary, Category, Decision, Egress, Finding, Guard, Judges, Kind, Policy, Redactor, Rule, Style, Tier,
    Verdict,
};

pub(crate) use answer::{Read, Restoring};
pub(crate) use events::{Rewriter, Rewritten};
use model::Sample;
pub(crate) use prompt::Guarded;

use crate::prompting::SystemPrompt;
use crate::texts::Writer;
use crate::vault::TokenKey;

/// How far a guard goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strictness {
    /// It does not look.
    Off,
    /// It counts what it finds.
    #[default]
    Observe,
    /// It replaces what it finds.
    Mask,
    /// It refuses what attacks or leaks, and replaces what is personal or secret.
    Block,
}

impl Strictness {
    /// Every one, by its name.
    pub const NAMES: [(&'static str, Self); 4] =
        [("off", Self::Off), ("observe", Self::Observe), ("mask", Self::Mask), ("block", Self::Block)];

    /// The name in the settings.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, one)| *one == self).map_or("off", |(name, _)| name)
    }
}

/// The guard of a route.
#[derive(Clone)]
pub struct Guarding {
    input: Strictness,
    output: Strictness,
    tier: Tier,
    /// The hosts that answers may point to; `None` for any.
    egress: Option<Egress>,
    /// The mark that the system prompt of the route carries, and what it says.
    canary: Option<Canary>,
    system: Option<String>,
    guard: Guard,
    /// Who is asked outside.
    judges: Judges,
    /// What stands in a prompt where a value was.
    style: Style,
}

/// How a route is guarded.
#[derive(Clone, Default)]
pub struct GuardingOptions {
    /// What becomes of prompts.
    pub input: Strictness,
    /// What becomes of answers.
    pub output: Strictness,
    /// Whether models of ours read along, not rules alone.
    pub uses_models: bool,
    /// The hosts that answers may point to; `None` for any.
    pub link_hosts: Option<Vec<String>>,
    /// Who is asked outside of prompts and of answers that are not streamed.
    pub judges: Judges,
    /// The system prompt of the route, which is to stay there.
    pub system: Option<SystemPrompt>,
    /// The key of the tokens that stand for values in prompts, and whose values answers get back; without one, what
    /// stands there tells the kind of value alone.
    pub tokens: Option<TokenKey>,
}

/// What came of looking at one side of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub decision: Decision,
    pub categories: BTreeSet<Category>,
}

impl Guarding {
    /// A guard of a route.
    pub fn new(options: GuardingOptions) -> Self {
        let GuardingOptions { input, output, uses_models, link_hosts, judges, system, tokens } = options;
        let attack =
            |category| Rule { category, score_min: guard::ATTACK_SCORE_MIN, decision: Decision::Block };
        // What tools bring is data, and personal or secret values in it are masked as in a prompt.
        let mut tools: Vec<Rule> = Policy::VALUES.into();
        tools.extend([attack(Category::Injection), attack(Category::Unjudged)]);
        // An answer may well be about attacks; what it must not do is leak.
        let mut answers: Vec<Rule> = Policy::VALUES.into();
        answers.extend([Category::Leak, Category::Harm, Category::Unjudged].map(attack));
        answers.push(Rule { category: Category::Egress, score_min: 0.5, decision: Decision::Mask });
        Self {
            input,
            output,
            tier: if uses_models { Tier::All } else { Tier::Rules },
            egress: link_hosts.map(Egress::new),
            judges,
            style: tokens.map_or(Style::Mask, |key| key.style()),
            canary: system.as_ref().and_then(|system| system.canary.clone()),
            system: system.map(|system| system.text),
            guard: Guard::default()
                .with_policy(Kind::Document, Policy::new(tools))
                .with_policy(Kind::Output, Policy::new(answers)),
        }
    }

    /// Whether answers are looked at.
    pub(crate) fn reads_answers(&self) -> bool {
        self.output > Strictness::Off
    }

    fn policy(&self, writer: Writer) -> &Policy {
        self.guard.policy(kind(writer))
    }

    /// Looks at one text.
    fn look(&self, writer: Writer, text: &str, seen: &mut Seen) -> Verdict {
        let mut verdict = self.guard.scan_tier(kind(writer), self.tier, text);
        verdict.findings.retain(|finding| self.counts(writer, finding, seen));
        if verdict.omitted > 0 && verdict.called_for > seen.decision {
            // What is not listed had its say all the same.
            seen.add(Category::Unjudged, verdict.called_for);
        }
        verdict
    }

    /// Whether a finding calls for anything; notes it where it does.
    fn counts(&self, writer: Writer, finding: &Finding, seen: &mut Seen) -> bool {
        let decision = self.policy(writer).of(finding.category, finding.score);
        let counts = decision > Decision::Allow;
        if counts {
            seen.add(finding.category, decision);
        }
        counts
    }

    /// Asks outside about a text.
    async fn ask_outside(&self, writer: Writer, text: String, seen: &mut Seen) {
        if text.is_empty() {
            return;
        }
        let sample = Sample::new(kind(writer), text);
        for finding in self.judges.find(&sample).await {
            self.counts(writer, &finding, seen);
        }
    }

    /// A text with what was found in it replaced; `None` where nothing is to be.
    fn masked(
        &self,
        (writer, text): (Writer, &str),
        verdict: &Verdict,
        redactor: &mut Redactor,
    ) -> Option<String> {
        let policy = self.policy(writer);
        let is_masked = |finding: &Finding| policy.of(finding.category, finding.score) >= Decision::Mask;
        let scanned = (&self.guard, kind(writer), self.tier);
        verdict
            .findings
            .iter()
            .any(is_masked)
            .then(|| redactor.redact_scanned(text, verdict, scanned))
            .filter(|masked| masked != text)
    }
}

fn kind(writer: Writer) -> Kind {
    match writer {
        Writer::User => Kind::Prompt,
        Writer::Tool => Kind::Document,
        Writer::Application | Writer::Model => Kind::Output,
    }
}

impl Seen {
    fn add(&mut self, category: Category, decision: Decision) {
        self.categories.insert(category);
        self.decision = self.decision.max(decision);
    }

    /// Whether it is to be refused, where a guard goes that far.
    fn is_refused(&self, strictness: Strictness) -> bool {
        strictness == Strictness::Block && self.decision >= Decision::Quarantine
    }

    /// A header that tells what was written anew or refused of a prompt or an answer.
    pub(crate) fn header(&self, side: &str, strictness: Strictness) -> Option<(String, String)> {
        let done = self.done(strictness);
        (done >= Decision::Mask).then(|| (format!("x-patou-guard-{side}"), format!("{done}: {self}")))
    }

    /// What was done about it.
    fn done(&self, strictness: Strictness) -> Decision {
        match strictness {
            Strictness::Off | Strictness::Observe => self.decision.min(Decision::Mark),
            Strictness::Mask => self.decision.min(Decision::Mask),
            Strictness::Block if self.decision >= Decision::Quarantine => Decision::Block,
            Strictness::Block => self.decision,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.categories.iter().map(|category| category.name()).collect();
        f.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests;
