//! Ingestion: sources in, live documents out.
//!
//! A document becomes live in three steps. Its points are *staged* in the index; one transaction *flips* the registry
//! to the new version; the points of the version before are *collected*. The collection is marked unsettled before the
//! first step and settled after the last, when the index is on the disk, and what a crash leaves between is repaired
//! when it is opened next (see `settle`).
//!
//! Documents go through bounded queues, in the order of their listing: jobs are read, parsed and cut on every
//! core (`read`), groups of chunks are embedded (`embed`), what is embedded is staged while what was staged
//! before is flipped (`commit`).

mod admit;
mod commit;
mod containers;
mod deliver;
mod duplicates;
mod embed;
mod items;
mod jobs;
mod meter;
mod prepare;
mod read;
mod release;
mod room;
mod run;
mod settle;
mod suspicion;

use access::AccessList;
use futures_util::future::BoxFuture;
use runtime::Shutdown;

use crate::source::{ItemFailure, Source};
use crate::{CollectionName, Library, RagError};
use deliver::Delivery;
pub(crate) use duplicates::Likeness;
pub use duplicates::{DuplicateCounts, DuplicatePolicy};
pub use meter::{IngestProgress, IngestStage, StageSeconds};
use run::Run;

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
    /// Documents that say what another one says. Those that were left out are in no other count.
    pub duplicates: DuplicateCounts,
    /// Tokens that were embedded.
    pub tokens_embedded: usize,
    /// Problems on the documents added or updated.
    pub problems: usize,
    /// How long it took.
    pub elapsed_ms: f64,
    /// How long each stage worked.
    pub stages: StageSeconds,
    /// Whether it was asked to stop before it was through.
    pub stopped: bool,
}

impl IngestReport {
    /// The share of the documents that were read that is held back, 0 to 1; 0 where none was read.
    #[expect(clippy::cast_precision_loss, reason = "a share is told to a few digits")]
    pub fn quarantined_share(&self) -> f64 {
        let read = self.added + self.updated + self.quarantined;
        if read == 0 { 0.0 } else { self.quarantined as f64 / read as f64 }
    }
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
#[derive(Clone, Debug, PartialEq)]
pub enum IngestEvent {
    /// So many more items were found; a file of many documents counts as one until it is read.
    Listed(usize),
    /// An item is through.
    Item(String),
    /// So many more tokens were embedded.
    Embedded(usize),
    /// How far it is, a few times a second at most.
    Progress(IngestProgress),
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
        let collection = match self.open(&request.collection).await {
            Err(RagError::UnknownCollection(_)) => self.create(&request.collection).await?,
            other => other?,
        };
        let _changing = collection.changing.lock().await;
        if self.record(&request.collection).await?.unsettled {
            // A run in this process failed halfway.
            self.settle(&collection).await?;
        }
        // Boxed, since the compiler cannot prove of a future that holds this one that it is `Send`.
        let run: BoxFuture<'_, _> = Box::pin(Run::new(self, &collection, tell, stop).whole(request));
        run.await
    }

    /// Removes documents, by id. Ids that are not there are passed over.
    ///
    /// # Errors
    ///
    /// [`RagError`] when registry or index fail.
    pub async fn delete_documents(&self, name: &CollectionName, ids: &[String]) -> Result<usize, RagError> {
        let collection = self.open(name).await?;
        let _changing = collection.changing.lock().await;
        let known = self.parts.registry.known(name, ids, &[]).await?;
        let ids: Vec<String> = ids.iter().filter(|id| known.documents.contains_key(*id)).cloned().collect();
        self.parts.registry.set_unsettled(name, true).await?;
        let delivery = Delivery { library: self, collection: &collection };
        delivery.remove(&ids).await?;
        delivery.settled().await?;
        Ok(ids.len())
    }
}
