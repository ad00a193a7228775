//! Bringing index and registry to agree after an interruption: the registry is right.

use std::collections::BTreeMap;

use index::{Point, PointId};
use runtime::Shutdown;

use super::deliver::Delivery;
use crate::cache::TextToEmbed;
use crate::library::index_error;
use crate::registry::ChunkRecord;
use crate::source::{labels_of, payload_of};
use crate::{Collection, CollectionName, DocumentRecord, Library, RagError};

impl Library {
    /// Removes the points that are not live, puts back the live ones that are missing, and sets every
    /// access list anew. Afterwards the index is what a clean build would have made.
    ///
    /// # Errors
    ///
    /// [`RagError`] when registry, index or embedder fail; the collection stays marked, so that it is
    /// tried again when it is opened next.
    pub(crate) async fn settle(&self, collection: &Collection) -> Result<(), RagError> {
        let name = &collection.record.name;
        let live = self.parts.registry.live_ids(name).await?;
        let held = collection.index.point_ids().await.map_err(index_error(name))?;
        let staged: Vec<PointId> = held.difference(&live).copied().collect();
        if !staged.is_empty() {
            tracing::info!(collection = %name, points = staged.len(), "removing points that are not live");
            collection.index.delete(&staged).await.map_err(index_error(name))?;
        }
        let mut lists: BTreeMap<String, (access::AccessList, Vec<PointId>)> = BTreeMap::new();
        for document in self.parts.registry.all_documents(name).await? {
            let chunks = self.parts.registry.chunks(name, &document.id).await?;
            let missing: Vec<&ChunkRecord> =
                chunks.iter().filter(|chunk| !held.contains(&chunk.id)).collect();
            if !missing.is_empty() {
                tracing::info!(collection = %name, points = missing.len(), "putting back missing points");
                self.restore(collection, &document, &missing).await?;
            }
            let key = format!("{:?}", document.access);
            let (_, points) = lists.entry(key).or_insert_with(|| (document.access.clone(), Vec::new()));
            points.extend(chunks.iter().map(|chunk| chunk.id));
        }
        for (access, points) in lists.values() {
            collection.index.set_access(points, access).await.map_err(index_error(name))?;
        }
        Delivery { library: self, collection }.settled().await
    }

    /// Compares index and registry point by point; gives how many chunks are live.
    ///
    /// # Errors
    ///
    /// [`RagError::Damaged`] when they differ, or what opening the collection says.
    pub async fn audit(&self, name: &CollectionName) -> Result<usize, RagError> {
        let collection = self.open(name).await?;
        let live = self.parts.registry.live_ids(name).await?;
        let held = collection.index.point_ids().await.map_err(index_error(name))?;
        if live == held {
            return Ok(live.len());
        }
        let missing = live.difference(&held).count();
        let extra = held.difference(&live).count();
        let why = format!("the index lacks {missing} live chunks and holds {extra} that are not live");
        Err(RagError::Damaged { collection: name.to_string(), why })
    }

    async fn restore(
        &self,
        collection: &Collection,
        document: &DocumentRecord,
        missing: &[&ChunkRecord],
    ) -> Result<(), RagError> {
        let name = &collection.record.name;
        let text = self.parts.registry.text(name, &document.id, &document.version).await?;
        let damaged = |why: &str| RagError::Damaged { collection: name.to_string(), why: why.to_owned() };
        let text = text.ok_or_else(|| damaged("a live version has no text"))?;
        let mut texts = Vec::with_capacity(missing.len());
        for chunk in missing {
            let own = text
                .get(chunk.span.start..chunk.span.end)
                .ok_or_else(|| damaged("a span is outside its text"))?;
            texts.push(TextToEmbed { text: format!("{}{own}", chunk.context), tokens: chunk.tokens });
        }
        let mut vectors = vec![None; texts.len()];
        if let (Some(_), Some(embedder)) = (&collection.record.settings.embedder, &self.parts.embedder) {
            let embedded = self.parts.cache.embed(embedder, &texts, &Shutdown::new()).await?;
            vectors = embedded.unwrap_or_default().vectors.into_iter().map(Some).collect();
        }
        let labels = labels_of(document, &collection.index.fields());
        let points = missing
            .iter()
            .zip(texts)
            .zip(vectors)
            .map(|((chunk, text), vector)| Point {
                id: chunk.id,
                vector,
                lexical_text: text.text,
                access: document.access.clone(),
                payload: payload_of(&labels.payload, chunk),
            })
            .collect();
        collection.index.upsert(points).await.map_err(index_error(name))
    }
}
