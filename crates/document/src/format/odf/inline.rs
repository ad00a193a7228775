//! Text within a paragraph: runs of it with their looks, links and notes, as Markdown.

use super::styles::{Looks, Raised, Styles};
use crate::compose::line;
use crate::xml::{Element, Node};

/// What a paragraph says, and what hangs on it.
#[derive(Default)]
pub(super) struct Inline<'e> {
    /// Its Markdown.
    pub text: String,
    /// Frames and shapes within it, in order.
    pub frames: Vec<&'e Element>,
    /// Footnotes and endnotes; each is referred to in the text by its number.
    pub notes: Vec<&'e Element>,
    /// What somebody noted on it.
    pub comments: Vec<&'e Element>,
}

/// A stretch of text of one look.
struct Run {
    text: String,
    looks: Looks,
    link: Option<String>,
}

/// Reads a paragraph; its notes are numbered from `first_note` on.
pub(super) fn read<'e>(paragraph: &'e Element, styles: &Styles, first_note: usize) -> Inline<'e> {
    let mut reading = Reading { styles, first_note, runs: Vec::new(), inline: Inline::default() };
    reading.within(paragraph, Looks::default(), None);
    reading.finish()
}

/// The text of a paragraph without marks and without what hangs on it.
pub(super) fn plain(paragraph: &Element, styles: &Styles) -> String {
    let mut reading = Reading { styles, first_note: 1, runs: Vec::new(), inline: Inline::default() };
    reading.within(paragraph, Looks::default(), None);
    let texts = reading.runs.into_iter().map(|run| run.text);
    texts.collect::<String>().trim().to_owned()
}

struct Reading<'e, 's> {
    styles: &'s Styles,
    first_note: usize,
    runs: Vec<Run>,
    inline: Inline<'e>,
}

impl<'e> Reading<'e, '_> {
    fn within(&mut self, element: &'e Element, looks: Looks, link: Option<&str>) {
        for child in &element.children {
            match child {
                Node::Text(text) => self.push(&collapsed(text), looks, link),
                Node::Element(child) => self.element(child, looks, link),
            }
        }
    }

    fn element(&mut self, element: &'e Element, looks: Looks, link: Option<&str>) {
        match element.name.as_str() {
            "text:span" => {
                let own = element.attribute("text:style-name").map(|name| self.styles.looks(name));
                self.within(element, over(looks, own.unwrap_or_default()), link);
            }
            "text:a" => self.within(element, looks, element.attribute("xlink:href").or(link)),
            "text:s" => {
                let count = element.attribute("text:c").and_then(|count| count.parse().ok()).unwrap_or(1);
                self.push(&" ".repeat(usize::min(count, 80)), looks, link);
            }
            "text:tab" => self.push("\t", looks, link),
            "text:line-break" => self.push("\n", looks, link),
            "text:note" => {
                let number = self.first_note + self.inline.notes.len();
                self.inline.notes.push(element);
                self.push(&format!("[^{number}]"), looks, None);
            }
            "office:annotation" => self.inline.comments.push(element),
            "text:ruby-text" => self.push(&format!(" ({})", line(&element.text())), looks, link),
            name if name.starts_with("draw:") || name.starts_with("dr3d:") => {
                self.inline.frames.push(element)
            }
            // Marks of changes, bookmarks and references that say nothing, and scripts.
            "text:script" | "office:event-listeners" => {}
            _ => self.within(element, looks, link),
        }
    }

    fn push(&mut self, text: &str, looks: Looks, link: Option<&str>) {
        if text.is_empty() {
            return;
        }
        let same = |run: &&mut Run| run.looks == looks && run.link.as_deref() == link;
        match self.runs.last_mut().filter(same) {
            Some(run) => run.text.push_str(text),
            None => self.runs.push(Run { text: text.into(), looks, link: link.map(str::to_owned) }),
        }
    }

    fn finish(mut self) -> Inline<'e> {
        for run in &self.runs {
            push_marked(&mut self.inline.text, run);
        }
        let text = self.inline.text.trim_matches(|c: char| c.is_whitespace()).replace('\0', "\u{fffd}");
        self.inline.text = text;
        self.inline
    }
}

/// White space as XML has it: any run of it is one space.
pub(super) fn collapsed(text: &str) -> String {
    if !text.contains(['\n', '\t', '\r']) && !text.contains("  ") {
        return text.to_owned();
    }
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        if !matches!(c, ' ' | '\n' | '\t' | '\r') {
            all.push(c);
        } else if !all.ends_with(' ') {
            all.push(' ');
        }
    }
    all
}

fn over(outer: Looks, own: Looks) -> Looks {
    Looks {
        bold: own.bold.or(outer.bold),
        italic: own.italic.or(outer.italic),
        struck: own.struck.or(outer.struck),
        raised: own.raised.or(outer.raised),
    }
}

/// Adds a run with the marks of its looks around it, the white space at its ends outside them.
fn push_marked(all: &mut String, run: &Run) {
    let inner = run.text.trim();
    if inner.is_empty() {
        return all.push_str(&run.text);
    }
    let lead = run.text.len() - run.text.trim_start().len();
    all.push_str(&run.text[..lead]);
    let looks = run.looks;
    let mut marks: Vec<&str> = Vec::new();
    let mut mark = |on: bool, mark| {
        if on {
            marks.push(mark);
        }
    };
    mark(looks.bold == Some(true), "**");
    mark(looks.italic == Some(true), "*");
    mark(looks.struck == Some(true), "~~");
    mark(looks.raised == Some(Raised::Above), "^");
    mark(looks.raised == Some(Raised::Below), "~");
    all.extend(marks.iter().copied());
    match run.link.as_deref().map(str::trim).filter(|link| !link.is_empty()) {
        Some(link) => {
            let link = link.replace(' ', "%20").replace('(', "%28").replace(')', "%29");
            all.push_str(&format!("[{}]({link})", escaped(inner)));
        }
        None => all.push_str(&escaped(inner)),
    }
    all.extend(marks.iter().rev().copied());
    all.push_str(&run.text[lead + inner.len()..]);
}

/// Text in which nothing is a mark that was none.
fn escaped(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied();
        let tag = c == '<'
            && next.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'));
        if matches!(c, '*' | '`') || tag {
            all.push('\\');
        }
        all.push(c);
    }
    all
}
