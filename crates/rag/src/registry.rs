//! The registry of collections, documents and versions: what the house believes about what it holds.
//!
//! The index may hold more than the registry does (points staged by an ingest that was killed, points of a
//! version just replaced); what the registry holds is what is live.

mod collections;
mod documents;
mod items;
mod known;
mod likenesses;
mod live;
mod openings;
mod quarantine;
mod rows;
mod schema;
mod write;

use std::collections::BTreeMap;

use access::AccessList;
use document::{Document, Problem, Span};
use index::PointId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Database, StoreError};

pub use collections::{CollectionRecord, CollectionSummary};
pub(crate) use items::{ItemRecord, SourceRecord, SourceUpdate};
pub use known::{Before, Known, Tally};
pub use live::LiveChunk;
pub use quarantine::{HeldRecord, HeldState, Reason};
pub(crate) use rows::{places, slices, values};
pub use write::NewVersion;

/// How many of a document's versions keep their text, the live one included.
pub const VERSIONS_KEPT: usize = 3;

/// The registry's tables in a state database.
#[derive(Clone)]
pub struct Registry {
    database: Database,
}

/// One live document.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentRecord {
    /// Unique in its collection and stable across versions.
    pub id: String,
    /// The URI as the user would write it.
    pub source: String,
    /// The source root that owns the document.
    pub root: String,
    /// The live version's id.
    pub version: String,
    /// Who may read it.
    pub access: AccessList,
    /// The hash of the bytes that the version was read from.
    pub content_hash: String,
    /// The pipeline that read them.
    pub fingerprint: String,
    /// What the document says it is called.
    pub title: Option<String>,
    /// ISO 639-1 code of its natural language.
    pub language: Option<String>,
    /// The format's name.
    pub format: String,
    /// What the document says about itself.
    pub metadata: BTreeMap<String, Value>,
    /// How many bytes the stored text has.
    pub text_bytes: usize,
    /// How many chunks the live version has.
    pub chunks: usize,
    /// How many problems the live version has.
    pub problems: usize,
    /// When it was first ingested: microseconds since 1970.
    pub created_at: i64,
    /// When the live version was committed: microseconds since 1970.
    pub updated_at: i64,
}

/// A rectangle on a page of the original, in points (1/72 inch) from the page's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageBox {
    /// The left edge.
    pub left: f32,
    /// The upper edge.
    pub top: f32,
    /// The right edge.
    pub right: f32,
    /// The lower edge.
    pub bottom: f32,
}

impl PageBox {
    /// The least rectangle around everything of a span that stands on a page.
    pub(crate) fn around(document: &Document, span: Span, page: u32) -> Option<Self> {
        let on_page = |area: &&document::Area| {
            area.page == page && area.span.start < span.end && span.start < area.span.end
        };
        document.areas.iter().filter(on_page).fold(None, |around: Option<Self>, area| {
            let around = around.unwrap_or(Self {
                left: area.left,
                top: area.top,
                right: area.right,
                bottom: area.bottom,
            });
            Some(Self {
                left: around.left.min(area.left),
                top: around.top.min(area.top),
                right: around.right.max(area.right),
                bottom: around.bottom.max(area.bottom),
            })
        })
    }
}

/// A chunk as the registry keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkRecord {
    /// Its id, which is its point's as well.
    pub id: PointId,
    /// Where it is in the stored text.
    pub span: Span,
    /// The headings it stands under.
    pub heading_path: Vec<String>,
    /// What is put before the text when it is embedded and indexed: title, headings, a table's header.
    pub context: String,
    /// The original's page, 1-based.
    pub page: Option<u32>,
    /// Where it stands on that page, for formats that say so.
    pub area: Option<PageBox>,
    /// Tokens of the text that is embedded.
    pub tokens: usize,
}

/// A problem and the document that has it.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentProblem {
    /// The document's source.
    pub source: String,
    /// The document's id.
    pub document_id: String,
    /// What could not be read.
    pub problem: Problem,
}

impl Registry {
    /// The registry in `database`, its tables brought up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the tables cannot be prepared or are newer than this program.
    pub async fn open(database: Database) -> Result<Self, StoreError> {
        database.migrate(&schema::MIGRATIONS).await?;
        Ok(Self { database })
    }
}
