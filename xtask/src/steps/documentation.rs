//! The documentation builds, its links resolve, warnings being errors.

use super::{Outcome, Step};

pub const STEP: Step = Step {
    name: "documentation",
    run: |machine| {
        let rustdoc = machine.cargo(&["doc", "--workspace", "--no-deps"]);
        Ok(Outcome::of(rustdoc.with("RUSTDOCFLAGS", "-D warnings").show()?))
    },
    mend: "mend what rustdoc says",
};
