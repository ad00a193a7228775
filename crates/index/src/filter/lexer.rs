//! Cuts a filter expression into tokens.

use std::fmt;

use super::FilterError;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A field's name.
    Name(String),
    /// One of [`WORDS`].
    Word(&'static str),
    /// A text that was in quotes.
    Text(String),
    /// A number or a date, not read yet.
    Figure(String),
    /// One of [`SIGNS`].
    Sign(&'static str),
    /// After the last token.
    End,
}

/// A token and the byte where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: usize,
}

const WORDS: &[&str] = &["and", "or", "not", "in", "exists", "true", "false"];
/// Longer ones first.
const SIGNS: &[&str] = &["!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// Prints a field's name, in backticks where it would be read as a word of the language.
pub(super) struct Name<'a>(pub &'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if word(self.0).is_some() { write!(f, "`{}`", self.0) } else { f.write_str(self.0) }
    }
}

fn word(text: &str) -> Option<&'static str> {
    WORDS.iter().copied().find(|word| word.eq_ignore_ascii_case(text))
}

/// The tokens of an expression, ending with [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = token(text, at, first)?;
        tokens.push(Token { kind, start: at });
        at += length;
    }
    tokens.push(Token { kind: Kind::End, start: text.len() });
    Ok(tokens)
}

/// The token that begins at `at`, and its length in bytes.
fn token(text: &str, at: usize, first: char) -> Result<(Kind, usize), FilterError> {
    let rest = &text[at..];
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Ok((Kind::Sign(sign), sign.len()));
    }
    let run = |takes: fn(char) -> bool| rest.find(|c| !takes(c)).unwrap_or(rest.len());
    match first {
        '"' | '\'' => quoted(text, at, first),
        '`' => match rest[1..].find('`') {
            Some(length) => Ok((Kind::Name(rest[1..=length].to_owned()), length + 2)),
            None => Err(FilterError::at(text, at, "the backtick is not closed")),
        },
        c if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => {
            let length = run(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | ':' | '_'));
            Ok((Kind::Figure(rest[..length].to_owned()), length))
        }
        c if c.is_alphabetic() || c == '_' => {
            let length = run(|c| c.is_alphanumeric() || c == '_');
            let name = &rest[..length];
            Ok((word(name).map_or_else(|| Kind::Name(name.to_owned()), Kind::Word), length))
        }
        c => Err(FilterError::at(text, at, format!("`{}` means nothing here", c.escape_debug()))
            .with_hint("put texts in quotes; comparisons are `=`, `!=`, `<`, `<=`, `>`, `>=`, `in`")),
    }
}

/// A text in quotes, and its length in bytes with them.
fn quoted(text: &str, at: usize, quote: char) -> Result<(Kind, usize), FilterError> {
    let mut value = String::new();
    let mut chars = text[at + 1..].char_indices();
    while let Some((place, c)) = chars.next() {
        if c == quote {
            return Ok((Kind::Text(value), place + 2));
        }
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some((_, c @ ('"' | '\'' | '\\'))) => value.push(c),
            Some((_, 'n')) => value.push('\n'),
            Some((_, 't')) => value.push('\t'),
            Some((_, 'r')) => value.push('\r'),
            _ => {
                return Err(FilterError::at(text, at + 1 + place, "no such escape")
                    .with_hint(r#"escapes are \" \' \\ \n \t \r"#));
            }
        }
    }
    Err(FilterError::at(text, at, "the quote is not closed"))
}
