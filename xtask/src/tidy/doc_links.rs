//! Every relative link of a page leads somewhere.

use super::{Check, Finding};
use crate::markdown::{links, prose, resolve};
use crate::repository::Repository;

pub const CHECK: Check =
    Check { name: "doc-links", find, mend: "correct the link; it is resolved from the page's own folder" };

fn find(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (page, text) in repository.pages() {
        for (at, line) in prose(text) {
            let broken = |link: &String| resolve(page, link).is_some_and(|path| !repository.holds(&path));
            let broken = links(line).into_iter().filter(broken);
            findings.extend(broken.map(|link| Finding::at(page, at, format!("`{link}` leads nowhere"))));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    #[test]
    fn a_broken_link_is_found() {
        let page = "[up](../README.md#tour) [gone](b.md) [out](https://example.org/b.md) [here](#x)\n";
        let repository =
            Repository::of(&[("docs/a.md", page), ("README.md", "[a](docs/a.md) [top](/docs)\n")]);
        let expected = ["README.md:1: `/docs` leads nowhere", "docs/a.md:1: `b.md` leads nowhere"];
        assert_eq!(found(&CHECK, &repository), expected);
    }
}
