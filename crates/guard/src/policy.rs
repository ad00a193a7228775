//! Owns the step from findings to a decision: for each kind of text and category, what is done from which score on.
//!
//! Refuses to change the text; `redact` does, where the decision is to mask.

use std::fmt;

use crate::finding::{Category, Finding};

/// What a text is, which decides what is looked for and how strictly.
pub use ::model::TextKind as Kind;

/// What becomes of a text, from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Decision {
    /// Nothing.
    #[default]
    Allow,
    /// It goes on, with its findings beside it.
    Mark,
    /// It goes on with what was found masked.
    Mask,
    /// A person looks at it first.
    Quarantine,
    /// It does not go on.
    Block,
}

impl Decision {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Mark => "mark",
            Self::Mask => "mask",
            Self::Quarantine => "quarantine",
            Self::Block => "block",
        }
    }

    /// The decision of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Allow, Self::Mark, Self::Mask, Self::Quarantine, Self::Block];
        all.into_iter().find(|decision| decision.name() == name)
    }
}

/// Whether what is decided is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// It is.
    #[default]
    Enforce,
    /// It is told and counted, and every text passes.
    Observe,
    /// Nothing is looked at.
    Off,
}

impl Mode {
    /// The name in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Observe => "observe",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From which score on what is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// What it is about.
    pub category: Category,
    /// The least score that counts.
    pub score_min: f32,
    /// What is done.
    pub decision: Decision,
}

/// The rules of one kind of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    rules: Vec<Rule>,
}

const fn rule(category: Category, score_min: f32, decision: Decision) -> Rule {
    Rule { category, score_min, decision }
}

impl Policy {
    /// A policy of these rules; of several that apply the strictest decides.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// What is done by default.
    ///
    /// Documents with attacks wait for a person; personal data in them is found and told, and stays, since most
    /// documents name somebody. Prompts that attack are blocked. Secrets are masked wherever they are going to be
    /// seen by somebody else, in prompts and in answers, and so are identifiers. Names are told and stay: a question
    /// about a person needs the name.
    pub fn built_in(kind: Kind) -> Self {
        use Category as C;
        use Decision as D;
        let attack = if kind == Kind::Document { D::Quarantine } else { D::Block };
        let mut rules = vec![
            rule(C::Injection, ATTACK_SCORE_MIN, attack),
            rule(C::Jailbreak, ATTACK_SCORE_MIN, attack),
            rule(C::HiddenText, 0.9, if kind == Kind::Document { D::Quarantine } else { D::Mark }),
            rule(C::HiddenText, ATTACK_SCORE_MIN, D::Mark),
            rule(C::Poisoning, 0.5, if kind == Kind::Document { D::Quarantine } else { D::Mark }),
            rule(C::Harm, 0.5, if kind == Kind::Document { D::Mark } else { D::Block }),
            rule(C::Ungrounded, 0.5, D::Mark),
            rule(C::Unjudged, 0.0, attack),
        ];
        if kind != Kind::Document {
            rules.extend(Self::VALUES);
        }
        if kind == Kind::Output {
            rules.extend([rule(C::Egress, 0.5, D::Mask), rule(C::Leak, 0.5, D::Block)]);
        }
        Self::new(rules)
    }

    /// That secrets and personal data are masked.
    pub const VALUES: [Rule; 2] =
        [rule(Category::Secret, 0.5, Decision::Mask), rule(Category::Pii, 0.8, Decision::Mask)];

    /// The rules, in the order given.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What one finding calls for.
    pub fn of(&self, category: Category, score: f32) -> Decision {
        let applies = |rule: &&Rule| rule.category == category && score >= rule.score_min;
        self.rules.iter().filter(applies).map(|rule| rule.decision).max().unwrap_or_default()
    }

    /// What all findings together call for: the strictest.
    pub fn decide<'a>(&self, findings: impl IntoIterator<Item = &'a Finding>) -> Decision {
        let of = |finding: &Finding| self.of(finding.category, finding.score);
        findings.into_iter().map(of).max().unwrap_or_default()
    }
}

/// From this score on an attack is taken to be one. Scores are calibrated so that the same number serves for chats
/// and for documents; the raw thresholds differ and are in the model's card.
pub const ATTACK_SCORE_MIN: f32 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_rule_decides() {
        let policy = Policy::built_in(Kind::Prompt);
        assert_eq!(policy.of(Category::Pii, 0.4), Decision::Allow);
        assert_eq!(policy.of(Category::Pii, 0.9), Decision::Mask);
        assert_eq!(policy.of(Category::Jailbreak, 0.7), Decision::Block);
        assert_eq!(Policy::built_in(Kind::Document).of(Category::Injection, 0.7), Decision::Quarantine);
        assert_eq!(Policy::built_in(Kind::Document).of(Category::Pii, 1.0), Decision::Allow);
        assert_eq!(policy.decide([]), Decision::Allow);
    }
}
