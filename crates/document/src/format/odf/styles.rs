//! What the styles of an OpenDocument file say about text, lists and pages.

use std::collections::HashMap;

use crate::xml::{Element, Token, Xml};

/// How deep styles may be made of one another.
const PARENTS_MAX: usize = 16;
/// Levels that a list may have.
const LEVELS: usize = 10;

/// How text looks, as far as Markdown can say it. `None` is as what it stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    pub bold: Option<bool>,
    pub italic: Option<bool>,
    pub struck: Option<bool>,
    /// Above the line, below it, or on it.
    pub raised: Option<Raised>,
}

/// Where text stands beside the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raised {
    Above,
    Below,
    Not,
}

/// What a list's items of a level begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Bullet,
    /// The first number, and what follows each.
    Number(u64, String),
}

#[derive(Default)]
struct Style {
    parent: Option<String>,
    display_name: Option<String>,
    looks: Looks,
    hidden: bool,
}

/// The styles of a file.
#[derive(Default)]
pub(super) struct Styles {
    /// By family and name.
    styles: HashMap<(String, String), Style>,
    lists: HashMap<String, Vec<Option<Marker>>>,
}

impl Styles {
    /// Reads the styles of a part, up to its body. What cannot be read of it is left out: text without its looks is
    /// text all the same.
    pub(super) fn read(&mut self, part: &str) {
        let mut xml = Xml::new(part);
        while let Ok(Some(token)) = xml.next() {
            let Token::Start(tag) = token else { continue };
            match tag.name() {
                "office:body" | "office:master-styles" => break,
                "style:style" => {
                    let Ok(style) = xml.tree(&tag) else { break };
                    self.style(&style);
                }
                "text:list-style" => {
                    let Ok(style) = xml.tree(&tag) else { break };
                    self.list(&style);
                }
                _ => {}
            }
        }
    }

    /// How text of a style looks.
    pub(super) fn looks(&self, name: &str) -> Looks {
        self.style_of("text", name).map(|style| style.looks).unwrap_or_default()
    }

    /// Whether a page, a table, a row or a column of a style is hidden.
    pub(super) fn hidden(&self, family: &str, name: Option<&str>) -> bool {
        name.and_then(|name| self.style_of(family, name)).is_some_and(|style| style.hidden)
    }

    /// Whether a paragraph's style is, or is made of, the one of this name.
    pub(super) fn is(&self, name: &str, wanted: &str) -> bool {
        let mut name = name;
        for _ in 0..PARENTS_MAX {
            if name == wanted {
                return true;
            }
            let Some(style) = self.style_of("paragraph", name) else { return false };
            if style.display_name.as_deref() == Some(wanted) {
                return true;
            }
            let Some(parent) = style.parent.as_deref() else { return false };
            name = parent;
        }
        false
    }

    /// What the items of a list's level, 1-based, begin with; `None` when the list's style does not say.
    pub(super) fn marker(&self, list: &str, level: usize) -> Option<&Marker> {
        self.lists.get(list)?.get(level.checked_sub(1)?)?.as_ref()
    }

    fn style_of(&self, family: &str, name: &str) -> Option<&Style> {
        self.styles.get(&(family.to_owned(), name.to_owned()))
    }

    fn style(&mut self, element: &Element) {
        let (Some(family), Some(name)) = (element.attribute("style:family"), element.attribute("style:name"))
        else {
            return;
        };
        let mut style = Style {
            parent: element.attribute("style:parent-style-name").map(str::to_owned),
            display_name: element.attribute("style:display-name").map(str::to_owned),
            ..Style::default()
        };
        for properties in element.elements() {
            match properties.name.as_str() {
                "style:text-properties" => style.looks = looks(properties),
                "style:drawing-page-properties" => {
                    style.hidden = properties.attribute("presentation:visibility") == Some("hidden");
                }
                "style:table-properties" => {
                    style.hidden = properties.attribute("table:display") == Some("false")
                }
                _ => {}
            }
        }
        self.styles.insert((family.to_owned(), name.to_owned()), style);
    }

    fn list(&mut self, element: &Element) {
        let Some(name) = element.attribute("style:name") else { return };
        let mut levels = vec![None; LEVELS];
        for level in element.elements() {
            let place = level.attribute("text:level").and_then(|level| level.parse::<usize>().ok());
            let Some(place) = place.and_then(|level| levels.get_mut(level.checked_sub(1)?)) else { continue };
            let first = level.attribute("text:start-value").and_then(|first| first.parse().ok()).unwrap_or(1);
            let suffix = level.attribute("style:num-suffix").filter(|suffix| matches!(*suffix, "." | ")"));
            *place = Some(match level.name.as_str() {
                "text:list-level-style-number" => Marker::Number(first, suffix.unwrap_or(".").to_owned()),
                _ => Marker::Bullet,
            });
        }
        self.lists.insert(name.to_owned(), levels);
    }
}

fn looks(properties: &Element) -> Looks {
    let said = |names: [&str; 3]| names.iter().find_map(|name| properties.attribute(name));
    let weight = said(["fo:font-weight", "style:font-weight-asian", "style:font-weight-complex"]);
    let slant = said(["fo:font-style", "style:font-style-asian", "style:font-style-complex"]);
    let line = said(["style:text-line-through-style", "style:text-line-through-type", ""]);
    let position = properties.attribute("style:text-position");
    Looks {
        bold: weight.map(|weight| weight == "bold" || weight.parse().is_ok_and(|weight: u32| weight >= 600)),
        italic: slant.map(|slant| matches!(slant, "italic" | "oblique")),
        struck: line.map(|line| line != "none"),
        raised: position.map(|position| match position {
            position if position.starts_with("super") => Raised::Above,
            position if position.starts_with("sub") => Raised::Below,
            _ => Raised::Not,
        }),
    }
}
