//! Collections, documents, problems, and what an ingest did.

use std::collections::BTreeMap;

use platform::{
    AccessList, ChunkRecord, CollectionSummary, DocumentDetail, DocumentProblem, DocumentRecord, IngestReport,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{PageBox, Span};

/// What an ingest did: `added + updated + unchanged + quarantined + failed` is the number of items listed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = IngestReport)]
pub struct Ingested {
    /// Where to.
    pub collection: String,
    /// Documents that were not there.
    pub added: usize,
    /// Documents that are new versions, or whose access list changed.
    pub updated: usize,
    /// Documents that are as they were.
    pub unchanged: usize,
    /// Documents that their source no longer has.
    pub deleted: usize,
    /// Items that were held back.
    pub quarantined: usize,
    /// Items that could not be ingested.
    pub failed: Vec<Failed>,
    /// What became of chunks.
    pub chunks: Chunks,
    /// Documents that say what another one says.
    pub duplicates: Duplicates,
    /// Tokens that were embedded.
    pub tokens_embedded: usize,
    /// Problems on the documents added or updated.
    pub problems: usize,
    /// How long it took.
    pub elapsed_ms: f64,
    /// How long each stage worked.
    pub stage_seconds: Stages,
    /// Whether it was asked to stop before it was through.
    pub stopped: bool,
}

/// How long the stages of an ingest worked, in seconds. They work beside each other, parsing on every core.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Stages {
    /// Reading, parsing and cutting, summed over the cores.
    pub parse: f64,
    /// Embedding.
    pub embed: f64,
    /// Writing to the index.
    pub index: f64,
    /// Writing to the registry.
    pub write: f64,
}

/// An item that could not be ingested.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Failed {
    /// The item.
    pub source: String,
    /// What went wrong.
    pub error: String,
    /// The remedy.
    pub hint: String,
}

/// Documents that say what another one says. Those that were skipped are in no other count.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Duplicates {
    /// To the letter.
    pub exact: usize,
    /// Nearly.
    pub near: usize,
    /// How many of them were left out.
    pub skipped: usize,
}

/// Chunks by what became of them.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Chunks {
    /// Embedded now.
    pub added: usize,
    /// Whose vector was there.
    pub reused: usize,
    /// Of replaced and removed versions.
    pub removed: usize,
}

/// The report of an ingest.
pub fn ingest_report(collection: &str, report: &IngestReport) -> Ingested {
    let failed = report.failed.iter().map(|failure| Failed {
        source: failure.source.clone(),
        error: failure.error.clone(),
        hint: failure.hint.clone(),
    });
    Ingested {
        collection: collection.to_owned(),
        added: report.added,
        updated: report.updated,
        unchanged: report.unchanged,
        deleted: report.deleted,
        quarantined: report.quarantined,
        failed: failed.collect(),
        chunks: Chunks {
            added: report.chunks.added,
            reused: report.chunks.reused,
            removed: report.chunks.removed,
        },
        duplicates: Duplicates {
            exact: report.duplicates.exact,
            near: report.duplicates.near,
            skipped: report.duplicates.skipped,
        },
        tokens_embedded: report.tokens_embedded,
        problems: report.problems,
        elapsed_ms: report.elapsed_ms.round(),
        stage_seconds: Stages {
            parse: rounded(report.stages.parse),
            embed: rounded(report.stages.embed),
            index: rounded(report.stages.index),
            write: rounded(report.stages.write),
        },
        stopped: report.stopped,
    }
}

/// Seconds, to the millisecond.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}

/// A document in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Document {
    /// Its id, unique in its collection.
    pub document_id: String,
    /// Its source, as the user would write it.
    pub source: String,
    /// What it says it is called.
    pub title: Option<String>,
    /// The live version.
    pub version: String,
    /// The format's name.
    pub format: String,
    /// ISO 639-1 code of its language.
    pub language: Option<String>,
    /// How many chunks the live version has.
    pub chunks: usize,
    /// How many problems it has.
    pub problems: usize,
    /// Who may read it: principals, or `public`; nothing for nobody.
    pub access: Vec<String>,
    /// How many bytes the stored text has.
    pub text_bytes: usize,
    /// When it was first ingested: microseconds since 1970.
    pub created_at: i64,
    /// When the live version was committed: microseconds since 1970.
    pub updated_at: i64,
}

/// A document in a list.
pub fn document(document: &DocumentRecord) -> Document {
    Document {
        document_id: document.id.clone(),
        source: document.source.clone(),
        title: document.title.clone(),
        version: document.version.clone(),
        format: document.format.clone(),
        language: document.language.clone(),
        chunks: document.chunks,
        problems: document.problems,
        access: access(&document.access),
        text_bytes: document.text_bytes,
        created_at: document.created_at,
        updated_at: document.updated_at,
    }
}

/// A document with all that is known of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DocumentPage {
    /// What a list shows.
    #[serde(flatten)]
    pub document: Document,
    /// The source root that owns it.
    pub root: String,
    /// What it says about itself.
    #[schema(value_type = Object)]
    pub metadata: BTreeMap<String, Value>,
    /// The versions whose text is kept, newest first.
    pub versions: Vec<Version>,
}

/// A version whose text is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Version {
    /// Its id.
    pub version: String,
    /// When it was committed: microseconds since 1970.
    pub committed_at: i64,
}

/// A document with all that is known of it.
pub fn document_detail(detail: &DocumentDetail) -> DocumentPage {
    let version = |(version, at): &(String, i64)| Version { version: version.clone(), committed_at: *at };
    DocumentPage {
        document: document(&detail.document),
        root: detail.document.root.clone(),
        metadata: detail.document.metadata.clone(),
        versions: detail.versions.iter().map(version).collect(),
    }
}

/// Who may read, as names; `public` for everybody, nothing for nobody.
pub fn access(list: &AccessList) -> Vec<String> {
    match list {
        AccessList::Public => vec!["public".to_owned()],
        AccessList::Only(principals) => principals.iter().map(ToString::to_string).collect(),
        AccessList::Unknown => Vec::new(),
    }
}

/// A part of a document that is embedded and found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Chunk {
    /// Its id.
    pub chunk_id: String,
    /// Where it is in the stored text.
    pub span: Span,
    /// The headings that it stands under.
    pub heading_path: Vec<String>,
    /// The page, 1-based, where the format has pages.
    pub page: Option<u32>,
    /// Where it stands on that page, for formats that say so.
    #[serde(rename = "box")]
    pub area: Option<PageBox>,
    /// How many tokens it has, its context included.
    pub tokens: usize,
}

/// A part of a document that is embedded and found.
pub fn chunk(chunk: &ChunkRecord) -> Chunk {
    Chunk {
        chunk_id: chunk.id.to_string(),
        span: chunk.span.into(),
        heading_path: chunk.heading_path.clone(),
        page: chunk.page,
        area: chunk.area.map(Into::into),
        tokens: chunk.tokens,
    }
}

/// Something that could not be read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where in the original.
    pub place: String,
    /// What could not be read.
    pub what: String,
    /// Why.
    pub why: String,
    /// Whether content was lost.
    pub content_lost: bool,
    /// The document's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
}

/// A problem with the document that has it.
pub fn document_problem(found: &DocumentProblem) -> Problem {
    Problem {
        source: Some(found.source.clone()),
        document_id: Some(found.document_id.clone()),
        ..problem(&found.problem)
    }
}

fn problem(problem: &platform::Problem) -> Problem {
    Problem {
        place: problem.place.clone(),
        what: problem.what.clone(),
        why: problem.why.clone(),
        content_lost: problem.content_lost,
        source: None,
        document_id: None,
    }
}

/// A collection in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// How many documents the reader may see.
    pub documents: usize,
    /// How many chunks those have.
    pub chunks: usize,
    /// How many problems those have.
    pub problems: usize,
    /// The embedder it fixes; `null` where it has no vectors.
    pub embedder: Option<String>,
    /// How its documents are cut.
    pub chunker: String,
    /// When it was made: microseconds since 1970.
    pub created_at: i64,
}

/// A collection in a list.
pub fn collection(summary: &CollectionSummary) -> Collection {
    let record = &summary.record;
    Collection {
        name: record.name.to_string(),
        documents: summary.documents,
        chunks: summary.chunks,
        problems: summary.problems,
        embedder: record.settings.embedder.as_ref().map(|embedder| embedder.id.clone()),
        chunker: record.settings.chunking.strategy.to_string(),
        created_at: record.created_at,
    }
}

/// What was read in a file.
#[derive(Clone, Debug, Serialize)]
pub struct Parsed {
    format: String,
    title: Option<String>,
    language: Option<String>,
    text: String,
    blocks: Vec<Block>,
    pages: Vec<Page>,
    problems: Vec<Problem>,
    metadata: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Serialize)]
struct Block {
    kind: platform::BlockKind,
    span: Span,
    heading_path: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Page {
    number: u32,
    span: Span,
}

/// What was read in a file.
pub fn parsed(document: &platform::Document) -> Parsed {
    let block = |block: &platform::Block| Block {
        kind: block.kind.clone(),
        span: block.span.into(),
        heading_path: block.heading_path.clone(),
    };
    let page = |page: &platform::Page| Page { number: page.number, span: page.span.into() };
    Parsed {
        format: document.format.to_string(),
        title: document.title.clone(),
        language: document.language.clone(),
        text: document.text.clone(),
        blocks: document.blocks.iter().map(block).collect(),
        pages: document.pages.iter().map(page).collect(),
        problems: document.problems.iter().map(problem).collect(),
        metadata: document.metadata.clone(),
    }
}
