//! `bench ingest`: how fast documents become live, in a home of its own that is gone afterwards.
//!
//! Owns the measures and nothing that they measure: each goes through the crates that a user's ingest goes
//! through. It reads the user's models and never the user's data.

mod corpus;
mod memory;
mod scale;
mod speed;

use std::path::PathBuf;
use std::sync::Arc;

use document::Chunking;
use model::Embedder;
use rag::{
    CollectionName, EmbeddingCache, Gone, IngestEvent, IngestReport, IngestRequest, Library, Registry,
};
use runtime::{Shutdown, SystemClock};
use store::Database;

use crate::home::Home;
use crate::parts::EmbeddedIndexes;
use crate::use_cases::collection_from;
use crate::{Platform, PlatformError, PullEvent};
use corpus::Corpus;

/// What to measure.
#[derive(Clone, Debug, Default)]
pub struct IngestBenchCall {
    /// A folder of Markdown to measure with; without one, Markdown is made up.
    pub corpus: Option<PathBuf>,
    /// How many documents the scale run ingests; without it, speed is measured instead.
    pub documents: Option<usize>,
    /// Whether the encoder takes part.
    pub encoder: WithEncoder,
}

/// Whether the encoder takes part in a benchmark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithEncoder {
    /// It does: the model is fetched if it is not here.
    #[default]
    Yes,
    /// It does not.
    No,
}

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What was measured.
    pub measure: String,
    /// How much it is.
    pub value: f64,
    /// In what.
    pub unit: &'static str,
    /// Over what, and what it is made of.
    pub detail: String,
}

/// Where a scale run was at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScalePoint {
    /// Documents that were live.
    pub documents: usize,
    /// Seconds since the run began.
    pub seconds: f64,
    /// Resident memory without mapped files, in MiB, where the system tells.
    pub resident_mib: Option<u64>,
    /// Resident memory of mapped files, in MiB, where the system tells.
    pub mapped_mib: Option<u64>,
}

/// What a benchmark found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngestBench {
    /// The figures.
    pub figures: Vec<Figure>,
    /// How the scale run went on.
    pub scale: Vec<ScalePoint>,
}

/// A home that is gone when this is.
pub(super) struct Scratch {
    library: Library,
    name: CollectionName,
    folder: tempfile::TempDir,
}

impl Platform {
    /// Measures what `call` asks for. `tell` hears what is being done.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the temporary home cannot be made or filled, or the corpus has no Markdown.
    pub async fn bench_ingest(
        &self,
        call: &IngestBenchCall,
        pulling: &(dyn Fn(PullEvent) + Sync),
        tell: &(dyn Fn(&str) + Sync),
    ) -> Result<IngestBench, PlatformError> {
        self.require_settings()?;
        if let Some(documents) = call.documents {
            return scale::measure(documents, tell).await;
        }
        let corpus = Corpus::read(call.corpus.as_deref())?;
        let mut found = IngestBench::default();
        tell("cutting");
        found.figures.extend(speed::chunking(&corpus));
        tell("ingesting without embedding");
        found.figures.push(speed::lexical(&corpus).await?);
        if call.encoder == WithEncoder::Yes {
            self.embedder.prepare(pulling).await?;
            tell("ingesting with the encoder, then the encoder alone");
            let embedder: Arc<dyn Embedder> = self.embedder.clone();
            found.figures.extend(speed::encoded(&corpus, &embedder).await?);
        }
        Ok(found)
    }
}

impl Scratch {
    pub async fn new(embedder: Option<Arc<dyn Embedder>>, chunking: Chunking) -> Result<Self, PlatformError> {
        let folder =
            tempfile::tempdir().map_err(PlatformError::file("make a folder in", &std::env::temp_dir()))?;
        let home = Home::open(folder.path())?;
        let state = Database::open_sqlite(&home.state_database()).await?;
        let cache = Database::open_sqlite_cache(&home.embedding_database()).await?;
        let library = Library::new(rag::Parts {
            registry: Registry::open(state).await?,
            cache: EmbeddingCache::open(cache).await?,
            indexes: Arc::new(EmbeddedIndexes { home }),
            embedder,
            generator: None,
            clock: Arc::new(SystemClock),
            chunking,
            duplicates: rag::DuplicatePolicy::Keep,
            guarding: rag::Guarding::default(),
            extraction: rag::Extraction::default(),
        });
        Ok(Self { library, name: collection_from("bench")?, folder })
    }

    /// Ingests one source.
    pub async fn ingest(
        &self,
        source: Box<dyn rag::Source>,
        tell: &(dyn Fn(IngestEvent) + Sync),
    ) -> Result<IngestReport, PlatformError> {
        let request = IngestRequest {
            collection: self.name.clone(),
            sources: vec![source],
            access: None,
            gone: Gone::Keep,
        };
        Ok(self.library.ingest(request, tell, &Shutdown::new()).await?)
    }
}

/// Megabytes in a second.
#[expect(clippy::cast_precision_loss, reason = "a rate is shown to three digits")]
fn rate(bytes: u64, elapsed_ms: f64) -> f64 {
    bytes as f64 / 1e3 / elapsed_ms.max(1e-3)
}
