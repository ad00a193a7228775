//! No crate or module is a drawer for odds and ends, and a module's file is named after it.

use super::{Check, Finding};
use crate::repository::Repository;

pub const CHECK: Check = Check {
    name: "names",
    find,
    mend: "name the crate or module after what it owns; `foo/mod.rs` becomes `foo.rs`",
};

const DRAWERS: [&str; 7] = ["common", "helper", "helpers", "misc", "types", "util", "utils"];

fn find(repository: &Repository) -> Vec<Finding> {
    repository.rust().flat_map(|(path, text)| [by_path(path), inline(path, text)].concat()).collect()
}

fn by_path(path: &str) -> Vec<Finding> {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let parts = || stem.split('/');
    let drawer = parts().find(|part| DRAWERS.contains(part));
    let drawer = drawer.map(|name| Finding::new(path, format!("`{name}` does not say what is in it")));
    let old = parts().next_back().filter(|name| *name == "mod");
    let old = old.map(|_| Finding::new(path, "is a `mod.rs`, so that every tab has the same name"));
    drawer.into_iter().chain(old).collect()
}

fn inline(path: &str, text: &str) -> Vec<Finding> {
    let name = |line: &str| {
        let (_, after) = line.trim_end().strip_suffix(" {")?.split_once("mod ")?;
        DRAWERS.into_iter().find(|drawer| *drawer == after)
    };
    let named = text.lines().enumerate().filter_map(|(at, line)| Some((at + 1, name(line)?)));
    named.map(|(at, name)| Finding::at(path, at, format!("`{name}` does not say what is in it"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn drawers_and_old_style_modules_are_found() {
        let files = [
            ("crates/a/src/lib.rs", "mod word;\nmod utils {\n}\n"),
            ("crates/a/src/word/mod.rs", ""),
            ("crates/a/tests/common/start.rs", ""),
            ("crates/typesetting/src/lib.rs", ""),
        ];
        let expected = [
            "crates/a/src/lib.rs:2: `utils` does not say what is in it",
            "crates/a/src/word/mod.rs: is a `mod.rs`, so that every tab has the same name",
            "crates/a/tests/common/start.rs: `common` does not say what is in it",
        ];
        assert_eq!(found(&CHECK, &Repository::of(&files)), expected);
    }
}
