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

/// Each crate's floor. One without a floor serves development alone: others import it in tests only.
type Floors = [(&'static str, Option<u8>)];

/// The house.
const FLOORS: &Floors = &[
    ("access", Some(0)),
    ("runtime", Some(0)),
    ("document", Some(1)),
    ("model", Some(1)),
    ("outbound", Some(1)),
    ("store", Some(1)),
    ("guard", Some(2)),
    ("index", Some(2)),
    ("provider", Some(2)),
    ("rag", Some(3)),
    ("gateway", Some(3)),
    ("eval", Some(4)),
    ("platform", Some(5)),
    ("server", Some(6)),
    ("patou", Some(7)),
    ("testkit", None),
    ("xtask", None),
];

fn find(repository: &Repository) -> Vec<Finding> {
    let ours: Vec<_> = repository.packages.iter().filter(|package| package.source.is_none()).collect();
    judge_all(&ours, FLOORS)
}

fn judge_all(ours: &[&Package], floors: &Floors) -> Vec<Finding> {
    let absent = floors.iter().filter(|(name, _)| !ours.iter().any(|package| short(&package.name) == *name));
    let absent = absent.map(|(name, _)| Finding::new(*name, "has a floor, but there is no such crate"));
    ours.iter().flat_map(|package| judge(package, floors)).chain(absent).collect()
}

fn judge(package: &Package, floors: &Floors) -> Vec<Finding> {
    let floor_of = |name: &str| floors.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor);
    let name = short(&package.name);
    let Some(own) = floor_of(name) else {
        return vec![Finding::new(name, "has no floor in the table")];
    };
    let problem = |dependency: &Dependency| {
        let imported = short(&dependency.name);
        match (own, floor_of(imported)?) {
            (Some(_), None) => Some(format!("imports `{imported}`, which serves tests alone")),
            (Some(own), Some(theirs)) if theirs >= own => {
                Some(format!("stands on floor {own} and imports `{imported}` of floor {theirs}"))
            }
            _ => None,
        }
    };
    let ours = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
    let shipped = ours.filter(|dependency| dependency.kind.as_deref() != Some("dev"));
    shipped.filter_map(problem).map(|problem| Finding::new(name, problem)).collect()
}

/// A crate's name in the house, which is its folder's: the package's without the prefix.
fn short(package: &str) -> &str {
    package.strip_prefix("patou-").unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: &Floors = &[("cellar", Some(0)), ("hall", Some(1)), ("roof", Some(2)), ("kit", None)];

    fn package(name: &str, imports: &[(&str, Option<&str>)]) -> Package {
        let dependency = |&(name, kind): &(&str, Option<&str>)| Dependency {
            name: format!("patou-{name}"),
            kind: kind.map(str::to_owned),
            path: Some(String::new()),
        };
        let dependencies = imports.iter().map(dependency).collect();
        Package { name: format!("patou-{name}"), dependencies, ..Package::default() }
    }

    fn problems(name: &str, imports: &[(&str, Option<&str>)]) -> Vec<String> {
        judge(&package(name, imports), HOUSE).into_iter().map(|finding| finding.problem).collect()
    }

    #[test]
    fn imports_go_down() {
        assert!(problems("roof", &[("hall", None), ("cellar", Some("build"))]).is_empty());
        let up = ["stands on floor 1 and imports `roof` of floor 2"];
        assert_eq!(problems("hall", &[("roof", None)]), up);
        assert_eq!(problems("hall", &[("roof", Some("build"))]), up);
        let sideways = ["stands on floor 1 and imports `hall` of floor 1"];
        assert_eq!(problems("hall", &[("hall", None)]), sideways);
    }

    #[test]
    fn tests_may_import_what_they_like() {
        assert!(problems("hall", &[("kit", Some("dev")), ("roof", Some("dev"))]).is_empty());
        assert_eq!(problems("hall", &[("kit", None)]), ["imports `kit`, which serves tests alone"]);
        assert!(problems("kit", &[("roof", None)]).is_empty());
    }

    #[test]
    fn table_and_workspace_name_the_same_crates() {
        let (cellar, annex) = (package("cellar", &[]), package("annex", &[]));
        let found = judge_all(&[&cellar, &annex], &HOUSE[..2]);
        let expected = [
            Finding::new("annex", "has no floor in the table"),
            Finding::new("hall", "has a floor, but there is no such crate"),
        ];
        assert_eq!(found, expected);
    }
}
