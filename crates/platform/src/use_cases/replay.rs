//! `guard replay`: what would have become of documents that were held back, had the threshold been another.

use guard::{Category, Kind, Policy, Rule};
use rag::{HeldRecord, HeldState};

use super::collection_from;
use crate::{Platform, PlatformError};

/// What a threshold would have done to the documents that were held back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// What people let in, which were false alarms, and how many of them would be held back still.
    pub released: (usize, usize),
    /// What people kept out, and how many of them would be held back still.
    pub rejected: (usize, usize),
    /// What waits, and how much of it would still.
    pub held: (usize, usize),
}

impl Platform {
    /// Judges again what was held back in a collection, by the scores that were written down, with attacks counting
    /// from `attack_score_min` on. Documents that were let in at once have no scores on record.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no such collection.
    pub async fn guard_replay(&self, name: &str, attack_score_min: f32) -> Result<Replayed, PlatformError> {
        let name = collection_from(name)?;
        let registry = self.registry().await?;
        registry.require_collection(&name).await?;
        let own = self.require_settings()?.guard.of_collection(name.as_str());
        let policy = with_threshold(own.policy(Kind::Document), attack_score_min);
        let mut replayed = Replayed::default();
        for record in registry.quarantine(&name, false).await? {
            let (all, still) = match record.state {
                HeldState::Released => (&mut replayed.released.0, &mut replayed.released.1),
                HeldState::Rejected => (&mut replayed.rejected.0, &mut replayed.rejected.1),
                HeldState::Held => (&mut replayed.held.0, &mut replayed.held.1),
            };
            *all += 1;
            *still += usize::from(is_held(&record, &policy));
        }
        Ok(replayed)
    }
}

/// A policy that takes attacks for what they are from another score on.
fn with_threshold(policy: &Policy, attack_score_min: f32) -> Policy {
    let moved = |rule: &Rule| {
        let is_attack = matches!(rule.category, Category::Injection | Category::Jailbreak);
        Rule { score_min: if is_attack { attack_score_min } else { rule.score_min }, ..*rule }
    };
    Policy::new(policy.rules().iter().map(moved).collect())
}

fn is_held(record: &HeldRecord, policy: &Policy) -> bool {
    let category = |name: &str| Category::ALL.into_iter().find(|category| category.name() == name);
    record.reasons.iter().any(|reason| {
        let decision = category(&reason.category).map(|category| policy.of(category, reason.score));
        decision.is_some_and(|decision| decision >= guard::Decision::Quarantine)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_threshold_lets_weaker_findings_pass() {
        let built_in = Policy::built_in(Kind::Document);
        let of = |score_min, score| with_threshold(&built_in, score_min).of(Category::Injection, score);
        assert_eq!(of(0.5, 0.7), guard::Decision::Quarantine);
        assert_eq!(of(0.8, 0.7), guard::Decision::Allow);
        assert_eq!(with_threshold(&built_in, 0.9).of(Category::Poisoning, 0.6), guard::Decision::Quarantine);
    }
}
