//! Text that is in a page and not to be seen on it: read like any other, and told as a problem.

use super::tree::{Id, Tree};
use crate::Problem;

/// Hidden elements are told one by one up to this many, then counted.
const TOLD_MAX: usize = 20;

/// A problem for each outermost hidden element that has text.
pub(super) fn problems(tree: &Tree<'_>, source: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut more = 0;
    let mut line = Lines { source, at: 0, number: 1 };
    let styled = tree.find(0, "style").is_some()
        || tree
            .descendants(0)
            .any(|id| tree.name(id) == "link" && tree.attribute(id, "rel") == Some("stylesheet"));
    // Nodes are in order of the source, so what is within a hidden element comes right after it.
    let mut within = 0;
    for id in tree.all().skip(1) {
        if id < within {
            continue;
        }
        let Some(how) = how_hidden(tree, id, styled) else { continue };
        within = tree.descendants(id).last().map_or(id, |last| last + 1);
        if !tree.has_text(id) {
            continue;
        }
        if problems.len() < TOLD_MAX {
            problems.push(Problem {
                place: format!("line {}", line.of(tree.at(id))),
                what: "hidden text".into(),
                why: format!(
                    "`{}` {how}: it is read, and a reader of the page does not see it",
                    tree.name(id)
                ),
                content_lost: false,
            });
        } else {
            more += 1;
        }
    }
    if more > 0 {
        problems.push(Problem {
            place: "the whole page".into(),
            what: "hidden text".into(),
            why: format!("{more} more elements are hidden; they are read"),
            content_lost: false,
        });
    }
    problems
}

fn how_hidden(tree: &Tree<'_>, id: Id, styled: bool) -> Option<&'static str> {
    if matches!(tree.name(id), "" | "script" | "style" | "template" | "noscript") {
        return None;
    }
    if tree.attribute(id, "hidden").is_some() {
        return Some("is `hidden`");
    }
    if tree.attribute(id, "aria-hidden").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Some("is `aria-hidden`");
    }
    let style = tree.attribute(id, "style")?;
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let value = |property: &str| {
        style
            .split(';')
            .filter_map(|rule| rule.split_once(':'))
            .rfind(|(own, _)| *own == property)
            .map(|(_, v)| v)
    };
    let zero = |value: &str| {
        let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || matches!(c, '%' | '!'));
        number.parse::<f64>().is_ok_and(|number| number == 0.0)
    };
    let far = |value: &str| {
        value.strip_prefix('-').is_some_and(|v| v.bytes().take_while(u8::is_ascii_digit).count() > 3)
    };
    if value("display").is_some_and(|value| value.starts_with("none")) {
        Some("has `display: none`")
    } else if value("visibility").is_some_and(|value| value.starts_with("hidden")) {
        Some("has `visibility: hidden`")
    } else if value("font-size").is_some_and(zero) {
        Some("has a font size of 0")
    } else if value("opacity").is_some_and(zero) {
        Some("has an opacity of 0")
    } else if ["left", "top", "text-indent", "margin-left"].into_iter().filter_map(value).any(far) {
        Some("stands far outside the page")
    } else {
        let own = colour(value("color")?)?;
        (background(tree, id, styled)? == own).then_some("has the colour of its background")
    }
}

/// The colour behind an element, as far as inline styles tell; white when nothing styles the page.
fn background(tree: &Tree<'_>, id: Id, styled: bool) -> Option<String> {
    let mut up = id;
    while up != 0 {
        let style = tree.attribute(up, "style").unwrap_or_default().to_ascii_lowercase();
        let mut rules = style.split(';').filter_map(|rule| rule.split_once(':'));
        let named = rules.rfind(|(own, _)| matches!(own.trim(), "background" | "background-color"));
        if let Some((_, value)) = named {
            return colour(value.trim());
        }
        if let Some(value) = tree.attribute(up, "bgcolor") {
            return colour(&value.to_ascii_lowercase());
        }
        up = tree.parent(up);
    }
    (!styled).then(|| "ffffff".to_owned())
}

/// A colour as six hexadecimal digits, where it is written in a usual way.
fn colour(value: &str) -> Option<String> {
    let value = value.split('!').next().unwrap_or_default().trim();
    match value {
        "white" => return Some("ffffff".into()),
        "black" => return Some("000000".into()),
        _ => {}
    }
    if let Some(digits) = value.strip_prefix('#') {
        let valid = digits.bytes().all(|b| b.is_ascii_hexdigit());
        return match digits.len() {
            3 if valid => Some(digits.chars().flat_map(|c| [c, c]).collect()),
            6 if valid => Some(digits.to_owned()),
            _ => None,
        };
    }
    let parts = value.strip_prefix("rgb(")?.strip_suffix(')')?;
    let parts: Option<Vec<u8>> = parts.split(',').map(|part| part.trim().parse().ok()).collect();
    parts
        .filter(|parts| parts.len() == 3)
        .map(|parts| parts.iter().map(|part| format!("{part:02x}")).collect())
}

/// Line numbers of places that come in order.
struct Lines<'a> {
    source: &'a str,
    at: usize,
    number: usize,
}

impl Lines<'_> {
    fn of(&mut self, place: usize) -> usize {
        let passed = self.source.as_bytes().get(self.at..place).unwrap_or_default();
        self.number += passed.iter().filter(|b| **b == b'\n').count();
        self.at = place.max(self.at);
        self.number
    }
}
