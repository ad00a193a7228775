//! The house rules that no compiler checks: one file each, and a line in [`CHECKS`].

use anyhow::{Result, bail};

use crate::printer;
use crate::repository::Repository;

mod bench_commands;
mod doc_index;
mod doc_links;
mod doc_paths;
mod file_headers;
mod file_lengths;
mod floors;
mod function_lengths;
mod licences;
mod machine_words;
mod names;
mod workspace_lints;

/// One rule.
pub struct Check {
    /// What `cargo xtask tidy NAME` calls it.
    pub name: &'static str,
    /// What it finds against the rule.
    pub find: fn(&Repository) -> Vec<Finding>,
    /// How to mend what it found.
    pub mend: &'static str,
}

/// Something against a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, or whatever else it is found in.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

const CHECKS: &[Check] = &[
    floors::CHECK,
    workspace_lints::CHECK,
    file_headers::CHECK,
    file_lengths::CHECK,
    function_lengths::CHECK,
    names::CHECK,
    doc_paths::CHECK,
    doc_links::CHECK,
    doc_index::CHECK,
    bench_commands::CHECK,
    machine_words::CHECK,
    licences::CHECK,
];

impl Finding {
    /// Something wrong with a file or a package as a whole.
    fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }

    /// Something wrong on a line.
    fn at(path: &str, line: usize, problem: impl Into<String>) -> Self {
        Self::new(format!("{path}:{line}"), problem)
    }
}

/// Runs one check, or all; says whether nothing was found.
///
/// # Errors
///
/// When no check has that name.
pub fn run(repository: &Repository, name: Option<&str>) -> Result<bool> {
    let chosen: Vec<_> = CHECKS.iter().filter(|check| name.is_none_or(|name| name == check.name)).collect();
    if chosen.is_empty() {
        bail!("cannot find the check `{}`; `cargo xtask tidy --list` names them", name.unwrap_or_default());
    }
    let mut found = 0;
    for check in &chosen {
        let findings = (check.find)(repository);
        if !findings.is_empty() {
            printer::line(&report(check, &findings));
        }
        found += findings.len();
    }
    if found == 0 {
        let (files, packages) = (repository.paths().count(), repository.packages.len());
        let over = format!("over {files} files and {packages} packages");
        printer::line(&format!("tidy: {} checks {over}, nothing found", chosen.len()));
    }
    Ok(found == 0)
}

/// Names the checks.
pub fn list() -> bool {
    CHECKS.iter().for_each(|check| printer::line(check.name));
    true
}

fn report(check: &Check, findings: &[Finding]) -> String {
    let lines: Vec<_> =
        findings.iter().map(|finding| format!("  {}: {}\n", finding.place, finding.problem)).collect();
    format!("{}: {} found\n{}  to mend: {}", check.name, findings.len(), lines.concat(), check.mend)
}

/// What a check finds in these files, as `place: problem`.
#[cfg(test)]
fn found(check: &Check, repository: &Repository) -> Vec<String> {
    let text = |finding: Finding| format!("{}: {}", finding.place, finding.problem);
    (check.find)(repository).into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;

    #[test]
    fn this_repository_is_tidy() {
        let repository = Repository::load(&Machine::here().unwrap()).unwrap();
        for check in CHECKS {
            let findings = (check.find)(&repository);
            assert!(findings.is_empty(), "{}", report(check, &findings));
        }
    }

    #[test]
    fn a_report_says_how_to_mend() {
        let check = Check { name: "rule", find: |_| Vec::new(), mend: "obey" };
        let text = report(&check, &[Finding::at("a.rs", 3, "is wrong")]);
        assert_eq!(text, "rule: 1 found\n  a.rs:3: is wrong\n  to mend: obey");
    }

    #[test]
    fn an_unknown_check_is_an_error() {
        assert!(run(&Repository::default(), Some("no-such-check")).is_err());
    }
}
