//! Points of the index, looked up in the registry: which are live, and what they say.

use std::collections::{BTreeSet, HashMap};

use access::{AccessList, Reader};
use document::Span;
use index::PointId;
use store::StoreError;
use store::sqlx::{self, Row, any::AnyRow};

use super::documents::{access_from, damaged};
use super::{ChunkRecord, Registry, rows};
use crate::{CollectionName, RagError, ids};

/// A live chunk with what a hit shows of its document.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveChunk {
    /// The chunk.
    pub chunk: ChunkRecord,
    /// Its place among the document's chunks, from 0.
    pub ordinal: i64,
    /// The document's id.
    pub document_id: String,
    /// The document's live version.
    pub version: String,
    /// The document's source.
    pub source: String,
    /// The document's title.
    pub title: Option<String>,
    /// The document that this one is linked to as a duplicate.
    pub duplicate_of: Option<String>,
}

impl Registry {
    /// Those of `ids` that are chunks of live versions which `reader` may read. The others are staged,
    /// replaced, deleted, or not for this reader, and must not be shown.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn live_chunks(
        &self,
        collection: &CollectionName,
        reader: &Reader,
        ids: &[PointId],
    ) -> Result<HashMap<PointId, LiveChunk>, RagError> {
        let mut live = HashMap::with_capacity(ids.len());
        for some in rows::slices(ids) {
            let statement = format!(
                "SELECT c.id, c.span_start, c.span_end, c.heading_path, c.context, c.page, c.tokens, \
                 d.access, d.id, d.version, d.source, d.title, c.ordinal, k.duplicate_of, c.area \
                 FROM chunks c JOIN documents d ON d.collection = c.collection AND d.id = c.document_id \
                 LEFT JOIN likenesses k ON k.collection = c.collection AND k.document_id = c.document_id \
                 WHERE c.collection = $1 AND c.id IN ({})",
                rows::places(2, some.len())
            );
            // The statement is made of placeholders alone: nothing a user wrote is in it.
            let mut query = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(collection.as_str());
            for id in some {
                query = query.bind(ids::hex(&id.0));
            }
            let rows =
                query.fetch_all(self.database.pool()).await.map_err(StoreError::query("look up chunks"))?;
            for row in &rows {
                let access: AccessList = access_from(collection, row, 7)?;
                if reader.may_read(&access) {
                    let chunk = chunk_from(collection, row)?;
                    let found = LiveChunk {
                        document_id: row.get(8),
                        version: row.get(9),
                        source: row.get(10),
                        title: row.get(11),
                        ordinal: row.get(12),
                        duplicate_of: row.get(13),
                        chunk,
                    };
                    live.insert(found.chunk.id, found);
                }
            }
        }
        Ok(live)
    }

    /// The spans of the chunks before and after a live chunk, if they are still of the same version.
    pub(crate) async fn neighbours(
        &self,
        collection: &CollectionName,
        of: &LiveChunk,
    ) -> Result<Vec<Span>, RagError> {
        let rows = sqlx::query(
            "SELECT c.span_start, c.span_end FROM chunks c \
             JOIN documents d ON d.collection = c.collection AND d.id = c.document_id \
             WHERE c.collection = $1 AND c.document_id = $2 AND d.version = $3 AND c.ordinal IN ($4, $5) \
             ORDER BY c.ordinal",
        )
        .bind(collection.as_str())
        .bind(&of.document_id)
        .bind(&of.version)
        .bind(of.ordinal - 1)
        .bind(of.ordinal + 1)
        .fetch_all(self.database.pool())
        .await
        .map_err(StoreError::query("look up a chunk's neighbours"))?;
        let offset = |row: &AnyRow, column: usize| {
            usize::try_from(row.get::<i64, _>(column)).map_err(|error| damaged(collection, error.to_string()))
        };
        rows.iter().map(|row| Ok(Span { start: offset(row, 0)?, end: offset(row, 1)? })).collect()
    }

    /// The ids of every live chunk, whoever may read it: for recovery.
    pub(crate) async fn live_ids(&self, collection: &CollectionName) -> Result<BTreeSet<PointId>, RagError> {
        let rows = sqlx::query("SELECT id FROM chunks WHERE collection = $1")
            .bind(collection.as_str())
            .fetch_all(self.database.pool())
            .await
            .map_err(StoreError::query("list the live chunks"))?;
        rows.iter().map(|row| id_of(collection, row)).collect()
    }

    /// The ids of the chunks of some documents' live versions.
    pub(crate) async fn chunk_ids(
        &self,
        collection: &CollectionName,
        document_ids: &[String],
    ) -> Result<Vec<PointId>, RagError> {
        let mut found = Vec::new();
        for some in rows::slices(document_ids) {
            let statement = format!(
                "SELECT id FROM chunks WHERE collection = $1 AND document_id IN ({})",
                rows::places(2, some.len())
            );
            for row in self.rows(collection, statement, some).await? {
                found.push(id_of(collection, &row)?);
            }
        }
        Ok(found)
    }

    /// The chunks of one document's live version, in order.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn chunks(
        &self,
        collection: &CollectionName,
        document_id: &str,
    ) -> Result<Vec<ChunkRecord>, RagError> {
        let rows = sqlx::query(
            "SELECT id, span_start, span_end, heading_path, context, page, tokens, area FROM chunks \
             WHERE collection = $1 AND document_id = $2 ORDER BY ordinal",
        )
        .bind(collection.as_str())
        .bind(document_id)
        .fetch_all(self.database.pool())
        .await
        .map_err(StoreError::query("list a document's chunks"))?;
        rows.iter().map(|row| chunk_from(collection, row)).collect()
    }
}

/// Reads a chunk's id from the first column of a row.
fn id_of(collection: &CollectionName, row: &AnyRow) -> Result<PointId, RagError> {
    let id: String = row.get(0);
    ids::from_hex(&id).map(PointId).ok_or_else(|| damaged(collection, format!("chunk id `{id}`")))
}

/// Reads a chunk from the first seven columns of a row, and the one called `area`.
fn chunk_from(collection: &CollectionName, row: &AnyRow) -> Result<ChunkRecord, RagError> {
    let offset = |column: usize| {
        usize::try_from(row.get::<i64, _>(column)).map_err(|error| damaged(collection, error.to_string()))
    };
    let heading_path: String = row.get(3);
    Ok(ChunkRecord {
        id: id_of(collection, row)?,
        span: Span { start: offset(1)?, end: offset(2)? },
        heading_path: serde_json::from_str(&heading_path)
            .map_err(|error| damaged(collection, format!("heading path: {error}")))?,
        context: row.get(4),
        page: row.get::<Option<i64>, _>(5).and_then(|page| u32::try_from(page).ok()),
        area: row.get::<Option<String>, _>("area").and_then(|area| serde_json::from_str(&area).ok()),
        tokens: offset(6)?,
    })
}
