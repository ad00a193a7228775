//! Changing what is live: every change is one transaction.

use access::AccessList;
use document::Problem;
use std::collections::HashSet;

use store::sqlx::{self, Row};
use store::{StoreError, Transaction};

use super::documents::damaged;
use super::{ChunkRecord, DocumentRecord, Registry, VERSIONS_KEPT, likenesses, rows};
use crate::ingest::Likeness;
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
    /// Whether the document is there already, with chunks and problems of its own.
    pub replaces: bool,
    /// What the text is recognised by; `None` where it says nothing.
    pub(crate) likeness: Option<Likeness>,
    /// The document that it is linked to as a duplicate.
    pub duplicate_of: Option<String>,
}

impl Registry {
    /// Flips the documents to their new versions, all at once: from the commit on they are what is live,
    /// and what they replace is not. The points of `versions` are in the index before this is called; the collection stays
    /// marked until they are on the disk.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be written, in which case nothing has changed.
    pub async fn flip(&self, collection: &CollectionName, versions: &[NewVersion]) -> Result<(), RagError> {
        let mut transaction = self.database.begin().await?;
        write_documents(&mut transaction, collection, versions).await?;
        write_texts(&mut transaction, collection, versions).await?;
        likenesses::write(&mut transaction, collection, versions).await?;
        for version in versions.iter().filter(|version| version.replaces) {
            drop_replaced(&mut transaction, collection, version).await?;
        }
        write_chunks(&mut transaction, collection, versions).await?;
        write_problems(&mut transaction, collection, versions).await?;
        drop_held(&mut transaction, collection, versions).await?;
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
            for statement in [
                "DELETE FROM documents WHERE collection = $1 AND id = $2",
                "DELETE FROM openings WHERE collection = $1 AND document_id = $2",
            ] {
                let query = sqlx::query(statement).bind(collection.as_str()).bind(id);
                run(&mut transaction, query, "remove a document").await?;
            }
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

const DOCUMENT_COLUMNS: usize = 17;
const VERSION_COLUMNS: usize = 5;
const CHUNK_COLUMNS: usize = 11;
const PROBLEM_COLUMNS: usize = 7;

async fn write_documents(
    transaction: &mut Transaction,
    collection: &CollectionName,
    versions: &[NewVersion],
) -> Result<(), RagError> {
    for some in rows::slices(versions) {
        let statement = format!(
            "INSERT INTO documents (collection, id, source, root, version, access, content_hash, fingerprint, \
             title, language, format, metadata, text_bytes, chunks, problems, created_at, updated_at) \
             VALUES {} \
             ON CONFLICT (collection, id) DO UPDATE SET source = excluded.source, root = excluded.root, \
             version = excluded.version, access = excluded.access, content_hash = excluded.content_hash, \
             fingerprint = excluded.fingerprint, title = excluded.title, language = excluded.language, \
             format = excluded.format, metadata = excluded.metadata, text_bytes = excluded.text_bytes, \
             chunks = excluded.chunks, problems = excluded.problems, updated_at = excluded.updated_at",
            rows::values(some.len(), DOCUMENT_COLUMNS)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for document in some.iter().map(|version| &version.document) {
            query = query
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
                .bind(document.updated_at);
        }
        run(transaction, query, "write documents").await?;
    }
    Ok(())
}

async fn write_texts(
    transaction: &mut Transaction,
    collection: &CollectionName,
    versions: &[NewVersion],
) -> Result<(), RagError> {
    for some in rows::slices(versions) {
        let statement = format!(
            "INSERT INTO versions (collection, document_id, version, committed_at, text) VALUES {} \
             ON CONFLICT (collection, document_id, version) DO UPDATE SET committed_at = excluded.committed_at",
            rows::values(some.len(), VERSION_COLUMNS)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for version in some {
            query = query
                .bind(collection.as_str())
                .bind(&version.document.id)
                .bind(&version.document.version)
                .bind(version.document.updated_at)
                .bind(version.text.as_bytes());
        }
        run(transaction, query, "write the documents' texts").await?;
    }
    Ok(())
}

/// Takes away what the versions before have and the new one does not share with them: the oldest texts,
/// chunks and problems.
async fn drop_replaced(
    transaction: &mut Transaction,
    collection: &CollectionName,
    version: &NewVersion,
) -> Result<(), RagError> {
    for (statement, action) in [
        ("DELETE FROM chunks WHERE collection = $1 AND document_id = $2", "replace a document's chunks"),
        ("DELETE FROM problems WHERE collection = $1 AND document_id = $2", "replace a document's problems"),
    ] {
        let query = sqlx::query(statement).bind(collection.as_str()).bind(&version.document.id);
        run(transaction, query, action).await?;
    }
    let query = sqlx::query(
        "DELETE FROM versions WHERE collection = $1 AND document_id = $2 AND version NOT IN \
         (SELECT version FROM versions WHERE collection = $1 AND document_id = $2 \
          ORDER BY committed_at DESC, CASE WHEN version = $3 THEN 0 ELSE 1 END LIMIT $4)",
    )
    .bind(collection.as_str())
    .bind(&version.document.id)
    .bind(&version.document.version)
    .bind(integer(VERSIONS_KEPT));
    run(transaction, query, "drop a document's oldest text").await
}

/// What waits for a decision of a document that has become another one gives way to it.
async fn drop_held(
    transaction: &mut Transaction,
    collection: &CollectionName,
    versions: &[NewVersion],
) -> Result<(), RagError> {
    let waiting = sqlx::query("SELECT document_id FROM quarantine WHERE collection = $1 AND state = 'held'")
        .bind(collection.as_str())
        .fetch_all(transaction.connection())
        .await
        .map_err(StoreError::query("look for what is held back"))?;
    let waiting: HashSet<String> = waiting.iter().map(|row| row.get(0)).collect();
    for version in versions.iter().filter(|version| waiting.contains(&version.document.id)) {
        let query = sqlx::query(
            "DELETE FROM quarantine WHERE collection = $1 AND document_id = $2 AND state = 'held' AND \
             content_hash <> $3",
        )
        .bind(collection.as_str())
        .bind(&version.document.id)
        .bind(&version.document.content_hash);
        run(transaction, query, "drop what was held back of a document").await?;
    }
    Ok(())
}

async fn write_chunks(
    transaction: &mut Transaction,
    collection: &CollectionName,
    versions: &[NewVersion],
) -> Result<(), RagError> {
    for some in rows::slices(&placed(versions, |version| &version.chunks)) {
        let statement = format!(
            "INSERT INTO chunks (collection, id, document_id, ordinal, span_start, span_end, heading_path, \
             context, page, tokens, area) VALUES {}",
            rows::values(some.len(), CHUNK_COLUMNS)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for (document_id, ordinal, chunk) in some {
            let area = chunk.area.as_ref().map(|area| json(collection, area)).transpose()?;
            query = query
                .bind(collection.as_str())
                .bind(ids::hex(&chunk.id.0))
                .bind(*document_id)
                .bind(integer(*ordinal))
                .bind(integer(chunk.span.start))
                .bind(integer(chunk.span.end))
                .bind(json(collection, &chunk.heading_path)?)
                .bind(&chunk.context)
                .bind(chunk.page.map(i64::from))
                .bind(integer(chunk.tokens))
                .bind(area);
        }
        run(transaction, query, "write chunks").await?;
    }
    Ok(())
}

async fn write_problems(
    transaction: &mut Transaction,
    collection: &CollectionName,
    versions: &[NewVersion],
) -> Result<(), RagError> {
    for some in rows::slices(&placed(versions, |version| &version.problems)) {
        let statement = format!(
            "INSERT INTO problems (collection, document_id, ordinal, place, what, why, content_lost) VALUES {}",
            rows::values(some.len(), PROBLEM_COLUMNS)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for (document_id, ordinal, problem) in some {
            query = query
                .bind(collection.as_str())
                .bind(*document_id)
                .bind(integer(*ordinal))
                .bind(&problem.place)
                .bind(&problem.what)
                .bind(&problem.why)
                .bind(i64::from(problem.content_lost));
        }
        run(transaction, query, "write problems").await?;
    }
    Ok(())
}

/// The parts of some versions, each with its document's id and its place among that document's.
fn placed<'a, T>(
    versions: &'a [NewVersion],
    parts: impl Fn(&'a NewVersion) -> &'a Vec<T>,
) -> Vec<(&'a str, usize, &'a T)> {
    let of = |version: &'a NewVersion| {
        let id = version.document.id.as_str();
        parts(version).iter().enumerate().map(move |(ordinal, part)| (id, ordinal, part))
    };
    versions.iter().flat_map(of).collect()
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

pub(super) async fn run(
    transaction: &mut Transaction,
    query: Query<'_>,
    action: &'static str,
) -> Result<(), RagError> {
    query.execute(transaction.connection()).await.map_err(StoreError::query(action))?;
    Ok(())
}

fn integer(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn json<T: serde::Serialize>(collection: &CollectionName, value: &T) -> Result<String, RagError> {
    serde_json::to_string(value).map_err(|error| damaged(collection, error.to_string()))
}
