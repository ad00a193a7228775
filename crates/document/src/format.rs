//! The formats, one file each, and the list of them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Document, Extent};

pub(crate) mod asciidoc;
pub(crate) mod code;
pub(crate) mod csv;
pub(crate) mod docx;
pub(crate) mod eml;
pub(crate) mod epub;
mod front_matter;
pub(crate) mod html;
mod image;
pub(crate) mod json;
mod mail;
pub(crate) mod markdown;
mod markup;
mod msg;
pub(crate) mod notebook;
pub(crate) mod odf;
mod ooxml;
pub(crate) mod pdf;
pub(crate) mod pptx;
pub(crate) mod rst;
pub(crate) mod rtf;
pub(crate) mod text;
mod xls;
pub(crate) mod xlsx;

/// The formats. To add one: a file with an [`Entry`], and a line here. Where bytes alone have to say what a
/// file is, the first that knows them takes it.
pub(crate) const FORMATS: &[&Entry] = &[
    &markdown::FORMAT,
    &pdf::FORMAT,
    &text::FORMAT,
    &html::FORMAT,
    &epub::FORMAT,
    &json::FORMAT,
    &csv::FORMAT,
    &eml::FORMAT,
    &docx::FORMAT,
    &pptx::FORMAT,
    &xlsx::FORMAT,
    &xls::FORMAT,
    &odf::TEXT,
    &odf::SHEETS,
    &odf::PAGES,
    &msg::FORMAT,
    &rtf::FORMAT,
    &rst::FORMAT,
    &asciidoc::FORMAT,
    &notebook::FORMAT,
    &image::FORMAT,
    &code::RUST,
    &code::PYTHON,
    &code::JAVASCRIPT,
    &code::TYPESCRIPT,
    &code::TSX,
    &code::GO,
    &code::JAVA,
    &code::C,
    &code::HCL,
    &code::YAML,
    &code::OTHER,
];

/// How a file is read.
#[derive(Clone, Copy)]
pub struct Format(pub(crate) &'static Entry);

/// What a format's file says of itself.
pub(crate) struct Entry {
    /// The name that reports and filters use.
    pub name: &'static str,
    /// File name endings, in lower case.
    pub endings: &'static [&'static str],
    /// Whole file names that say it without an ending, in lower case.
    pub names: &'static [&'static str],
    /// Whether the text is natural language, so that it is worth finding out which.
    pub prose: bool,
    /// How its bytes become a document.
    pub read: Read,
}

/// How a format reads.
pub(crate) enum Read {
    /// A format of text: what is decoded, with `\n` line ends, comes in.
    Text(fn(String, &Context<'_>) -> Result<Document, Damage>),
    /// A format of bytes, which a file may have whatever its name says.
    Bytes {
        /// Whether a file that begins so is one. Where two formats share their first bytes, it looks further.
        sniff: fn(&[u8]) -> bool,
        /// Reads it.
        read: fn(&[u8], &Context<'_>) -> Result<Document, Damage>,
    },
}

/// What a format is told beside the bytes.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// What the file is read as.
    pub format: Format,
    /// How much of it is wanted.
    pub extent: Extent,
    /// What may open it, if it is locked.
    pub passwords: &'a [String],
}

/// Why a file as a whole cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// It is not what its name says; in what way.
    Broken(String),
    /// It is encrypted, and none of the passwords opens it.
    Locked,
    /// It needs more memory, depth or time than a file may; which limit it went over.
    TooMuch(String),
}

impl Format {
    /// The name that reports and filters use.
    pub fn as_str(self) -> &'static str {
        self.0.name
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.0.name).finish()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        let entry = FORMATS.iter().find(|entry| entry.name == name);
        entry.map(|entry| Self(entry)).ok_or_else(|| serde::de::Error::custom("no such format"))
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name)
    }
}
