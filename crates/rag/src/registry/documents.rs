//! Reading documents, their texts and their problems. A reader sees what it may read and no more.

use access::Reader;
use document::Problem;
use store::StoreError;
use store::sqlx::{self, Row, any::AnyRow};

use super::{DocumentProblem, DocumentRecord, Registry};
use crate::{CollectionName, RagError};

/// The columns of a document, in the order that [`document_from`] reads them.
macro_rules! select_documents {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.source, d.root, d.version, d.access, d.content_hash, d.fingerprint, d.title, \
             d.language, d.format, d.metadata, d.text_bytes, d.chunks, d.problems, d.created_at, d.updated_at \
             FROM documents d WHERE d.collection = $1 ",
            $rest
        )
    };
}

impl Registry {
    /// The documents that `reader` may read, by source.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn documents(
        &self,
        collection: &CollectionName,
        reader: &Reader,
    ) -> Result<Vec<DocumentRecord>, RagError> {
        let mut documents = self.all_documents(collection).await?;
        documents.retain(|document| reader.may_read(&document.access));
        Ok(documents)
    }

    /// Every document, whoever may read it, by source: for recovery.
    pub(crate) async fn all_documents(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<DocumentRecord>, RagError> {
        let rows = sqlx::query(select_documents!("ORDER BY d.source"))
            .bind(collection.as_str())
            .fetch_all(self.database.pool())
            .await
            .map_err(StoreError::query("list the documents"))?;
        rows.iter().map(|row| document_from(collection, row)).collect()
    }

    /// The document with that id or, failing that, that source, if `reader` may read it.
    ///
    /// # Errors
    ///
    /// [`RagError::UnknownDocument`] when there is none that the reader may know of.
    pub async fn document(
        &self,
        collection: &CollectionName,
        reader: &Reader,
        id_or_source: &str,
    ) -> Result<DocumentRecord, RagError> {
        let rows = sqlx::query(select_documents!("AND (d.id = $2 OR d.source = $2)"))
            .bind(collection.as_str())
            .bind(id_or_source)
            .fetch_all(self.database.pool())
            .await
            .map_err(StoreError::query("read a document"))?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            found.push(document_from(collection, row)?);
        }
        found.sort_by_key(|document| document.id != id_or_source);
        found.into_iter().find(|document| reader.may_read(&document.access)).ok_or_else(|| {
            RagError::UnknownDocument { collection: collection.to_string(), id: id_or_source.to_owned() }
        })
    }

    /// The stored text of one version of a document, if that version is still kept. The caller has made
    /// sure that the reader may read the document.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read or the text is not UTF-8.
    pub async fn text(
        &self,
        collection: &CollectionName,
        document_id: &str,
        version: &str,
    ) -> Result<Option<String>, RagError> {
        let row = sqlx::query(
            "SELECT text FROM versions WHERE collection = $1 AND document_id = $2 AND version = $3",
        )
        .bind(collection.as_str())
        .bind(document_id)
        .bind(version)
        .fetch_optional(self.database.pool())
        .await
        .map_err(StoreError::query("read a document's text"))?;
        let Some(row) = row else { return Ok(None) };
        let bytes: Vec<u8> = row.try_get(0).map_err(StoreError::query("read a document's text"))?;
        String::from_utf8(bytes).map(Some).map_err(|error| damaged(collection, error.to_string()))
    }

    /// The versions of a document whose text is kept, newest first.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn versions(
        &self,
        collection: &CollectionName,
        document_id: &str,
    ) -> Result<Vec<(String, i64)>, RagError> {
        let rows = sqlx::query(
            "SELECT version, committed_at FROM versions WHERE collection = $1 AND document_id = $2 \
             ORDER BY committed_at DESC, version",
        )
        .bind(collection.as_str())
        .bind(document_id)
        .fetch_all(self.database.pool())
        .await
        .map_err(StoreError::query("list a document's versions"))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// The problems of the documents that `reader` may read, by source.
    ///
    /// # Errors
    ///
    /// [`RagError`] when the registry cannot be read.
    pub async fn problems(
        &self,
        collection: &CollectionName,
        reader: &Reader,
    ) -> Result<Vec<DocumentProblem>, RagError> {
        let rows = sqlx::query(
            "SELECT d.source, d.id, d.access, p.place, p.what, p.why, p.content_lost \
             FROM problems p JOIN documents d ON d.collection = p.collection AND d.id = p.document_id \
             WHERE p.collection = $1 ORDER BY d.source, p.ordinal",
        )
        .bind(collection.as_str())
        .fetch_all(self.database.pool())
        .await
        .map_err(StoreError::query("list the problems"))?;
        let mut problems = Vec::new();
        for row in &rows {
            let access = access_from(collection, row, 2)?;
            if reader.may_read(&access) {
                problems.push(DocumentProblem {
                    source: row.get(0),
                    document_id: row.get(1),
                    problem: Problem {
                        place: row.get(3),
                        what: row.get(4),
                        why: row.get(5),
                        content_lost: row.get::<i64, _>(6) != 0,
                    },
                });
            }
        }
        Ok(problems)
    }
}

pub(super) fn access_from(
    collection: &CollectionName,
    row: &AnyRow,
    column: usize,
) -> Result<access::AccessList, RagError> {
    let text: String = row.try_get(column).map_err(StoreError::query("read an access list"))?;
    serde_json::from_str(&text).map_err(|error| damaged(collection, format!("access list: {error}")))
}

pub(super) fn damaged(collection: &CollectionName, why: String) -> RagError {
    RagError::Damaged { collection: collection.to_string(), why }
}

fn document_from(collection: &CollectionName, row: &AnyRow) -> Result<DocumentRecord, RagError> {
    let size = |column: usize| usize::try_from(row.get::<i64, _>(column)).unwrap_or(0);
    let metadata: String = row.get(10);
    Ok(DocumentRecord {
        id: row.get(0),
        source: row.get(1),
        root: row.get(2),
        version: row.get(3),
        access: access_from(collection, row, 4)?,
        content_hash: row.get(5),
        fingerprint: row.get(6),
        title: row.get(7),
        language: row.get(8),
        format: row.get(9),
        metadata: serde_json::from_str(&metadata)
            .map_err(|error| damaged(collection, format!("metadata: {error}")))?,
        text_bytes: size(11),
        chunks: size(12),
        problems: size(13),
        created_at: row.get(14),
        updated_at: row.get(15),
    })
}
