//! The browser and the clients are there for the tests that drive them.

use super::{Outcome, Step};
use crate::clients;

pub const STEP: Step = Step {
    name: "clients",
    run: |machine| match clients::install(machine) {
        Ok(()) => Ok(Outcome::Fine),
        Err(error) => Ok(Outcome::LeftOut(format!("{error:#}; the tests that need it are not run"))),
    },
    mend: "see what was said; Chromium comes from Debian, the clients from npm and PyPI; PATOU_CACHE names \
           another folder for them",
};
