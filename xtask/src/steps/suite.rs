//! The tests: examples in the documentation, then all others, whose summary is the last thing printed.

use anyhow::Result;

use super::{Outcome, Step};
use crate::machine::{Machine, Program};
use crate::printer;

/// The examples in the documentation.
pub const EXAMPLES: Step = Step {
    name: "doc tests",
    run: |machine| {
        with_parts(machine, machine.cargo(&["test", "--quiet", "--workspace", "--doc"])).read()?;
        Ok(Outcome::Fine)
    },
    mend: "`cargo test --doc` runs them alone",
};

/// All other tests.
pub const STEP: Step =
    Step { name: "tests", run, mend: "`cargo nextest run -p PACKAGE NAME` runs one alone" };

fn run(machine: &Machine) -> Result<Outcome> {
    if machine.shared_data.is_none() {
        printer::line(
            "no ../shared/data beside the checkout: tests of measured quality have nothing to measure",
        );
    }
    let nextest = machine.cargo(&["nextest", "--version"]).read().is_ok();
    let words: &[&str] = if nextest { &["nextest", "run"] } else { &["test", "--all-targets"] };
    let tests = machine.cargo(&[words, &["--workspace", "--no-fail-fast"]].concat());
    Ok(Outcome::of(with_parts(machine, tests).show()?))
}

/// Tells tests where the parts are that lie outside the clone.
fn with_parts(machine: &Machine, tests: Program) -> Program {
    let mut tests = tests.without_settings();
    if machine.models().is_dir() {
        tests = tests.with("PATOU_TEST_MODELS", machine.models());
    }
    if machine.clients().join("installed").is_file() {
        tests = tests.with("PATOU_TEST_CLIENTS", machine.clients());
    }
    match &machine.shared_data {
        Some(folder) => tests.with("PATOU_SHARED_DATA", folder),
        None => tests,
    }
}
