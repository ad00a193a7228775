//! Object-safe model traits, their errors and their fakes.
//!
//! Owns the seam between those who need a model and those who know a vendor. It speaks no HTTP and knows
//! no vendor; chat models join [`Embedder`] here when the answer needs one.

mod embedder;
mod error;
mod fake;

pub use embedder::Embedder;
pub use error::ModelError;
pub use fake::HashEmbedder;
