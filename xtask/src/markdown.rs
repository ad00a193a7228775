//! The little of Markdown that the checks need: prose lines, code spans and links.

/// The lines outside fenced blocks, counted from 1.
pub fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, None) => lines.push((at + 1, line)),
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
        }
    }
    lines
}

/// What stands between backticks on a line.
pub fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split('`').count();
    line.split('`').enumerate().filter(move |(at, _)| at % 2 == 1 && at + 1 < parts).map(|(_, span)| span)
}

/// Where the links of a line lead, inline or defined, without their fragments' titles.
pub fn links(line: &str) -> Vec<String> {
    let words: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let inline = words.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let defined = words.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
    let first_word = defined.and_then(|target| target.split_whitespace().next());
    inline.chain(first_word).map(|target| target.trim_matches(['<', '>']).to_owned()).collect()
}

/// A relative link as a path from the root, seen from the file that holds it; `None` for links that lead
/// out of the repository or to a heading of the same page.
pub fn resolve(from: &str, link: &str) -> Option<String> {
    let path = link.split('#').next().unwrap_or_default();
    if path.is_empty() || link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            // A path that climbs out of the root is kept as it is, and is then not found.
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_leaves_fences_out() {
        let lines = prose("a\n```sh\nb\n~~~\n```\nc");
        assert_eq!(lines, [(1, "a"), (6, "c")]);
    }

    #[test]
    fn finds_spans_and_links() {
        assert_eq!(code_spans("see `a/b` and `c`, not `d").collect::<Vec<_>>(), ["a/b", "c"]);
        assert_eq!(links("[a](x.md#y), ![b](z.png \"t\") and `[c](no.md)`"), ["x.md#y", "z.png"]);
        assert_eq!(links("[a]: <docs/a.md> \"title\""), ["docs/a.md"]);
    }

    #[test]
    fn resolves_from_the_page() {
        let resolved = |from, link| resolve(from, link).unwrap();
        assert_eq!(resolved("docs/a.md", "../README.md#x"), "README.md");
        assert_eq!(resolved("docs/a.md", "./b.md"), "docs/b.md");
        assert_eq!(resolved("README.md", "../x"), "../x");
        assert_eq!(resolve("docs/a.md", "#here"), None);
        assert_eq!(resolve("docs/a.md", "https://example.org/a"), None);
    }
}
