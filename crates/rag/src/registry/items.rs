//! What sources had when they were listed last: tokens, cursors, and the documents that each item gave.

use store::sqlx::{self, Row};
use store::{StoreError, Transaction};

use super::Registry;
use super::documents::damaged;
use crate::{CollectionName, RagError};

/// One item as it was when it was ingested whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemRecord {
    pub item: String,
    /// What the source said of its content then: the same token is the same content.
    pub token: String,
    /// The pipeline that read it.
    pub fingerprint: String,
    /// The ids of the documents that it gave.
    pub documents: Vec<String>,
}

/// What is known of one source root.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceRecord {
    pub items: Vec<ItemRecord>,
    /// Where the listing before ended, for sources that list changes.
    pub cursor: Option<String>,
}

/// What a run found out about one source root.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceUpdate {
    pub root: String,
    /// Items that were ingested whole.
    pub items: Vec<ItemRecord>,
    /// Items that are no more.
    pub gone: Vec<String>,
    /// Where the listing ended; `None` leaves what is there.
    pub cursor: Option<String>,
}

impl Registry {
    /// What is known of a source root from the runs before.
    pub(crate) async fn source_record(
        &self,
        collection: &CollectionName,
        root: &str,
    ) -> Result<SourceRecord, RagError> {
        let rows = sqlx::query(
            "SELECT item, token, fingerprint, documents FROM source_items \
             WHERE collection = $1 AND root = $2 ORDER BY item",
        )
        .bind(collection.as_str())
        .bind(root)
        .fetch_all(self.database.pool())
        .await
        .map_err(StoreError::query("list a source's items"))?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            let documents: String = row.get(3);
            let documents = serde_json::from_str(&documents)
                .map_err(|error| damaged(collection, format!("an item's documents: {error}")))?;
            items.push(ItemRecord {
                item: row.get(0),
                token: row.get(1),
                fingerprint: row.get(2),
                documents,
            });
        }
        let row = sqlx::query("SELECT position FROM source_cursors WHERE collection = $1 AND root = $2")
            .bind(collection.as_str())
            .bind(root)
            .fetch_optional(self.database.pool())
            .await
            .map_err(StoreError::query("read a source's cursor"))?;
        Ok(SourceRecord { items, cursor: row.map(|row| row.get(0)) })
    }

    /// Remembers what a run found out, all at once.
    pub(crate) async fn remember_source(
        &self,
        collection: &CollectionName,
        update: &SourceUpdate,
    ) -> Result<(), RagError> {
        let mut transaction = self.database.begin().await?;
        for item in &update.items {
            write_item(&mut transaction, collection, (&update.root, item)).await?;
        }
        for item in &update.gone {
            sqlx::query("DELETE FROM source_items WHERE collection = $1 AND root = $2 AND item = $3")
                .bind(collection.as_str())
                .bind(&update.root)
                .bind(item)
                .execute(transaction.connection())
                .await
                .map_err(StoreError::query("forget an item"))?;
        }
        if let Some(cursor) = &update.cursor {
            sqlx::query(
                "INSERT INTO source_cursors (collection, root, position) VALUES ($1, $2, $3) \
                 ON CONFLICT (collection, root) DO UPDATE SET position = excluded.position",
            )
            .bind(collection.as_str())
            .bind(&update.root)
            .bind(cursor)
            .execute(transaction.connection())
            .await
            .map_err(StoreError::query("write a source's cursor"))?;
        }
        Ok(transaction.commit().await?)
    }

    /// The source roots that a collection's documents and listings came from.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn roots(&self, collection: &CollectionName) -> Result<Vec<String>, RagError> {
        let rows = sqlx::query(
            "SELECT root FROM documents WHERE collection = $1 \
             UNION SELECT root FROM source_items WHERE collection = $1 ORDER BY root",
        )
        .bind(collection.as_str())
        .fetch_all(self.database.pool())
        .await
        .map_err(StoreError::query("list the source roots"))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// The sequencer of the last event that was carried out for an item.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn sequencer(
        &self,
        collection: &CollectionName,
        item: &str,
    ) -> Result<Option<String>, RagError> {
        let row = sqlx::query("SELECT sequencer FROM source_events WHERE collection = $1 AND item = $2")
            .bind(collection.as_str())
            .bind(item)
            .fetch_optional(self.database.pool())
            .await
            .map_err(StoreError::query("read an item's sequencer"))?;
        Ok(row.map(|row| row.get(0)))
    }

    /// Remembers the sequencer of an event that was carried out.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be written.
    pub async fn set_sequencer(
        &self,
        collection: &CollectionName,
        item: &str,
        sequencer: &str,
    ) -> Result<(), RagError> {
        sqlx::query(
            "INSERT INTO source_events (collection, item, sequencer) VALUES ($1, $2, $3) \
             ON CONFLICT (collection, item) DO UPDATE SET sequencer = excluded.sequencer",
        )
        .bind(collection.as_str())
        .bind(item)
        .bind(sequencer)
        .execute(self.database.pool())
        .await
        .map_err(StoreError::query("write an item's sequencer"))?;
        Ok(())
    }
}

async fn write_item(
    transaction: &mut Transaction,
    collection: &CollectionName,
    (root, item): (&str, &ItemRecord),
) -> Result<(), RagError> {
    let documents =
        serde_json::to_string(&item.documents).map_err(|error| damaged(collection, error.to_string()))?;
    sqlx::query(
        "INSERT INTO source_items (collection, root, item, token, fingerprint, documents) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (collection, root, item) DO UPDATE SET \
         token = excluded.token, fingerprint = excluded.fingerprint, documents = excluded.documents",
    )
    .bind(collection.as_str())
    .bind(root)
    .bind(&item.item)
    .bind(&item.token)
    .bind(&item.fingerprint)
    .bind(documents)
    .execute(transaction.connection())
    .await
    .map_err(StoreError::query("remember an item"))?;
    Ok(())
}
