//! Marks within a line of reStructuredText.

use super::super::markup::code;
use super::Reading;

/// How far the end of a mark is looked for, in bytes.
const REACH_BYTES: usize = 4096;
/// Roles whose text is set as code.
const CODE_ROLES: [&str; 22] = [
    "code", "literal", "func", "class", "meth", "mod", "attr", "data", "exc", "obj", "const", "file",
    "command", "option", "envvar", "samp", "program", "kbd", "makevar", "token", "keyword", "type",
];

impl Reading {
    /// Text with its marks as Markdown has them.
    pub(super) fn inline(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some(at) = rest.find(['`', '|', '[', '_', '\\', ':']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let taken = match rest.as_bytes()[0] {
                b'`' => self.backtick(rest, &mut out),
                b':' => self.role(rest, &mut out),
                b'|' => self.substitution(rest, &mut out),
                b'[' => note(rest, &mut out),
                b'_' => self.reference(rest, &mut out),
                _ => escape(rest, &mut out),
            };
            let taken = taken.unwrap_or_else(|| {
                out.push_str(&rest[..1]);
                1
            });
            rest = &rest[taken..];
        }
        out.push_str(rest);
        out
    }

    /// Code, a link, or text in a role of its own.
    fn backtick(&self, rest: &str, out: &mut String) -> Option<usize> {
        if let Some(inner) = rest.strip_prefix("``") {
            let end = find(inner, "``")?;
            out.push_str(&code(&inner[..end]));
            return Some(end + 4);
        }
        let end = find(&rest[1..], "`")?;
        let inner = &rest[1..=end];
        let after = &rest[end + 2..];
        let marks = after.len() - after.trim_start_matches('_').len();
        if marks == 0 {
            // A role may follow what it is about.
            if let Some(role) =
                after.strip_prefix(':').and_then(|role| find(role, ":").map(|end| &role[..end]))
                && !role.is_empty()
                && role.chars().all(|c| c.is_alphanumeric() || "-_+.:".contains(c))
            {
                out.push_str(&in_role(role, inner));
                return Some(end + 2 + role.len() + 2);
            }
            out.push_str(&format!("*{}*", inner.trim()));
            return Some(end + 2);
        }
        match inner.rsplit_once('<').and_then(|(text, target)| Some((text, target.strip_suffix('>')?))) {
            Some((text, target)) => {
                let text = if text.trim().is_empty() { target } else { text.trim() };
                let known = target.strip_suffix('_').and_then(|name| self.targets.get(&name.to_lowercase()));
                out.push_str(&link(text, known.map_or(target, String::as_str)));
            }
            None => match self.targets.get(&inner.to_lowercase()) {
                Some(target) => out.push_str(&link(inner, target)),
                None => out.push_str(inner),
            },
        }
        Some(end + 2 + marks.min(2))
    }

    /// `:role:` and the text in it.
    fn role(&self, rest: &str, out: &mut String) -> Option<usize> {
        let end = find(&rest[1..], ":`")?;
        let role = &rest[1..=end];
        if role.is_empty() || !role.chars().all(|c| c.is_alphanumeric() || "-_+.:".contains(c)) {
            return None;
        }
        let text = &rest[end + 3..];
        let close = find(text, "`")?;
        out.push_str(&in_role(role, &text[..close]));
        Some(end + 3 + close + 1)
    }

    fn substitution(&self, rest: &str, out: &mut String) -> Option<usize> {
        let end = find(&rest[1..], "|")?;
        let known = self.substitutions.get(&rest[1..=end])?;
        out.push_str(known);
        let after = &rest[end + 2..];
        Some(end + 2 + (after.len() - after.trim_start_matches('_').len()).min(2))
    }

    /// `name_`, where the name is known.
    fn reference(&self, rest: &str, out: &mut String) -> Option<usize> {
        let marks = rest.len() - rest.trim_start_matches('_').len();
        if marks > 2 || rest[marks..].starts_with(|c: char| c.is_alphanumeric()) {
            out.push_str(&rest[..marks]);
            return Some(marks);
        }
        let start = out
            .rfind(|c: char| !c.is_alphanumeric() && !"-.+_".contains(c))
            .map_or(0, |at| at + out[at..].chars().next().map_or(1, char::len_utf8));
        let name = out[start..].to_owned();
        let target = self.targets.get(&name.to_lowercase())?;
        out.truncate(start);
        out.push_str(&link(&name, target));
        Some(marks)
    }
}

/// Where `mark` is, if it is near.
fn find(text: &str, mark: &str) -> Option<usize> {
    let near = (0..=REACH_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end))?;
    text[..near].find(mark)
}

fn in_role(role: &str, text: &str) -> String {
    let name = role.rsplit(':').next().unwrap_or(role);
    let shown = match text.rsplit_once('<') {
        Some((shown, target)) if target.ends_with('>') && !shown.trim().is_empty() => shown.trim(),
        _ => text,
    };
    let shown = shown.trim_start_matches(['~', '!']);
    match name {
        "math" => format!("${text}$"),
        "strong" => format!("**{shown}**"),
        "emphasis" | "title" | "dfn" => format!("*{shown}*"),
        name if role.starts_with("py:") || role.starts_with("c:") || CODE_ROLES.contains(&name) => {
            code(shown)
        }
        _ => shown.to_owned(),
    }
}

/// `[1]_`, a reference to a note.
fn note(rest: &str, out: &mut String) -> Option<usize> {
    let end = find(rest, "]_")?;
    let label = &rest[1..end];
    let plain = !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || "#*-_.".contains(c));
    plain.then(|| {
        out.push_str(&format!("[^{}]", label.trim_start_matches('#')));
        end + 2
    })
}

/// A sign that is none; an escaped space is nothing.
fn escape(rest: &str, out: &mut String) -> Option<usize> {
    let next = rest[1..].chars().next()?;
    if next.is_whitespace() {
        return Some(2);
    }
    out.push('\\');
    out.push(next);
    Some(1 + next.len_utf8())
}

fn link(text: &str, target: &str) -> String {
    let plain = !target.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>'));
    let target =
        if plain { target.to_owned() } else { format!("<{}>", target.replace(['<', '>', '\n'], "")) };
    format!("[{text}]({target})")
}
