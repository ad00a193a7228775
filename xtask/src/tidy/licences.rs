//! Every dependency comes under a licence that `deny.toml` allows, and from the public registry.

use serde::Deserialize;

use super::{Check, Finding};
use crate::packages::Package;
use crate::repository::Repository;

pub const CHECK: Check = Check {
    name: "licences",
    find,
    mend: "choose another dependency; a licence that is as permissive as those allowed goes into deny.toml",
};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

fn find(repository: &Repository) -> Vec<Finding> {
    let text = repository.text("deny.toml").unwrap_or_default();
    match toml::from_str::<Deny>(text) {
        Ok(deny) => judge_all(&repository.packages, &deny.licenses.allow),
        Err(error) => vec![Finding::new("deny.toml", format!("cannot be read: {}", error.message()))],
    }
}

fn judge_all(packages: &[Package], allowed: &[String]) -> Vec<Finding> {
    packages.iter().filter_map(|package| judge(package, allowed)).collect()
}

fn judge(package: &Package, allowed: &[String]) -> Option<Finding> {
    let problem = match (&package.source, &package.license) {
        (Some(source), _) if source != REGISTRY => format!("comes from `{source}`"),
        (_, None) => "names no licence".to_owned(),
        (_, Some(licence)) if !is_allowed(licence, allowed) => format!("comes under `{licence}`"),
        _ => return None,
    };
    Some(Finding::new(format!("{} {}", package.name, package.version), problem))
}

/// Whether an SPDX expression leaves a choice that is allowed. `AND` binds closer than `OR`; the slash of
/// older manifests means `OR`. What is no expression is not allowed.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<_> = spaced.split_whitespace().rev().collect();
    either(&mut words, allowed) == Some(true) && words.is_empty()
}

fn either(words: &mut Vec<&str>, allowed: &[String]) -> Option<bool> {
    let mut fine = both(words, allowed)?;
    while words.pop_if(|word| *word == "OR").is_some() {
        fine |= both(words, allowed)?;
    }
    Some(fine)
}

fn both(words: &mut Vec<&str>, allowed: &[String]) -> Option<bool> {
    let mut fine = one(words, allowed)?;
    while words.pop_if(|word| *word == "AND").is_some() {
        fine &= one(words, allowed)?;
    }
    Some(fine)
}

fn one(words: &mut Vec<&str>, allowed: &[String]) -> Option<bool> {
    let word = words.pop()?;
    if word == "(" {
        let fine = either(words, allowed)?;
        return words.pop_if(|word| *word == ")").map(|_| fine);
    }
    let mut licence = word.to_owned();
    if words.pop_if(|word| *word == "WITH").is_some() {
        licence = format!("{licence} WITH {}", words.pop()?);
    }
    Some(allowed.contains(&licence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: bool) {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }

    #[test]
    fn reads_expressions() {
        check("MIT", true);
        check("GPL-3.0-only", false);
        check("GPL-3.0-only OR MIT", true);
        check("GPL-3.0-only/MIT", true);
        check("MIT AND GPL-3.0-only", false);
        check("MIT AND GPL-3.0-only OR ISC", true);
        check("MIT AND (GPL-3.0-only OR ISC)", true);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("Apache-2.0", false);
        for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT ISC", "OR MIT", "MIT WITH"] {
            check(broken, false);
        }
    }

    #[test]
    fn judges_licence_and_source() {
        let package = |name: &str, license: Option<&str>, source: &str| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            source: Some(source.to_owned()),
            dependencies: Vec::new(),
        };
        let packages = [
            package("a", Some("MIT"), REGISTRY),
            package("b", Some("AGPL-3.0-only"), REGISTRY),
            package("c", None, REGISTRY),
            package("d", Some("MIT"), "git+https://example.org/d"),
        ];
        let problems: Vec<_> = judge_all(&packages, &["MIT".to_owned()])
            .into_iter()
            .map(|finding| format!("{}: {}", finding.place, finding.problem))
            .collect();
        let expected = [
            "b 1.0.0: comes under `AGPL-3.0-only`",
            "c 1.0.0: names no licence",
            "d 1.0.0: comes from `git+https://example.org/d`",
        ];
        assert_eq!(problems, expected);
    }

    #[test]
    fn a_missing_allow_list_is_found() {
        assert_eq!(find(&Repository::of(&[])).len(), 1);
    }
}
