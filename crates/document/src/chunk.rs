//! Cutting documents into chunks, each a span of the stored text.
//!
//! A strategy says which sections a document has and what they are made of; one packer fills chunks with
//! that, whatever the strategy.

mod code;
mod context;
mod fixed;
mod grain;
mod heading;
mod pack;
mod recursive;
mod sentence;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{BlockKind, Document, Span};
use grain::Unit;

/// A part of a document that is embedded, indexed and found as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where it is in the stored text.
    pub span: Span,
    /// The headings it stands under.
    pub heading_path: Vec<String>,
    /// What is put before the text when it is embedded and indexed, with the line end that parts them:
    /// title, headings, a table's header, as far as there is room and the text does not say it itself.
    pub context: String,
    /// The original's page, 1-based.
    pub page: Option<u32>,
    /// Tokens of the context with the text.
    pub tokens: usize,
}

impl Chunk {
    /// What is embedded and indexed: the context and the text at the span.
    pub fn indexed_text(&self, document: &Document) -> String {
        format!("{}{}", self.context, self.span.of(&document.text))
    }
}

/// A way of cutting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Along headings, whole blocks where they fit; the default.
    #[default]
    Heading,
    /// Whole blocks, then lines and sentences, whatever the headings.
    Recursive,
    /// Windows of equal size.
    Fixed,
    /// Whole sentences.
    Sentence,
    /// Whole definitions of source code.
    Code,
}

/// The strategies. To add one: a file, and a line here.
const STRATEGIES: &[(Strategy, &str, Sectioner)] = &[
    (Strategy::Heading, "heading", heading::sections),
    (Strategy::Recursive, "recursive", recursive::sections),
    (Strategy::Fixed, "fixed", fixed::sections),
    (Strategy::Sentence, "sentence", sentence::sections),
    (Strategy::Code, "code", code::sections),
];

type Sectioner = fn(&Document) -> Vec<Section<'_>>;

/// How documents are cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chunking {
    /// The way.
    pub strategy: Strategy,
    /// The most tokens that a chunk has with its context.
    pub max_tokens: usize,
    /// How many tokens the chunks of one section that does not fit into one share.
    pub overlap_tokens: usize,
}

impl Default for Chunking {
    fn default() -> Self {
        Self { strategy: Strategy::default(), max_tokens: 510, overlap_tokens: 64 }
    }
}

/// A run of text that no chunk goes beyond.
pub(crate) struct Section<'d> {
    heading_path: &'d [String],
    /// The header of the table that the section is a row of.
    header: Option<&'d str>,
    units: Vec<Unit>,
    joining: Joining,
}

/// Whether a section may share a chunk with its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joining {
    /// When it is tiny.
    WhenTiny,
    /// Never: a row, a record.
    Never,
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = STRATEGIES.iter().find(|(strategy, ..)| strategy == self);
        f.write_str(known.map_or("heading", |(_, name, _)| name))
    }
}

/// The text names no strategy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one of {known}")]
pub struct UnknownStrategy {
    known: String,
}

impl FromStr for Strategy {
    type Err = UnknownStrategy;

    fn from_str(text: &str) -> Result<Self, UnknownStrategy> {
        let known = STRATEGIES.iter().find(|(_, name, _)| *name == text);
        known.map(|(strategy, ..)| *strategy).ok_or_else(|| {
            let names: Vec<String> = STRATEGIES.iter().map(|(_, name, _)| format!("`{name}`")).collect();
            UnknownStrategy { known: names.join(", ") }
        })
    }
}

/// The chunks of a document, in order. Together they cover every byte of its blocks that is not white
/// space, front matter and table headers aside; no chunk has more than `max_tokens` by `count`, unless a
/// single character has.
pub fn chunk(document: &Document, chunking: &Chunking, count: impl Fn(&str) -> usize) -> Vec<Chunk> {
    let known = STRATEGIES.iter().find(|(strategy, ..)| *strategy == chunking.strategy);
    let sections = known.map_or_else(Vec::new, |(_, _, sections)| sections(document));
    pack::Packer { document, chunking, count: &count }.pack(sections)
}

/// The blocks that are passages. A table header counts when no row follows it.
fn passages(document: &Document) -> impl Iterator<Item = &crate::Block> {
    let next = document.blocks.iter().skip(1).map(Some).chain(std::iter::once(None));
    let pairs = document.blocks.iter().zip(next);
    let passages = pairs.filter(|(block, next)| match block.kind {
        BlockKind::FrontMatter => false,
        BlockKind::TableHeader => next.is_none_or(|next| next.kind != BlockKind::Row),
        _ => true,
    });
    passages.map(|(block, _)| block)
}
