//! Lists of AsciiDoc: bullets, numbers, descriptions, callouts.

use super::super::markup;
use super::{Place, Reading, delimiter};

/// How deep lists are nested, at most.
const LIST_DEPTH_MAX: usize = 8;

impl Reading {
    /// A list that begins here; gives where it ends.
    pub(super) fn list(&mut self, place: &Place<'_>, out: &mut Vec<String>) -> Option<usize> {
        let (lines, mut at) = (place.lines, place.at);
        marker(lines[at])?;
        // The markers of the lists that are open, outermost first.
        let mut open: Vec<String> = Vec::new();
        let mut counts: Vec<usize> = Vec::new();
        let mut list = String::new();
        while let Some((sign, text)) = lines.get(at).and_then(|line| marker(line)) {
            match open.iter().position(|known| *known == sign) {
                Some(level) => {
                    open.truncate(level + 1);
                    counts.truncate(level + 1);
                }
                None if open.len() < LIST_DEPTH_MAX => {
                    open.push(sign.clone());
                    counts.push(0);
                }
                None => {}
            }
            let level = open.len().saturating_sub(1);
            counts[level] += 1;
            let mut blocks = Vec::new();
            at = self.item(place, (at, text), &mut blocks);
            let shown = match sign.as_bytes()[0] {
                b'.' | b'0'..=b'9' | b'<' => format!("{}.", counts[level]),
                _ => "-".to_owned(),
            };
            let text = blocks.join("\n\n");
            let text = match sign.as_str() {
                sign if sign.contains(':') => describe(&text),
                _ => text,
            };
            let indent = "    ".repeat(level);
            let item = markup::item(&shown, &text);
            for line in item.lines() {
                let line = if line.is_empty() { String::new() } else { format!("{indent}{line}") };
                list.push_str(&line);
                list.push('\n');
            }
            let mut next = at;
            while lines.get(next).is_some_and(|line| line.is_empty()) {
                next += 1;
            }
            if lines.get(next).and_then(|line| marker(line)).is_some() {
                at = next;
            }
        }
        out.push(list.trim_end().to_owned());
        Some(at)
    }

    /// The text of an item and what is attached to it; gives where it ends.
    fn item(&mut self, place: &Place<'_>, (at, text): (usize, &str), blocks: &mut Vec<String>) -> usize {
        let lines = place.lines;
        let mut own = vec![text.to_owned()];
        let mut end = at + 1;
        let plain = |line: &str| {
            !line.is_empty()
                && line != "+"
                && marker(line).is_none()
                && delimiter(line).is_none()
                && !line.starts_with('[')
        };
        while lines.get(end).is_some_and(|line| plain(line)) {
            own.push(lines[end].trim_start().to_owned());
            end += 1;
        }
        let shown: Vec<String> =
            own.iter().filter(|line| !line.is_empty()).map(|line| self.inline(line)).collect();
        blocks.push(shown.join("\n"));
        while lines.get(end) == Some(&"+") {
            let start = end + 1;
            end = self.end_of_attached(lines, start);
            if start < end {
                blocks.extend(self.blocks(&lines[start..end], place.depth + 1));
            }
        }
        end
    }

    /// Where a block that is attached to an item ends.
    fn end_of_attached(&self, lines: &[&str], start: usize) -> usize {
        let mut at = start;
        while let Some(line) = lines.get(at) {
            if delimiter(line).is_some() {
                let close = if line.starts_with("```") { "```" } else { line };
                return (at + 1..lines.len())
                    .find(|at| lines[*at] == close)
                    .map_or(lines.len(), |end| end + 1);
            }
            if line.is_empty() || *line == "+" || (at > start && marker(line).is_some()) {
                return at;
            }
            at += 1;
        }
        at
    }
}

/// The sign of an item, which says what list it is of, and the item's text. Descriptions keep their term.
fn marker(line: &str) -> Option<(String, &str)> {
    let line = line.trim_start();
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let same = |sign: char| !first.is_empty() && first.chars().all(|c| c == sign) && first.len() <= 6;
    let number = first
        .strip_suffix('.')
        .is_some_and(|n| !n.is_empty() && n.len() < 7 && n.bytes().all(|b| b.is_ascii_digit()));
    let callout = first.starts_with('<') && first.ends_with('>') && {
        let inner = first.trim_matches(['<', '>']);
        inner == "." || (!inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit()))
    };
    if !rest.is_empty() && (first == "-" || same('*') || same('.')) {
        return Some((first.to_owned(), rest.trim_start()));
    }
    if !rest.is_empty() && (number || callout) {
        return Some((if number { "1." } else { "<1>" }.to_owned(), rest.trim_start()));
    }
    let end = line.find("::").filter(|end| *end > 0)?;
    let colons = line[end..].len() - line[end..].trim_start_matches(':').len();
    let after = &line[end + colons..];
    let apart = (after.is_empty() || after.starts_with(' ')) && colons <= 4;
    (apart && !line[..end].contains("://")).then(|| (":".repeat(colons), line))
}

/// A term and what it is.
fn describe(text: &str) -> String {
    let end = text.find("::").unwrap_or(text.len());
    let rest = text[end..].trim_start_matches(':').trim_start();
    let term = &text[..end];
    if rest.is_empty() { format!("**{term}**") } else { format!("**{term}**\n\n{rest}") }
}
