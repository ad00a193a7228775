//! What `cargo metadata` knows of the workspace and its dependencies.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::machine::Machine;

/// One package, ours or another's.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Package {
    /// Its name as published.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as an SPDX expression.
    pub license: Option<String>,
    /// Where it comes from; `None` for ours.
    pub source: Option<String>,
    /// What it imports.
    pub dependencies: Vec<Dependency>,
}

/// One import of a package.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Dependency {
    /// The imported package's name as published.
    pub name: String,
    /// `None`, `build` or `dev`.
    pub kind: Option<String>,
    /// Where it lies, if it is ours.
    pub path: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// All packages, on every platform, that the lock file holds.
///
/// # Errors
///
/// When cargo cannot read the workspace.
pub fn load(machine: &Machine) -> Result<Vec<Package>> {
    let text = machine.cargo(&["metadata", "--format-version", "1"]).read()?;
    let metadata: Metadata =
        serde_json::from_str(&text).context("cannot read what `cargo metadata` wrote")?;
    Ok(metadata.packages)
}
