//! Changing what is live: every change is one transaction.

use access::AccessList;
use document::Problem;
use store::sqlx;
use store::{StoreError, Transaction};

use super::documents::damaged;
use super::{ChunkRecord, DocumentRecord, Registry, VERSIONS_KEPT};
use crate::{CollectionName, RagError, ids};

/// A version that is staged in the index and about to become the live one of its document.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// The document as it will be.
    pub document: DocumentRecord,
    /// The stored text.
    pub text: String,
    /// Its chunks, in order.
    pub chunks: Vec<ChunkRecord>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Registry {
    /// Flips the documents to their new versions, all at once: from the commit on they are what is live,
    /// and what they replace is not. The points of `versions` are on the disk before this is called.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be written, in which case nothing has changed.
    pub async fn flip(&self, collection: &CollectionName, versions: &[NewVersion]) -> Result<(), RagError> {
        let mut transaction = self.database.begin().await?;
        for version in versions {
            write_document(&mut transaction, collection, &version.document).await?;
            write_text(&mut transaction, collection, version).await?;
            write_chunks(&mut transaction, collection, version).await?;
            write_problems(&mut transaction, collection, version).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Removes documents with everything that is known of them, all at once.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be written, in which case nothing has changed.
    pub async fn remove_documents(
        &self,
        collection: &CollectionName,
        document_ids: &[String],
    ) -> Result<(), RagError> {
        let mut transaction = self.database.begin().await?;
        for id in document_ids {
            sqlx::query("DELETE FROM documents WHERE collection = $1 AND id = $2")
                .bind(collection.as_str())
                .bind(id)
                .execute(transaction.connection())
                .await
                .map_err(StoreError::query("remove a document"))?;
        }
        Ok(transaction.commit().await?)
    }

    /// Changes who may read the documents, all at once: it holds from the commit.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be written, in which case nothing has changed.
    pub async fn set_access(
        &self,
        collection: &CollectionName,
        document_ids: &[String],
        access: &AccessList,
    ) -> Result<(), RagError> {
        let text = json(collection, access)?;
        let mut transaction = self.database.begin().await?;
        for id in document_ids {
            sqlx::query("UPDATE documents SET access = $3 WHERE collection = $1 AND id = $2")
                .bind(collection.as_str())
                .bind(id)
                .bind(&text)
                .execute(transaction.connection())
                .await
                .map_err(StoreError::query("change an access list"))?;
        }
        Ok(transaction.commit().await?)
    }
}

async fn write_document(
    transaction: &mut Transaction,
    collection: &CollectionName,
    document: &DocumentRecord,
) -> Result<(), RagError> {
    sqlx::query(
        "INSERT INTO documents (collection, id, source, root, version, access, content_hash, fingerprint, \
         title, language, format, metadata, text_bytes, chunks, problems, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
         ON CONFLICT (collection, id) DO UPDATE SET source = excluded.source, root = excluded.root, \
         version = excluded.version, access = excluded.access, content_hash = excluded.content_hash, \
         fingerprint = excluded.fingerprint, title = excluded.title, language = excluded.language, \
         format = excluded.format, metadata = excluded.metadata, text_bytes = excluded.text_bytes, \
         chunks = excluded.chunks, problems = excluded.problems, updated_at = excluded.updated_at",
    )
    .bind(collection.as_str())
    .bind(&document.id)
    .bind(&document.source)
    .bind(&document.root)
    .bind(&document.version)
    .bind(json(collection, &document.access)?)
    .bind(&document.content_hash)
    .bind(&document.fingerprint)
    .bind(document.title.as_deref())
    .bind(document.language.as_deref())
    .bind(&document.format)
    .bind(json(collection, &document.metadata)?)
    .bind(integer(document.text_bytes))
    .bind(integer(document.chunks))
    .bind(integer(document.problems))
    .bind(document.created_at)
    .bind(document.updated_at)
    .execute(transaction.connection())
    .await
    .map_err(StoreError::query("write a document"))?;
    Ok(())
}

async fn write_text(
    transaction: &mut Transaction,
    collection: &CollectionName,
    version: &NewVersion,
) -> Result<(), RagError> {
    sqlx::query(
        "INSERT INTO versions (collection, document_id, version, committed_at, text) \
         VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (collection, document_id, version) DO UPDATE SET committed_at = excluded.committed_at",
    )
    .bind(collection.as_str())
    .bind(&version.document.id)
    .bind(&version.document.version)
    .bind(version.document.updated_at)
    .bind(version.text.as_bytes())
    .execute(transaction.connection())
    .await
    .map_err(StoreError::query("write a document's text"))?;
    sqlx::query(
        "DELETE FROM versions WHERE collection = $1 AND document_id = $2 AND version NOT IN \
         (SELECT version FROM versions WHERE collection = $1 AND document_id = $2 \
          ORDER BY committed_at DESC, CASE WHEN version = $3 THEN 0 ELSE 1 END LIMIT $4)",
    )
    .bind(collection.as_str())
    .bind(&version.document.id)
    .bind(&version.document.version)
    .bind(integer(VERSIONS_KEPT))
    .execute(transaction.connection())
    .await
    .map_err(StoreError::query("drop a document's oldest text"))?;
    Ok(())
}

async fn write_chunks(
    transaction: &mut Transaction,
    collection: &CollectionName,
    version: &NewVersion,
) -> Result<(), RagError> {
    sqlx::query("DELETE FROM chunks WHERE collection = $1 AND document_id = $2")
        .bind(collection.as_str())
        .bind(&version.document.id)
        .execute(transaction.connection())
        .await
        .map_err(StoreError::query("replace a document's chunks"))?;
    for (ordinal, chunk) in version.chunks.iter().enumerate() {
        insert_chunk(transaction, collection, &Placed { version, ordinal, chunk }).await?;
    }
    Ok(())
}

/// A chunk and where it belongs.
struct Placed<'a> {
    version: &'a NewVersion,
    ordinal: usize,
    chunk: &'a ChunkRecord,
}

async fn insert_chunk(
    transaction: &mut Transaction,
    collection: &CollectionName,
    placed: &Placed<'_>,
) -> Result<(), RagError> {
    let chunk = placed.chunk;
    sqlx::query(
        "INSERT INTO chunks (collection, id, document_id, ordinal, span_start, span_end, heading_path, \
         context, page, tokens) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(collection.as_str())
    .bind(ids::hex(&chunk.id.0))
    .bind(&placed.version.document.id)
    .bind(integer(placed.ordinal))
    .bind(integer(chunk.span.start))
    .bind(integer(chunk.span.end))
    .bind(json(collection, &chunk.heading_path)?)
    .bind(&chunk.context)
    .bind(chunk.page.map(i64::from))
    .bind(integer(chunk.tokens))
    .execute(transaction.connection())
    .await
    .map_err(StoreError::query("write a chunk"))?;
    Ok(())
}

async fn write_problems(
    transaction: &mut Transaction,
    collection: &CollectionName,
    version: &NewVersion,
) -> Result<(), RagError> {
    sqlx::query("DELETE FROM problems WHERE collection = $1 AND document_id = $2")
        .bind(collection.as_str())
        .bind(&version.document.id)
        .execute(transaction.connection())
        .await
        .map_err(StoreError::query("replace a document's problems"))?;
    for (ordinal, problem) in version.problems.iter().enumerate() {
        sqlx::query(
            "INSERT INTO problems (collection, document_id, ordinal, place, what, why, content_lost) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(collection.as_str())
        .bind(&version.document.id)
        .bind(integer(ordinal))
        .bind(&problem.place)
        .bind(&problem.what)
        .bind(&problem.why)
        .bind(i64::from(problem.content_lost))
        .execute(transaction.connection())
        .await
        .map_err(StoreError::query("write a problem"))?;
    }
    Ok(())
}

fn integer(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn json<T: serde::Serialize>(collection: &CollectionName, value: &T) -> Result<String, RagError> {
    serde_json::to_string(value).map_err(|error| damaged(collection, error.to_string()))
}
