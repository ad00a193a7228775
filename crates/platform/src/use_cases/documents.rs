//! `collections` and `documents`.

use access::Reader;
use rag::{ChunkRecord, CollectionSummary, DocumentProblem, DocumentRecord};

use super::collection_from;
use crate::parts::Embedding;
use crate::{Platform, PlatformError};

/// One document with its versions.
#[derive(Clone, Debug)]
pub struct DocumentDetail {
    /// The document.
    pub document: DocumentRecord,
    /// The versions whose text is kept and when each was committed (microseconds since 1970), newest first.
    pub versions: Vec<(String, i64)>,
}

/// What a deletion did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedDocuments {
    /// The ids of the documents that were deleted.
    pub ids: Vec<String>,
}

impl Platform {
    /// Every collection, with what `reader` may know of it.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the registry cannot be read.
    pub async fn collections(&self, reader: &Reader) -> Result<Vec<CollectionSummary>, PlatformError> {
        Ok(self.registry().await?.summaries(reader).await?)
    }

    /// Makes an empty collection.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the name is none, or is taken.
    pub async fn create_collection(&self, name: &str) -> Result<(), PlatformError> {
        let name = collection_from(name)?;
        self.library(Embedding::On).await?.create(&name).await?;
        Ok(())
    }

    /// Deletes a collection with everything in it.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is none of that name.
    pub async fn delete_collection(&self, name: &str) -> Result<(), PlatformError> {
        let name = collection_from(name)?;
        Ok(self.library(Embedding::On).await?.delete(&name).await?)
    }

    /// The documents of a collection that `reader` may read, by source.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no such collection.
    pub async fn documents(&self, name: &str, reader: &Reader) -> Result<Vec<DocumentRecord>, PlatformError> {
        let name = collection_from(name)?;
        let registry = self.registry().await?;
        registry.require_collection(&name).await?;
        Ok(registry.documents(&name, reader).await?)
    }

    /// One document, by id or source.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is none that `reader` may know of.
    pub async fn document(
        &self,
        name: &str,
        reader: &Reader,
        id_or_source: &str,
    ) -> Result<DocumentDetail, PlatformError> {
        let name = collection_from(name)?;
        let registry = self.registry().await?;
        registry.require_collection(&name).await?;
        let document = registry.document(&name, reader, id_or_source).await?;
        let versions = registry.versions(&name, &document.id).await?;
        Ok(DocumentDetail { document, versions })
    }

    /// The stored text of a document: of its live version, or of one that is still kept.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no such document or version.
    pub async fn document_text(
        &self,
        name: &str,
        detail: &DocumentDetail,
        version: Option<&str>,
    ) -> Result<String, PlatformError> {
        let name = collection_from(name)?;
        let version = version.unwrap_or(&detail.document.version);
        let text = self.registry().await?.text(&name, &detail.document.id, version).await?;
        text.ok_or_else(|| PlatformError::Argument {
            what: format!("document `{}` has no version `{version}` whose text is kept", detail.document.id),
            hint: "`patou documents show` lists the versions that are kept".into(),
        })
    }

    /// The chunks that a document's live version was cut into, in the text's order.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the registry cannot be read.
    pub async fn document_chunks(
        &self,
        name: &str,
        detail: &DocumentDetail,
    ) -> Result<Vec<ChunkRecord>, PlatformError> {
        let name = collection_from(name)?;
        Ok(self.registry().await?.chunks(&name, &detail.document.id).await?)
    }

    /// Deletes documents, each named by id or source, with every version. All of them are looked up first:
    /// when one is not there, none is deleted.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no such collection or document.
    pub async fn delete_documents(
        &self,
        name: &str,
        ids_or_sources: &[String],
    ) -> Result<DeletedDocuments, PlatformError> {
        let name = collection_from(name)?;
        let library = self.library(Embedding::On).await?;
        library.record(&name).await?;
        let mut ids = Vec::with_capacity(ids_or_sources.len());
        for wanted in ids_or_sources {
            ids.push(library.registry().document(&name, &Reader::Operator, wanted).await?.id);
        }
        ids.sort();
        ids.dedup();
        library.delete_documents(&name, &ids).await?;
        Ok(DeletedDocuments { ids })
    }

    /// Everything that could not be read in the documents that `reader` may read.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no such collection.
    pub async fn problems(&self, name: &str, reader: &Reader) -> Result<Vec<DocumentProblem>, PlatformError> {
        let name = collection_from(name)?;
        let registry = self.registry().await?;
        registry.require_collection(&name).await?;
        Ok(registry.problems(&name, reader).await?)
    }
}
