//! Licences, banned crates and sources, through cargo-deny where it is installed.

use anyhow::Result;

use super::{Outcome, Step};
use crate::machine::Machine;

pub const STEP: Step = Step { name: "deny", run, mend: "see deny.toml; choose another dependency" };

fn run(machine: &Machine) -> Result<Outcome> {
    if machine.cargo(&["deny", "--version"]).read().is_err() {
        let instead =
            "cargo-deny is not installed; licences and sources were checked by `tidy`, bans were not";
        return Ok(Outcome::Noted(instead.to_owned()));
    }
    Ok(Outcome::of(machine.cargo(&["deny", "check", "licenses", "bans", "sources"]).show()?))
}
