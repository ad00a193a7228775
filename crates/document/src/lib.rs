//! Bytes to text, blocks and problems; text to chunks with exact byte spans.
//!
//! Owns the formats, the chunking strategies and the sentence rules. Pure, synchronous and deterministic:
//! it opens no file, asks no model (a chunker is told how to count tokens) and keeps nothing.

mod archive;
mod calendar;
mod chart;
mod chunk;
mod cipher;
mod clean;
mod compose;
mod decode;
mod detect;
mod format;
mod language;
mod locked;
mod model;
mod package;
mod parse;
mod picture;
mod recognized;
mod records;
mod sentences;
mod sheet;
mod sound;
mod table;
mod xml;

pub use archive::{Limits, Member, MemberError, Members, Refusal, is_archive, is_archive_name, members};
pub use chunk::{Chunk, Chunking, Strategy, chunk};
pub use clean::{Edit, OffsetMap};
pub use detect::detect;
pub use format::Format;
pub use model::{Area, Attachment, Block, BlockKind, Document, Page, Problem, Scan, Span};
pub use parse::{Extent, Input, ParseError, parse};
pub use records::{Record, RecordError, records};
pub use sentences::sentences;

/// Changes when a parser or cleaner gives another text for the same bytes.
const PARSER_VERSION: u32 = 6;
/// Changes when a chunker gives other chunks for the same text.
const CHUNKER_VERSION: u32 = 2;

/// Everything in this crate that decides what a document's text and chunks are, as stable text: part of the
/// pipeline fingerprint.
pub fn fingerprint(chunking: &Chunking) -> String {
    format!(
        "parser {PARSER_VERSION} | chunker {CHUNKER_VERSION} {} {} {}",
        chunking.strategy, chunking.max_tokens, chunking.overlap_tokens
    )
}
