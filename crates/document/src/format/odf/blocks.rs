//! Paragraphs, headings, frames and what else stands by itself in a text, on a page or in a cell.

use super::inline;
use super::lists;
use super::objects;
use super::styles::Styles;
use crate::compose::{block, line};
use crate::package::Package;
use crate::picture::{self, Picture};
use crate::xml::Element;
use crate::{BlockKind, Document, Problem};

/// Lists of what is elsewhere in the text, made by the application.
const GENERATED: [&str; 6] = [
    "text:table-of-content",
    "text:illustration-index",
    "text:table-index",
    "text:object-index",
    "text:alphabetical-index",
    "text:user-index",
];

/// Writes blocks at the end of a document.
pub(super) struct Writer<'w, 'p> {
    pub document: &'w mut Document,
    pub styles: &'w Styles,
    pub package: Option<&'w mut Package<'p>>,
    /// Where problems are said to be.
    pub place: String,
    /// The headings that the next block stands under, with their levels.
    path: Vec<(u8, String)>,
    /// Footnotes and endnotes, which come after the text.
    notes: Vec<String>,
    /// The list that came last, if nothing came after it.
    last_list: Option<lists::Counted>,
}

impl<'w, 'p> Writer<'w, 'p> {
    pub(super) fn new(
        document: &'w mut Document,
        styles: &'w Styles,
        package: Option<&'w mut Package<'p>>,
    ) -> Self {
        let place = "the text".to_owned();
        Self { document, styles, package, place, path: Vec::new(), notes: Vec::new(), last_list: None }
    }

    /// Writes what is within an element.
    pub(super) fn children(&mut self, element: &Element) {
        for child in element.elements() {
            self.element(child);
        }
    }

    /// Writes an element that stands by itself.
    pub(super) fn element(&mut self, element: &Element) {
        let name = element.name.as_str();
        if name == "text:list" {
            for heading in lists::headings(element) {
                self.last_list = None;
                self.heading(heading);
            }
            let before = self.last_list.take();
            let lines = lists::read(element, self, before);
            self.block(BlockKind::List, &lines.text);
            self.hanging(lines.frames);
            self.last_list = Some(lines.counted);
            return;
        }
        match name {
            "text:soft-page-break" => return,
            "text:h" => self.heading(element),
            "text:p" => self.paragraph(element),
            "table:table" => self.table(element),
            "svg:title" | "svg:desc" => {
                self.block(BlockKind::Paragraph, &unmarked(&line(&element.text())));
            }
            "office:annotation" => self.comment(element),
            "text:tracked-changes" => self.changes(element),
            name if GENERATED.contains(&name) => {
                self.problem("list of contents", "it was left out: it repeats what the text says", false);
            }
            name if name.starts_with("draw:") || name.starts_with("dr3d:") => self.frame(element),
            "text:sequence-decls"
            | "text:variable-decls"
            | "text:user-field-decls"
            | "office:forms"
            | "table:shapes"
            | "office:event-listeners"
            | "text:index-title-template" => {}
            "text:bibliography-source" | "text:alphabetical-index-auto-mark-file" => {}
            _ => self.children(element),
        }
        self.last_list = None;
    }

    pub(super) fn heading(&mut self, element: &Element) {
        let level = element.attribute("text:outline-level").and_then(|level| level.parse::<u8>().ok());
        self.titled(element, level.unwrap_or(1).clamp(1, 5) + 1);
    }

    /// Writes a paragraph as a heading of a level.
    pub(super) fn titled(&mut self, element: &Element, level: u8) {
        let inline = inline::read(element, self.styles, self.notes.len() + 1);
        self.notes(&inline.notes);
        self.frames(&inline.frames);
        self.heading_of(&line(&inline.text), level);
        self.comments(&inline.comments);
    }

    /// Writes a heading.
    pub(super) fn heading_of(&mut self, text: &str, level: u8) {
        if text.is_empty() {
            return;
        }
        let plain: String = text.chars().filter(|c| !matches!(c, '*' | '`' | '\\')).collect();
        self.path.retain(|(outer, _)| *outer < level);
        self.path.push((level, plain));
        self.block(BlockKind::Heading { level }, &format!("{} {text}", "#".repeat(usize::from(level))));
    }

    fn paragraph(&mut self, element: &Element) {
        let style = element.attribute("text:style-name").unwrap_or_default();
        if self.styles.is(style, "Title") {
            return self.titled(element, 1);
        }
        if self.styles.is(style, "Subtitle") {
            return self.titled(element, 2);
        }
        let inline = inline::read(element, self.styles, self.notes.len() + 1);
        self.notes(&inline.notes);
        self.frames(&inline.frames);
        self.block(BlockKind::Paragraph, &unmarked(&inline.text));
        self.comments(&inline.comments);
    }

    /// Writes what hangs on an element of which the text is elsewhere.
    pub(super) fn hanging(&mut self, inlines: Vec<inline::Inline<'_>>) {
        for inline in inlines {
            self.notes(&inline.notes);
            self.frames(&inline.frames);
            self.comments(&inline.comments);
        }
    }

    /// How the next note is numbered.
    pub(super) fn next_note(&self) -> usize {
        self.notes.len() + 1
    }

    fn frames(&mut self, frames: &[&Element]) {
        for frame in frames {
            self.frame(frame);
        }
    }

    /// Writes a frame or a shape: its picture or what it shows instead, and the text in it.
    pub(super) fn frame(&mut self, frame: &Element) {
        match frame.name.as_str() {
            "draw:frame" => {}
            "draw:image" => return self.image(frame),
            _ => return self.children(frame),
        }
        let object =
            frame.elements().find(|child| matches!(child.name.as_str(), "draw:object" | "draw:object-ole"));
        if let Some(object) = object
            && objects::write(object, self)
        {
            return;
        }
        let mut shown = false;
        for child in frame.elements() {
            match child.name.as_str() {
                "table:table" => {
                    shown = true;
                    self.table(child);
                }
                "draw:text-box" => {
                    shown = true;
                    self.children(child);
                }
                "svg:title" | "svg:desc" => self.element(child),
                // A table's or an object's preview says nothing new; of several pictures the first is the best.
                "draw:image" if !shown => {
                    shown = true;
                    self.image(child);
                }
                _ => {}
            }
        }
    }

    fn image(&mut self, image: &Element) {
        let href = image.attribute("xlink:href").map(|href| href.trim_start_matches("./").to_owned());
        let picture = href.and_then(|part| {
            let media_type = picture::media_type(&part)?;
            let bytes = self.package.as_mut()?.read(&part).ok()??;
            Some(Picture { media_type, bytes })
        });
        let path = self.path();
        picture::write(self.document, &path, &self.place, picture);
    }

    fn changes(&mut self, changes: &Element) {
        let deleted = changes.descendants("text:deletion").len();
        if deleted > 0 {
            self.problem("tracked changes", &format!("{deleted} deletions were left out"), false);
        }
    }

    fn notes(&mut self, notes: &[&Element]) {
        for note in notes {
            let body = note.elements().filter(|child| child.name == "text:note-body");
            let paragraphs = body.flat_map(|body| body.descendants("text:p"));
            let text: Vec<String> =
                paragraphs.map(|paragraph| line(&inline::read(paragraph, self.styles, 1).text)).collect();
            self.notes.push(text.join(" "));
        }
    }

    fn comments(&mut self, comments: &[&Element]) {
        for comment in comments {
            self.comment(comment);
        }
    }

    fn comment(&mut self, comment: &Element) {
        let author =
            comment.elements().find(|child| child.name == "dc:creator").map(|author| line(&author.text()));
        let said = comment.descendants("text:p").into_iter().map(|paragraph| line(&paragraph.text()));
        let said = said.filter(|said| !said.is_empty()).collect::<Vec<_>>().join(" ");
        if !said.is_empty() {
            let by = author.filter(|author| !author.is_empty()).map(|author| format!("{author}: "));
            self.block(BlockKind::Quote, &format!("> {}{said}", by.unwrap_or_default()));
        }
    }

    /// Writes the notes that the text refers to.
    pub(super) fn end(&mut self) {
        for (number, note) in (1..).zip(std::mem::take(&mut self.notes)) {
            self.block(BlockKind::Paragraph, &format!("[^{number}]: {note}"));
        }
    }

    pub(super) fn block(&mut self, kind: BlockKind, text: &str) {
        let path = self.path();
        block(self.document, &path, kind, text);
    }

    /// The headings that the next block stands under.
    pub(super) fn path(&self) -> Vec<String> {
        self.path.iter().map(|(_, heading)| heading.clone()).collect()
    }

    /// What follows stands under no heading.
    pub(super) fn leave_headings(&mut self) {
        self.path.clear();
        self.last_list = None;
    }

    /// A list that follows begins anew.
    pub(super) fn end_list(&mut self) {
        self.last_list = None;
    }

    pub(super) fn problem(&mut self, what: &str, why: &str, content_lost: bool) {
        let (place, what, why) = (self.place.clone(), what.to_owned(), why.to_owned());
        self.document.problems.push(Problem { place, what, why, content_lost });
    }
}

/// A paragraph that begins with no mark of a heading, a list or a quotation.
fn unmarked(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let after = text.as_bytes().get(digits).copied();
    let item = (1..10).contains(&digits) && matches!(after, Some(b'.' | b')'));
    let marked = match text.as_bytes().first() {
        Some(b'#' | b'>' | b'|') => true,
        Some(b'-' | b'+' | b'=') => matches!(text.as_bytes().get(1), None | Some(b' ' | b'-' | b'=')),
        _ => false,
    };
    match item {
        true => format!("{}\\{}", &text[..digits], &text[digits..]),
        false if marked => format!("\\{text}"),
        false => text.to_owned(),
    }
}
