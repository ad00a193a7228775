//! What a person decides on a document that was held back: it is let in, or kept out.

use std::sync::Arc;

use runtime::{Shutdown, blocking};

use super::deliver::Delivery;
use super::embed::{Embedding, Group};
use super::meter::Meter;
use super::prepare::{Made, cut};
use super::read::{Cutting, Met};
use crate::registry::{HeldRecord, HeldState};
use crate::source::Listed;
use crate::{CollectionName, Library, RagError};

impl Library {
    /// Lets a document in that was held back, by its quarantine's id, the document's id or its source. The same bytes
    /// pass from now on.
    ///
    /// # Errors
    ///
    /// [`RagError::UnknownHeld`], [`RagError::Decided`], or what the parts say.
    pub async fn release(&self, name: &CollectionName, wanted: &str) -> Result<HeldRecord, RagError> {
        let collection = self.open(name).await?;
        let _changing = collection.changing.lock().await;
        let registry = &self.parts.registry;
        let held = waiting(registry.held(name, wanted).await?, wanted)?;
        let missing = || RagError::UnknownHeld { collection: name.to_string(), id: wanted.to_owned() };
        let document = registry.held_document(name, &held.id).await?.ok_or_else(missing)?;
        let mut known = registry.known(name, std::slice::from_ref(&held.document_id), &[]).await?;
        let met = Met {
            item: Arc::new(Listed { source: held.source.clone(), ..Listed::default() }),
            id: held.document_id.clone(),
            source: held.source.clone(),
            root: held.root.clone(),
            bytes: 0,
            before: known.documents.remove(&held.document_id),
            holder: None,
            carrier_access: None,
        };
        let settings = &collection.record.settings;
        let embedder = settings.embedder.is_some().then_some(self.parts.embedder.clone()).flatten();
        let cutting = Cutting { chunking: settings.chunking.clone(), embedder };
        let made = Made { content_hash: held.content_hash.clone(), fingerprint: held.fingerprint.clone() };
        let prepared = blocking(move || cut(&cutting, met, document, made)).await.map_err(RagError::Task)?;
        let mut group = Group { documents: vec![prepared], ..Group::default() };
        let (meter, stop) = (Meter::new(&|_| {}, 1), Shutdown::new());
        let embedding = Embedding { library: self, collection: &collection, meter: &meter, stop: &stop };
        embedding.embed(&mut group).await?;
        let delivery = Delivery { library: self, collection: &collection };
        delivery.unsettled().await?;
        let staged = delivery.stage(vec![group], Some(&held.access)).await?;
        delivery.flip(&staged.versions).await?;
        delivery.settled().await?;
        self.decide(name, held, HeldState::Released).await
    }

    /// Keeps a document out that was held back, by its quarantine's id, the document's id or its source. Its text is
    /// dropped; the same bytes stay out from now on.
    ///
    /// # Errors
    ///
    /// As [`Library::release`].
    pub async fn reject(&self, name: &CollectionName, wanted: &str) -> Result<HeldRecord, RagError> {
        let collection = self.open(name).await?;
        let _changing = collection.changing.lock().await;
        let held = waiting(self.parts.registry.held(name, wanted).await?, wanted)?;
        self.decide(name, held, HeldState::Rejected).await
    }

    async fn decide(
        &self,
        name: &CollectionName,
        held: HeldRecord,
        state: HeldState,
    ) -> Result<HeldRecord, RagError> {
        let at = self.parts.clock.now_micros();
        self.parts.registry.decide(name, &held.id, (state, at)).await?;
        Ok(HeldRecord { state, decided_at: Some(at), ..held })
    }
}

/// What waits; anything else was decided on.
fn waiting(held: HeldRecord, wanted: &str) -> Result<HeldRecord, RagError> {
    match held.state {
        HeldState::Held => Ok(held),
        state => Err(RagError::Decided { id: wanted.to_owned(), state: state.name() }),
    }
}
