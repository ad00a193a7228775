//! What documents are recognised by: their sketches, and which of them are linked as duplicates of others.

use access::AccessList;
use store::sqlx::{self, Row};
use store::{StoreError, Transaction};

use super::documents::access_from;
use super::write::{NewVersion, run};
use super::{Registry, rows};
use crate::ingest::Likeness;
use crate::{CollectionName, RagError};

/// How many sketches are read at once.
const PAGE: i64 = 2000;
const COLUMNS: usize = 4;

impl Registry {
    /// Calls `each` with id, access list and likeness of every document that is no duplicate of another.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub(crate) async fn walk_likenesses(
        &self,
        collection: &CollectionName,
        mut each: impl FnMut(String, AccessList, Likeness),
    ) -> Result<(), RagError> {
        let mut after = String::new();
        loop {
            let page = sqlx::query(
                "SELECT k.document_id, k.sketch, d.access FROM likenesses k \
                 JOIN documents d ON d.collection = k.collection AND d.id = k.document_id \
                 WHERE k.collection = $1 AND k.document_id > $2 AND k.duplicate_of IS NULL \
                 ORDER BY k.document_id LIMIT $3",
            )
            .bind(collection.as_str())
            .bind(after)
            .bind(PAGE)
            .fetch_all(self.database.pool())
            .await
            .map_err(StoreError::query("read the sketches of documents"))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.get(0);
            for row in &page {
                let bytes: Vec<u8> = row.get(1);
                if let Some(likeness) = Likeness::from_bytes(&bytes) {
                    each(row.get(0), access_from(collection, row, 2)?, likeness);
                }
            }
        }
    }
}

/// Writes what some versions are recognised by.
pub(super) async fn write(
    transaction: &mut Transaction,
    collection: &CollectionName,
    versions: &[NewVersion],
) -> Result<(), RagError> {
    for some in rows::slices(versions) {
        let statement = format!(
            "INSERT INTO likenesses (collection, document_id, sketch, duplicate_of) VALUES {} \
             ON CONFLICT (collection, document_id) DO UPDATE SET sketch = excluded.sketch, \
             duplicate_of = excluded.duplicate_of",
            rows::values(some.len(), COLUMNS)
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for version in some {
            let sketch = version.likeness.as_ref().map(Likeness::to_bytes).unwrap_or_default();
            query = query
                .bind(collection.as_str())
                .bind(&version.document.id)
                .bind(sketch)
                .bind(version.duplicate_of.as_deref());
        }
        run(transaction, query, "write the sketches of documents").await?;
    }
    Ok(())
}
