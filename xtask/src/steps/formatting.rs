//! Every file is as rustfmt writes it.

use super::{Outcome, Step};

pub const STEP: Step = Step {
    name: "formatting",
    run: |machine| Ok(Outcome::of(machine.cargo(&["fmt", "--all", "--check"]).show()?)),
    mend: "run `cargo fmt --all` (missing? `rustup component add rustfmt`)",
};
