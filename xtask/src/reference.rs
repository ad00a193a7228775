//! The reference of the command line, written by the binary itself.

use anyhow::Result;

use crate::machine::Machine;
use crate::{printer, repository};

const PAGE: &str = "docs/cli.md";

/// Writes the page.
///
/// # Errors
///
/// When the binary cannot be built or the page cannot be written.
pub fn write(machine: &Machine) -> Result<bool> {
    repository::write(machine, PAGE, &generate(machine)?)?;
    printer::line(&format!("wrote {PAGE}"));
    Ok(true)
}

/// Compares the page with what the binary would write; says whether they are the same.
///
/// # Errors
///
/// When the binary cannot be built.
pub fn check(machine: &Machine) -> Result<bool> {
    let difference = first_difference(&repository::read(machine, PAGE), &generate(machine)?);
    if let Some(difference) = &difference {
        printer::line(&format!("{PAGE} {difference}\n  to mend: run `cargo xtask cli-reference`"));
    }
    Ok(difference.is_none())
}

/// The page, as wide as it is on a machine without a terminal.
fn generate(machine: &Machine) -> Result<String> {
    let binary = machine.cargo(&["run", "--quiet", "--package", "patou", "--", "__reference"]);
    binary.without_settings().with("COLUMNS", "100").with("NO_COLOR", "1").read()
}

fn first_difference(committed: &str, generated: &str) -> Option<String> {
    if committed == generated {
        return None;
    }
    let (ours, theirs): (Vec<_>, Vec<_>) = (committed.lines().collect(), generated.lines().collect());
    let at = ours.iter().zip(&theirs).position(|(our, their)| our != their);
    let at = at.unwrap_or(ours.len().min(theirs.len()));
    let line = |lines: &[&str]| lines.get(at).map_or("the end".to_owned(), |line| format!("`{line}`"));
    Some(format!(
        "is not what the binary says, from line {}: {} is now {}",
        at + 1,
        line(&ours),
        line(&theirs)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_first_line_that_differs() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        let says = |difference: &str| Some(format!("is not what the binary says, from line 2: {difference}"));
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), says("`b` is now `c`"));
        assert_eq!(first_difference("a\n", "a\nc\n"), says("the end is now `c`"));
    }
}
