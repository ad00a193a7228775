//! Fetches what the tests need and keeps it outside the clone.

use anyhow::{Result, bail};

use crate::machine::Machine;
use crate::{clients, printer};

/// Fetches everything; says whether nothing is missing.
///
/// # Errors
///
/// When cargo cannot be started.
pub fn run(machine: &Machine) -> Result<bool> {
    let crates = machine.cargo(&["fetch"]).show()?;
    match pull_model(machine) {
        Ok(()) => printer::line(&format!("the embedding model is in {}", machine.models().display())),
        Err(error) => {
            printer::line(&format!("error: {error:#}"));
            return Ok(false);
        }
    }
    match clients::install(machine) {
        Ok(()) => printer::line(&format!("the tests' clients are in {}", machine.clients().display())),
        Err(error) => {
            printer::line(&format!("error: {error:#}"));
            return Ok(false);
        }
    }
    Ok(crates)
}

/// Pulls and verifies the embedding model; costs nothing where that was done before.
///
/// # Errors
///
/// When no source of the model can be reached, or the binary does not build.
pub fn pull_model(machine: &Machine) -> Result<()> {
    let pull = machine.patou(&["model", "pull", "--home", &machine.cache.to_string_lossy()])?;
    if pull.show()? && machine.models().is_dir() {
        Ok(())
    } else {
        bail!("cannot pull the embedding model into `{}`", machine.models().display())
    }
}
