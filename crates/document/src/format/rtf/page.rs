//! Paragraphs, items and tables as a page of HTML.

use std::fmt::Write;

/// A part of a paragraph that looks the same throughout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub text: String,
    pub bold: bool,
    pub italic: bool,
    pub strike: bool,
    /// Where it leads.
    pub link: Option<std::rc::Rc<str>>,
}

/// A block of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading and its level, from 1.
    Heading(u8, Vec<Run>),
    Paragraph(Vec<Run>),
    /// An item of a list: how deep, whether it is numbered.
    Item(usize, bool, Vec<Run>),
    /// Rows of cells, a cell being HTML.
    Table(Vec<Vec<String>>),
}

/// How deep lists are nested, at most.
const LIST_DEPTH_MAX: usize = 9;

/// Blocks as a page.
pub(super) fn of(blocks: &[Block]) -> String {
    let mut page = String::from("<html><body>\n");
    let mut open: Vec<&str> = Vec::new();
    for block in blocks {
        let depth = match block {
            Block::Item(depth, ..) => (*depth).min(LIST_DEPTH_MAX) + 1,
            _ => 0,
        };
        while open.len() > depth {
            let tag = open.pop().unwrap_or_default();
            let _ = write!(page, "</li></{tag}>");
        }
        match block {
            Block::Heading(level, runs) => {
                let _ = writeln!(page, "<h{level}>{}</h{level}>", inline(runs, false));
            }
            Block::Paragraph(runs) => {
                let _ = writeln!(page, "<p>{}</p>", inline(runs, true));
            }
            Block::Item(_, numbered, runs) => {
                if open.len() == depth {
                    page.push_str("</li>");
                }
                while open.len() < depth {
                    let tag = if *numbered { "ol" } else { "ul" };
                    open.push(tag);
                    let _ = write!(page, "<{tag}>{}", if open.len() < depth { "<li>" } else { "" });
                }
                let _ = write!(page, "<li>{}", inline(runs, true));
            }
            Block::Table(rows) => table(rows, &mut page),
        }
    }
    while let Some(tag) = open.pop() {
        let _ = write!(page, "</li></{tag}>");
    }
    page.push_str("</body></html>");
    page
}

fn table(rows: &[Vec<String>], page: &mut String) {
    page.push_str("<table>");
    for (number, row) in rows.iter().enumerate() {
        let tag = if number == 0 { "th" } else { "td" };
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<{tag}>{cell}</{tag}>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

/// Runs as HTML, with or without what they look like.
pub(super) fn inline(runs: &[Run], marked: bool) -> String {
    let mut html = String::new();
    for run in runs {
        let mut tags: Vec<&str> = Vec::new();
        if let Some(link) = &run.link {
            let _ = write!(html, "<a href=\"{}\">", escaped(link).replace('"', "&quot;"));
            tags.push("a");
        }
        let blank = run.text.trim().is_empty();
        for (is, tag) in [(run.bold, "b"), (run.italic, "i"), (run.strike, "s")] {
            if is && marked && !blank {
                let _ = write!(html, "<{tag}>");
                tags.push(tag);
            }
        }
        html.push_str(&escaped(&run.text).replace('\n', "<br>"));
        for tag in tags.iter().rev() {
            let _ = write!(html, "</{tag}>");
        }
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
