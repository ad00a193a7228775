//! Stage, flip, collect: the order of steps that loses nothing and duplicates nothing.

use std::collections::HashSet;

use access::AccessList;
use index::{Payload, Point, PointId};
use runtime::Shutdown;

use super::ChunkCounts;
use super::read::Prepared;
use crate::cache::TextToEmbed;
use crate::library::index_error;
use crate::registry::NewVersion;
use crate::source::{Labels, labels_of};
use crate::{ChunkRecord, Collection, DocumentRecord, Library, RagError, ids};

/// How many points are embedded and staged in one step.
const STAGE_POINTS: usize = 256;

/// Where documents are delivered to.
pub(super) struct Delivery<'a> {
    pub library: &'a Library,
    pub collection: &'a Collection,
}

/// What a delivery did.
#[derive(Default)]
pub(super) struct Delivered {
    pub records: Vec<DocumentRecord>,
    pub chunks: ChunkCounts,
    pub tokens: usize,
}

/// A chunk on its way to the index.
struct Staged {
    id: PointId,
    text: String,
    tokens: usize,
    access: AccessList,
    payload: Payload,
}

impl Delivery<'_> {
    /// Makes documents live. `None` when `stop` said so first, in which case none of them is.
    pub(super) async fn deliver(
        &self,
        batch: Vec<Prepared>,
        records: Vec<DocumentRecord>,
        stop: &Shutdown,
    ) -> Result<Option<Delivered>, RagError> {
        let mut delivered = Delivered::default();
        let mut versions = Vec::with_capacity(batch.len());
        let mut waiting = Vec::new();
        for (prepared, record) in batch.into_iter().zip(records) {
            let labels = self.labels(&record).await?;
            for staged in staged_chunks(&prepared, &record, &labels) {
                waiting.push(staged);
                if waiting.len() == STAGE_POINTS && !self.stage(&mut waiting, &mut delivered, stop).await? {
                    return Ok(None);
                }
            }
            versions.push(new_version(prepared, record, labels));
        }
        if !self.stage(&mut waiting, &mut delivered, stop).await? || stop.is_requested() {
            return Ok(None);
        }
        self.flush().await?;
        let replaced = self.replaced_points(&versions).await?;
        self.library.parts.registry.flip(self.name(), &versions).await?;
        self.collect(&replaced).await?;
        delivered.chunks.removed = replaced.len();
        delivered.records = versions.into_iter().map(|version| version.document).collect();
        Ok(Some(delivered))
    }

    /// Removes documents: from the registry's commit on they do not answer. Gives the number of chunks.
    pub(super) async fn remove(&self, document_ids: &[String]) -> Result<usize, RagError> {
        let mut points = Vec::new();
        for id in document_ids {
            points.extend(self.points_of(id).await?);
        }
        self.library.parts.registry.remove_documents(self.name(), document_ids).await?;
        self.collect(&points).await?;
        Ok(points.len())
    }

    /// Changes who may read documents: it holds from the registry's commit.
    pub(super) async fn set_access(
        &self,
        document_ids: &[String],
        access: &AccessList,
    ) -> Result<(), RagError> {
        self.library.parts.registry.set_access(self.name(), document_ids, access).await?;
        let mut points = Vec::new();
        for id in document_ids {
            points.extend(self.points_of(id).await?);
        }
        self.collection.index.set_access(&points, access).await.map_err(index_error(self.name()))
    }

    /// Says that index and registry agree, once everything is on the disk.
    pub(super) async fn settled(&self) -> Result<(), RagError> {
        self.collection.index.optimize().await.map_err(index_error(self.name()))?;
        self.flush().await?;
        self.library.parts.registry.set_unsettled(self.name(), false).await
    }

    async fn flush(&self) -> Result<(), RagError> {
        self.collection.index.flush().await.map_err(index_error(self.name()))
    }

    fn name(&self) -> &crate::CollectionName {
        &self.collection.record.name
    }

    async fn labels(&self, record: &DocumentRecord) -> Result<Labels, RagError> {
        let labels = labels_of(record, &self.collection.index.fields());
        if !labels.new_fields.is_empty() {
            self.collection.index.add_fields(&labels.new_fields).await.map_err(index_error(self.name()))?;
            let fields = self.collection.index.fields();
            self.library.parts.registry.set_fields(self.name(), &fields).await?;
        }
        Ok(labels)
    }

    /// Embeds and upserts what waits; `false` when `stop` said so first.
    async fn stage(
        &self,
        waiting: &mut Vec<Staged>,
        delivered: &mut Delivered,
        stop: &Shutdown,
    ) -> Result<bool, RagError> {
        if waiting.is_empty() {
            return Ok(true);
        }
        let staged = std::mem::take(waiting);
        let mut vectors = vec![None; staged.len()];
        if let (Some(_), Some(embedder)) =
            (&self.collection.record.settings.embedder, &self.library.parts.embedder)
        {
            let texts: Vec<TextToEmbed> = staged
                .iter()
                .map(|staged| TextToEmbed { text: staged.text.clone(), tokens: staged.tokens })
                .collect();
            let Some(embedded) = self.library.parts.cache.embed(embedder, &texts, stop).await? else {
                return Ok(false);
            };
            let reused = embedded.reused.iter().filter(|reused| **reused).count();
            delivered.chunks.reused += reused;
            delivered.chunks.added += staged.len() - reused;
            delivered.tokens += embedded.tokens;
            vectors = embedded.vectors.into_iter().map(Some).collect();
        } else {
            delivered.chunks.added += staged.len();
        }
        let points = staged
            .into_iter()
            .zip(vectors)
            .map(|(staged, vector)| Point {
                id: staged.id,
                vector,
                lexical_text: staged.text,
                access: staged.access,
                payload: staged.payload,
            })
            .collect();
        self.collection.index.upsert(points).await.map_err(index_error(self.name()))?;
        Ok(true)
    }

    /// The points of the versions that are live now and will not be after the flip.
    async fn replaced_points(&self, versions: &[NewVersion]) -> Result<Vec<PointId>, RagError> {
        let mut replaced = Vec::new();
        for version in versions {
            let kept: HashSet<PointId> = version.chunks.iter().map(|chunk| chunk.id).collect();
            let before = self.points_of(&version.document.id).await?;
            replaced.extend(before.into_iter().filter(|id| !kept.contains(id)));
        }
        Ok(replaced)
    }

    async fn points_of(&self, document_id: &str) -> Result<Vec<PointId>, RagError> {
        let chunks = self.library.parts.registry.chunks(self.name(), document_id).await?;
        Ok(chunks.into_iter().map(|chunk| chunk.id).collect())
    }

    async fn collect(&self, points: &[PointId]) -> Result<(), RagError> {
        if points.is_empty() {
            return Ok(());
        }
        self.collection.index.delete(points).await.map_err(index_error(self.name()))
    }
}

fn staged_chunks<'a>(
    prepared: &'a Prepared,
    record: &'a DocumentRecord,
    labels: &'a Labels,
) -> impl Iterator<Item = Staged> + 'a {
    prepared.chunks.iter().map(|chunk| Staged {
        id: ids::chunk_id(&prepared.id, &prepared.version, chunk.span),
        text: chunk.indexed_text(&prepared.document),
        tokens: chunk.tokens,
        access: record.access.clone(),
        payload: labels.payload.clone(),
    })
}

fn new_version(prepared: Prepared, mut record: DocumentRecord, labels: Labels) -> NewVersion {
    let chunks: Vec<ChunkRecord> = prepared
        .chunks
        .iter()
        .map(|chunk| ChunkRecord {
            id: ids::chunk_id(&prepared.id, &prepared.version, chunk.span),
            span: chunk.span,
            heading_path: chunk.heading_path.clone(),
            context: chunk.context.clone(),
            page: chunk.page,
            tokens: chunk.tokens,
        })
        .collect();
    let mut problems = prepared.document.problems;
    problems.extend(labels.problems);
    record.problems = problems.len();
    NewVersion { document: record, text: prepared.document.text, chunks, problems }
}
