//! Sources, the ingestion pipeline and its registry, retrieval and fusion, and the cited answer.
//!
//! Owns what a collection holds and what of it is live. It knows models, the index and the database through
//! their seams and speaks neither HTTP nor command line.

mod answer;
mod cache;
mod collection;
mod error;
mod extraction;
mod guarding;
mod ids;
mod ingest;
mod library;
mod registry;
mod retrieve;
mod sketch;
mod source;

pub use answer::{
    Answer, AnswerEvent, AnswerTimings, Citation, Generator, Inspection, Question, Refusal, Support,
};
pub use cache::EmbeddingCache;
pub use collection::{CollectionName, CollectionSettings, EmbedderSettings, IndexPlace, Indexes};
pub use error::RagError;
pub use extraction::{Extraction, Passwords, PictureState, Pictures};
pub use guarding::Guarding;
pub use ingest::{
    ChunkCounts, DuplicateCounts, DuplicatePolicy, Gone, IngestEvent, IngestProgress, IngestReport,
    IngestRequest, IngestStage, StageSeconds,
};
pub use library::{Collection, Library, Parts};
pub use registry::{
    ChunkRecord, CollectionRecord, CollectionSummary, DocumentProblem, DocumentRecord, HeldRecord, HeldState,
    LiveChunk, PageBox, Reason, Registry,
};
pub use retrieve::{Fusion, Hit, Mode, Retrieval, RetrievalTimings, Scores, SearchQuery};
pub use source::{
    BlobAddress, BlobEvents, BlobSource, GitAccess, GitSource, GraphSource, ItemFailure, Listed, Listing,
    ListingExtent, MemorySource, Remembered, Source, TreeSource, Web, WebLimits, WebSource, open_path,
    state_of_paths,
};
