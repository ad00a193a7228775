//! The collections of one home: making, opening, listing and deleting them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use access::Reader;
use document::Chunking;
use index::{Field, IndexError, IndexSpec, Scope, SearchIndex};
use model::Embedder;
use runtime::{Clock, Stopwatch};
use tokio::sync::Mutex;

use crate::source::BASE_FIELDS;
use crate::{
    CollectionName, CollectionRecord, CollectionSettings, DuplicatePolicy, EmbeddingCache, Extraction,
    Generator, Guarding, IndexPlace, Indexes, RagError, Registry,
};

/// How long a deletion waits for searches to be through.
const RELEASE_WAIT: Duration = Duration::from_secs(10);
const RELEASE_POLL: Duration = Duration::from_millis(5);

/// What a library is made of.
#[derive(Clone)]
pub struct Parts {
    /// Documents and versions.
    pub registry: Registry,
    /// Vectors by text.
    pub cache: EmbeddingCache,
    /// The engine.
    pub indexes: Arc<dyn Indexes>,
    /// The stack's embedder; without one, collections are searched by words alone.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// The chat model that writes answers; without one they are extractive.
    pub generator: Option<Generator>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How documents are cut in collections made from now on.
    pub chunking: Chunking,
    /// What becomes of documents that say what another one says.
    pub duplicates: DuplicatePolicy,
    /// What documents are read with beside their parsers.
    pub extraction: Extraction,
    /// What is done with what is found in documents, questions and answers.
    pub guarding: Guarding,
}

/// Every collection of a home. Clones share what is open.
#[derive(Clone)]
pub struct Library {
    pub(crate) parts: Parts,
    open: Arc<Mutex<HashMap<CollectionName, Arc<Collection>>>>,
}

/// One open collection: what the registry says of it, and its index.
pub struct Collection {
    /// What it fixes, as it was when it was opened.
    pub record: CollectionRecord,
    pub(crate) index: Arc<dyn SearchIndex>,
    /// Held by whoever changes documents: ingests and deletions go one after another.
    pub(crate) changing: Mutex<()>,
}

impl Library {
    /// A library of these parts. Nothing is opened yet.
    pub fn new(parts: Parts) -> Self {
        Self { parts, open: Arc::default() }
    }

    /// The registry of documents and versions.
    pub fn registry(&self) -> &Registry {
        &self.parts.registry
    }

    /// Makes an empty collection.
    ///
    /// # Errors
    ///
    /// [`RagError::CollectionExists`], or what the registry or the index says.
    pub async fn create(&self, name: &CollectionName) -> Result<Arc<Collection>, RagError> {
        if self.parts.registry.collection(name).await?.is_some() {
            return Err(RagError::CollectionExists(name.to_string()));
        }
        let record = CollectionRecord {
            name: name.clone(),
            settings: CollectionSettings::new(self.parts.embedder.as_deref(), self.parts.chunking.clone()),
            fields: BASE_FIELDS
                .iter()
                .map(|(name, kind)| Field { name: (*name).to_owned(), kind: *kind })
                .collect(),
            active_index: 1,
            unsettled: false,
            created_at: self.parts.clock.now_micros(),
        };
        // An index may be left from a collection whose deletion was cut short.
        let place = IndexPlace { collection: name.clone(), number: record.active_index };
        self.parts.indexes.remove(&place).await.map_err(index_error(name))?;
        self.parts.registry.add_collection(&record).await?;
        self.open(name).await
    }

    /// Opens a collection, repairing first what an interrupted ingest may have left.
    ///
    /// # Errors
    ///
    /// [`RagError::UnknownCollection`], [`RagError::OtherEmbedder`], or what registry and index say.
    pub async fn open(&self, name: &CollectionName) -> Result<Arc<Collection>, RagError> {
        let mut open = self.open.lock().await;
        if let Some(collection) = open.get(name) {
            return Ok(Arc::clone(collection));
        }
        let record = self.record(name).await?;
        self.check_embedder(&record)?;
        let place = IndexPlace { collection: name.clone(), number: record.active_index };
        let spec = IndexSpec {
            dimension: record.settings.embedder.as_ref().map(|embedder| embedder.dimension),
            fields: record.fields.clone(),
        };
        let index = self.parts.indexes.open(&place, &spec).await.map_err(index_error(name))?;
        index.add_fields(&record.fields).await.map_err(index_error(name))?;
        let collection = Arc::new(Collection { record, index, changing: Mutex::new(()) });
        if collection.record.unsettled || !self.is_whole(&collection).await? {
            self.settle(&collection).await?;
        }
        open.insert(name.clone(), Arc::clone(&collection));
        Ok(collection)
    }

    /// What the registry says of a collection.
    ///
    /// # Errors
    ///
    /// [`RagError::UnknownCollection`], or what the registry says.
    pub async fn record(&self, name: &CollectionName) -> Result<CollectionRecord, RagError> {
        self.parts.registry.require_collection(name).await
    }

    /// Deletes a collection with everything in it. From the first step on nothing of it answers.
    ///
    /// # Errors
    ///
    /// [`RagError::UnknownCollection`], or what registry and index say.
    pub async fn delete(&self, name: &CollectionName) -> Result<(), RagError> {
        let record = self.record(name).await?;
        // Nobody opens a collection meanwhile.
        let mut open = self.open.lock().await;
        if let Some(collection) = open.remove(name) {
            // An ingest comes to its end first; what searches is let go on until it is through.
            drop(collection.changing.lock().await);
            self.parts.registry.remove_collection(name).await?;
            released(collection).await;
        } else {
            self.parts.registry.remove_collection(name).await?;
        }
        let place = IndexPlace { collection: name.clone(), number: record.active_index };
        self.parts.indexes.remove(&place).await.map_err(index_error(name))
    }

    fn check_embedder(&self, record: &CollectionRecord) -> Result<(), RagError> {
        let made_with = record.settings.embedder.as_ref().map(|embedder| embedder.id.as_str());
        let stack_has = self.parts.embedder.as_deref().map(Embedder::id);
        if made_with == stack_has || made_with.is_none() {
            return Ok(());
        }
        Err(RagError::OtherEmbedder {
            collection: record.name.to_string(),
            made_with: made_with.unwrap_or("none").to_owned(),
            stack_has: stack_has.unwrap_or("none").to_owned(),
        })
    }

    /// Whether the index has as many points that can be read as the registry has live chunks.
    async fn is_whole(&self, collection: &Collection) -> Result<bool, RagError> {
        let name = &collection.record.name;
        let expected = self.parts.registry.tally(name, &Reader::Operator).await?.chunks;
        let scope = Scope { reader: Reader::Operator, filter: None };
        Ok(collection.index.count(&scope).await.map_err(index_error(name))? == expected)
    }
}

impl Collection {
    /// The fields that its documents can be filtered by.
    pub fn fields(&self) -> Vec<Field> {
        self.index.fields()
    }
}

/// Waits until nobody else uses a collection, at most [`RELEASE_WAIT`]: its index must be closed before its
/// files go.
async fn released(collection: Arc<Collection>) {
    let waiting = Stopwatch::start();
    while Arc::strong_count(&collection) > 1 && waiting.elapsed_ms() < RELEASE_WAIT.as_secs_f64() * 1e3 {
        tokio::time::sleep(RELEASE_POLL).await;
    }
}

/// Wraps an index error with the collection; made for `map_err`.
pub(crate) fn index_error(name: &CollectionName) -> impl FnOnce(IndexError) -> RagError {
    let collection = name.to_string();
    move |source| RagError::Index { collection, source }
}
