//! The files of the checkout, as the checks see them.

#![expect(clippy::disallowed_methods, reason = "this module is where xtask reads and writes the checkout")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::machine::Machine;
use crate::packages::{self, Package};

/// Folders whose Rust files are ours; those elsewhere are examples and fixtures.
const CODE: [&str; 4] = ["apps/", "benches/", "crates/", "xtask/"];

/// The files that are tracked or could be, with their text, and the packages that cargo sees.
#[derive(Debug, Default)]
pub struct Repository {
    /// Path from the root to text; `None` where the file is not UTF-8.
    files: BTreeMap<String, Option<String>>,
    /// What `cargo metadata` knows.
    pub packages: Vec<Package>,
}

impl Repository {
    /// Reads the checkout: what git tracks or would, all but `target` where there is no git.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or cargo cannot read the workspace.
    pub fn load(machine: &Machine) -> Result<Self> {
        let listed = machine
            .program("git")
            .with("GIT_OPTIONAL_LOCKS", "0")
            .arguments(&[
                "-c",
                "safe.directory=*",
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .read();
        let paths = match listed {
            Ok(text) => text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect(),
            Err(_) => walk(&machine.root, "")?,
        };
        let mut files = BTreeMap::new();
        for path in paths {
            let whole = machine.root.join(&path);
            if whole.is_file() {
                let bytes = fs::read(&whole).with_context(|| format!("cannot read `{path}`"))?;
                files.insert(path, String::from_utf8(bytes).ok());
            }
        }
        Ok(Self { files, packages: packages::load(machine)? })
    }

    /// A checkout that holds these files alone.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let own = |&(path, text): &(&str, &str)| (path.to_owned(), Some(text.to_owned()));
        Self { files: files.iter().map(own).collect(), packages: Vec::new() }
    }

    /// Path and text of every file that is text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Path and text of our Rust files.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        let ours = |path: &str| CODE.iter().any(|folder| path.starts_with(folder)) && !is_fixture(path);
        self.texts().filter(move |(path, _)| path.ends_with(".rs") && ours(path))
    }

    /// Path and text of the pages: the root's, the manual's and the benchmarks'.
    pub fn pages(&self) -> impl Iterator<Item = (&str, &str)> {
        let page =
            |path: &str| !path.contains('/') || path.starts_with("docs/") || path.starts_with("benches/");
        self.texts().filter(move |(path, _)| path.ends_with(".md") && page(path))
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether there is such a file, or a folder with a file in it.
    pub fn holds(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        let within = |found: &String| found.starts_with(&folder);
        path.is_empty()
            || self.files.contains_key(path)
            || self.files.range(folder.clone()..).next().is_some_and(|(found, _)| within(found))
    }

    /// Every path.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

/// Whether a file is a test's input and not ours to keep tidy.
fn is_fixture(path: &str) -> bool {
    path.split('/').any(|part| part == "fixtures")
}

fn walk(root: &Path, below: &str) -> Result<Vec<String>> {
    let folder = root.join(below);
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))? {
        let entry = entry.with_context(|| format!("cannot list `{}`", folder.display()))?;
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            let skipped = path == "target" || path == ".git" || entry.path().is_symlink();
            paths.extend(if skipped { Vec::new() } else { walk(root, &format!("{path}/"))? });
        } else {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Writes a generated file.
///
/// # Errors
///
/// When it, or the folder it goes into, cannot be written.
pub fn write(machine: &Machine, path: &str, text: &str) -> Result<()> {
    let whole = machine.root.join(path);
    let folder = whole.parent().unwrap_or(&machine.root);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&whole, text))
        .with_context(|| format!("cannot write `{path}`"))
}

/// Reads a generated file; nothing where there is none.
pub fn read(machine: &Machine, path: &str) -> String {
    fs::read_to_string(machine.root.join(path)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_when_a_file_is_in_it() {
        let repository = Repository::of(&[("crates/a/src/lib.rs", ""), ("crates/a-b/x", "")]);
        assert!(repository.holds("crates/a") && repository.holds("crates/a/src/") && repository.holds(""));
        assert!(!repository.holds("crates/a/s") && !repository.holds("docs"));
    }

    #[test]
    fn examples_and_fixtures_are_not_our_code() {
        let files =
            ["crates/a/src/lib.rs", "crates/a/tests/fixtures/b.rs", "examples/c.rs", "xtask/src/d.rs"];
        let repository = Repository::of(&files.map(|path| (path, "")));
        let ours: Vec<_> = repository.rust().map(|(path, _)| path).collect();
        assert_eq!(ours, ["crates/a/src/lib.rs", "xtask/src/d.rs"]);
    }
}
