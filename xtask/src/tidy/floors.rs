//! A crate imports only from floors below its own: never sideways, never up.

use super::{Check, Finding};
use crate::packages::{Dependency, Package};
use crate::repository::Repository;

pub const CHECK: Check = Check {
    name: "floors",
    find,
    mend: "import from a floor below, or move what both need down; a new crate gets a line in the table of \
           xtask/src/tidy/floors.rs and in ARCHITECTURE.md",
};

/// The house. A crate without a floor serves development alone: others import it in tests only.
const FLOORS: &[(&str, Option<u8>)] = &[
    ("access", Some(0)),
    ("runtime", Some(0)),
    ("document", Some(1)),
    ("model", Some(1)),
    ("outbound", Some(1)),
    ("store", Some(1)),
    ("index", Some(2)),
    ("provider", Some(2)),
    ("rag", Some(3)),
    ("eval", Some(4)),
    ("platform", Some(5)),
    ("patou", Some(7)),
    ("testkit", None),
    ("xtask", None),
];

fn find(repository: &Repository) -> Vec<Finding> {
    let ours: Vec<_> = repository.packages.iter().filter(|package| package.source.is_none()).collect();
    let absent = FLOORS.iter().filter(|(name, _)| !ours.iter().any(|package| short(&package.name) == *name));
    let absent = absent.map(|(name, _)| Finding::new(*name, "has a floor, but there is no such crate"));
    ours.iter().flat_map(|package| imports(package)).chain(absent).collect()
}

fn imports(package: &Package) -> Vec<Finding> {
    let name = short(&package.name);
    let Some(own) = floor(name) else {
        return vec![Finding::new(name, "has no floor in the table")];
    };
    let ours = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
    let shipped = ours.filter(|dependency| dependency.kind.as_deref() != Some("dev"));
    shipped.filter_map(|dependency| judge(name, own, dependency)).collect()
}

fn judge(name: &str, own: Option<u8>, dependency: &Dependency) -> Option<Finding> {
    let imported = short(&dependency.name);
    let problem = match (own, floor(imported)?) {
        (Some(_), None) => format!("imports `{imported}`, which serves tests alone"),
        (Some(own), Some(theirs)) if theirs >= own => {
            format!("stands on floor {own} and imports `{imported}` of floor {theirs}")
        }
        _ => return None,
    };
    Some(Finding::new(name, problem))
}

fn floor(name: &str) -> Option<Option<u8>> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

/// A crate's name in the house, which is its folder's: the package's without the prefix.
fn short(package: &str) -> &str {
    package.strip_prefix("patou-").unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, imports: &[(&str, Option<&str>)]) -> Vec<String> {
        let dependency = |&(name, kind): &(&str, Option<&str>)| Dependency {
            name: format!("patou-{name}"),
            kind: kind.map(str::to_owned),
            path: Some(String::new()),
        };
        let name = name.to_owned();
        let package =
            Package { name, dependencies: imports.iter().map(dependency).collect(), ..Package::default() };
        self::imports(&package).into_iter().map(|finding| finding.problem).collect()
    }

    #[test]
    fn imports_go_down() {
        assert!(check("patou-rag", &[("index", None), ("access", Some("build"))]).is_empty());
        let up = ["stands on floor 3 and imports `eval` of floor 4"];
        assert_eq!(check("patou-rag", &[("eval", None)]), up);
        assert_eq!(check("patou-rag", &[("eval", Some("build"))]), up);
        let sideways = ["stands on floor 2 and imports `provider` of floor 2"];
        assert_eq!(check("patou-index", &[("provider", None)]), sideways);
    }

    #[test]
    fn tests_may_import_what_they_like() {
        assert!(check("patou-index", &[("testkit", Some("dev")), ("rag", Some("dev"))]).is_empty());
        let shipped = ["imports `testkit`, which serves tests alone"];
        assert_eq!(check("patou-index", &[("testkit", None)]), shipped);
        assert!(check("patou-testkit", &[("platform", None)]).is_empty());
    }

    #[test]
    fn a_crate_without_a_floor_is_found() {
        assert_eq!(check("patou-annex", &[]), ["has no floor in the table"]);
    }
}
