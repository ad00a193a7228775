//! Fetches the crates of the lock file.

use super::{Outcome, Step};

pub const STEP: Step = Step {
    name: "crates",
    run: |machine| Ok(Outcome::of(machine.cargo(&["fetch"]).show()?)),
    mend: "a crate cannot be fetched, or on CI the lock file is out of date: run `cargo fetch`, commit Cargo.lock",
};
