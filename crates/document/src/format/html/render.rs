//! The blocks of a page as Markdown: paragraphs, headings, lists, definitions, tables, code, quotations, figures.
//!
//! Recursion goes as deep as the tree, whose depth is bounded.

use super::inline::{Inherited, Links, Run, first_number, gather};
use super::table::{self, Allowance, Cell};
use super::tree::{Id, Tree, is_block};
use super::write::{Gap, Level, Place, Writer, destination, escape, fenced};

/// What stands where a picture is.
const IMAGE: &str = "<!-- image -->";
/// Repeating cells that span others may take this many bytes, or as many as the page has.
const REPEATED_BYTES_MIN: usize = 1 << 20;

pub(super) struct Rendered {
    pub text: String,
    /// Whether cells that span others were not repeated, for there would be too many.
    pub cut_tables: bool,
    pub has_headings: bool,
}

/// How pictures are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::format) enum Pictures {
    /// Their descriptions, and a mark where they are.
    Marked,
    /// As Markdown has them, with their addresses.
    Linked,
}

pub(super) fn render(tree: &Tree<'_>, base: Option<String>, pictures: Pictures) -> Rendered {
    let mut renderer = Renderer {
        tree,
        writer: Writer::new(),
        links: Links { tree, base },
        allowance: Allowance { bytes: REPEATED_BYTES_MIN.max(tree.source_bytes), exceeded: false },
        has_headings: false,
        pictures,
    };
    renderer.flow(0, Inherited::default());
    Rendered {
        text: renderer.writer.finish(),
        cut_tables: renderer.allowance.exceeded,
        has_headings: renderer.has_headings,
    }
}

struct Renderer<'t, 's> {
    tree: &'t Tree<'s>,
    writer: Writer,
    links: Links<'t, 's>,
    allowance: Allowance,
    has_headings: bool,
    pictures: Pictures,
}

impl Renderer<'_, '_> {
    /// What is in an element: runs of text as paragraphs, and the blocks between them.
    fn flow(&mut self, id: Id, inherited: Inherited) {
        let children: Vec<Id> = self.tree.children(id).collect();
        self.flow_of(&children, inherited);
    }

    fn flow_of(&mut self, nodes: &[Id], inherited: Inherited) {
        let mut run = Run::default();
        for &node in nodes {
            if self.tree.has_block(node) {
                self.paragraph(std::mem::take(&mut run));
                self.block(node, inherited);
            } else {
                gather(self.tree, node, inherited, &mut run);
            }
        }
        self.paragraph(run);
    }

    fn paragraph(&mut self, run: Run) {
        if !run.is_blank() {
            let text = run.markdown(Place::Paragraph, &self.links);
            self.writer.block(&text);
        }
        self.images(&run);
    }

    /// The pictures of a run, each after what describes it.
    fn images(&mut self, run: &Run) {
        for image in &run.images {
            if self.pictures == Pictures::Linked && !image.source.is_empty() {
                let mut description = String::new();
                escape(&image.description, Place::Line, false, &mut description);
                let picture = format!("![{description}]({})", destination(&image.source));
                self.writer.block(&self.links.around(&picture, image.link, Place::Paragraph));
                continue;
            }
            if !image.description.is_empty() {
                let mut description = String::new();
                escape(&image.description, Place::Paragraph, true, &mut description);
                let description = self.links.around(&description, image.link, Place::Paragraph);
                self.writer.block(&description);
            }
            self.writer.block(IMAGE);
        }
    }

    fn block(&mut self, id: Id, inherited: Inherited) {
        match self.tree.name(id) {
            "head" | "script" | "style" | "noscript" | "template" | "iframe" | "datalist" => {}
            "h1" => self.heading(id, 1, inherited),
            "h2" => self.heading(id, 2, inherited),
            "h3" => self.heading(id, 3, inherited),
            "h4" => self.heading(id, 4, inherited),
            "h5" => self.heading(id, 5, inherited),
            "h6" => self.heading(id, 6, inherited),
            name if is_list(name) => self.list(id, inherited),
            "dl" => self.definitions(id, inherited),
            "table" => self.table(id, inherited),
            "pre" | "listing" | "xmp" | "plaintext" => self.code(id),
            "figure" => self.figure(id, inherited),
            "signature" | "stamp" => {
                self.writer.block(IMAGE);
                self.flow(id, inherited);
            }
            "blockquote" => {
                self.writer.enter(Level::Quote);
                self.flow(id, inherited);
                self.writer.leave();
            }
            _ => self.flow(id, inherited.within(self.tree, id)),
        }
    }

    fn heading(&mut self, id: Id, level: usize, inherited: Inherited) {
        let mut run = Run::default();
        for child in self.tree.children(id) {
            gather(self.tree, child, inherited, &mut run);
        }
        let mut text = run.markdown(Place::Line, &self.links);
        if !text.is_empty() {
            self.has_headings = true;
            // Number signs at a heading's end would be taken for its mark.
            if text.trim_end_matches('#').ends_with(' ') {
                text.insert(text.trim_end_matches('#').len(), '\\');
            }
            self.writer.block(&format!("{} {text}", &"######"[..level]));
        }
        self.images(&run);
    }

    fn list(&mut self, id: Id, inherited: Inherited) {
        let ordered = self.tree.name(id) == "ol";
        let mut number = first_number(self.tree, id);
        let nested = inherited.lists > 0;
        // A numbered list that does not begin with 1 does not interrupt a paragraph.
        let close = nested && (!ordered || number == 1);
        self.writer.gap = if close { Gap::Line } else { Gap::Blank };
        let inner = Inherited { lists: inherited.lists + 1, ..inherited };
        for item in self.grouped(id) {
            let name = item.first().map_or("", |first| self.tree.name(*first));
            if is_list(name) {
                self.writer.enter(Level::Deeper);
                item.iter().for_each(|list| self.list(*list, inner));
                self.writer.leave();
            } else if item.iter().all(|part| self.only_lists(*part)) {
                item.iter().for_each(|part| self.flow(*part, inner));
            } else {
                let marker = if ordered { format!("{number}. ") } else { "- ".into() };
                number = number.saturating_add(1);
                self.item(&marker, &item, inner);
            }
            self.writer.gap = Gap::Line;
        }
        self.writer.gap = if nested { Gap::Line } else { Gap::Blank };
    }

    /// The items of a list: what stands in it without an item of its own goes together.
    fn grouped(&self, id: Id) -> Vec<Vec<Id>> {
        let mut groups: Vec<Vec<Id>> = Vec::new();
        let mut within_run = false;
        for child in self.items(id) {
            let run = !self.tree.has_block(child);
            match groups.last_mut() {
                Some(group) if run && within_run => group.push(child),
                _ => groups.push(vec![child]),
            }
            within_run = run;
        }
        groups
    }

    /// What is in a list and not white space.
    fn items(&self, id: Id) -> Vec<Id> {
        let blank = |child: &Id| self.tree.text(*child).is_some_and(|text| text.trim().is_empty());
        self.tree.children(id).filter(|child| !blank(child)).collect()
    }

    fn item(&mut self, marker: &str, parts: &[Id], inherited: Inherited) {
        self.writer.enter(Level::Item(marker));
        match parts {
            [block] if is_block(self.tree.name(*block)) => self.flow(*block, inherited),
            parts => self.flow_of(parts, inherited),
        }
        self.writer.leave();
    }

    /// Whether an element has nothing of its own beside lists.
    fn only_lists(&self, id: Id) -> bool {
        let mut items = self.items(id).into_iter().peekable();
        let list = |child: Id| {
            let name = self.tree.name(child);
            is_list(name) || name == "dl" || (name == "div" && self.only_lists(child))
        };
        items.peek().is_some() && items.all(list)
    }

    fn definitions(&mut self, id: Id, inherited: Inherited) {
        let nested = inherited.lists > 0;
        self.writer.gap = if nested { Gap::Line } else { Gap::Blank };
        let inner = Inherited { lists: inherited.lists + 1, ..inherited };
        let mut parts = Vec::new();
        for child in self.items(id) {
            match self.tree.name(child) {
                "div" => parts.extend(self.items(child)),
                _ => parts.push(child),
            }
        }
        for part in parts {
            match self.tree.name(part) {
                "dt" => {
                    let mut run = Run::default();
                    gather(self.tree, part, inner, &mut run);
                    run.embolden();
                    let term = run.markdown(Place::Line, &self.links);
                    self.writer.enter(Level::Item("- "));
                    self.writer.block(&term);
                    self.images(&run);
                    self.writer.leave();
                }
                "dd" => {
                    self.writer.enter(Level::Deeper);
                    if self.only_lists(part) {
                        self.flow(part, inner);
                    } else {
                        self.item("- ", &[part], inner);
                    }
                    self.writer.leave();
                }
                _ => self.flow_of(&[part], inner),
            }
            self.writer.gap = Gap::Line;
        }
        self.writer.gap = if nested { Gap::Line } else { Gap::Blank };
    }

    fn table(&mut self, id: Id, inherited: Inherited) {
        let parts = table::parts(self.tree, id);
        for caption in &parts.captions {
            self.flow(*caption, inherited);
        }
        self.flow_of(&parts.strays, inherited);
        if table::is_layout(self.tree, id, &parts.rows) {
            for cell in parts.rows.iter().flatten() {
                self.flow(*cell, inherited);
            }
            return;
        }
        let rows: Vec<Vec<Cell>> = parts
            .rows
            .iter()
            .map(|row| {
                row.iter().map(|cell| Cell::new(self.tree, *cell, self.cell(*cell, inherited))).collect()
            })
            .collect();
        let text = table::markdown(rows, &mut self.allowance);
        self.writer.block(&text);
    }

    /// A cell's content on one line.
    fn cell(&self, id: Id, inherited: Inherited) -> String {
        let mut run = Run::default();
        for child in self.tree.children(id) {
            gather(self.tree, child, inherited, &mut run);
        }
        let mut text = run.markdown(Place::Cell, &self.links);
        for image in &run.images {
            let mut description = String::new();
            escape(&image.description, Place::Cell, false, &mut description);
            for part in [self.links.around(&description, image.link, Place::Cell).as_str(), IMAGE] {
                if !description.is_empty() || part == IMAGE {
                    text.extend([if text.is_empty() { "" } else { " " }, part]);
                }
            }
        }
        text
    }

    /// Preformatted text, with the language that its class names.
    fn code(&mut self, id: Id) {
        let mut text = String::new();
        for node in self.tree.descendants(id) {
            if self.tree.name(node) == "br" {
                text.push('\n');
            }
            text.push_str(self.tree.text(node).unwrap_or_default());
        }
        let text = text.strip_prefix('\n').unwrap_or(&text).trim_end();
        if text.trim().is_empty() {
            return;
        }
        let classes = std::iter::once(id)
            .chain(self.tree.children(id))
            .filter_map(|node| self.tree.attribute(node, "class"));
        let mut named = classes.flat_map(str::split_whitespace).filter_map(|class| {
            class
                .strip_prefix("language-")
                .or_else(|| class.strip_prefix("lang-"))
                .or_else(|| class.strip_prefix("highlight-source-"))
        });
        let language = named.next().unwrap_or_default();
        let plain = language.chars().all(|c| c.is_alphanumeric() || matches!(c, '+' | '-' | '#' | '_'));
        let language = if plain { language } else { "" };
        let block = fenced(text, language);
        self.writer.block(&block);
    }

    /// A figure: its caption, then what it shows. A caption says more of a picture than its description.
    fn figure(&mut self, id: Id, inherited: Inherited) {
        let children: Vec<Id> = self.tree.children(id).collect();
        let (captions, shown): (Vec<Id>, Vec<Id>) =
            children.into_iter().partition(|child| self.tree.name(*child) == "figcaption");
        for caption in &captions {
            self.flow(*caption, inherited);
        }
        let captioned = captions.iter().any(|caption| self.tree.has_text(*caption));
        let mut run = Run::default();
        let mut blocks = Vec::new();
        for node in shown {
            if self.tree.has_block(node) {
                blocks.push(node);
            } else {
                gather(self.tree, node, inherited, &mut run);
            }
        }
        if captioned {
            for image in &mut run.images {
                image.description.clear();
            }
        }
        self.paragraph(run);
        self.flow_of(&blocks, inherited);
    }
}

fn is_list(name: &str) -> bool {
    matches!(name, "ul" | "ol" | "menu" | "dir")
}
