//! Every path of the repository that a page names exists.

use super::{Check, Finding};
use crate::markdown::{code_spans, prose};
use crate::repository::Repository;

pub const CHECK: Check = Check {
    name: "doc-paths",
    find,
    mend: "correct the path, or write what is not a path of this repository in another way; placeholders \
           are in capitals, as in `crates/NAME`",
};

const FOLDERS: [&str; 9] =
    [".ci/", ".cargo/", "apps/", "benches/", "console/", "crates/", "docs/", "examples/", "xtask/"];

fn find(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (page, text) in repository.pages() {
        for (at, line) in prose(text) {
            let named = code_spans(line).filter(|span| is_path(span));
            let missing = named.filter(|path| !repository.holds(without_line(path)));
            findings.extend(missing.map(|path| Finding::at(page, at, format!("`{path}` does not exist"))));
        }
    }
    findings
}

fn is_path(span: &str) -> bool {
    let begins = FOLDERS.iter().any(|folder| span.starts_with(folder));
    begins && !span.contains(|c: char| c.is_whitespace() || "*{<$…".contains(c)) && !has_placeholder(span)
}

/// Whether a part of the path is all capitals; pages like `README.md` have a suffix that tells them apart.
fn has_placeholder(path: &str) -> bool {
    let capitals = |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    path.split('/').any(|part| !part.ends_with(".md") && capitals(part.split('.').next().unwrap_or(part)))
}

/// The path before `:12`.
fn without_line(path: &str) -> &str {
    path.split_once(':').map_or(path, |(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn a_path_that_is_gone_is_found() {
        let page = "`crates/a` and `crates/a/src/lib.rs:3`\n`crates/b/` is gone, `crates/NAME/src/x.rs` is none\n\
                    `crates/*/src`, `docs/README.md`, `cargo run crates/c`\n```\n`crates/d`\n```\n";
        let files =
            [("ARCHITECTURE.md", page), ("crates/a/src/lib.rs", ""), ("crates/a/NOTES.md", "`docs/x`")];
        let expected = [
            "ARCHITECTURE.md:2: `crates/b/` does not exist",
            "ARCHITECTURE.md:3: `docs/README.md` does not exist",
        ];
        assert_eq!(found(&CHECK, &Repository::of(&files)), expected);
    }
}
