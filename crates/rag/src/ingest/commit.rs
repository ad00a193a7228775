//! A run's batches: what is counted, remembered and told when documents are delivered.

use std::collections::HashSet;

use super::deliver::Delivery;
use super::{IngestEvent, Run};
use crate::source::{Source, files_of};
use crate::{DocumentRecord, RagError};

/// How many chunks wait before their documents are staged and flipped together.
const BATCH_CHUNKS: usize = 256;
/// How many bytes of text wait before their documents are staged and flipped together.
const BATCH_TEXT_BYTES: usize = 16 << 20;

impl Run<'_> {
    pub(super) async fn commit_when_full(&mut self) -> Result<(), RagError> {
        let chunks: usize = self.batch.iter().map(|prepared| prepared.chunks.len().max(1)).sum();
        let bytes: usize = self.batch.iter().map(|prepared| prepared.document.text.len()).sum();
        if chunks >= BATCH_CHUNKS || bytes >= BATCH_TEXT_BYTES { self.commit().await } else { Ok(()) }
    }

    /// Delivers what is waiting. When the run is asked to stop meanwhile, nothing of it becomes live.
    async fn commit(&mut self) -> Result<(), RagError> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() || self.stop.is_requested() {
            return Ok(());
        }
        self.unsettle().await?;
        let records: Vec<DocumentRecord> = batch.iter().map(|prepared| self.record_of(prepared)).collect();
        let collection = std::sync::Arc::clone(&self.collection);
        let delivery = Delivery { library: self.library, collection: &collection };
        let Some(delivered) = delivery.deliver(batch, records, &self.stop).await? else { return Ok(()) };
        self.report.chunks.added += delivered.chunks.added;
        self.report.chunks.reused += delivered.chunks.reused;
        self.report.chunks.removed += delivered.chunks.removed;
        self.report.tokens_embedded += delivered.tokens;
        (self.tell)(IngestEvent::Embedded(delivered.tokens));
        for record in delivered.records {
            self.report.problems += record.problems;
            match self.documents.insert(record.id.clone(), record) {
                Some(_) => self.report.updated += 1,
                None => self.report.added += 1,
            }
        }
        Ok(())
    }

    /// The document as it will be; the counts of chunks and problems are filled in when it is staged.
    fn record_of(&self, prepared: &super::Prepared) -> DocumentRecord {
        let now = self.library.parts.clock.now_micros();
        let before = self.documents.get(&prepared.id);
        let said = || self.items.access(&prepared.root, &prepared.source).cloned();
        let kept =
            || before.or_else(|| self.carrier_of(&prepared.source)).map(|document| document.access.clone());
        let access = self.access.clone().or_else(said).or_else(kept);
        DocumentRecord {
            id: prepared.id.clone(),
            source: prepared.source.clone(),
            root: prepared.root.clone(),
            version: prepared.version.clone(),
            access: access.unwrap_or(access::AccessList::Public),
            content_hash: prepared.content_hash.clone(),
            fingerprint: prepared.fingerprint.clone(),
            title: prepared.document.title.clone(),
            language: prepared.document.language.clone(),
            format: prepared.document.format.to_string(),
            metadata: prepared.document.metadata.clone(),
            text_bytes: prepared.document.text.len(),
            chunks: prepared.chunks.len(),
            problems: prepared.document.problems.len(),
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: now,
        }
    }

    /// The document that an attachment of this source comes with, as it was.
    fn carrier_of(&self, source: &str) -> Option<&DocumentRecord> {
        let mut carriers = source.rmatch_indices('#').map(|(place, _)| &source[..place]);
        carriers.find_map(|carrier| self.documents.get(self.sources.get(carrier)?))
    }

    /// Removes the documents of this source's root that the run has not met. What lies in a file that could not
    /// be read is not taken to be gone.
    pub(super) async fn remove_gone(&mut self, source: &dyn Source) -> Result<(), RagError> {
        let root = source.root();
        let failed: HashSet<&str> =
            self.report.failed.iter().map(|failure| failure.source.as_str()).collect();
        let gone: Vec<String> = self
            .documents
            .values()
            .filter(|document| document.root == root && source.covers(&document.source))
            .filter(|document| !self.seen.contains(&document.id))
            .filter(|document| files_of(&document.source).all(|file| !failed.contains(file)))
            .map(|document| document.id.clone())
            .collect();
        self.remove(gone).await
    }

    /// Removes documents, and counts them.
    pub(super) async fn remove(&mut self, gone: Vec<String>) -> Result<(), RagError> {
        if gone.is_empty() {
            return Ok(());
        }
        self.unsettle().await?;
        let delivery = Delivery { library: self.library, collection: &self.collection };
        self.report.chunks.removed += delivery.remove(&gone).await?;
        self.report.deleted += gone.len();
        let gone: HashSet<String> = gone.into_iter().collect();
        self.documents.retain(|id, _| !gone.contains(id));
        self.sources.retain(|_, id| !gone.contains(id));
        Ok(())
    }

    /// What is left to do when every source is through.
    pub(super) async fn finish(&mut self) -> Result<(), RagError> {
        self.commit().await?;
        if !self.access_changes.is_empty() && !self.stop.is_requested() {
            self.unsettle().await?;
            let delivery = Delivery { library: self.library, collection: &self.collection };
            for (access, documents) in &self.access_changes {
                delivery.set_access(documents, access).await?;
            }
        }
        self.report.stopped = self.stop.is_requested();
        if self.report.stopped && self.unsettled {
            return self.library.settle(&self.collection).await;
        }
        if self.unsettled {
            let delivery = Delivery { library: self.library, collection: &self.collection };
            delivery.settled().await?;
        }
        if !self.report.stopped {
            self.remember().await?;
        }
        Ok(())
    }

    async fn unsettle(&mut self) -> Result<(), RagError> {
        if !self.unsettled {
            self.library.parts.registry.set_unsettled(&self.collection.record.name, true).await?;
            self.unsettled = true;
        }
        Ok(())
    }
}
