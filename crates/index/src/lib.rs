//! Vectors, BM25 and payload filters behind one contract.
//!
//! Owns [`SearchIndex`] and its implementations, the filter language, and the one BM25 analysis that
//! indexing, searching and the answerer share. Nothing leaves it that the reader may not read: reader and
//! filter are compiled into every leg. It knows no embedder, no document and no prompt.

mod date;
mod embedded;
mod error;
mod field;
mod filter;
mod memory;
mod payload;
mod point;
mod search;
mod words;

#[cfg(test)]
mod contract;

pub use date::is_date;
pub use embedded::EmbeddedIndex;
pub use error::IndexError;
pub use field::{Field, FieldKind, IndexSpec};
pub use filter::{Filter, FilterError};
pub use memory::MemoryIndex;
pub use payload::{Payload, Value};
pub use point::{Point, PointId, ScoredPoint};
pub use search::{Legs, Scope, ScoreRequest, Scores, SearchIndex, SearchRequest};
pub use words::{fingerprint, terms};
