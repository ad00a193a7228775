//! A job's work: bytes, hash, text, chunks. What is known of the documents already is asked for in between, for
//! the whole job at once; the rest runs on the blocking pool, a job to a worker.

use std::sync::Arc;

use access::AccessList;
use document::{Chunk, Chunking, Document, Problem, Record, RecordError};
use model::Embedder;
use runtime::{Shutdown, Stopwatch, blocking, driving};

use super::duplicates::Likeness;
use super::items::{Heard, Origin, Passed};
use super::jobs::{Job, Lines, Member, Work};
use super::meter::{IngestStage, Meter};
use super::prepare::Preparing;
use super::room::Room;
use super::suspicion::Held;
use crate::extraction::{Extraction, Pipeline};
use crate::registry::{Before, Known, Registry};
use crate::source::{ItemFailure, Listed};
use crate::{CollectionName, Guarding, RagError, ids};

/// What a run knows before it reads.
#[derive(Clone)]
pub(super) struct Reading {
    pub registry: Registry,
    pub collection: CollectionName,
    pub pipeline: Pipeline,
    pub extraction: Extraction,
    pub cutting: Cutting,
    pub guarding: Guarding,
    pub stop: Shutdown,
}

/// How documents are cut.
#[derive(Clone)]
pub(super) struct Cutting {
    pub chunking: Chunking,
    /// Counts tokens.
    pub embedder: Option<Arc<dyn Embedder>>,
}

/// An item that was met, and what is known of it.
pub(super) struct Met {
    /// The item of the listing that it is, or that it came with.
    pub item: Arc<Listed>,
    pub id: String,
    pub source: String,
    pub root: String,
    /// The bytes that it is counted with.
    pub bytes: u64,
    /// The document as it is.
    pub before: Option<Before>,
    /// The document that has this source.
    pub holder: Option<String>,
    /// Who may read the document that it comes with, as that was.
    pub carrier_access: Option<AccessList>,
}

/// A document that is parsed and cut, and waits to be embedded.
pub(super) struct Prepared {
    pub met: Met,
    pub content_hash: String,
    pub version: String,
    /// What made it so.
    pub fingerprint: String,
    pub document: Document,
    pub chunks: Vec<Chunk>,
    /// What the text is recognised by; `None` where it says nothing.
    pub likeness: Option<Likeness>,
    /// The document that it is linked to as a duplicate.
    pub duplicate_of: Option<String>,
    /// What is embedded and indexed of each chunk.
    pub texts: Vec<String>,
    /// Given back when the document is live.
    pub room: Room,
}

/// What became of one item.
pub(super) enum Outcome {
    /// This very pipeline has read these bytes already.
    Unchanged(Met),
    /// Without an id, what it would have been is not known.
    Failed {
        id: Option<String>,
        item: Option<Arc<Listed>>,
        failure: ItemFailure,
        bytes: u64,
    },
    Ready(Box<Prepared>),
    /// It waits for a person.
    Held(Box<Held>),
}

/// What became of a job.
pub(super) enum Done {
    Outcomes(Vec<Outcome>),
    /// The source is through.
    Ended(Box<Heard>),
}

impl Outcome {
    pub(super) fn source(&self) -> &str {
        match self {
            Self::Unchanged(met) => &met.source,
            Self::Failed { failure, .. } => &failure.source,
            Self::Ready(prepared) => &prepared.met.source,
            Self::Held(held) => &held.met.source,
        }
    }
}

/// An item with its bytes, or a record with its document.
pub(super) struct Loaded {
    pub item: Arc<Listed>,
    pub id: String,
    pub source: String,
    pub content_hash: String,
    pub bytes: u64,
    pub body: Body,
}

pub(super) enum Body {
    File(FileBody),
    Record(Box<Document>),
}

/// A file as it came.
pub(super) struct FileBody {
    pub bytes: Vec<u8>,
    /// The name that says what it is, where its source does not.
    pub format_name: Option<String>,
    /// What its source could not give of it.
    pub problems: Vec<Problem>,
}

impl Reading {
    /// Does a job.
    pub async fn run(&self, job: Job, meter: &Meter<'_>) -> Result<Done, RagError> {
        let Job { origin, work, mut room } = job;
        let work = match work {
            Work::Ended(heard) => return Ok(Done::Ended(heard)),
            Work::Passed(passed) => return self.passed(&origin, passed).await.map(Done::Outcomes),
            work => work,
        };
        let (clock, loading) = (Stopwatch::start(), Arc::clone(&origin));
        let loaded = blocking(move || load(&loading, work)).await.map_err(RagError::Task)?;
        meter.worked(IngestStage::Parse, clock);

        let there = || loaded.iter().flatten();
        let ids: Vec<String> = there().map(|loaded| loaded.id.clone()).collect();
        let sources: Vec<String> = there().map(|loaded| loaded.source.clone()).collect();
        let known = self.registry.known(&self.collection, &ids, &sources).await?;

        let clock = Stopwatch::start();
        let reading = self.clone();
        let outcomes = driving(move |driver| {
            let preparing = Preparing { origin, reading, driver };
            let mut outcomes = Vec::with_capacity(loaded.len());
            for loaded in loaded {
                match loaded {
                    Ok(loaded) => outcomes.extend(preparing.outcomes(loaded, &known, None)?),
                    Err(failed) => outcomes.push(*failed),
                }
            }
            for outcome in &mut outcomes {
                if let Outcome::Ready(prepared) = outcome {
                    prepared.room = room.part(prepared.document.text.len());
                }
            }
            Ok(outcomes)
        });
        let outcomes = outcomes.await.map_err(RagError::Task)?;
        meter.worked(IngestStage::Parse, clock);
        outcomes.map(Done::Outcomes)
    }

    /// The documents of items whose tokens are on record.
    async fn passed(&self, origin: &Origin, passed: Vec<Passed>) -> Result<Vec<Outcome>, RagError> {
        let mut outcomes = Vec::new();
        for Passed { item, documents } in passed {
            let mut known = self.registry.known(&self.collection, &documents, &[]).await?;
            let mut bytes = item.size;
            for id in documents {
                let Some(before) = known.documents.remove(&id) else { continue };
                let source = before.source.clone();
                outcomes.push(Outcome::Unchanged(Met {
                    item: Arc::clone(&item),
                    holder: Some(id.clone()),
                    id,
                    source,
                    root: origin.root.clone(),
                    bytes: std::mem::take(&mut bytes),
                    before: Some(before),
                    carrier_access: None,
                }));
            }
        }
        Ok(outcomes)
    }
}

impl Origin {
    /// A file that could not be read.
    pub fn failed(&self, item: &Arc<Listed>, failure: ItemFailure) -> Outcome {
        let id = Some(ids::document_id(&self.root, &failure.source));
        Outcome::Failed { id, item: Some(Arc::clone(item)), failure, bytes: 0 }
    }

    /// A file with its bytes.
    pub fn file(&self, item: &Arc<Listed>, source: String, body: FileBody) -> Loaded {
        Loaded {
            item: Arc::clone(item),
            id: ids::document_id(&self.root, &source),
            source,
            content_hash: ids::content_hash(&body.bytes),
            bytes: body.bytes.len() as u64,
            body: Body::File(body),
        }
    }

    /// A line of a file of many documents.
    pub fn record(&self, lines: &Lines, record: Result<Record, RecordError>) -> Result<Loaded, Box<Outcome>> {
        let item = Arc::clone(&lines.item);
        let record = record.map_err(|error| {
            // A line that cannot be read may hold any id: nothing of this root is taken to be gone.
            let failure = ItemFailure {
                source: format!("{}#{}", lines.file, error.line),
                error: error.to_string(),
                hint: "mend the line; every line is one JSON value".into(),
            };
            Outcome::Failed { id: None, item: Some(Arc::clone(&item)), failure, bytes: 0 }
        })?;
        let name = record.id.clone().unwrap_or_else(|| record.line.to_string());
        let source = format!("{}#{name}", lines.file);
        Ok(Loaded {
            item,
            id: record.id.unwrap_or_else(|| ids::document_id(&self.root, &source)),
            source,
            content_hash: record_hash(&record.document),
            bytes: record.document.text.len() as u64,
            body: Body::Record(Box::new(record.document)),
        })
    }
}

/// Reads and hashes a job's items.
fn load(origin: &Origin, work: Work) -> Vec<Result<Loaded, Box<Outcome>>> {
    match work {
        Work::Items(items) => items.iter().map(|item| load_item(origin, item)).collect(),
        Work::Members(item, members) => {
            let load = |member: Result<Member, ItemFailure>| match member {
                Ok(Member { source, bytes }) => Ok(origin.file(&item, source, FileBody::plain(bytes))),
                Err(failure) => Err(Box::new(origin.failed(&item, failure))),
            };
            members.into_iter().map(load).collect()
        }
        Work::Records(lines, records) => {
            records.into_iter().map(|record| origin.record(&lines, record)).collect()
        }
        Work::Failed(item, failures) => {
            let failed = |failure| Outcome::Failed { id: None, item: item.clone(), failure, bytes: 0 };
            failures.into_iter().map(|failure| Err(Box::new(failed(failure)))).collect()
        }
        Work::Passed(_) | Work::Ended(_) => Vec::new(),
    }
}

fn load_item(origin: &Origin, item: &Arc<Listed>) -> Result<Loaded, Box<Outcome>> {
    match origin.source.read(item) {
        Ok(bytes) => {
            let body =
                FileBody { bytes, format_name: item.format_name.clone(), problems: item.problems.clone() };
            let loaded = origin.file(item, item.source.clone(), body);
            Ok(Loaded { bytes: item.size, ..loaded })
        }
        Err(failure) => {
            let id = Some(ids::document_id(&origin.root, &item.source));
            Err(Box::new(Outcome::Failed { id, item: Some(Arc::clone(item)), failure, bytes: item.size }))
        }
    }
}

impl FileBody {
    /// A file that is what its name says.
    pub fn plain(bytes: Vec<u8>) -> Self {
        Self { bytes, format_name: None, problems: Vec::new() }
    }
}

impl Met {
    /// Puts together what was loaded and what is known of it.
    pub fn new(loaded: &Loaded, root: &str, known: &Known) -> Self {
        Self {
            item: Arc::clone(&loaded.item),
            before: known.documents.get(&loaded.id).cloned(),
            holder: known.holders.get(&loaded.source).cloned(),
            id: loaded.id.clone(),
            source: loaded.source.clone(),
            root: root.to_owned(),
            bytes: loaded.bytes,
            carrier_access: None,
        }
    }

    /// Who is to read it: those that the run says, or its source does.
    pub fn wanted<'a>(&'a self, run: Option<&'a AccessList>) -> Option<&'a AccessList> {
        run.or(self.item.access.as_ref())
    }

    /// Who may read it, where nobody says anything else: those who may now, or who may read what it comes with.
    pub fn kept_access(&self) -> Option<&AccessList> {
        self.before.as_ref().map(|before| &before.access).or(self.carrier_access.as_ref())
    }

    /// Who will read it.
    pub fn access(&self, run: Option<&AccessList>) -> AccessList {
        self.wanted(run).or(self.kept_access()).cloned().unwrap_or(AccessList::Public)
    }
}

/// The hash of everything that a record says.
fn record_hash(document: &Document) -> String {
    let metadata = serde_json::to_string(&document.metadata).unwrap_or_default();
    let parts = [document.title.as_deref().unwrap_or_default(), &document.text, &metadata];
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    ids::content_hash(&bytes)
}
