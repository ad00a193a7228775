//! Every Rust file says on its first line what it owns.

use super::{Check, Finding};
use crate::repository::Repository;

pub const CHECK: Check = Check {
    name: "file-headers",
    find,
    mend: "begin the file with `//!` and what it owns (and what it refuses, if that is a question)",
};

fn find(repository: &Repository) -> Vec<Finding> {
    let says = |text: &str| text.strip_prefix("//!").is_some_and(|rest| rest.trim_start().len() > 1);
    let silent = repository.rust().filter(|(_, text)| !says(text));
    silent.map(|(path, _)| Finding::at(path, 1, "does not say what the file owns")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn a_silent_file_is_found() {
        let files =
            [("crates/a/src/lib.rs", "//! Owns a.\n"), ("crates/a/src/b.rs", "use a;\n"), ("x.rs", "")];
        let problem = "crates/a/src/b.rs:1: does not say what the file owns";
        assert_eq!(found(&CHECK, &Repository::of(&files)), [problem]);
    }
}
