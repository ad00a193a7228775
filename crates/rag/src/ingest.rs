//! Ingestion: sources in, live documents out.
//!
//! A document becomes live in three steps. Its points are *staged* in the index and flushed; one
//! transaction *flips* the registry to the new version; the points of the version before are *collected*.
//! The collection is marked unsettled before the first step and settled after the last, and what a crash
//! leaves between is repaired when it is opened next (see `settle`).

mod commit;
mod containers;
mod deliver;
mod items;
mod read;
mod settle;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use access::AccessList;
use runtime::{Shutdown, Stopwatch, blocking};

use crate::extraction::Pipeline;
use crate::source::{ItemFailure, ListingExtent, Source};
use crate::{Collection, CollectionName, DocumentRecord, Library, RagError};
use deliver::Delivery;
use items::Items;
use read::{Known, Outcome, Prepared, SourceReader};

/// What happens to documents of a source root that the source no longer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gone {
    /// They stay.
    #[default]
    Keep,
    /// They are removed.
    Remove,
}

/// What to ingest, and how.
pub struct IngestRequest {
    /// Where to; it is made if it is not there.
    pub collection: CollectionName,
    /// What from.
    pub sources: Vec<Box<dyn Source>>,
    /// Who may read the documents, whatever their sources say. `None` takes what the sources say; where they
    /// say nothing, documents that are there stay as they are and new ones are public.
    pub access: Option<AccessList>,
    /// What becomes of documents that are gone.
    pub gone: Gone,
}

/// What an ingest did. `added + updated + unchanged + quarantined + failed` is the number of items listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngestReport {
    /// Documents that were not there.
    pub added: usize,
    /// Documents that are new versions, or whose access list changed.
    pub updated: usize,
    /// Documents that are as they were.
    pub unchanged: usize,
    /// Documents that were removed because their source no longer has them.
    pub deleted: usize,
    /// Items that were held back.
    pub quarantined: usize,
    /// Items that could not be ingested.
    pub failed: Vec<ItemFailure>,
    /// What became of chunks.
    pub chunks: ChunkCounts,
    /// Tokens that were embedded.
    pub tokens_embedded: usize,
    /// Problems on the documents added or updated.
    pub problems: usize,
    /// How long it took.
    pub elapsed_ms: f64,
    /// Whether it was asked to stop before it was through.
    pub stopped: bool,
}

/// Chunks by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkCounts {
    /// Chunks that were embedded now (or indexed now, where there is no embedder).
    pub added: usize,
    /// Chunks whose vector was there.
    pub reused: usize,
    /// Chunks of replaced and removed versions.
    pub removed: usize,
}

/// What an ingest tells while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IngestEvent {
    /// So many more items were found; a file of many documents counts as one until it is read.
    Listed(usize),
    /// An item is through.
    Item(String),
    /// So many more tokens were embedded.
    Embedded(usize),
}

/// One run of an ingest.
struct Run<'a> {
    library: &'a Library,
    collection: Arc<Collection>,
    pipeline: Pipeline,
    access: Option<AccessList>,
    stop: Shutdown,
    tell: &'a (dyn Fn(IngestEvent) + Sync),
    report: IngestReport,
    /// Documents as they were when the run began, with what the run has done to them since.
    documents: HashMap<String, DocumentRecord>,
    /// Which document has a source.
    sources: HashMap<String, String>,
    /// Ids that the run has met.
    seen: HashSet<String>,
    /// Documents waiting to be staged together.
    batch: Vec<Prepared>,
    /// Documents whose access list alone changes, by the list that they get.
    access_changes: HashMap<AccessList, Vec<String>>,
    /// What the sources said of their items.
    items: Items,
    unsettled: bool,
}

impl Library {
    /// Ingests what the sources have. `tell` is called as it goes on; `stop` is looked at between steps,
    /// and a run that stops leaves whole documents only.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the run as a whole cannot go on; an item that fails is in the report instead.
    pub async fn ingest(
        &self,
        request: IngestRequest,
        tell: &(dyn Fn(IngestEvent) + Sync),
        stop: &Shutdown,
    ) -> Result<IngestReport, RagError> {
        let clock = Stopwatch::start();
        let collection = match self.open(&request.collection).await {
            Err(RagError::UnknownCollection(_)) => self.create(&request.collection).await?,
            other => other?,
        };
        let _changing = collection.changing.lock().await;
        let documents = self.parts.registry.documents_by_id(&request.collection).await?;
        let mut run = Run {
            library: self,
            pipeline: self.parts.extraction.pipeline(collection.record.settings.fingerprint()),
            collection: Arc::clone(&collection),
            access: request.access,
            stop: stop.clone(),
            tell,
            report: IngestReport::default(),
            sources: documents.values().map(|d| (d.source.clone(), d.id.clone())).collect(),
            documents,
            seen: HashSet::new(),
            batch: Vec::new(),
            access_changes: HashMap::new(),
            items: Items::default(),
            unsettled: false,
        };
        for source in request.sources {
            run.source(source.into(), request.gone).await?;
        }
        run.finish().await?;
        run.report.elapsed_ms = clock.elapsed_ms();
        Ok(run.report)
    }

    /// Removes documents, by id. Ids that are not there are passed over.
    ///
    /// # Errors
    ///
    /// [`RagError`] when registry or index fail.
    pub async fn delete_documents(&self, name: &CollectionName, ids: &[String]) -> Result<usize, RagError> {
        let collection = self.open(name).await?;
        let _changing = collection.changing.lock().await;
        let known = self.parts.registry.documents_by_id(name).await?;
        let ids: Vec<String> = ids.iter().filter(|id| known.contains_key(*id)).cloned().collect();
        self.parts.registry.set_unsettled(name, true).await?;
        let delivery = Delivery { library: self, collection: &collection };
        delivery.remove(&ids).await?;
        delivery.settled().await?;
        Ok(ids.len())
    }
}

impl Run<'_> {
    /// Everything of one source.
    async fn source(&mut self, source: Arc<dyn Source>, gone: Gone) -> Result<(), RagError> {
        let root = source.root();
        let failed_before = self.report.failed.len();
        let record = self.library.parts.registry.source_record(&self.collection.record.name, &root).await?;
        let (lister, remembered) = (Arc::clone(&source), self.remembered(&root, &record));
        let listing = blocking(move || lister.list(&remembered)).await.map_err(RagError::Task)?;
        (self.tell)(IngestEvent::Listed(listing.items.len()));
        let complete = listing.failures.is_empty();
        self.report.failed.extend(listing.failures);
        self.remove_items(&root, &record, listing.gone).await?;
        let items = self.pass_unchanged(&root, &record, listing.items);
        let reader = SourceReader::new(Arc::clone(&source), items, self.known(&root));
        let (mut reader, mut group) = next_group(reader).await?;
        while let Some(outcomes) = group {
            if self.stop.is_requested() {
                break;
            }
            let (taken, next) = tokio::join!(self.take(outcomes, &*source), next_group(reader));
            taken?;
            (reader, group) = next?;
        }
        let whole = complete && reader.is_whole();
        let everything = whole && listing.extent == ListingExtent::Whole;
        if gone == Gone::Remove && everything && !self.stop.is_requested() {
            self.remove_gone(&*source).await?;
        }
        if everything {
            self.items.forget_unlisted(&root, &record);
        }
        // A cursor passes over what failed: it is kept only when nothing did.
        if whole && self.report.failed.len() == failed_before {
            self.items.ended(&root, listing.cursor);
        }
        Ok(())
    }

    fn known(&self, root: &str) -> Known {
        let embedder = self.library.parts.embedder.clone();
        Known {
            pipeline: self.pipeline.clone(),
            extraction: self.library.parts.extraction.clone(),
            stop: self.stop.clone(),
            chunking: self.collection.record.settings.chunking.clone(),
            embedder: self.collection.record.settings.embedder.is_some().then_some(embedder).flatten(),
            hashes: self
                .documents
                .values()
                .filter(|document| self.pipeline.made(&document.fingerprint))
                .map(|document| (document.id.clone(), document.content_hash.clone()))
                .collect(),
            attachments: self
                .documents
                .values()
                .filter(|document| document.root == root && document.source.contains('#'))
                .map(|document| (document.source.clone(), document.id.clone()))
                .collect(),
        }
    }

    /// What was read of some items: counted, or put in line to be staged.
    async fn take(&mut self, outcomes: Vec<Outcome>, source: &dyn Source) -> Result<(), RagError> {
        let root = source.root();
        for outcome in outcomes {
            (self.tell)(IngestEvent::Item(outcome.source().to_owned()));
            match outcome {
                Outcome::Failed { id, failure } => {
                    self.seen.extend(id);
                    self.report.failed.push(failure);
                }
                Outcome::Unchanged { id, source } => {
                    if self.admit(&id, &source, &root) {
                        self.unchanged(id, &source, &root);
                    }
                }
                Outcome::Ready(prepared) => {
                    if self.admit(&prepared.id, &prepared.source, &root) {
                        self.batch.push(*prepared);
                        self.commit_when_full().await?;
                        if self.stop.is_requested() {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn unchanged(&mut self, id: String, source: &str, root: &str) {
        let current = self.documents.get(&id).map(|document| &document.access);
        match self.access.as_ref().or_else(|| self.items.access(root, source)) {
            Some(wanted) if Some(wanted) != current => {
                self.access_changes.entry(wanted.clone()).or_default().push(id);
                self.report.updated += 1;
            }
            _ => self.report.unchanged += 1,
        }
    }

    /// Whether the item may become the document `id`: not when this run has met the id before, and not
    /// when the id or the source belongs to another root. What it refuses is a failed item.
    fn admit(&mut self, id: &str, source: &str, root: &str) -> bool {
        let refuse =
            |error: String, hint: &str| ItemFailure { source: source.to_owned(), error, hint: hint.into() };
        let owner = self.documents.get(id).map(|document| document.root.as_str());
        let other = self.sources.get(source).filter(|other| *other != id);
        let refusal = if self.seen.contains(id) {
            Some(refuse(
                format!("its id `{id}` was met before in this run"),
                "give each record an id of its own",
            ))
        } else if owner.is_some_and(|owner| owner != root) {
            let owner = owner.unwrap_or_default();
            Some(refuse(
                format!("its id `{id}` belongs to the source root `{owner}`"),
                "ingest it into another collection, or delete that document first",
            ))
        } else {
            other.map(|other| {
                refuse(
                    format!("document `{other}` of another source root has the same name"),
                    "ingest it into another collection, or delete that document first",
                )
            })
        };
        if let Some(failure) = refusal {
            self.report.failed.push(failure);
            return false;
        }
        self.seen.insert(id.to_owned());
        self.sources.insert(source.to_owned(), id.to_owned());
        true
    }
}

async fn next_group(mut reader: SourceReader) -> Result<(SourceReader, Option<Vec<Outcome>>), RagError> {
    blocking(move || {
        let group = reader.next_group();
        (reader, group)
    })
    .await
    .map_err(RagError::Task)
}
