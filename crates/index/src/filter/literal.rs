//! Values as a filter writes them.

use std::fmt;

use crate::date::Moment;

/// A value that a field is compared with; always of the field's kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    /// In double or single quotes.
    Text(String),
    /// Digits.
    Int(i64),
    /// A finite number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A date, or a date with a time.
    Date(DateLiteral),
}

/// A date as it was written, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DateLiteral {
    /// As written.
    pub text: String,
    /// The day or the instant.
    pub moment: Moment,
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write_quoted(f, text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Date(date) => f.write_str(&date.text),
        }
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}
