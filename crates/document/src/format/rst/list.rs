//! Lists of reStructuredText: bullets, numbers, definitions, fields.

use super::super::markup;
use super::{Place, Reading, dedent, end_of_indented, indent};

impl Reading {
    /// A list that begins here; gives where it ends.
    pub(super) fn list(&mut self, place: Place<'_>, out: &mut Vec<String>) -> Option<usize> {
        let Place { lines, at, .. } = place;
        if marker(lines[at]).is_some() {
            self.begun = true;
            return Some(self.items(place, out));
        }
        if field(lines[at]).is_some() {
            return Some(self.fields(place, out));
        }
        let defined = lines.get(at + 1).is_some_and(|next| indent(next) > 0);
        let is_term = defined && !lines[at].ends_with("::") && !lines[at].starts_with(">>> ");
        if is_term && !lines[at].starts_with('|') {
            self.begun = true;
            return Some(self.definitions_list(place, out));
        }
        None
    }

    fn items(&mut self, place: Place<'_>, out: &mut Vec<String>) -> usize {
        let Place { lines, mut at, depth } = place;
        let mut items = Vec::new();
        let mut number = 0;
        let first = marker(lines[at]).map(|(kind, _)| kind);
        while let Some((kind, width)) = lines.get(at).and_then(|line| marker(line)) {
            if Some(kind) != first {
                break;
            }
            let end = end_of_indented(lines, at + 1, width.min(2)).max(at + 1);
            let mut own = vec![lines[at].get(width..).unwrap_or("").trim_start()];
            own.extend(dedent(&lines[at + 1..end]));
            let text = self.blocks(&own, depth + 1).join("\n\n");
            number += 1;
            let shown = match kind {
                Kind::Bullet(_) => "-".to_owned(),
                Kind::Number(start) => format!("{}.", start.unwrap_or(1).saturating_sub(1) + number),
            };
            items.push(markup::item(&shown, &text));
            at = end;
            while lines.get(at).is_some_and(|line| line.is_empty()) {
                at += 1;
            }
        }
        let loose = items.iter().any(|item| item.contains("\n\n"));
        out.push(items.join(if loose { "\n\n" } else { "\n" }));
        at
    }

    fn fields(&mut self, place: Place<'_>, out: &mut Vec<String>) -> usize {
        let Place { lines, mut at, depth } = place;
        let about_document = depth == 0 && !self.begun;
        let mut items = Vec::new();
        while let Some((name, rest)) = lines.get(at).and_then(|line| field(line)) {
            let end = end_of_indented(lines, at + 1, 1).max(at + 1);
            let mut own = vec![rest];
            own.extend(dedent(&lines[at + 1..end]));
            let text = self.blocks(&own, depth + 1).join("\n\n");
            if about_document {
                self.metadata(name, &text);
            }
            let name = self.inline(name);
            items.push(markup::item("-", &format!("{name}: {text}")));
            at = end;
        }
        out.push(items.join("\n"));
        at
    }

    fn definitions_list(&mut self, place: Place<'_>, out: &mut Vec<String>) -> usize {
        let Place { lines, at, depth } = place;
        let end = end_of_indented(lines, at + 1, 1);
        let term = self.inline(lines[at]);
        let text = self.blocks(&dedent(&lines[at + 1..end]), depth + 1).join("\n\n");
        out.push(markup::item("-", &format!("**{term}**\n\n{text}")));
        end
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bullet(char),
    /// A numbered list, with its first number.
    Number(Option<usize>),
}

/// What an item begins with, and how wide that is.
fn marker(line: &str) -> Option<(Kind, usize)> {
    let first = line.chars().next()?;
    if "-*+•‣".contains(first) {
        let width = first.len_utf8();
        return (line.len() == width || line[width..].starts_with(' '))
            .then_some((Kind::Bullet(first), width + 1));
    }
    let open = usize::from(first == '(');
    let rest = &line[open..];
    let label = rest.find(['.', ')']).filter(|end| (1..=6).contains(end))?;
    let text = &rest[..label];
    let digits = text.chars().all(|c| c.is_ascii_digit());
    let letter = text.len() == 1 && text.chars().all(|c| c.is_ascii_alphabetic() || c == '#');
    let roman = text.chars().all(|c| "ivxIVX".contains(c));
    let width = open + label + 1;
    let apart = line.get(width..).is_some_and(|rest| rest.starts_with(' '));
    // All items of a list are of one kind, whatever their numbers say.
    (apart && (digits || letter || roman)).then_some((Kind::Number(None), width + 1))
}

/// The name of a field, and what follows it.
fn field(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix(':')?;
    let end = rest.find(':').filter(|end| *end > 0)?;
    let (name, after) = (&rest[..end], &rest[end + 1..]);
    let apart = after.is_empty() || after.starts_with(' ');
    (apart && !name.contains('`') && !name.starts_with(' ')).then_some((name, after.trim_start()))
}
