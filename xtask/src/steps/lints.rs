//! Clippy over every target, warnings being errors.

use super::{Outcome, Step};

const CLIPPY: &[&str] = &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];

pub const STEP: Step = Step {
    name: "clippy",
    run: |machine| Ok(Outcome::of(machine.cargo(CLIPPY).show()?)),
    mend: "mend what clippy says; an exception is `#[expect(lint, reason = \"…\")]` \
           (missing? `rustup component add clippy`)",
};
