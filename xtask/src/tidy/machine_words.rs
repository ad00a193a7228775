//! No file tells of the machine it was written on: no folder of somebody's, no package registry's host.

use super::{Check, Finding};
use crate::repository::Repository;

pub const CHECK: Check = Check {
    name: "machine-words",
    find,
    mend: "write a path from the repository's root or from a variable, and let the package manager know its \
           own registry",
};

/// Where the words themselves have to stand.
const EXEMPT: &[(&str, &str)] = &[("xtask/src/tidy/machine_words.rs", "this list")];

const FOLDERS: [&str; 4] = ["/work/", "/root/", "/tmp/target", "/tmp/bash"];
const HOSTS: [&str; 5] =
    ["index.crates.io", "static.crates.io", "pypi.org", "pythonhosted.org", "registry.npmjs.org"];

fn find(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repository.texts().filter(|(path, _)| !EXEMPT.iter().any(|(file, _)| file == path)) {
        for (at, line) in text.lines().enumerate() {
            let hosts = HOSTS.iter().filter(|host| line.contains(**host));
            let folders = FOLDERS.iter().filter(|folder| begins_path(line, folder));
            let word = |word: &&str| Finding::at(path, at + 1, format!("holds `{word}`"));
            findings.extend(hosts.chain(folders).map(word));
        }
    }
    findings
}

/// Whether `folder` stands on the line at the beginning of a path and not within one.
fn begins_path(line: &str, folder: &str) -> bool {
    let within = |c: char| c.is_alphanumeric() || "_-.~$}".contains(c);
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(within))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn machine_paths_and_registry_hosts_are_found() {
        let files = [
            (
                "README.md",
                "see `/work/main`\nsee https://example.org/work/x and docs/work/y and $HOME/root/z\n",
            ),
            ("crates/a/src/lib.rs", "//! From https://pypi.org/simple\n"),
        ];
        let expected = ["README.md:1: holds `/work/`", "crates/a/src/lib.rs:1: holds `pypi.org`"];
        assert_eq!(found(&CHECK, &Repository::of(&files)), expected);
    }
}
