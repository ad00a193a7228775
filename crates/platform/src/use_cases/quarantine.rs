//! `quarantine`: what is held back, and what a person decides on it.

use access::Reader;
use rag::{HeldRecord, RagError};

use super::collection_from;
use crate::parts::Embedding;
use crate::{Platform, PlatformError, PullEvent};

/// A document that was held back, with its text.
#[derive(Clone, Debug)]
pub struct HeldDetail {
    /// What is known of it.
    pub held: HeldRecord,
    /// Its stored text, which the spans of its reasons point into; `None` when somebody has decided on it.
    pub text: Option<String>,
}

/// Which document of a quarantine, and who asks.
#[derive(Clone, Copy, Debug)]
pub struct HeldCall<'a> {
    /// The collection.
    pub collection: &'a str,
    /// Who asks.
    pub reader: &'a Reader,
    /// The quarantine's id, the document's id or its source.
    pub wanted: &'a str,
}

impl Platform {
    /// What is held back in a collection, the newest first; with `all`, what was decided on too.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no such collection.
    pub async fn quarantine(
        &self,
        name: &str,
        reader: &Reader,
        all: bool,
    ) -> Result<Vec<HeldRecord>, PlatformError> {
        let name = collection_from(name)?;
        let registry = self.registry().await?;
        registry.require_collection(&name).await?;
        let mut held = registry.quarantine(&name, !all).await?;
        held.retain(|held| may_see(reader, held));
        Ok(held)
    }

    /// One document that was held back.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is none.
    pub async fn held(&self, call: HeldCall<'_>) -> Result<HeldDetail, PlatformError> {
        let name = collection_from(call.collection)?;
        let registry = self.registry().await?;
        registry.require_collection(&name).await?;
        let held = registry.held(&name, call.wanted).await?;
        if !may_see(call.reader, &held) {
            let (collection, id) = (name.to_string(), call.wanted.to_owned());
            return Err(RagError::UnknownHeld { collection, id }.into());
        }
        let text = registry.held_document(&name, &held.id).await?.map(|document| document.text);
        Ok(HeldDetail { held, text })
    }

    /// Lets a document in that was held back.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is none, somebody has decided on it, or a part fails.
    pub async fn release(
        &self,
        call: HeldCall<'_>,
        pulling: &(dyn Fn(PullEvent) + Sync),
    ) -> Result<HeldRecord, PlatformError> {
        self.held(call).await?;
        let name = collection_from(call.collection)?;
        let library = self.library(Embedding::On).await?;
        self.embedder.prepare(pulling).await?;
        let released = library.release(&name, call.wanted).await?;
        feedback("false_alarm");
        Ok(released)
    }

    /// Keeps a document out that was held back.
    ///
    /// # Errors
    ///
    /// As [`Platform::release`].
    pub async fn reject(&self, call: HeldCall<'_>) -> Result<HeldRecord, PlatformError> {
        self.held(call).await?;
        let name = collection_from(call.collection)?;
        let rejected = self.library(Embedding::On).await?.reject(&name, call.wanted).await?;
        feedback("attack");
        Ok(rejected)
    }
}

/// The operator sees what nobody may read too: somebody has to decide on it.
fn may_see(reader: &Reader, held: &HeldRecord) -> bool {
    *reader == Reader::Operator || reader.may_read(&held.access)
}

/// What a person says of a decision of the guard.
fn feedback(said: &'static str) {
    metrics::counter!("patou_guard_feedback_total", "said" => said).increment(1);
}
