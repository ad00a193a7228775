//! The references of the command line and of the HTTP interface, written by the binary itself.

use anyhow::Result;

use crate::machine::Machine;
use crate::{printer, repository};

/// A file that the binary writes.
pub struct Page {
    /// Where it lies.
    path: &'static str,
    /// The command that writes it.
    command: &'static str,
    /// How to write it anew.
    mend: &'static str,
}

/// The command line.
pub const COMMANDS: Page =
    Page { path: "docs/cli.md", command: "__reference", mend: "cargo xtask cli-reference" };
/// The HTTP interface.
pub const OPENAPI: Page =
    Page { path: "docs/openapi.json", command: "__openapi", mend: "cargo xtask openapi" };

/// Writes the page.
///
/// # Errors
///
/// When the binary cannot be built or the page cannot be written.
pub fn write(machine: &Machine, page: &Page) -> Result<bool> {
    repository::write(machine, page.path, &generate(machine, page)?)?;
    printer::line(&format!("wrote {}", page.path));
    Ok(true)
}

/// Compares the page with what the binary would write; says whether they are the same.
///
/// # Errors
///
/// When the binary cannot be built.
pub fn check(machine: &Machine, page: &Page) -> Result<bool> {
    let difference = first_difference(&repository::read(machine, page.path), &generate(machine, page)?);
    if let Some(difference) = &difference {
        printer::line(&format!("{} {difference}\n  to mend: run `{}`", page.path, page.mend));
    }
    Ok(difference.is_none())
}

/// The page, as wide as it is on a machine without a terminal.
fn generate(machine: &Machine, page: &Page) -> Result<String> {
    machine.patou(&[page.command])?.with("COLUMNS", "100").with("NO_COLOR", "1").read()
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
