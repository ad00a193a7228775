//! The styles of a Word file, resolved once: what a paragraph of each is, and how its runs look.

use std::collections::HashMap;

use super::super::ooxml::xml::{Element, Xml};

/// How many styles one may be based on, one upon the other.
const BASES_MAX: usize = 16;
/// The font families that code is set in.
const MONOSPACED: [&str; 14] = [
    "andale mono",
    "cascadia code",
    "cascadia mono",
    "consolas",
    "courier",
    "courier new",
    "dejavu sans mono",
    "fira code",
    "jetbrains mono",
    "liberation mono",
    "lucida console",
    "menlo",
    "monaco",
    "sf mono",
];
/// The names of styles for code, in lower case and without spaces, hyphens and underscores.
const CODE: [&str; 8] = [
    "code",
    "codeblock",
    "codelisting",
    "htmlpreformatted",
    "preformatted",
    "preformattedtext",
    "sourcecode",
    "verbatim",
];

/// What a paragraph is by its style.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Class {
    Title,
    /// A heading of the level, 1 to 9, that its style says.
    Heading(u8),
    Code,
    #[default]
    Text,
}

/// How runs look, as far as a style or a run says so.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub style: Option<String>,
    pub bold: Option<bool>,
    pub italic: Option<bool>,
    pub strike: Option<bool>,
    pub hidden: Option<bool>,
    pub underline: Option<bool>,
    /// Below the line, or above it.
    pub lowered: Option<bool>,
    pub font: Option<String>,
}

/// How a paragraph is laid out, as far as a style or a paragraph says so.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub style: Option<String>,
    /// The list that it is an item of; 0 for none.
    pub numbering: Option<i64>,
    pub level: Option<u8>,
    /// The left indentation in twips (1/1440 inch).
    pub left: Option<i64>,
    /// The outline level, from 0; 9 is body text.
    pub outline: Option<u8>,
    /// The look of the paragraph's mark.
    pub mark: Look,
}

/// A paragraph's style with what it inherits.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    pub class: Class,
    pub layout: Layout,
    pub look: Look,
    /// Whether its name says that its paragraphs are captions or labels.
    pub is_label: bool,
    /// Whether it is a plain or list style by its name.
    pub is_plain: bool,
}

/// The styles of a file.
#[derive(Default)]
pub(super) struct Styles {
    paragraphs: HashMap<String, Style>,
    looks: HashMap<String, Look>,
    plain: Style,
}

/// A style as it stands in the file.
#[derive(Default)]
struct Own {
    name: String,
    base: Option<String>,
    kind: String,
    is_default: bool,
    layout: Layout,
    look: Look,
}

impl Styles {
    /// Reads the styles' part.
    pub(super) fn read(xml: &mut Xml<'_>) -> Self {
        let mut own: HashMap<String, Own> = HashMap::new();
        let Some(root) = xml.root() else { return Self::default() };
        while let Some(element) = xml.child(root.inner) {
            if element.name() == "style"
                && let Some(id) = element.attribute("styleId")
            {
                own.insert(id, Own::read(xml, &element));
            }
        }
        let mut styles = Self::default();
        for (id, style) in &own {
            let chain = chain(&own, style);
            if style.kind == "character" {
                styles.looks.insert(id.clone(), look(&chain));
            } else if style.kind == "paragraph" || style.kind.is_empty() {
                let resolved = resolve(id, &chain);
                if style.is_default {
                    styles.plain = resolved.clone();
                }
                styles.paragraphs.insert(id.clone(), resolved);
            }
        }
        styles
    }

    /// The style of a paragraph that names this one, or none.
    pub(super) fn paragraph(&self, id: Option<&str>) -> &Style {
        id.and_then(|id| self.paragraphs.get(id)).unwrap_or(&self.plain)
    }

    /// The look that a character style gives.
    pub(super) fn look(&self, id: Option<&str>) -> Option<&Look> {
        self.looks.get(id?)
    }

    /// The list that a numbering style's paragraphs are items of.
    pub(super) fn numbering_of(xml: &mut Xml<'_>) -> HashMap<String, i64> {
        let mut found = HashMap::new();
        let Some(root) = xml.root() else { return found };
        while let Some(element) = xml.child(root.inner) {
            if element.name() == "style"
                && element.attribute("type").is_some_and(|kind| kind == "numbering")
                && let Some(id) = element.attribute("styleId")
                && let Some(number) = Own::read(xml, &element).layout.numbering
            {
                found.insert(id, number);
            }
        }
        found
    }
}

impl Own {
    fn read(xml: &mut Xml<'_>, element: &Element<'_>) -> Self {
        let mut own = Self {
            kind: element.attribute("type").unwrap_or_default(),
            is_default: element.attribute("default").is_some_and(|on| on == "1" || on == "true"),
            ..Self::default()
        };
        while let Some(part) = xml.child(element.inner) {
            match part.name() {
                "name" => own.name = part.attribute("val").unwrap_or_default().to_lowercase(),
                "basedOn" => own.base = part.attribute("val"),
                "pPr" => own.layout = layout(xml, &part),
                "rPr" => own.look = Look::read(xml, &part),
                _ => {}
            }
        }
        own
    }
}

impl Look {
    /// Reads run properties.
    pub(super) fn read(xml: &mut Xml<'_>, element: &Element<'_>) -> Self {
        let mut look = Self::default();
        while let Some(part) = xml.child(element.inner) {
            match part.name() {
                "rStyle" => look.style = part.attribute("val"),
                "b" => look.bold = Some(part.is_on()),
                "i" => look.italic = Some(part.is_on()),
                "strike" | "dstrike" => look.strike = Some(part.is_on()),
                "vanish" => look.hidden = Some(part.is_on()),
                "u" => look.underline = Some(part.is_on()),
                "vertAlign" => {
                    look.lowered = match part.attribute("val").as_deref() {
                        Some("subscript") => Some(true),
                        Some("superscript") => Some(false),
                        _ => None,
                    };
                }
                "rFonts" => {
                    look.font = part.attribute("ascii").or_else(|| part.attribute("hAnsi"));
                }
                _ => {}
            }
        }
        look
    }

    /// Whether its font is one for code, if it names one.
    pub(super) fn is_monospaced(&self) -> Option<bool> {
        let font = self.font.as_deref()?.trim().to_lowercase();
        Some(MONOSPACED.contains(&font.as_str()))
    }
}

/// Reads paragraph properties.
pub(super) fn layout(xml: &mut Xml<'_>, element: &Element<'_>) -> Layout {
    let mut layout = Layout::default();
    let small = |element: &Element<'_>| element.number("val").and_then(|value| u8::try_from(value).ok());
    while let Some(part) = xml.child(element.inner) {
        match part.name() {
            "pStyle" => layout.style = part.attribute("val"),
            "numPr" => {
                while let Some(own) = xml.child(part.inner) {
                    match own.name() {
                        "numId" => layout.numbering = own.number("val"),
                        "ilvl" => layout.level = small(&own),
                        _ => {}
                    }
                }
            }
            "ind" => layout.left = part.number("left").or_else(|| part.number("start")),
            "outlineLvl" => layout.outline = small(&part),
            "rPr" => layout.mark = Look::read(xml, &part),
            _ => {}
        }
    }
    layout
}

/// A style and those that it is based on, itself first.
fn chain<'a>(all: &'a HashMap<String, Own>, style: &'a Own) -> Vec<&'a Own> {
    let mut chain = vec![style];
    let mut base = style.base.as_ref();
    while let Some(next) = base.and_then(|id| all.get(id))
        && chain.len() < BASES_MAX
    {
        chain.push(next);
        base = next.base.as_ref();
    }
    chain
}

fn look(chain: &[&Own]) -> Look {
    let mut look = Look::default();
    for own in chain.iter().map(|style| &style.look) {
        look.bold = look.bold.or(own.bold);
        look.italic = look.italic.or(own.italic);
        look.strike = look.strike.or(own.strike);
        look.hidden = look.hidden.or(own.hidden);
        look.underline = look.underline.or(own.underline);
        look.lowered = look.lowered.or(own.lowered);
        look.font = look.font.take().or_else(|| own.font.clone());
    }
    look
}

fn resolve(id: &str, chain: &[&Own]) -> Style {
    let mut layout = Layout::default();
    for own in chain.iter().map(|style| &style.layout) {
        layout.numbering = layout.numbering.or(own.numbering);
        layout.level = layout.level.or(own.level);
        layout.left = layout.left.or(own.left);
        layout.outline = layout.outline.or(own.outline);
    }
    let mut resolved =
        Style { class: class(id, chain, layout.outline), look: look(chain), layout, ..Style::default() };
    // The font that all text has by default is no sign of code.
    let named = chain.iter().take_while(|style| !style.is_default).find_map(|style| style.look.font.clone());
    resolved.look.font = named;
    let name = &chain[0].name;
    resolved.is_label = ["caption", "figure", "table", "label"].iter().any(|word| name.contains(word));
    let id = id.to_lowercase();
    resolved.is_plain = id.starts_with("list") || id.starts_with("normal");
    resolved
}

fn class(id: &str, chain: &[&Own], outline: Option<u8>) -> Class {
    let (id, own) = (id.to_lowercase(), chain[0]);
    let base_name = chain.get(1).map_or("", |base| base.name.as_str());
    let base_id = own.base.as_deref().unwrap_or_default().to_lowercase();
    let names = [id.as_str(), &own.name, &base_id, base_name];
    if own.name == "title" || id == "title" {
        return Class::Title;
    }
    let outline = outline.filter(|level| *level < 9).map(|level| level + 1);
    if let Some(name) = names.iter().find(|name| name.contains("heading")) {
        return outline.or_else(|| heading_level(name)).map_or(Class::Text, Class::Heading);
    }
    let code = |name: &str| {
        let name: String = name.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).collect();
        CODE.contains(&name.as_str())
    };
    if code(&id) || chain.iter().any(|style| code(&style.name)) {
        return Class::Code;
    }
    match outline {
        Some(level) if !names.iter().any(|name| name.contains("title")) => Class::Heading(level),
        _ => Class::Text,
    }
}

/// The level that a name like `heading 2` or `2 heading` says: 1 for one without a number. A name that says
/// more than that is no heading.
fn heading_level(name: &str) -> Option<u8> {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Some(1);
    }
    let rest: String = name.chars().filter(|c| !c.is_ascii_digit() && !c.is_whitespace()).collect();
    (rest == "heading").then(|| digits.parse::<u8>().map_or(9, |level| level.clamp(1, 9)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(styles: &str, id: &str, expect: Class) {
        let text = format!("<w:styles xmlns:w='x'>{styles}</w:styles>");
        assert_eq!(Styles::read(&mut Xml::new(&text)).paragraph(Some(id)).class, expect, "{id}");
    }

    fn style(id: &str, name: &str, rest: &str) -> String {
        format!("<w:style w:type='paragraph' w:styleId='{id}'><w:name w:val='{name}'/>{rest}</w:style>")
    }

    #[test]
    fn styles_say_what_a_paragraph_is() {
        let base = style("Heading2", "heading 2", "<w:pPr><w:outlineLvl w:val='1'/></w:pPr>");
        check(&base, "Heading2", Class::Heading(2));
        check(
            &style("Nadpis1", "Nadpis", "<w:pPr><w:outlineLvl w:val='0'/></w:pPr>"),
            "Nadpis1",
            Class::Heading(1),
        );
        let derived = style("Mine", "mine", "<w:basedOn w:val='Heading2'/>");
        check(&format!("{base}{derived}"), "Mine", Class::Heading(2));
        check(&style("Titel", "Title", ""), "Titel", Class::Title);
        check(&style("Heading3", "heading 3", ""), "Heading3", Class::Heading(3));
        check(&style("x", "Source Code", ""), "x", Class::Code);
        check(&style("x", "Source Reference", ""), "x", Class::Text);
        let cycle = format!(
            "{}{}",
            style("a", "a", "<w:basedOn w:val='b'/>"),
            style("b", "b", "<w:basedOn w:val='a'/>")
        );
        check(&cycle, "a", Class::Text);
        check("", "none", Class::Text);
    }
}
