//! Runs of text with their marks, and the Markdown they make within a paragraph.

/// What a run looks like, as far as Markdown or the grouping of runs depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(u8);

impl Marks {
    pub(crate) const BOLD: Self = Self(1);
    pub(crate) const ITALIC: Self = Self(2);
    pub(crate) const STRIKE: Self = Self(4);
    pub(crate) const UNDERLINE: Self = Self(8);
    pub(crate) const SUBSCRIPT: Self = Self(16);
    pub(crate) const SUPERSCRIPT: Self = Self(32);

    pub(crate) fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    pub(crate) fn set(&mut self, mark: Self, on: bool) {
        self.0 = if on { self.0 | mark.0 } else { self.0 & !mark.0 };
    }
}

/// A part of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text as it is in the file.
    Text(String, Marks),
    /// A link, with where it leads.
    Link(String, Marks, String),
    /// LaTeX.
    Formula(String),
    /// Markdown that stands as it is, without a space before it: a note's mark.
    Mark(String),
}

impl Piece {
    /// The text without any mark.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Text(text, _) | Self::Link(text, ..) | Self::Mark(text) => text.clone(),
            Self::Formula(latex) => format!("${latex}$"),
        }
    }
}

/// The pieces of a paragraph without marks.
pub(crate) fn plain(pieces: &[Piece]) -> String {
    pieces.iter().map(Piece::plain).collect()
}

/// The pieces of a paragraph as Markdown: runs that look the same go together, and what looks different stands
/// apart by a space, so that emphasis always opens and closes at a word.
pub(crate) fn markdown(pieces: &[Piece]) -> String {
    let mut groups: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut marks = Marks::default();
    let close = |text: &mut String, marks: Marks, groups: &mut Vec<String>| {
        if !text.trim().is_empty() {
            groups.push(marked(&escaped(text.trim()), marks));
        }
        text.clear();
    };
    for piece in pieces {
        match piece {
            Piece::Text(own, own_marks) => {
                if *own_marks != marks && !own.trim().is_empty() {
                    close(&mut text, marks, &mut groups);
                    marks = *own_marks;
                }
                text.push_str(own);
            }
            Piece::Link(own, own_marks, address) => {
                close(&mut text, marks, &mut groups);
                if !own.trim().is_empty() {
                    groups.push(link(&marked(&escaped(own.trim()), *own_marks), address));
                }
            }
            Piece::Formula(latex) => {
                close(&mut text, marks, &mut groups);
                groups.push(format!("${latex}$"));
            }
            Piece::Mark(mark) => {
                close(&mut text, marks, &mut groups);
                match groups.last_mut() {
                    Some(last) => last.push_str(mark),
                    None => groups.push(mark.clone()),
                }
            }
        }
    }
    close(&mut text, marks, &mut groups);
    groups.join(" ")
}

/// A link in Markdown.
pub(crate) fn link(text: &str, address: &str) -> String {
    let plain = !address.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>'));
    if plain {
        format!("[{text}]({address})")
    } else {
        format!("[{text}](<{}>)", address.replace(['<', '>', '\n'], ""))
    }
}

/// Text with what Markdown or HTML would take for markup escaped, and line ends as hard breaks.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    let mut before = ' ';
    let mut rest = text;
    while let Some(at) = rest.find(['_', '&', '<', '>', '\n']) {
        let (plain, tail) = rest.split_at(at);
        escaped.push_str(plain);
        before = plain.chars().next_back().unwrap_or(before);
        let mut chars = tail.chars();
        let c = chars.next().unwrap_or_default();
        match c {
            '_' if before == '\\' => escaped.push('_'),
            '_' => escaped.push_str("\\_"),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            _ if before == '\n' || chars.as_str().starts_with('\n') => escaped.push('\n'),
            _ => escaped.push_str("  \n"),
        }
        before = c;
        rest = chars.as_str();
    }
    escaped.push_str(rest);
    escaped
}

fn marked(text: &str, marks: Marks) -> String {
    let mut marked = text.to_owned();
    for (mark, fence) in [(Marks::BOLD, "**"), (Marks::ITALIC, "*"), (Marks::STRIKE, "~~")] {
        if marks.has(mark) {
            marked = format!("{fence}{marked}{fence}");
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, marks: Marks) -> Piece {
        Piece::Text(text.into(), marks)
    }

    #[test]
    fn runs_of_one_look_go_together() {
        let mut both = Marks::BOLD;
        both.set(Marks::ITALIC, true);
        let pieces = [
            text("Nor", Marks::default()),
            text("mal ", Marks::default()),
            text("bold", Marks::BOLD),
            text(" ", Marks::default()),
            text("er", Marks::BOLD),
            Piece::Link("a_b".into(), both, "https://x.y/a_b".into()),
            Piece::Formula("x^{2}".into()),
            text("& end", Marks::STRIKE),
            Piece::Mark("[^1]".into()),
        ];
        assert_eq!(
            markdown(&pieces),
            "Normal **bold er** [***a\\_b***](https://x.y/a_b) $x^{2}$ ~~&amp; end~~[^1]"
        );
        assert_eq!(markdown(&[text(" \n ", Marks::BOLD)]), "");
    }

    #[test]
    fn markup_is_escaped_and_lines_break() {
        assert_eq!(escaped("a_b <c>\nd\n\ne \\_"), "a\\_b &lt;c&gt;  \nd\n\ne \\_");
    }
}
