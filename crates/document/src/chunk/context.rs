//! What a chunk is told with.

/// A table header longer than this is not repeated for its rows, in bytes.
const HEADER_BYTES_MAX: usize = 1000;

/// A first line that is longer than this is taken to say no heading, in bytes.
pub(super) const FIRST_LINE_BYTES_MAX: usize = 512;

/// What there is to say about a chunk.
pub(super) struct Context<'a> {
    pub title: Option<&'a str>,
    pub heading_path: &'a [String],
    pub header: Option<&'a str>,
}

impl Context<'_> {
    /// Title, headings and table header, one a line, without what `text` begins with; shortened until it is
    /// at most `max` by `count`: outer headings go first, then the title, then the header.
    pub(super) fn before(&self, text: &str, max: usize, count: &dyn Fn(&str) -> usize) -> String {
        if self.title.is_none() && self.heading_path.is_empty() && self.header.is_none() {
            return String::new();
        }
        let first = text.split('\n').next().filter(|line| line.len() <= FIRST_LINE_BYTES_MAX);
        let first = plain(first.unwrap_or_default());
        let mut headings: Vec<&str> = self
            .heading_path
            .iter()
            .map(String::as_str)
            .filter(|heading| !first.ends_with(&plain(heading)))
            .collect();
        let said = |title: &str| {
            let title = plain(title);
            first.ends_with(&title) || self.heading_path.iter().any(|heading| plain(heading) == title)
        };
        let mut title = self.title.filter(|title| !title.is_empty() && !said(title));
        let mut header = self.header.filter(|header| header.len() <= HEADER_BYTES_MAX);
        loop {
            let lines: Vec<&str> =
                title.iter().copied().chain(headings.iter().copied()).chain(header.iter().copied()).collect();
            let context: String = lines.iter().flat_map(|line| [*line, "\n"]).collect();
            if context.is_empty() || count(&context) <= max {
                return context;
            }
            if headings.is_empty() {
                if title.take().is_none() {
                    header = None;
                }
            } else {
                headings.remove(0);
            }
        }
    }
}

/// A line as it reads: without marks of headings and emphasis.
fn plain(line: &str) -> String {
    let line: String = line.chars().filter(|c| !matches!(c, '#' | '*' | '_' | '`')).collect();
    line.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, max: usize, expect: &str) {
        let path = ["Guide".to_owned(), "Keys".to_owned()];
        let context = Context { title: Some("Guide"), heading_path: &path, header: Some("| a |") };
        assert_eq!(context.before(text, max, &|text| text.split_whitespace().count()), expect);
    }

    #[test]
    fn nothing_is_said_twice_and_the_outermost_goes_first() {
        check("text", 10, "Guide\nKeys\n| a |\n");
        check("## `Keys`\n\ntext", 10, "Guide\n| a |\n");
        check("text", 4, "Keys\n| a |\n");
        check("text", 3, "| a |\n");
        check("text", 2, "");
    }
}
