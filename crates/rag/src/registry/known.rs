//! What an ingest has to know of documents before it touches them, asked for a few at a time: a collection
//! has more of them than fit into memory.

use std::collections::HashMap;

use access::{AccessList, Reader};
use store::StoreError;
use store::sqlx::{self, Row, any::AnyRow};

use super::documents::access_from;
use super::{Registry, rows};
use crate::{CollectionName, RagError};

/// How many documents one page of a walk over all of them has.
const PAGE_DOCUMENTS: i64 = 2000;

/// A document as it is before an ingest touches it.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// What it was read from.
    pub source: String,
    /// The source root that owns it.
    pub root: String,
    /// The hash of the bytes that it was read from.
    pub content_hash: String,
    /// The pipeline that read them.
    pub fingerprint: String,
    /// Who may read it.
    pub access: AccessList,
    /// When it was first ingested: microseconds since 1970.
    pub created_at: i64,
}

/// What [`Registry::known`] found.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The documents asked for that are there, by id.
    pub documents: HashMap<String, Before>,
    /// The ids of the documents that have the sources asked for.
    pub holders: HashMap<String, String>,
}

/// How much there is of what a reader may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Documents.
    pub documents: usize,
    /// Their chunks.
    pub chunks: usize,
    /// Their problems.
    pub problems: usize,
}

impl Registry {
    /// The documents that have one of these ids, or one of these sources, whoever may read them.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn known(
        &self,
        collection: &CollectionName,
        ids: &[String],
        sources: &[String],
    ) -> Result<Known, RagError> {
        let mut known = Known::default();
        for some in rows::slices(ids) {
            let statement = format!(
                "SELECT id, root, content_hash, fingerprint, access, created_at, source FROM documents \
                 WHERE collection = $1 AND id IN ({})",
                rows::places(2, some.len())
            );
            for row in self.rows(collection, statement, some).await? {
                let before = Before {
                    root: row.get(1),
                    content_hash: row.get(2),
                    fingerprint: row.get(3),
                    access: access_from(collection, &row, 4)?,
                    created_at: row.get(5),
                    source: row.get(6),
                };
                known.documents.insert(row.get(0), before);
            }
        }
        for some in rows::slices(sources) {
            let statement = format!(
                "SELECT source, id FROM documents WHERE collection = $1 AND source IN ({})",
                rows::places(2, some.len())
            );
            for row in self.rows(collection, statement, some).await? {
                known.holders.insert(row.get(0), row.get(1));
            }
        }
        Ok(known)
    }

    /// Calls `each` with id and source of every document that a root owns.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn walk_root(
        &self,
        collection: &CollectionName,
        root: &str,
        mut each: impl FnMut(String, String),
    ) -> Result<(), RagError> {
        let mut after = String::new();
        loop {
            let page = sqlx::query(
                "SELECT id, source FROM documents WHERE collection = $1 AND id > $2 AND root = $3 \
                 ORDER BY id LIMIT $4",
            )
            .bind(collection.as_str())
            .bind(after)
            .bind(root)
            .bind(PAGE_DOCUMENTS)
            .fetch_all(self.database.pool())
            .await
            .map_err(StoreError::query("list the documents of a source root"))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.get(0);
            page.iter().for_each(|row| each(row.get(0), row.get(1)));
        }
    }

    /// How much a reader may read, without listing it.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn tally(&self, collection: &CollectionName, reader: &Reader) -> Result<Tally, RagError> {
        let found = sqlx::query(
            "SELECT access, COUNT(*), CAST(SUM(chunks) AS BIGINT), CAST(SUM(problems) AS BIGINT) \
             FROM documents WHERE collection = $1 GROUP BY access",
        )
        .bind(collection.as_str())
        .fetch_all(self.database.pool())
        .await
        .map_err(StoreError::query("count the documents"))?;
        let mut tally = Tally::default();
        let size = |row: &AnyRow, column: usize| usize::try_from(row.get::<i64, _>(column)).unwrap_or(0);
        for row in &found {
            if reader.may_read(&access_from(collection, row, 0)?) {
                tally.documents += size(row, 1);
                tally.chunks += size(row, 2);
                tally.problems += size(row, 3);
            }
        }
        Ok(tally)
    }

    /// The rows of a statement made of placeholders alone, bound to the collection and some texts.
    pub(super) async fn rows(
        &self,
        collection: &CollectionName,
        statement: String,
        texts: &[String],
    ) -> Result<Vec<AnyRow>, RagError> {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(collection.as_str());
        for text in texts {
            query = query.bind(text);
        }
        let found = query.fetch_all(self.database.pool()).await;
        Ok(found.map_err(StoreError::query("look up documents and chunks"))?)
    }
}
