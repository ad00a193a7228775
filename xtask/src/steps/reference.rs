//! The committed reference of the command line is what the binary says.

use super::{Outcome, Step};
use crate::reference;

pub const STEP: Step = Step {
    name: "cli reference",
    run: |machine| Ok(Outcome::of(reference::check(machine)?)),
    mend: "run `cargo xtask cli-reference` and commit docs/cli.md",
};
