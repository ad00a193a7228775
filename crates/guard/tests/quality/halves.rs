//! Owns the halves that the rule that holds documents back is tried on.

use patou_guard::{Corroboration, Decision, Guard, Kind, Verdict};

/// Documents of one half with what was found in them: ordinary ones, and pages with an attack put in.
#[derive(Default)]
pub struct Half {
    /// Nothing is put into them.
    pub ordinary: Vec<(Verdict, usize)>,
    /// Pages with an attack.
    pub attacked: Vec<(Verdict, usize)>,
}

impl Half {
    /// How many of some a rule holds back.
    pub fn held(texts: &[(Verdict, usize)], rule: Corroboration) -> usize {
        let guard = Guard::default();
        let policy = guard.policy(Kind::Document);
        let held = |(verdict, bytes): &&(Verdict, usize)| {
            verdict.decision >= Decision::Quarantine && rule.is_enough(verdict, policy, *bytes)
        };
        texts.iter().filter(held).count()
    }

    /// The most lenient thresholds that hold no more of the ordinary documents back than the strictest do.
    pub fn tuned(&self) -> Corroboration {
        let scores = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
        let rule = |sure, plain| Corroboration {
            sure_score_min: sure,
            plain_score_min: plain,
            ..Corroboration::default()
        };
        let fewest = Self::held(&self.ordinary, rule(1.1, 1.1));
        let all = scores.iter().flat_map(|sure| scores.iter().map(|plain| rule(*sure, *plain)));
        let harmless = all.filter(|rule| Self::held(&self.ordinary, *rule) == fewest);
        harmless.max_by_key(|rule| Self::held(&self.attacked, *rule)).unwrap_or_default()
    }

    /// Prints what a rule does, and gives the share of attacked pages that it holds back.
    pub fn print(&self, name: &str, rule: Corroboration) -> f32 {
        let single =
            self.ordinary.iter().filter(|(verdict, _)| verdict.decision >= Decision::Quarantine).count();
        let (wrong, right) = (Self::held(&self.ordinary, rule), Self::held(&self.attacked, rule));
        println!(
            "  {name}: model {}, pattern {}: {wrong} of {} ordinary held back ({single} called for), \
             {right} of {} attacked pages",
            rule.sure_score_min,
            rule.plain_score_min,
            self.ordinary.len(),
            self.attacked.len(),
        );
        right as f32 / self.attacked.len() as f32
    }
}
