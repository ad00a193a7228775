//! The one command that is CI: every step, in order, the tests last.

use anyhow::Result;

use crate::machine::Machine;
use crate::printer::{self, Stopwatch};

mod clients;
mod crates;
mod deny;
mod documentation;
mod formatting;
mod lints;
mod model;
mod reference;
mod rules;
mod suite;

/// One step.
pub struct Step {
    /// What its line says.
    pub name: &'static str,
    /// Does it.
    pub run: fn(&Machine) -> Result<Outcome>,
    /// How to mend a failure.
    pub mend: &'static str,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything it looks at is fine.
    Fine,
    /// As [`Outcome::Fine`], and something worth knowing.
    Noted(String),
    /// A part that it needs is missing: a failure on CI, told plainly elsewhere.
    LeftOut(String),
    /// It found something, and its output says what.
    Failed,
}

/// The steps before the tests, each independent of those before it.
const STEPS: &[Step] = &[
    crates::STEP,
    formatting::STEP,
    rules::STEP,
    deny::STEP,
    lints::STEP,
    documentation::STEP,
    reference::STEP,
    model::STEP,
    clients::STEP,
    suite::EXAMPLES,
];

impl Outcome {
    /// What an exit status says.
    fn of(success: bool) -> Self {
        if success { Self::Fine } else { Self::Failed }
    }
}

/// Runs every step and says whether all went well. The last lines printed are the test runner's own, unless
/// something failed.
///
/// # Errors
///
/// When the test runner cannot be started.
pub fn run(machine: &Machine) -> Result<bool> {
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    for step in STEPS {
        printer::line(&format!("== {}", step.name));
        let stopwatch = Stopwatch::start();
        let outcome = (step.run)(machine).unwrap_or_else(|error| {
            printer::line(&format!("error: {error:#}"));
            Outcome::Failed
        });
        let (fine, words) = judge(&outcome, machine.ci);
        lines.push(format!("   {:<16} {:>8}  {words}", step.name, stopwatch.seconds()));
        if !fine {
            failed.push(format!("   {}: {}", step.name, step.mend));
        }
    }
    lines.iter().for_each(|line| printer::line(line));
    failed.iter().for_each(|line| printer::line(line));
    printer::line(&format!("== {}", suite::STEP.name));
    if (suite::STEP.run)(machine)? != Outcome::Fine {
        failed.push(format!("   {}: {}", suite::STEP.name, suite::STEP.mend));
    }
    if !failed.is_empty() {
        printer::line(&format!("failed:\n{}", failed.join("\n")));
    }
    Ok(failed.is_empty())
}

/// Whether an outcome is good enough, and how to say it.
fn judge(outcome: &Outcome, ci: bool) -> (bool, String) {
    match outcome {
        Outcome::Fine => (true, "fine".to_owned()),
        Outcome::Noted(what) => (true, format!("fine; {what}")),
        Outcome::LeftOut(what) => (!ci, format!("left out: {what}")),
        Outcome::Failed => (false, "FAILED".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_part_fails_on_ci_alone() {
        let missing = Outcome::LeftOut("no model".to_owned());
        assert_eq!(judge(&missing, false), (true, "left out: no model".to_owned()));
        assert!(!judge(&missing, true).0);
        assert!(judge(&Outcome::Noted("x".to_owned()), true).0);
        assert!(!judge(&Outcome::Failed, false).0);
    }
}
