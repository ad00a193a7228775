//! A file holds at most 400 lines, its tests not counted.

use super::{Check, Finding};
use crate::repository::Repository;
use crate::rust_source::{is_test, without_tests};

pub const CHECK: Check = Check {
    name: "file-lengths",
    find,
    mend: "split the file by what its parts own; a table that cannot be split goes into TABLES of \
           xtask/src/tidy/file_lengths.rs with the reason",
};

const LINES_MAX: usize = 400;

/// Tables that may be longer, each with its reason.
const TABLES: &[(&str, &str)] =
    &[("crates/platform/src/settings/keys.rs", "every setting is a line of one table")];

fn find(repository: &Repository) -> Vec<Finding> {
    let judge = |(path, text): (&str, &str)| {
        let lines = if is_test(path) { 0 } else { without_tests(text).len() };
        let exempt = TABLES.iter().any(|(table, _)| *table == path);
        match (lines > LINES_MAX, exempt) {
            (true, false) => {
                Some(Finding::new(path, format!("has {lines} lines, {LINES_MAX} are the limit")))
            }
            (false, true) => Some(Finding::new(path, "is listed as a long table and is not long")),
            _ => None,
        }
    };
    let gone = TABLES.iter().filter(|(table, _)| repository.text(table).is_none());
    let gone = gone.map(|(table, _)| Finding::new(*table, "is listed as a long table and is not there"));
    repository.rust().filter_map(judge).chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn a_long_file_is_found_and_long_tests_are_not() {
        let long = "//! A.\n".repeat(401);
        let tested = format!("//! A.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "    // x\n".repeat(500));
        let repository = Repository::of(&[
            ("crates/a/src/long.rs", &long),
            ("crates/a/src/tested.rs", &tested),
            ("crates/a/tests/long.rs", &long),
            (TABLES[0].0, &long),
        ]);
        assert_eq!(found(&CHECK, &repository), ["crates/a/src/long.rs: has 401 lines, 400 are the limit"]);
    }
}
