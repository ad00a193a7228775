//! What every front can do, as plain functions of plain values.

mod ask;
mod documents;
mod events;
mod guard;
mod ingest;
mod keys;
mod models;
mod parse;
mod quarantine;
mod replay;
mod usage;
mod values;
mod watch;

pub use ask::{AskCall, AskOutcome, SearchCall};
pub use documents::{DeletedDocuments, DocumentDetail};
pub use events::{BlobChange, BlobEvent, EventsReport};
pub use guard::{GuardCall, GuardForm, GuardScanned};
pub use ingest::{IngestCall, IngestWatch, Upload};
pub use keys::KeyCall;
pub use models::{Readiness, ServedModel};
pub use quarantine::{HeldCall, HeldDetail};
pub use replay::Replayed;
pub use values::RedactCall;

use rag::CollectionName;

use crate::PlatformError;

/// Reads a collection's name.
pub(crate) fn collection_from(name: &str) -> Result<CollectionName, PlatformError> {
    Ok(name.parse()?)
}
