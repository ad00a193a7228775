//! One way in for every format.

use crate::format::{Context, Damage, Read};
use crate::{Document, Problem, clean, decode, detect, language, locked};

/// A file to parse.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its name, which says what it is.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// How much of it is wanted.
    pub extent: Extent,
    /// What may open it, if it is encrypted.
    pub passwords: &'a [String],
}

/// How much of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The faithful whole.
    Whole,
    /// What is worth finding: a web page without its navigation, pages without running headers and page numbers,
    /// words and characters as they are typed. For formats of text, the file's own text.
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
    /// It is encrypted, and no password that was given opens it.
    #[error("`{name}` is encrypted, and no password that was given opens it")]
    Locked {
        /// The file's name.
        name: String,
    },
    /// It wants more than a file may have.
    #[error("`{name}` is more than a {format} file may be: {why}")]
    TooMuch {
        /// The file's name.
        name: String,
        /// What it is.
        format: &'static str,
        /// The limit, and what went over it.
        why: String,
    },
}

impl ParseError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownFormat { .. } => {
                "documents, sheets, mail, web pages, text and code are read; `docs/ingesting.md` lists the endings"
            }
            Self::Damaged { .. } => "mend the file, or give it the ending of what it is",
            Self::Locked { .. } => {
                "name a file with its password in `ingest.passwords_file`, or save it without one"
            }
            Self::TooMuch { .. } => "split the file, or take out what is not to be read",
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
    let context = Context { format: kind, extent: input.extent, passwords: input.passwords };
    let unlocked = locked::unlock(input.bytes, input.passwords);
    let read = match kind.0.read {
        Read::Bytes { read, .. } => read(unlocked.as_deref().unwrap_or(input.bytes), &context),
        Read::Text(read) => {
            let decoded = decode::decode(input.bytes);
            read(decoded.text, &context).map(|mut document| {
                document.problems.splice(0..0, decoded.problems);
                document
            })
        }
    };
    let mut document = read.map_err(|damage| {
        let (name, format) = (input.name.to_owned(), kind.as_str());
        match damage {
            Damage::Broken(why) => ParseError::Damaged { name, format, why },
            Damage::Locked => ParseError::Locked { name },
            Damage::TooMuch(why) => ParseError::TooMuch { name, format, why },
        }
    })?;
    if input.extent == Extent::MainContent {
        clean::clean(&mut document);
    }
    finish(&mut document);
    Ok(document)
}

/// What is found out of every document alike.
pub(crate) fn finish(document: &mut Document) {
    // What a scan stands for is told by the scan's own problem.
    if document.text.trim().is_empty() && document.scans.is_empty() {
        document.blocks.clear();
        document.problems.push(Problem {
            place: "the whole document".into(),
            what: "no text".into(),
            why: "the document is empty".into(),
            content_lost: false,
        });
    }
    if document.language.is_none() && document.format.0.prose {
        document.language = language::detect(&document.text);
    }
}
