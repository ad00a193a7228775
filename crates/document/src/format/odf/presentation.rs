//! OpenDocument presentations and drawings: each page a page, with its title, its shapes' texts and its notes.

use super::blocks::Writer;
use super::{Source, enter};
use crate::compose::{line, separate};
use crate::xml::{Element, Token, Xml};
use crate::{BlockKind, Document, Page, Span};

/// Shapes of a notes page that are no notes.
const ASIDE: [&str; 5] = ["page", "page-number", "date-time", "header", "footer"];
/// How many pages are read.
const PAGES_MAX: u32 = 100_000;

/// Reads the body of a presentation or a drawing.
pub(super) fn read(source: &mut Source<'_>, document: &mut Document) -> Result<(), String> {
    let mut xml = Xml::new(source.content);
    let kind = enter(&mut xml)?;
    if !matches!(kind.as_str(), "office:presentation" | "office:drawing") {
        return Err(format!("its body is `{kind}`, not pages"));
    }
    let mut writer = Writer::new(document, &source.styles, source.package.as_mut());
    let mut number = 0;
    while let Some(token) = xml.next()? {
        let Token::Start(tag) = token else { continue };
        if tag.name() != "draw:page" {
            xml.skip()?;
            continue;
        }
        number += 1;
        if number > PAGES_MAX {
            return Err(format!("it has more than {PAGES_MAX} pages"));
        }
        let page = xml.tree(&tag)?;
        writer.page(&page, number);
    }
    Ok(())
}

impl Writer<'_, '_> {
    fn page(&mut self, page: &Element, number: u32) {
        self.place = format!("page {number}");
        self.leave_headings();
        let start = separate(self.document);
        if self.styles.hidden("drawing-page", page.attribute("draw:style-name")) {
            self.problem("page", "it is hidden; it was read", false);
        }
        let title = page.elements().find(|shape| is_title(shape)).or_else(|| first_said(page));
        // A title that is left empty is a title: such a page is to have none.
        if title.is_none() && !page.elements().any(|shape| class(shape) == "title") {
            let name = page.attribute("draw:name").map(line).filter(|name| !name.is_empty());
            self.heading_of(&name.unwrap_or_else(|| format!("Page {number}")), 1);
        }
        for shape in page.elements() {
            match shape.name.as_str() {
                "presentation:notes" => self.page_notes(shape),
                name if name.starts_with("anim:") => {}
                _ if title.is_some_and(|title| std::ptr::eq(title, shape)) => self.title(shape),
                _ => self.element(shape),
            }
            // Numbering goes on within a shape, not from one to the next.
            self.end_list();
        }
        self.end();
        let end = self.document.text.trim_end().len().max(start);
        self.document.pages.push(Page { number, span: Span { start, end } });
    }

    fn title(&mut self, shape: &Element) {
        for paragraph in shape.descendants("text:p").into_iter().chain(shape.descendants("text:h")) {
            self.titled(paragraph, 1);
        }
    }

    fn page_notes(&mut self, notes: &Element) {
        for shape in notes.elements() {
            if ASIDE.contains(&class(shape)) {
                continue;
            }
            let paragraphs = shape.descendants("text:p");
            let lines = paragraphs.into_iter().map(|paragraph| line(&paragraph.text()));
            let lines: Vec<String> =
                lines.filter(|said| !said.is_empty()).map(|said| format!("> {said}")).collect();
            self.block(BlockKind::Quote, &lines.join("\n"));
        }
    }
}

fn is_title(shape: &Element) -> bool {
    class(shape) == "title" && !shape.text().trim().is_empty()
}

fn class(shape: &Element) -> &str {
    shape.attribute("presentation:class").unwrap_or_default()
}

/// The first shape that says something, if it is one of its own and not a frame: a title that somebody drew.
fn first_said(page: &Element) -> Option<&Element> {
    let mut shapes = page.elements().filter(|shape| {
        !shape.name.starts_with("anim:")
            && shape.name != "presentation:notes"
            && !shape.text().trim().is_empty()
    });
    shapes.next().filter(|shape| shape.name == "draw:custom-shape")
}
