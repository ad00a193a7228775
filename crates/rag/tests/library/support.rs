//! A library with everything in memory or in a temporary folder.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use access::{AccessList, PrivateText, Reader};
use async_trait::async_trait;
use document::Chunking;
use index::{IndexError, IndexSpec, MemoryIndex, Payload, Point, PointId, SearchIndex};
use model::{ChatModel, Embedder, HashEmbedder};
use patou_rag::{
    Answer, CollectionName, EmbeddingCache, Extraction, Fusion, Generator, Gone, Hit, IndexPlace, Indexes,
    IngestReport, IngestRequest, Library, MemorySource, Mode, Parts, Question, RagError, Registry,
    SearchQuery,
};
use runtime::{ManualClock, Shutdown};
use store::Database;

/// Indexes that live as long as the test, whatever library opens them.
#[derive(Clone, Default)]
pub struct MemoryIndexes(Arc<Mutex<HashMap<IndexPlace, Arc<MemoryIndex>>>>);

#[async_trait]
impl Indexes for MemoryIndexes {
    async fn open(&self, place: &IndexPlace, spec: &IndexSpec) -> Result<Arc<dyn SearchIndex>, IndexError> {
        let mut indexes = self.0.lock().unwrap();
        if let Some(index) = indexes.get(place) {
            return Ok(index.clone());
        }
        let index = Arc::new(MemoryIndex::new(spec)?);
        indexes.insert(place.clone(), Arc::clone(&index));
        Ok(index)
    }

    async fn remove(&self, place: &IndexPlace) -> Result<(), IndexError> {
        self.0.lock().unwrap().remove(place);
        Ok(())
    }
}

impl MemoryIndexes {
    fn of(&self, name: &CollectionName) -> Arc<MemoryIndex> {
        let place = IndexPlace { collection: name.clone(), number: 1 };
        self.0.lock().unwrap()[&place].clone()
    }

    /// Puts in a point that the registry does not know, as an ingest does that is killed.
    pub async fn stage_orphan(&self, name: &CollectionName, text: &str) {
        let mut vector = vec![0.0; 64];
        vector[0] = 1.0;
        let point = Point {
            id: PointId([7; 16]),
            vector: Some(vector),
            lexical_text: text.to_owned(),
            access: AccessList::Public,
            payload: Payload::default(),
        };
        self.of(name).upsert(vec![point]).await.unwrap();
    }

    /// Loses every point.
    pub async fn drop_points(&self, name: &CollectionName) {
        let index = self.of(name);
        let ids: Vec<PointId> = index.point_ids().await.unwrap().into_iter().collect();
        index.delete(&ids).await.unwrap();
    }
}

/// A library, and what it takes to open it again.
pub struct Bench {
    pub library: Library,
    pub name: CollectionName,
    pub indexes: MemoryIndexes,
    folder: Arc<tempfile::TempDir>,
}

pub fn source(items: &[(&str, &str)]) -> MemorySource {
    MemorySource::new("test", items.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())))
}

pub fn query(name: &CollectionName, text: &str, reader: Reader) -> SearchQuery {
    SearchQuery {
        collection: name.clone(),
        text: PrivateText::new(text),
        reader,
        filter: None,
        mode: Mode::Hybrid,
        fusion: Fusion::default(),
        top_k: 10,
        candidates: 100,
    }
}

impl Bench {
    pub async fn new() -> Self {
        Self::with_embedder(Arc::new(HashEmbedder::new(64))).await
    }

    /// A library with this embedder.
    pub async fn with_embedder(embedder: Arc<dyn Embedder>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::open(MemoryIndexes::default(), folder, |parts| parts.embedder = Some(embedder)).await
    }

    /// A library that does this with duplicates.
    pub async fn with_duplicates(policy: patou_rag::DuplicatePolicy) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::open(MemoryIndexes::default(), folder, |parts| parts.duplicates = policy).await
    }

    /// A library whose answers a chat model writes.
    pub async fn with_chat(chat: Arc<dyn ChatModel>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let generator = Self::generator(chat);
        Self::open(MemoryIndexes::default(), folder, |parts| parts.generator = Some(generator)).await
    }

    pub fn generator(chat: Arc<dyn ChatModel>) -> Generator {
        Generator { chat, prompt_tokens_max: 2000, answer_tokens_max: 200 }
    }

    /// A library with these guards, whose answers a chat model may write.
    pub async fn with_guarding(guarding: patou_rag::Guarding, chat: Option<Arc<dyn ChatModel>>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let change = |parts: &mut Parts| {
            parts.guarding = guarding;
            parts.generator = chat.map(Self::generator);
        };
        Self::open(MemoryIndexes::default(), folder, change).await
    }

    /// The same home with other parts.
    pub async fn reopen_with(&self, change: impl FnOnce(&mut Parts)) -> Self {
        Self::open(self.indexes.clone(), Arc::clone(&self.folder), change).await
    }

    /// An answer, as a question without a conversation gets it.
    pub async fn answer(&self, search: &SearchQuery) -> Result<Answer, RagError> {
        let question = Question { search: search.clone(), history: Vec::new() };
        self.library.answer(&question, &|_| {}).await
    }

    /// The same home, opened by another process.
    pub async fn reopen(&self) -> Self {
        self.with_dimension(64).await
    }

    /// The same home with another embedder.
    pub async fn with_dimension(&self, dimension: usize) -> Self {
        let embedder = Arc::new(HashEmbedder::new(dimension));
        Self::open(self.indexes.clone(), Arc::clone(&self.folder), |parts| parts.embedder = Some(embedder))
            .await
    }

    async fn open(
        indexes: MemoryIndexes,
        folder: Arc<tempfile::TempDir>,
        change: impl FnOnce(&mut Parts),
    ) -> Self {
        let state = Database::open_sqlite(&folder.path().join("state.db")).await.unwrap();
        let cache = Database::open_sqlite(&folder.path().join("cache.db")).await.unwrap();
        let mut parts = Parts {
            registry: Registry::open(state).await.unwrap(),
            cache: EmbeddingCache::open(cache).await.unwrap(),
            indexes: Arc::new(indexes.clone()),
            embedder: Some(Arc::new(HashEmbedder::new(64))),
            generator: None,
            clock: Arc::new(ManualClock::new(1)),
            chunking: Chunking::default(),
            duplicates: patou_rag::DuplicatePolicy::Keep,
            extraction: Extraction::default(),
            guarding: patou_rag::Guarding::default(),
        };
        change(&mut parts);
        Self { library: Library::new(parts), name: "docs".parse().unwrap(), indexes, folder }
    }

    pub async fn ingest(&self, items: &[(&str, &str)]) -> IngestReport {
        self.run(source(items), Gone::Keep, None).await
    }

    pub async fn sync(&self, items: &[(&str, &str)]) -> IngestReport {
        self.run(source(items), Gone::Remove, None).await
    }

    pub async fn run(&self, source: MemorySource, gone: Gone, access: Option<AccessList>) -> IngestReport {
        let request =
            IngestRequest { collection: self.name.clone(), sources: vec![Box::new(source)], access, gone };
        self.library.ingest(request, &|_| {}, &Shutdown::new()).await.unwrap()
    }

    pub async fn search(&self, text: &str) -> Vec<Hit> {
        self.search_as(text, Reader::Operator).await
    }

    pub async fn search_as(&self, text: &str, reader: Reader) -> Vec<Hit> {
        self.library.search(&query(&self.name, text, reader)).await.unwrap().hits
    }
}
