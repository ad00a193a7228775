//! Every benchmark says how to run it again.

use std::collections::BTreeSet;

use super::{Check, Finding};
use crate::repository::Repository;

pub const CHECK: Check = Check {
    name: "bench-commands",
    find,
    mend: "write a README.md into the benchmark's folder, with the command that reruns it (and its peers) in \
           a fenced block",
};

fn find(repository: &Repository) -> Vec<Finding> {
    let folder = |path: &str| Some(path.strip_prefix("benches/")?.split_once('/')?.0.to_owned());
    let folders: BTreeSet<_> = repository.paths().filter_map(folder).collect();
    let judge = |name: String| {
        let readme = format!("benches/{name}/README.md");
        let problem = match repository.text(&readme) {
            None => "is missing",
            Some(text) if text.matches("\n```").count() < 2 => "holds no command",
            Some(_) => return None,
        };
        Some(Finding::new(readme, problem))
    };
    folders.into_iter().filter_map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn a_benchmark_without_a_command_is_found() {
        let files = [
            ("benches/README.md", ""),
            ("benches/a/README.md", "# A\n\n```sh\ncargo bench\n```\n"),
            ("benches/b/README.md", "# B\n"),
            ("benches/c/run.py", ""),
        ];
        let expected = ["benches/b/README.md: holds no command", "benches/c/README.md: is missing"];
        assert_eq!(found(&CHECK, &Repository::of(&files)), expected);
    }
}
