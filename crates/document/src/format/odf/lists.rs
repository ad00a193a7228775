//! Lists, nested and numbered, as Markdown.

use super::blocks::Writer;
use super::inline::{self, Inline};
use super::styles::Marker;
use crate::compose::line;
use crate::xml::Element;

/// How many spaces an item of a list within another stands further in.
const INDENT: usize = 4;

/// A list as Markdown.
pub(super) struct Lines<'e> {
    /// An item a line.
    pub text: String,
    /// What hangs on the items. Their texts are in `text`.
    pub frames: Vec<Inline<'e>>,
    /// Where its numbering ended.
    pub counted: Counted,
}

/// How far a list was numbered, so that one that begins within its last item goes on.
pub(super) struct Counted {
    marker: Marker,
    next: u64,
}

/// Reads a list that comes after `before`, if that is a list too.
pub(super) fn read<'e>(list: &'e Element, writer: &Writer<'_, '_>, before: Option<Counted>) -> Lines<'e> {
    let mut reading = Reading {
        writer,
        next_note: writer.next_note(),
        lines: Vec::new(),
        frames: Vec::new(),
        continues: before.filter(|_| begins_within(list)),
    };
    let counted = reading.list(list, Level { number: 1, indent: 0, style: None });
    Lines { text: reading.lines.join("\n"), frames: reading.frames, counted }
}

struct Reading<'e, 'w, 'd, 'p> {
    writer: &'w Writer<'d, 'p>,
    next_note: usize,
    lines: Vec<String>,
    frames: Vec<Inline<'e>>,
    continues: Option<Counted>,
}

/// Where a list stands in those around it.
#[derive(Clone, Copy)]
struct Level<'e> {
    /// 1-based, as styles count.
    number: usize,
    /// How many items it is in.
    indent: usize,
    style: Option<&'e str>,
}

impl<'e> Reading<'e, '_, '_, '_> {
    fn list(&mut self, list: &'e Element, level: Level<'e>) -> Counted {
        let style = list.attribute("text:style-name").or(level.style);
        let styled = style.and_then(|style| self.writer.styles.marker(style, level.number));
        let own = styled.cloned().unwrap_or(Marker::Bullet);
        let first = if let Marker::Number(first, _) = own { first } else { 1 };
        let continued = self.continues.take();
        // Lists within an item that says nothing belong to the item before, if there is one.
        let mut within = continued.is_some();
        let mut counted = continued.unwrap_or(Counted { marker: own, next: first });
        for item in list.elements() {
            if !matches!(item.name.as_str(), "text:list-item" | "text:list-header") {
                continue;
            }
            let said = self.item(item);
            if !said.is_empty() {
                within = true;
                let start = item.attribute("text:start-value").and_then(|start| start.parse().ok());
                counted.next = start.unwrap_or(counted.next);
                let mark = match &counted.marker {
                    Marker::Bullet => "-".to_owned(),
                    Marker::Number(_, suffix) => format!("{}{suffix}", counted.next),
                };
                counted.next = counted.next.saturating_add(1);
                self.lines.push(format!("{}{mark} {said}", " ".repeat(INDENT * level.indent)));
            }
            let inner = Level { number: level.number + 1, indent: level.indent + usize::from(within), style };
            for nested in item.elements().filter(|child| child.name == "text:list") {
                self.list(nested, inner);
            }
        }
        counted
    }

    /// What an item says itself, on one line.
    fn item(&mut self, item: &'e Element) -> String {
        let mut said = Vec::new();
        for child in item.elements().filter(|child| child.name == "text:p") {
            let inline = inline::read(child, self.writer.styles, self.next_note);
            self.next_note += inline.notes.len();
            said.push(line(&inline.text));
            self.frames.push(inline);
        }
        said.retain(|said| !said.is_empty());
        said.join(" ")
    }
}

/// The headings that are numbered by being items of a list.
pub(super) fn headings(list: &Element) -> Vec<&Element> {
    list.descendants("text:h")
}

/// Whether the first item of a list says nothing but what lists in it say.
fn begins_within(list: &Element) -> bool {
    let first = list.elements().find(|item| item.name == "text:list-item");
    first.is_some_and(|item| {
        let own = item.elements().filter(|child| child.name != "text:list");
        own.map(Element::text).all(|text| text.trim().is_empty())
            && item.elements().any(|child| child.name == "text:list" && !child.text().trim().is_empty())
    })
}
