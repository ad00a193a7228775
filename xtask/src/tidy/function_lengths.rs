//! A function's body holds at most 50 lines, blank ones and comments not counted.

use super::{Check, Finding};
use crate::repository::Repository;
use crate::rust_source::{functions, is_test, without_tests};

pub const CHECK: Check =
    Check { name: "function-lengths", find, mend: "give a part of the function a name of its own" };

const LINES_MAX: usize = 50;

fn find(repository: &Repository) -> Vec<Finding> {
    let judge = |(path, text)| {
        let long = functions(&without_tests(text)).into_iter().filter(|function| function.body > LINES_MAX);
        let finding = |function: crate::rust_source::Function| {
            let problem =
                format!("`{}` has {} lines, {LINES_MAX} are the limit", function.name, function.body);
            Finding::at(path, function.line, problem)
        };
        long.map(finding).collect::<Vec<_>>()
    };
    repository.rust().filter(|(path, _)| !is_test(path)).flat_map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn a_long_function_is_found() {
        let body = |lines| "    go();\n".repeat(lines);
        let text = format!("//! A.\nfn fine() {{\n{}}}\n\nfn long() {{\n{}}}\n", body(50), body(51));
        let repository = Repository::of(&[("crates/a/src/lib.rs", &text)]);
        assert_eq!(
            found(&CHECK, &repository),
            ["crates/a/src/lib.rs:55: `long` has 51 lines, 50 are the limit"]
        );
    }
}
