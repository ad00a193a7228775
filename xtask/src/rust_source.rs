//! The little of Rust that the checks need, on source that rustfmt has been over.

/// Whether a file is a test from its first line to its last.
pub fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

/// The lines that no `#[cfg(test)]` module holds, counted from 1.
pub fn without_tests(text: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line)).peekable();
    while let Some((at, line)) = lines.next() {
        let opens = |next: &(usize, &str)| next.1.starts_with("mod ") && next.1.ends_with('{');
        if line == "#[cfg(test)]" && lines.peek().is_some_and(opens) {
            lines.by_ref().find(|(_, line)| *line == "}");
        } else {
            kept.push((at, line));
        }
    }
    kept
}

/// A function and how many lines its body has.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub line: usize,
    /// The lines of its body that are neither blank nor comments.
    pub body: usize,
}

/// The functions among these lines. A body ends where a brace closes at the indentation that its `fn` has.
pub fn functions(lines: &[(usize, &str)]) -> Vec<Function> {
    lines.iter().enumerate().filter_map(|(at, &(line, text))| function(&lines[at..], line, text)).collect()
}

fn function(lines: &[(usize, &str)], line: usize, text: &str) -> Option<Function> {
    let name = function_name(text)?;
    let indent = &text[..text.len() - text.trim_start().len()];
    let opening = lines.iter().position(|(_, text)| text.ends_with(['{', ';', '}']))?;
    let body = if lines[opening].1.ends_with('{') {
        let close = format!("{indent}}}");
        let counts = |text: &str| !text.trim().is_empty() && !text.trim_start().starts_with("//");
        let within = lines[opening + 1..].iter().take_while(|(_, text)| *text != close);
        within.filter(|(_, text)| counts(text)).count()
    } else {
        0
    };
    Some(Function { name: name.to_owned(), line, body })
}

fn function_name(text: &str) -> Option<&str> {
    let (before, after) = text.trim_start().split_once("fn ")?;
    let modifiers = ["pub", "const", "async", "unsafe", "extern", "\"C\"", "default"];
    let is_modifier = |word: &str| modifiers.contains(&word) || word.starts_with("pub(");
    if !before.is_empty() && !before.split_whitespace().all(is_modifier) {
        return None;
    }
    after.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
//! A file.
pub(crate) fn a(
    x: u8,
) -> u8 {
    // why

    let y = x;
    fn b() {}
    y
}
#[cfg(test)]
mod tests {
    fn c() {
        d();
    }
}
trait T {
    fn e(&self);
    async fn f() -> u8 {
        1
    }
}
";

    #[test]
    fn leaves_tests_out() {
        let kept: Vec<_> = without_tests(SOURCE).into_iter().map(|(line, _)| line).collect();
        assert_eq!(kept, (1..=10).chain(17..=22).collect::<Vec<_>>());
        assert!(is_test("crates/a/tests/b.rs") && is_test("crates/a/src/b/tests.rs"));
        assert!(!is_test("crates/testkit/src/lib.rs"));
    }

    #[test]
    fn measures_bodies() {
        let found = functions(&without_tests(SOURCE));
        let found: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.body)).collect();
        assert_eq!(found, [("a", 2, 3), ("b", 8, 0), ("e", 18, 0), ("f", 19, 1)]);
        assert_eq!(functions(&[(1, "// the fn in a comment {")]), []);
    }
}
