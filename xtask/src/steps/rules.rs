//! The house rules that no compiler checks.

use super::{Outcome, Step};
use crate::repository::Repository;
use crate::tidy;

pub const STEP: Step = Step {
    name: "tidy",
    run: |machine| Ok(Outcome::of(tidy::run(&Repository::load(machine)?, None)?)),
    mend: "each finding above says how; `cargo xtask tidy` shows them alone",
};
