//! Every page of the manual can be reached from the README or the manual's own first page.

use std::collections::BTreeSet;

use super::{Check, Finding};
use crate::markdown::{links, prose, resolve};
use crate::repository::Repository;

pub const CHECK: Check =
    Check { name: "doc-index", find, mend: "link the page from README.md or docs/README.md" };

const FIRST_PAGES: [&str; 2] = ["README.md", "docs/README.md"];

fn find(repository: &Repository) -> Vec<Finding> {
    let mut linked = BTreeSet::from(FIRST_PAGES.map(str::to_owned));
    for page in FIRST_PAGES {
        let lines = prose(repository.text(page).unwrap_or_default());
        linked.extend(
            lines.into_iter().flat_map(|(_, line)| links(line)).filter_map(|link| resolve(page, &link)),
        );
    }
    let manual = repository.pages().map(|(path, _)| path).filter(|path| path.starts_with("docs/"));
    let lost = manual.filter(|path| !linked.contains(*path));
    lost.map(|path| Finding::new(path, "is a page that no first page links to")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn a_page_that_nobody_links_is_found() {
        let files = [
            ("README.md", "[a](docs/a.md) [manual](docs/README.md)\n"),
            ("docs/README.md", "[b](b.md#part)\n"),
            ("docs/a.md", "[c](c.md)\n"),
            ("docs/b.md", ""),
            ("docs/c.md", ""),
        ];
        assert_eq!(
            found(&CHECK, &Repository::of(&files)),
            ["docs/c.md: is a page that no first page links to"]
        );
    }
}
