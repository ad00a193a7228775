//! Runs of text within a block: white space, emphasis, code, links, line breaks, pictures.

use super::head::resolved;
use super::tree::{Id, Tree, is_block};
use super::write::{Place, code, destination, escape};

/// Emphasis of a piece of text, as bits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style(u8);

impl Style {
    pub(super) const BOLD: Self = Self(1);
    pub(super) const ITALIC: Self = Self(2);
    pub(super) const STRUCK: Self = Self(4);
    pub(super) const CODE: Self = Self(8);
    /// Written as it is.
    const VERBATIM: Self = Self(16);

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What a text inherits from the elements around it.
#[derive(Clone, Copy, Default)]
pub(super) struct Inherited {
    pub style: Style,
    /// The link it is in; 0 for none.
    pub link: Id,
    /// How many lists it is in.
    pub lists: usize,
}

impl Inherited {
    /// What is inherited within an element.
    pub(super) fn within(mut self, tree: &Tree<'_>, id: Id) -> Self {
        let added = match tree.name(id) {
            "b" | "strong" => Style::BOLD,
            "i" | "em" | "var" | "cite" | "dfn" => Style::ITALIC,
            "s" | "del" | "strike" => Style::STRUCK,
            "code" | "kbd" | "samp" | "tt" => Style::CODE,
            _ => Style::default(),
        };
        self.style = self.style.with(added);
        if tree.name(id) == "a" && tree.attribute(id, "href").is_some_and(|href| !href.is_empty()) {
            self.link = id;
        }
        self
    }
}

struct Piece {
    text: String,
    style: Style,
    link: Id,
}

/// A picture that stands in a run.
pub(super) struct Image {
    pub description: String,
    /// Where its file is.
    pub source: String,
    /// The link it is in; 0 for none.
    pub link: Id,
}

/// A run of text that is being gathered.
#[derive(Default)]
pub(super) struct Run {
    pieces: Vec<Piece>,
    /// White space that comes before the next word, if there is one.
    space: bool,
    pub images: Vec<Image>,
}

impl Run {
    fn ends_open(&self) -> bool {
        self.pieces.last().is_some_and(|piece| !piece.text.ends_with([' ', '\n']))
    }

    /// Adds a text, its white space collapsed.
    pub(super) fn push(&mut self, text: &str, inherited: Inherited) {
        let Inherited { style, link, .. } = inherited;
        let white = [' ', '\t', '\n', '\r', '\u{c}'];
        for (number, word) in text.split(white).enumerate() {
            self.space |= number > 0;
            if word.is_empty() {
                continue;
            }
            let spaced = std::mem::take(&mut self.space) && self.ends_open();
            match self.pieces.last_mut() {
                Some(last) if last.style == style && last.link == link && last.text != "\n" => {
                    if spaced {
                        last.text.push(' ');
                    }
                    last.text.push_str(word);
                }
                _ => {
                    if spaced && let Some(last) = self.pieces.last_mut() {
                        last.text.push(' ');
                    }
                    self.pieces.push(Piece { text: word.to_owned(), style, link });
                }
            }
        }
    }

    /// Adds a text in which nothing is escaped.
    fn formula(&mut self, text: &str, inherited: Inherited) {
        if std::mem::take(&mut self.space)
            && self.ends_open()
            && let Some(last) = self.pieces.last_mut()
        {
            last.text.push(' ');
        }
        self.pieces.push(Piece { text: text.to_owned(), style: Style::VERBATIM, link: inherited.link });
    }

    /// Adds white space, as between blocks that stand on one line.
    pub(super) fn space(&mut self) {
        self.space = true;
    }

    fn line_break(&mut self) {
        self.space = false;
        if !self.pieces.is_empty() {
            self.pieces.push(Piece { text: "\n".into(), style: Style::default(), link: 0 });
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.pieces.iter().all(|piece| piece.text.trim().is_empty())
    }

    pub(super) fn embolden(&mut self) {
        for piece in self.pieces.iter_mut().filter(|piece| piece.text != "\n") {
            piece.style = piece.style.with(Style::BOLD);
        }
    }

    /// The run as Markdown.
    pub(super) fn markdown(&self, place: Place, links: &Links<'_, '_>) -> String {
        let mut out = String::new();
        let mut rest = self.pieces.as_slice();
        while let Some(first) = rest.first() {
            let end = rest.iter().position(|piece| piece.link != first.link).unwrap_or(rest.len());
            let (group, after) = rest.split_at(end);
            rest = after;
            if first.link == 0 {
                styled(group, place, &mut out);
                continue;
            }
            let mut inner = String::new();
            styled(group, place, &mut inner);
            let words = inner.trim();
            if words.is_empty() {
                out.push_str(&inner);
                continue;
            }
            let lead = inner.len() - inner.trim_start().len();
            let trail = &inner[lead + words.len()..];
            if out.ends_with('!') {
                out.insert(out.len() - 1, '\\');
            }
            out.push_str(&inner[..lead]);
            out.push('[');
            out.push_str(&bracketed(words));
            out.push_str("](");
            out.push_str(&links.address(first.link, place));
            out.push(')');
            out.push_str(trail);
        }
        let out = out.trim();
        if place == Place::Paragraph { hard_breaks(out) } else { out.replace('\n', " ") }
    }
}

/// Addresses of links, from a page's base.
pub(super) struct Links<'t, 's> {
    pub tree: &'t Tree<'s>,
    pub base: Option<String>,
}

impl Links<'_, '_> {
    fn address(&self, link: Id, place: Place) -> String {
        let href = self.tree.attribute(link, "href").unwrap_or_default();
        let address = destination(&resolved(href, self.base.as_deref()));
        if place == Place::Cell { address.replace('|', "%7C") } else { address }
    }

    /// A text that goes where a link goes; the text itself for none.
    pub(super) fn around(&self, text: &str, link: Id, place: Place) -> String {
        if link == 0 {
            text.to_owned()
        } else {
            format!("[{}]({})", bracketed(text), self.address(link, place))
        }
    }
}

/// A link's text: brackets that do not match would end it.
fn bracketed(text: &str) -> String {
    let mut open = 0usize;
    let mut escaped = false;
    let matched = text.chars().all(|c| {
        let own = escaped;
        escaped = c == '\\' && !own;
        match c {
            '[' if !own => open += 1,
            ']' if !own && open == 0 => return false,
            ']' if !own => open -= 1,
            _ => {}
        }
        true
    });
    if matched && open == 0 { text.to_owned() } else { text.replace('[', "\\[").replace(']', "\\]") }
}

/// Pieces of one link, or of none, with their emphasis.
fn styled(pieces: &[Piece], place: Place, out: &mut String) {
    for piece in pieces {
        if piece.text == "\n" {
            out.push('\n');
            continue;
        }
        let words = piece.text.trim_matches(' ');
        let begins = out.is_empty() || out.ends_with('\n');
        if words.is_empty() || piece.style == Style::default() {
            escape(&piece.text, place, begins, out);
            continue;
        }
        if piece.style.has(Style::VERBATIM) {
            out.push_str(&piece.text);
            continue;
        }
        // Marks of two pieces side by side would be read as one longer mark.
        if out.ends_with(['*', '`']) {
            out.push(' ');
        }
        let bold = if piece.style.has(Style::BOLD) { "**" } else { "" };
        let italic = if piece.style.has(Style::ITALIC) { "*" } else { "" };
        let struck = if piece.style.has(Style::STRUCK) { "~~" } else { "" };
        out.extend([struck, bold, italic]);
        if piece.style.has(Style::CODE) {
            code(words, place, out);
        } else {
            escape(words, place, false, out);
        }
        out.extend([italic, bold, struck]);
        if piece.text.ends_with(' ') {
            out.push(' ');
        }
    }
}

/// Line breaks as Markdown has them: two spaces before the line's end.
fn hard_breaks(text: &str) -> String {
    let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("  \n")
}

/// Gathers what is in an element on one run, blocks and all.
pub(super) fn gather(tree: &Tree<'_>, id: Id, inherited: Inherited, run: &mut Run) {
    if let Some(text) = tree.text(id) {
        run.push(text, inherited);
        return;
    }
    let name = tree.name(id);
    match name {
        "script" | "style" | "template" | "noscript" | "iframe" | "head" | "datalist" | "rp" => {}
        "br" => run.line_break(),
        "img" => {
            let description = tree.attribute(id, "alt").unwrap_or_default();
            let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            let source = tree.attribute(id, "src").unwrap_or_default().to_owned();
            run.images.push(Image { description, source, link: inherited.link });
        }
        "input" => input(tree, id, inherited, run),
        "math" => formula(tree, id, inherited, run),
        "q" => {
            run.push("“", inherited);
            children(tree, id, inherited, run);
            run.push("”", inherited);
        }
        "sup" => superscript(tree, id, inherited, run),
        "ol" | "ul" | "menu" | "dir" => list(tree, id, inherited, run),
        "pre" | "listing" | "xmp" | "plaintext" => {
            run.space();
            let code = Inherited { style: inherited.style.with(Style::CODE), ..inherited };
            children(tree, id, code, run);
            run.space();
        }
        _ => {
            let apart =
                is_block(name) || matches!(name, "option" | "button" | "select" | "textarea" | "text");
            if apart {
                run.space();
            }
            children(tree, id, inherited.within(tree, id), run);
            if apart {
                run.space();
            }
        }
    }
}

fn children(tree: &Tree<'_>, id: Id, inherited: Inherited, run: &mut Run) {
    for child in tree.children(id) {
        gather(tree, child, inherited, run);
    }
}

/// A list on one line, its markers kept.
fn list(tree: &Tree<'_>, id: Id, inherited: Inherited, run: &mut Run) {
    let ordered = tree.name(id) == "ol";
    let mut number = first_number(tree, id);
    for child in tree.children(id) {
        run.space();
        if tree.name(child) == "li" && tree.has_text(child) {
            let marker = if ordered { format!("{number}.") } else { "-".into() };
            run.push(&marker, inherited);
            run.space();
            number = number.saturating_add(1);
        }
        gather(tree, child, inherited, run);
    }
    run.space();
}

/// The number of an ordered list's first item.
pub(super) fn first_number(tree: &Tree<'_>, list: Id) -> u32 {
    // Markdown has numbers of up to nine digits.
    tree.attribute(list, "start")
        .and_then(|start| start.parse().ok())
        .filter(|n| *n < 999_999_999)
        .unwrap_or(1)
}

/// What a field of a form shows.
fn input(tree: &Tree<'_>, id: Id, inherited: Inherited, run: &mut Run) {
    let kind = tree.attribute(id, "type").unwrap_or_default().to_ascii_lowercase();
    let shown = match kind.as_str() {
        "hidden" => return,
        "checkbox" | "radio" if tree.attribute(id, "checked").is_some() => "[x]",
        "checkbox" | "radio" => "[ ]",
        "image" => tree.attribute(id, "alt").unwrap_or_default(),
        _ => {
            let value = tree.attribute(id, "value").filter(|value| !value.is_empty());
            value.or_else(|| tree.attribute(id, "placeholder")).unwrap_or_default()
        }
    };
    run.space();
    run.push(shown, inherited);
    run.space();
}

/// Powers keep their caret: `10^6` is not `106`. Ordinals and marks of notes stand as they are.
fn superscript(tree: &Tree<'_>, id: Id, inherited: Inherited, run: &mut Run) {
    let own = tree.whole_text(id);
    let own = own.trim();
    let number = own.trim_start_matches(['-', '−', '+']);
    let power = (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
        || matches!(own, "n" | "x" | "i" | "T");
    let after = run.pieces.last().and_then(|piece| piece.text.chars().last());
    if power && !run.space && after.is_some_and(|c| c.is_alphanumeric() || c == ')') {
        run.push("^", inherited);
    }
    children(tree, id, inherited, run);
}

/// A formula: the TeX that it carries, else its text.
fn formula(tree: &Tree<'_>, id: Id, inherited: Inherited, run: &mut Run) {
    let tex = tree.descendants(id).find(|inner| {
        tree.name(*inner) == "annotation"
            && tree.attribute(*inner, "encoding").is_some_and(|encoding| encoding.contains("tex"))
    });
    let tex = tex.map(|annotation| tree.whole_text(annotation));
    match tex.as_deref().or_else(|| tree.attribute(id, "alttext")).map(str::trim) {
        Some(tex) if !tex.is_empty() => {
            let tex = tex.split_whitespace().collect::<Vec<_>>().join(" ");
            run.formula(&format!("${tex}$"), inherited);
        }
        _ => children(tree, id, inherited, run),
    }
}
