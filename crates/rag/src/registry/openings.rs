//! The questions that short documents begin with: several that begin with the same one were made to be found by it.

use store::StoreError;
use store::sqlx::{self, Row};

use super::Registry;
use crate::{CollectionName, RagError, ids};

impl Registry {
    /// Writes down which question a document begins with, and gives how many others of the collection begin with it.
    pub(crate) async fn opens_with(
        &self,
        collection: &CollectionName,
        document_id: &str,
        question: &str,
    ) -> Result<usize, RagError> {
        let hash = ids::hex(&ids::name_key(question));
        sqlx::query(
            "INSERT INTO openings (collection, document_id, question) VALUES ($1, $2, $3) \
             ON CONFLICT (collection, document_id) DO UPDATE SET question = excluded.question",
        )
        .bind(collection.as_str())
        .bind(document_id)
        .bind(&hash)
        .execute(self.database.pool())
        .await
        .map_err(StoreError::query("write down what a document begins with"))?;
        let row = sqlx::query(
            "SELECT COUNT(*) FROM openings WHERE collection = $1 AND question = $2 AND document_id <> $3",
        )
        .bind(collection.as_str())
        .bind(&hash)
        .bind(document_id)
        .fetch_one(self.database.pool())
        .await
        .map_err(StoreError::query("count documents that begin alike"))?;
        Ok(usize::try_from(row.get::<i64, _>(0)).unwrap_or(0))
    }
}
