//! Every package takes the workspace's lints, `unsafe_code = "forbid"` among them. A manifest that is a workspace
//! apart cannot: that of the fuzz targets.

use super::{Check, Finding};
use crate::repository::Repository;

pub const CHECK: Check =
    Check { name: "workspace-lints", find, mend: "add `[lints]` with `workspace = true` to the manifest" };

fn find(repository: &Repository) -> Vec<Finding> {
    let manifests =
        repository.texts().filter(|(path, text)| path.ends_with("/Cargo.toml") && text.contains("[package]"));
    manifests
        .filter(|(_, text)| !text.contains("\n[workspace]\n"))
        .filter(|(_, text)| !text.contains("[lints]\nworkspace = true"))
        .map(|(path, _)| Finding::new(path, "does not take the workspace's lints"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn a_manifest_without_lints_is_found() {
        let repository = Repository::of(&[
            ("Cargo.toml", "[workspace]\n"),
            ("crates/a/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n"),
            ("crates/b/Cargo.toml", "[package]\n"),
            ("fuzz/Cargo.toml", "[package]\n\n[workspace]\n"),
        ]);
        assert_eq!(found(&CHECK, &repository), ["crates/b/Cargo.toml: does not take the workspace's lints"]);
    }
}
