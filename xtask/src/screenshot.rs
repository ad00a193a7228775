//! The README's picture of the console, made by the browser test.

use anyhow::Result;

use crate::machine::Machine;
use crate::{clients, printer, setup};

/// Where the picture lies.
const PICTURE: &str = "docs/console.png";

/// Makes the picture anew.
///
/// # Errors
///
/// When the test cannot be started, or what it needs cannot be installed.
pub fn write(machine: &Machine) -> Result<bool> {
    clients::install(machine)?;
    setup::pull_model(machine)?;
    let test = machine.cargo(&["test", "--package", "patou", "--test", "console", "wide_and_light"]);
    let made = test
        .with("PATOU_TEST_MODELS", machine.models())
        .with("PATOU_TEST_CLIENTS", machine.clients())
        .with("PATOU_TEST_SCREENSHOT", machine.root.join(PICTURE))
        .show()?;
    if made {
        printer::line(&format!("wrote {PICTURE}"));
    }
    Ok(made)
}
