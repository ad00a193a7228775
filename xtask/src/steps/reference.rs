//! The committed references of the command line and of the HTTP interface are what the binary says.

use super::{Outcome, Step};
use crate::reference::{self, COMMANDS, OPENAPI};

pub const STEP: Step = Step {
    name: "references",
    run: |machine| {
        let commands = reference::check(machine, &COMMANDS)?;
        Ok(Outcome::of(reference::check(machine, &OPENAPI)? && commands))
    },
    mend: "run `cargo xtask cli-reference` and `cargo xtask openapi`, and commit docs/",
};
