//! What can be wrong with an evaluation's input.

use serde::Serialize;

/// Why an evaluation's input cannot be used. `Display` never holds the text of a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A line is not what the format asks for.
    #[error("cannot read line {line} of the {what}: {fault}")]
    Line {
        /// Which input: `queries`, `qrels`, `run`, `golden set`.
        what: &'static str,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// There is nothing in the input.
    #[error("cannot evaluate with {what} that have no line in them")]
    Empty {
        /// Which input.
        what: &'static str,
    },
    /// No query has a relevant document, so there is nothing to average over.
    #[error("cannot evaluate with qrels in which no query has a relevant document")]
    NothingRelevant,
    /// A score is infinite or not a number.
    #[error("cannot rank document `{document}` for query `{query}` by a score that is not finite")]
    Score {
        /// The query's id.
        query: String,
        /// The document's id.
        document: String,
    },
    /// A name cannot be a column of a TREC file, whose columns are parted by white space.
    #[error("cannot write {what} `{name}` as a TREC column: it is empty or has white space in it")]
    Column {
        /// What is named: `query`, `document`, `run`.
        what: &'static str,
        /// The name.
        name: String,
    },
}

/// What is wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum LineFault {
    /// It is not a JSON object with the fields of the format.
    #[error("not a JSON object with {fields} (column {column})")]
    Json {
        /// The fields that the format asks for.
        fields: &'static str,
        /// Where reading stopped, counted from 1.
        column: usize,
    },
    /// It has another number of columns than the format.
    #[error("has {found} columns where {wanted} are needed")]
    Columns {
        /// How many there are.
        found: usize,
        /// How many there can be.
        wanted: &'static str,
    },
    /// A column is not the number it should be.
    #[error("{column} `{value}` is not {wanted}")]
    Number {
        /// The column's name.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What should stand there.
        wanted: &'static str,
    },
    /// A field that must hold something is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// The same thing was said on an earlier line.
    #[error("`{0}` is there a second time")]
    Repeated(String),
}

impl LineFault {
    /// Says where the fault is.
    pub(crate) fn at(self, what: &'static str, line: usize) -> EvalError {
        EvalError::Line { what, line, fault: self }
    }

    /// What a JSON error becomes: its place and never its text, which may hold the line's.
    pub(crate) fn json(fields: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |error| Self::Json { fields, column: error.column().max(1) }
    }
}

/// The lines of a text that hold something, counted from 1, without a byte-order mark.
pub(crate) fn filled_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().enumerate().map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.trim().is_empty())
}
