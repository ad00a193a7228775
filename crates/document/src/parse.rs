//! One way in for every format.

use crate::{Document, Format, Problem, decode, detect, format, language};

/// A file to parse.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its name, which says what it is.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// How much of it is wanted.
    pub extent: Extent,
}

/// How much of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The faithful whole.
    Whole,
    /// What is worth finding: a web page without its navigation. For most formats, the whole.
    MainContent,
}

/// Why a file is no document.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing here reads it.
    #[error("`{name}` is of no known format")]
    UnknownFormat {
        /// The file's name.
        name: String,
    },
    /// It is not what its name says.
    #[error("`{name}` is not {format}: {why}")]
    Damaged {
        /// The file's name.
        name: String,
        /// What it should be.
        format: &'static str,
        /// What is wrong.
        why: String,
    },
}

impl ParseError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownFormat { .. } => {
                "Markdown, text, HTML, JSON, JSON lines, CSV and source code are read, by file name ending"
            }
            Self::Damaged { .. } => "mend the file, or give it the ending of what it is",
        }
    }
}

/// Reads a file. Whatever could not be read of it is in the document's problems.
///
/// # Errors
///
/// [`ParseError`] when the file as a whole is of no known format, or not what its name says.
pub fn parse(input: &Input<'_>) -> Result<Document, ParseError> {
    let Some(kind) = detect(input.name, input.bytes) else {
        return Err(ParseError::UnknownFormat { name: input.name.to_owned() });
    };
    let decoded = decode::decode(input.bytes);
    let mut document = match kind {
        Format::Markdown => format::markdown::parse(decoded.text),
        Format::Text => format::text::parse(decoded.text),
        Format::Html => format::html::parse(&decoded.text, input.extent),
        Format::Json => format::json::parse(&decoded.text).map_err(|why| ParseError::Damaged {
            name: input.name.to_owned(),
            format: "JSON",
            why,
        })?,
        Format::Csv => format::csv::parse(&decoded.text),
        Format::Code(language) => format::code::parse(decoded.text, language),
    };
    document.problems.splice(0..0, decoded.problems);
    finish(&mut document);
    Ok(document)
}

/// What is found out of every document alike.
pub(crate) fn finish(document: &mut Document) {
    if document.text.trim().is_empty() {
        document.blocks.clear();
        document.problems.push(Problem {
            place: "the whole document".into(),
            what: "no text".into(),
            why: "the document is empty".into(),
            content_lost: false,
        });
    }
    if document.language.is_none() && !matches!(document.format, Format::Code(_) | Format::Csv) {
        document.language = language::detect(&document.text);
    }
}
