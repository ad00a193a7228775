//! Stage, flip, collect: the order of steps that loses nothing and duplicates nothing.

use std::collections::HashSet;

use access::AccessList;
use document::{Chunk, Problem};
use index::{Field, Point, PointId};

use super::embed::Group;
use super::read::Prepared;
use super::room::Room;
use crate::library::index_error;
use crate::registry::NewVersion;
use crate::source::{labels_of, payload_of};
use crate::{ChunkRecord, Collection, DocumentRecord, Library, PageBox, RagError, ids};

/// How many documents are removed or opened in one step.
const STEP_DOCUMENTS: usize = 256;

/// Where documents are delivered to.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'a> {
    pub library: &'a Library,
    pub collection: &'a Collection,
}

/// Documents whose points are in the index, and whose versions are not live yet.
pub(super) struct Staged {
    pub versions: Vec<NewVersion>,
    /// Chunks whose vector was there.
    pub reused: usize,
    /// Tokens that were embedded.
    pub tokens: usize,
    /// Bytes of the items.
    pub bytes: u64,
    /// Given back when the documents are live.
    pub rooms: Vec<Room>,
}

impl Delivery<'_> {
    /// Writes the points of some groups of documents to the index. That makes them durable in its own time: until
    /// then the collection is marked, and what an interruption takes is put back when it is opened next.
    pub(super) async fn stage(
        &self,
        groups: Vec<Group>,
        access: Option<&AccessList>,
    ) -> Result<Staged, RagError> {
        let mut staged = Staged { versions: Vec::new(), reused: 0, tokens: 0, bytes: 0, rooms: Vec::new() };
        let mut points = Vec::new();
        let mut fields = self.collection.index.fields();
        let known = fields.len();
        for group in groups {
            staged.reused += group.reused;
            staged.tokens += group.tokens;
            let mut vectors = group.vectors.into_iter();
            for mut prepared in group.documents {
                staged.bytes += prepared.met.bytes;
                staged.rooms.push(std::mem::replace(&mut prepared.room, Room::none()));
                let texts = std::mem::take(&mut prepared.texts);
                let record = self.record_of(&prepared, access);
                let labels = labels_of(&record, &fields);
                fields.extend(labels.new_fields);
                let version = new_version(prepared, record, labels.problems);
                points.extend(version.chunks.iter().zip(texts).map(|(chunk, text)| Point {
                    id: chunk.id,
                    vector: vectors.next(),
                    lexical_text: text,
                    access: version.document.access.clone(),
                    payload: payload_of(&labels.payload, chunk),
                }));
                staged.versions.push(version);
            }
        }
        let new = &fields[known..];
        if !new.is_empty() {
            self.collection.index.add_fields(new).await.map_err(index_error(self.name()))?;
        }
        let (upserted, remembered) =
            tokio::join!(self.collection.index.upsert(points), self.remember_fields(new));
        upserted.map_err(index_error(self.name()))?;
        remembered?;
        Ok(staged)
    }

    /// Makes staged documents live and takes away what they replace; gives how many chunks that were.
    pub(super) async fn flip(&self, versions: &[NewVersion]) -> Result<usize, RagError> {
        let replaced = self.replaced_points(versions).await?;
        self.library.parts.registry.flip(self.name(), versions).await?;
        self.collect(&replaced).await?;
        Ok(replaced.len())
    }

    /// The document as it will be; the count of problems is filled in when its fields are known.
    fn record_of(&self, prepared: &Prepared, access: Option<&AccessList>) -> DocumentRecord {
        let now = self.library.parts.clock.now_micros();
        let Prepared { met, document, .. } = prepared;
        let before = met.before.as_ref();
        DocumentRecord {
            id: met.id.clone(),
            source: met.source.clone(),
            root: met.root.clone(),
            version: prepared.version.clone(),
            access: met.access(access),
            content_hash: prepared.content_hash.clone(),
            fingerprint: prepared.fingerprint.clone(),
            title: document.title.clone(),
            language: document.language.clone(),
            format: document.format.to_string(),
            metadata: document.metadata.clone(),
            text_bytes: document.text.len(),
            chunks: prepared.chunks.len(),
            problems: document.problems.len(),
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: now,
        }
    }

    /// Removes documents: from the registry's commit on they do not answer. Gives the number of chunks.
    pub(super) async fn remove(&self, document_ids: &[String]) -> Result<usize, RagError> {
        let mut removed = 0;
        for some in document_ids.chunks(STEP_DOCUMENTS) {
            let points = self.points_of(some).await?;
            self.library.parts.registry.remove_documents(self.name(), some).await?;
            self.collect(&points).await?;
            removed += points.len();
        }
        Ok(removed)
    }

    /// Changes who may read documents: it holds from the registry's commit.
    pub(super) async fn set_access(
        &self,
        document_ids: &[String],
        access: &AccessList,
    ) -> Result<(), RagError> {
        for some in document_ids.chunks(STEP_DOCUMENTS) {
            self.library.parts.registry.set_access(self.name(), some, access).await?;
            let points = self.points_of(some).await?;
            self.collection.index.set_access(&points, access).await.map_err(index_error(self.name()))?;
        }
        Ok(())
    }

    /// Says that index and registry may differ from now on.
    pub(super) async fn unsettled(&self) -> Result<(), RagError> {
        self.library.parts.registry.set_unsettled(self.name(), true).await
    }

    /// Says that index and registry agree, once everything is on the disk; the index is put in order another
    /// time.
    pub(super) async fn agreed(&self) -> Result<(), RagError> {
        self.flush().await?;
        self.library.parts.registry.set_unsettled(self.name(), false).await
    }

    /// Puts the index in order and says that index and registry agree, once everything is on the disk.
    pub(super) async fn settled(&self) -> Result<(), RagError> {
        self.collection.index.optimize().await.map_err(index_error(self.name()))?;
        self.agreed().await
    }

    async fn flush(&self) -> Result<(), RagError> {
        self.collection.index.flush().await.map_err(index_error(self.name()))
    }

    fn name(&self) -> &crate::CollectionName {
        &self.collection.record.name
    }

    /// Writes down which fields the collection has, if there are new ones.
    async fn remember_fields(&self, new: &[Field]) -> Result<(), RagError> {
        if new.is_empty() {
            return Ok(());
        }
        self.library.parts.registry.set_fields(self.name(), &self.collection.index.fields()).await
    }

    /// The points of the versions that are live now and will not be after the flip.
    async fn replaced_points(&self, versions: &[NewVersion]) -> Result<Vec<PointId>, RagError> {
        let replacing = versions.iter().filter(|version| version.replaces);
        let kept: HashSet<PointId> =
            replacing.clone().flat_map(|version| version.chunks.iter().map(|chunk| chunk.id)).collect();
        let ids: Vec<String> = replacing.map(|version| version.document.id.clone()).collect();
        let mut replaced = self.points_of(&ids).await?;
        replaced.retain(|id| !kept.contains(id));
        Ok(replaced)
    }

    async fn points_of(&self, document_ids: &[String]) -> Result<Vec<PointId>, RagError> {
        self.library.parts.registry.chunk_ids(self.name(), document_ids).await
    }

    async fn collect(&self, points: &[PointId]) -> Result<(), RagError> {
        if points.is_empty() {
            return Ok(());
        }
        self.collection.index.delete(points).await.map_err(index_error(self.name()))
    }
}

fn new_version(prepared: Prepared, mut record: DocumentRecord, labels: Vec<Problem>) -> NewVersion {
    let chunk = |chunk: Chunk| ChunkRecord {
        id: ids::chunk_id(&prepared.met.id, &prepared.version, chunk.span),
        span: chunk.span,
        heading_path: chunk.heading_path,
        context: chunk.context,
        area: chunk.page.and_then(|page| PageBox::around(&prepared.document, chunk.span, page)),
        page: chunk.page,
        tokens: chunk.tokens,
    };
    let chunks: Vec<ChunkRecord> = prepared.chunks.into_iter().map(chunk).collect();
    let mut problems = prepared.document.problems;
    problems.extend(labels);
    record.problems = problems.len();
    let replaces = prepared.met.before.is_some();
    NewVersion {
        document: record,
        text: prepared.document.text,
        chunks,
        problems,
        replaces,
        likeness: prepared.likeness,
        duplicate_of: prepared.duplicate_of,
    }
}
