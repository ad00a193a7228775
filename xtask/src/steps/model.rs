//! The embedding model is there for the tests that need it.

use super::{Outcome, Step};
use crate::setup;

pub const STEP: Step = Step {
    name: "embedding model",
    run: |machine| match setup::pull_model(machine) {
        Ok(()) => Ok(Outcome::Fine),
        Err(error) => Ok(Outcome::LeftOut(format!("{error:#}; the tests that need it are not run"))),
    },
    mend: "see what `patou model pull` said; PATOU_CACHE names another folder for it",
};
