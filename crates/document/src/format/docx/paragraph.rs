//! A Word paragraph: a heading, an item of a list, code, formulas or text, with its pictures before it.

use super::super::Damage;
use super::super::ooxml::inline;
use super::super::ooxml::writer::{Item, Writer};
use super::super::ooxml::xml::{Element, Xml};
use super::body::Body;
use super::draft::Draft;
use super::list::Entry;
use super::styles::{self, Class, Style};

/// The share of a paragraph in a font for code that makes it code.
const MONOSPACED_SHARE_MIN: f64 = 0.9;
/// Signs of a box to tick, which the Markdown of one stands for.
const BOXES: [char; 7] = ['☐', '☑', '☒', '□', '■', '▪', '▫'];
/// Words that begin a block of code in languages whose blocks begin with a colon.
const BLOCK_WORDS: [&str; 17] = [
    "def", "class", "if", "elif", "while", "for", "with", "except", "finally", "try", "catch", "switch",
    "function", "func", "fn", "sub", "proc",
];

impl Body<'_, '_> {
    /// Reads a paragraph; what is in its text boxes comes before it.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn paragraph(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        out: &mut Writer,
    ) -> Result<(), Damage> {
        let draft = self.gather(xml, element, out)?;
        self.place_paragraph(draft, out);
        Ok(())
    }

    /// Writes a paragraph with its pictures before it. One of pictures alone ends no list.
    pub(super) fn place_paragraph(&mut self, draft: Draft, out: &mut Writer) {
        self.shown(&draft, out);
        if draft.has_run || !(draft.pictures > 0 || draft.has_drawing || !draft.charts.is_empty()) {
            self.write(draft, out);
        }
    }

    /// Reads what a paragraph holds. What is in its text boxes is written at once.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn gather(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        out: &mut Writer,
    ) -> Result<Draft, Damage> {
        let mut draft = Draft::default();
        while let Some(part) = xml.child(element.inner) {
            if part.name() == "pPr" {
                draft.layout = styles::layout(xml, &part);
            } else {
                self.inline(xml, &part, (&mut draft, out))?;
            }
        }
        Ok(draft)
    }

    /// Writes the pictures, charts and drawings of a paragraph.
    fn shown(&mut self, draft: &Draft, out: &mut Writer) {
        for _ in 0..draft.pictures {
            out.picture();
        }
        for chart in &draft.charts {
            out.chart(chart);
        }
        for text in &draft.diagrams {
            out.paragraph(&inline::escaped(text));
        }
        if draft.pictures == 0 && draft.has_drawing {
            out.picture();
        }
    }

    fn write(&mut self, draft: Draft, out: &mut Writer) {
        let styles = self.styles;
        let style = styles.paragraph(draft.layout.style.as_deref());
        let numbering = draft.numbering(style);
        let class = self.class(&draft, style, numbering.is_some());
        match class {
            Class::Title => {
                self.lists.heading();
                out.heading(1, &inline::escaped(&inline::plain(&draft.pieces)));
            }
            Class::Heading(level) => self.heading(&draft, (level, numbering), out),
            Class::Code => {
                self.lists.paragraph(draft.has_text());
                out.code(&inline::plain(&draft.pieces));
            }
            Class::Text => {
                let caption = numbering.filter(|_| !style.is_plain);
                let caption = caption.and_then(|(list, level)| self.numbering.caption(list, level));
                match numbering {
                    Some((list, level)) if caption.is_none() => {
                        self.item((&draft, style), (list, level), out)
                    }
                    _ => self.text(&draft, caption, out),
                }
            }
        }
    }

    fn class(&self, draft: &Draft, style: &Style, is_item: bool) -> Class {
        let outline = draft.layout.outline.filter(|level| *level < 9);
        match (style.class, outline) {
            (Class::Text, _) if !is_item && self.in_tables == 0 && is_code(draft, style) => Class::Code,
            (Class::Text, Some(level)) if draft.has_text() => Class::Heading(level + 1),
            (class, _) => class,
        }
    }

    fn heading(&mut self, draft: &Draft, (level, numbering): (u8, Option<(i64, u8)>), out: &mut Writer) {
        self.lists.heading();
        let mut text = inline::escaped(&inline::plain(&draft.pieces));
        if let Some((list, list_level)) = numbering
            && self.numbering.is_numbered(list, list_level)
        {
            let number = self.numbering.heading(level, list, list_level);
            if !text.trim().is_empty() {
                text = format!("{number} {text}");
            }
        }
        if self.in_tables > 0 {
            out.paragraph(&text);
        } else {
            out.heading(level + 1, &text);
        }
    }

    fn item(&mut self, (draft, style): (&Draft, &Style), (list, level): (i64, u8), out: &mut Writer) {
        let left =
            draft.layout.left.or_else(|| self.numbering.level(list, level)?.left).or(style.layout.left);
        let (depth, begins) =
            self.lists.item(Entry { list, level, left: left.unwrap_or(0) }, &mut self.numbering);
        let is_numbered = self.numbering.is_numbered(list, level);
        let marker = if is_numbered { self.numbering.next(list, level) } else { String::new() };
        let text = self.boxed(draft, inline::markdown(&draft.pieces));
        if !text.trim().is_empty() {
            out.item(&Item { depth, marker: marker.trim(), text: &text, begins });
        }
    }

    fn text(&mut self, draft: &Draft, caption: Option<String>, out: &mut Writer) {
        self.lists.paragraph(draft.has_text());
        if let Some(formulas) = draft.only_formulas().filter(|_| self.in_tables == 0) {
            for latex in formulas {
                out.block(&format!("$${latex}$$"));
            }
            return;
        }
        let mut text = inline::markdown(&draft.pieces);
        if let Some(number) = caption.filter(|_| !text.is_empty()) {
            text = format!("{} {text}", inline::escaped(&number));
        }
        match draft.checkbox {
            Some(_) if self.in_tables == 0 => out.block(&format!("- {}", self.boxed(draft, text))),
            Some(_) => out.paragraph(&self.boxed(draft, text)),
            None => out.paragraph(&text),
        }
    }

    /// The text of a paragraph with a box to tick, as a task.
    fn boxed(&self, draft: &Draft, text: String) -> String {
        match draft.checkbox {
            Some(checked) => {
                let text = text.trim_start_matches(|c: char| BOXES.contains(&c) || c.is_whitespace());
                format!("[{}] {text}", if checked { 'x' } else { ' ' })
            }
            None => text,
        }
    }
}

/// Whether a paragraph of text is code by its looks: all of it in a font for code, and with signs of code.
fn is_code(draft: &Draft, style: &Style) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a share of a paragraph needs no more than 52 bits")]
    let share = draft.monospaced as f64 / draft.bytes.max(1) as f64;
    if style.is_label || draft.bytes == 0 || share < MONOSPACED_SHARE_MIN {
        return false;
    }
    let text = inline::plain(&draft.pieces);
    let lower = text.trim_start().to_lowercase();
    let labelled = ["figure ", "table ", "listing "].iter().any(|word| {
        lower
            .strip_prefix(word)
            .is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()))
    });
    !labelled
        && (text.contains(['{', '}', '=', '<', '>'])
            || text.lines().any(looks_like_code)
            || text.starts_with([' ', '\t']))
}

/// Whether a line calls a function, or begins a block.
fn looks_like_code(line: &str) -> bool {
    let line = line.trim();
    let calls = line.split('(').zip(line.split('(').skip(1)).any(|(before, after)| {
        let inside = after.split(')').next().unwrap_or_default();
        let named = before.ends_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        named
            && after.contains(')')
            && (inside.trim().is_empty()
                || inside.contains(|c: char| c.is_ascii_digit() || ",._='\"".contains(c)))
    });
    let begins =
        line.ends_with(':') && line.split_once(' ').is_some_and(|(word, _)| BLOCK_WORDS.contains(&word));
    calls || begins || line.ends_with(';') && line.contains(' ')
}
