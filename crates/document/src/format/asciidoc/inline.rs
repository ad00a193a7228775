//! Marks within a line of AsciiDoc.

use super::super::markup::code;
use super::Reading;

/// How far the end of a mark is looked for, in bytes.
const REACH_BYTES: usize = 4096;
/// How many signs are tried as the end of a mark.
const ATTEMPTS_MAX: usize = 16;
/// Macros whose text in brackets is shown.
const TEXT_MACROS: [&str; 6] = ["kbd:", "btn:", "footnote:", "pass:", "stem:", "indexterm2:"];

impl Reading {
    /// Text with its marks as Markdown has them.
    pub(super) fn inline(&self, text: &str) -> String {
        let text = self.with_attributes(text);
        let mut out = String::with_capacity(text.len() + 16);
        let mut rest = text.as_str();
        let mut before = ' ';
        while let Some(first) = rest.chars().next() {
            let open = !before.is_alphanumeric();
            let taken = match first {
                '`' => mono(rest, &mut out),
                '+' if rest.starts_with("+++") => between(rest, "+++", &mut out, ""),
                '+' if open => constrained(rest, '+', &mut out, ""),
                '*' if rest.starts_with("**") => between(rest, "**", &mut out, "**"),
                '*' if open => constrained(rest, '*', &mut out, "**"),
                '_' if rest.starts_with("__") => between(rest, "__", &mut out, "*"),
                '_' if open => constrained(rest, '_', &mut out, "*"),
                '#' if rest.starts_with("##") => between(rest, "##", &mut out, ""),
                '#' if open => constrained(rest, '#', &mut out, ""),
                '[' if open => role(rest),
                '<' => cross_reference(rest, &mut out),
                c if c.is_alphabetic() && open => named(rest, &mut out),
                _ => None,
            };
            let taken = taken.filter(|taken| *taken > 0).unwrap_or_else(|| {
                out.push(first);
                first.len_utf8()
            });
            before = rest[..taken].chars().next_back().unwrap_or(' ');
            rest = &rest[taken..];
        }
        out
    }

    /// Text with the values of attributes in place of their names.
    fn with_attributes(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let name = find(&rest[1..], "}").map(|end| &rest[1..=end]);
            match name.and_then(|name| Some((name, self.attributes.get(name)?))) {
                Some((name, value)) => {
                    out.push_str(value);
                    rest = &rest[name.len() + 2..];
                }
                None => {
                    out.push('{');
                    rest = &rest[1..];
                }
            }
        }
        out.push_str(rest);
        out
    }
}

/// Where `mark` is, if it is near.
fn find(text: &str, mark: &str) -> Option<usize> {
    let near = (0..=REACH_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end))?;
    text[..near].find(mark)
}

/// Text between two marks of two or three signs.
fn between(rest: &str, mark: &str, out: &mut String, shown: &str) -> Option<usize> {
    let end = find(&rest[mark.len()..], mark).filter(|end| *end > 0)?;
    let inner = &rest[mark.len()..mark.len() + end];
    out.push_str(&format!("{shown}{inner}{shown}"));
    Some(mark.len() * 2 + end)
}

/// Text between two signs that stand at the edges of words.
fn constrained(rest: &str, sign: char, out: &mut String, mark: &str) -> Option<usize> {
    let mut from = 1;
    for _ in 0..ATTEMPTS_MAX {
        let end = from + find(&rest[from..], sign.encode_utf8(&mut [0; 4]))?;
        let inner = &rest[1..end];
        let after = rest[end + 1..].chars().next();
        let closes =
            !inner.ends_with(char::is_whitespace) && !after.is_some_and(|c| c.is_alphanumeric() || c == sign);
        if inner.is_empty() || inner.starts_with(char::is_whitespace) || end > REACH_BYTES {
            return None;
        }
        if closes {
            out.push_str(&format!("{mark}{inner}{mark}"));
            return Some(end + 1);
        }
        from = end + 1;
    }
    None
}

/// Text set as code.
fn mono(rest: &str, out: &mut String) -> Option<usize> {
    let mark = if rest.starts_with("``") { "``" } else { "`" };
    let end = find(&rest[mark.len()..], mark).filter(|end| *end > 0)?;
    let inner = &rest[mark.len()..mark.len() + end];
    let plain = inner.strip_prefix('+').and_then(|inner| inner.strip_suffix('+')).unwrap_or(inner);
    out.push_str(&code(plain));
    Some(mark.len() * 2 + end)
}

/// `[.role]` ahead of marked text.
fn role(rest: &str) -> Option<usize> {
    let end = rest.starts_with("[.").then(|| find(rest, "]")).flatten()?;
    rest[end + 1..].starts_with(['#', '*', '_', '`']).then_some(end + 1)
}

/// `<<id,text>>`.
fn cross_reference(rest: &str, out: &mut String) -> Option<usize> {
    let inner = rest.strip_prefix("<<")?;
    let end = find(inner, ">>").filter(|end| *end > 0)?;
    let shown = inner[..end].split_once(',').map_or(&inner[..end], |(_, text)| text.trim());
    out.push_str(shown.trim_start_matches('#'));
    Some(end + 4)
}

/// Links and macros that begin with a word.
fn named(rest: &str, out: &mut String) -> Option<usize> {
    for scheme in ["https://", "http://", "link:", "mailto:", "xref:", "image:"] {
        let Some(after) = rest.strip_prefix(scheme) else { continue };
        let end = after.find(|c: char| c.is_whitespace() || c == '[' || c == '>').unwrap_or(after.len());
        let bracket =
            after[end..].strip_prefix('[').and_then(|text| find(text, "]").map(|close| &text[..close]));
        let target = match scheme {
            "link:" | "xref:" | "image:" => after[..end].to_owned(),
            scheme => format!("{scheme}{}", &after[..end]),
        };
        let Some(text) = bracket else {
            if !scheme.ends_with('/') {
                return None;
            }
            out.push_str(&target);
            return Some(scheme.len() + end);
        };
        let text = text.trim_end_matches('^').trim_matches('"');
        let shown = if text.is_empty() { target.as_str() } else { text };
        match scheme {
            "xref:" => out.push_str(shown),
            "image:" => out.push_str(&format!("![{text}]({target})")),
            _ => out.push_str(&format!("[{shown}]({target})")),
        }
        return Some(scheme.len() + end + bracket.map_or(0, str::len) + 2);
    }
    let name = TEXT_MACROS.into_iter().find(|name| rest.starts_with(name))?;
    let after = &rest[name.len()..];
    let open = find(after, "[").filter(|open| after[..*open].chars().all(char::is_alphanumeric))?;
    let close = find(&after[open + 1..], "]")?;
    let text = &after[open + 1..open + 1 + close];
    match name {
        "footnote:" => out.push_str(&format!(" ({text})")),
        "stem:" => out.push_str(&format!("${text}$")),
        _ => out.push_str(text),
    }
    Some(name.len() + open + close + 2)
}
