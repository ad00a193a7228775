//! Collections: making, finding, marking and deleting them.

use access::Reader;
use index::Field;
use store::StoreError;
use store::sqlx::{self, Row, any::AnyRow};

use super::Registry;
use crate::{CollectionName, CollectionSettings, RagError};

/// One collection as the registry keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionRecord {
    /// Its name.
    pub name: CollectionName,
    /// What it fixes.
    pub settings: CollectionSettings,
    /// The fields that its documents can be filtered by.
    pub fields: Vec<Field>,
    /// Which of its index versions serves.
    pub active_index: u32,
    /// Whether an ingest or a deletion began and did not come to its end: the index may hold points that
    /// are not live, or lack some that are.
    pub unsettled: bool,
    /// Microseconds since 1970.
    pub created_at: i64,
}

/// A collection in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionSummary {
    /// The collection.
    pub record: CollectionRecord,
    /// How many documents the reader may read.
    pub documents: usize,
    /// How many chunks those have.
    pub chunks: usize,
    /// How many problems those have.
    pub problems: usize,
}

const SELECT: &str =
    "SELECT name, settings, fields, active_index, unsettled, created_at FROM collections WHERE name = $1";
const SELECT_ALL: &str =
    "SELECT name, settings, fields, active_index, unsettled, created_at FROM collections ORDER BY name";

impl Registry {
    /// The collection of that name, if there is one.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn collection(&self, name: &CollectionName) -> Result<Option<CollectionRecord>, RagError> {
        let row = sqlx::query(SELECT)
            .bind(name.as_str())
            .fetch_optional(self.database.pool())
            .await
            .map_err(StoreError::query("read a collection"))?;
        row.map(|row| collection_from(&row)).transpose()
    }

    /// The collection of that name.
    ///
    /// # Errors
    ///
    /// [`RagError::UnknownCollection`], or that the registry cannot be read.
    pub async fn require_collection(&self, name: &CollectionName) -> Result<CollectionRecord, RagError> {
        let found = self.collection(name).await?;
        found.ok_or_else(|| RagError::UnknownCollection(name.to_string()))
    }

    /// Every collection, with what `reader` may know of it.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn summaries(&self, reader: &Reader) -> Result<Vec<CollectionSummary>, RagError> {
        let mut summaries = Vec::new();
        for record in self.collections().await? {
            let super::Tally { documents, chunks, problems } = self.tally(&record.name, reader).await?;
            summaries.push(CollectionSummary { record, documents, chunks, problems });
        }
        Ok(summaries)
    }

    /// Every collection, by name.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn collections(&self) -> Result<Vec<CollectionRecord>, RagError> {
        let rows = sqlx::query(SELECT_ALL)
            .fetch_all(self.database.pool())
            .await
            .map_err(StoreError::query("list the collections"))?;
        rows.iter().map(collection_from).collect()
    }

    /// Adds a collection; the caller has seen that there is none of that name.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be written.
    pub async fn add_collection(&self, record: &CollectionRecord) -> Result<(), RagError> {
        let mut transaction = self.database.begin().await?;
        sqlx::query(
            "INSERT INTO collections (name, settings, fields, active_index, unsettled, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(record.name.as_str())
        .bind(json(&record.settings, &record.name)?)
        .bind(json(&record.fields, &record.name)?)
        .bind(i64::from(record.active_index))
        .bind(i64::from(record.unsettled))
        .bind(record.created_at)
        .execute(transaction.connection())
        .await
        .map_err(StoreError::query("add a collection"))?;
        Ok(transaction.commit().await?)
    }

    /// Removes a collection with its documents, versions, chunks and problems.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be written.
    pub async fn remove_collection(&self, name: &CollectionName) -> Result<(), RagError> {
        let mut transaction = self.database.begin().await?;
        sqlx::query("DELETE FROM collections WHERE name = $1")
            .bind(name.as_str())
            .execute(transaction.connection())
            .await
            .map_err(StoreError::query("remove a collection"))?;
        Ok(transaction.commit().await?)
    }

    /// Says whether the index may differ from the registry. Committed before the first point is touched
    /// and taken back after the last is on the disk.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be written.
    pub async fn set_unsettled(&self, name: &CollectionName, unsettled: bool) -> Result<(), RagError> {
        let mut transaction = self.database.begin().await?;
        sqlx::query("UPDATE collections SET unsettled = $2 WHERE name = $1")
            .bind(name.as_str())
            .bind(i64::from(unsettled))
            .execute(transaction.connection())
            .await
            .map_err(StoreError::query("mark a collection"))?;
        Ok(transaction.commit().await?)
    }

    /// Replaces the list of fields that the collection's documents can be filtered by.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be written.
    pub async fn set_fields(&self, name: &CollectionName, fields: &[Field]) -> Result<(), RagError> {
        let mut transaction = self.database.begin().await?;
        sqlx::query("UPDATE collections SET fields = $2 WHERE name = $1")
            .bind(name.as_str())
            .bind(json(&fields, name)?)
            .execute(transaction.connection())
            .await
            .map_err(StoreError::query("write a collection's fields"))?;
        Ok(transaction.commit().await?)
    }
}

fn collection_from(row: &AnyRow) -> Result<CollectionRecord, RagError> {
    let name: String = row.try_get(0).map_err(StoreError::query("read a collection"))?;
    let text = |column: usize| -> Result<String, RagError> {
        Ok(row.try_get(column).map_err(StoreError::query("read a collection"))?)
    };
    let number = |column: usize| -> Result<i64, RagError> {
        Ok(row.try_get(column).map_err(StoreError::query("read a collection"))?)
    };
    let damaged = |why: String| RagError::Damaged { collection: name.clone(), why };
    Ok(CollectionRecord {
        settings: serde_json::from_str(&text(1)?).map_err(|error| damaged(format!("settings: {error}")))?,
        fields: serde_json::from_str(&text(2)?).map_err(|error| damaged(format!("fields: {error}")))?,
        active_index: u32::try_from(number(3)?).map_err(|error| damaged(format!("index number: {error}")))?,
        unsettled: number(4)? != 0,
        created_at: number(5)?,
        name: name.parse()?,
    })
}

fn json<T: serde::Serialize>(value: &T, name: &CollectionName) -> Result<String, RagError> {
    serde_json::to_string(value)
        .map_err(|error| RagError::Damaged { collection: name.to_string(), why: error.to_string() })
}
