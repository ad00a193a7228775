//! The embedded engine: vectors, words and payloads in one folder of this machine.
//!
//! One process opens a folder at a time. Reads go on beside each other and beside writes; writes go one
//! after another. The folder always names one whole generation of the engine as the true one; what changes
//! its points says so first, in a journal or a mark, so that an interruption at any moment costs nothing but
//! the work.

mod convert;
mod engine;
mod journal;
mod layout;
mod order;
mod settings;
mod write;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard};

use access::{AccessList, PrivateText};
use async_trait::async_trait;
use qdrant_edge::VectorInternal;

use crate::memory::most_frequent;
use crate::point::unit;
use crate::{
    Field, IndexError, IndexSpec, Legs, Point, PointId, Scope, ScoreRequest, ScoredPoint, Scores,
    SearchIndex, SearchRequest, words,
};
use engine::{Ask, BATCH_POINTS, Engine};
use journal::Journal;
use layout::{Layout, Manifest};
use settings::{DENSE, LEXICAL};
use write::{LOOSE_POINTS_MAX, Writing};

/// A [`SearchIndex`] in a folder of its own. Closing it, the last clone of it dropped, flushes.
#[derive(Clone, Debug)]
pub struct EmbeddedIndex {
    parts: Arc<Parts>,
}

#[derive(Debug)]
struct Parts {
    /// Held while writing, flushing or putting in order. Dropped after `live`, so that the folder stays
    /// locked until the engine is closed.
    writer: Mutex<Writing>,
    live: RwLock<Live>,
    layout: Layout,
}

/// What reads go to.
#[derive(Debug)]
struct Live {
    engine: Engine,
    manifest: Manifest,
    spec: IndexSpec,
}

impl EmbeddedIndex {
    /// Opens the index in a folder, or makes one there. Fields of `spec` that it does not have yet are
    /// added; fields that it has besides stay. What a crash left half-written is removed. Blocks.
    ///
    /// # Errors
    ///
    /// [`IndexError::Locked`], [`IndexError::Damaged`], [`IndexError::Newer`],
    /// [`IndexError::OtherSettings`] when the index has vectors of another dimension,
    /// [`IndexError::DiskFull`], or [`IndexError::File`].
    pub fn open(dir: &Path, spec: &IndexSpec) -> Result<Self, IndexError> {
        Self::open_compacting(dir, spec, LOOSE_POINTS_MAX)
    }

    /// As [`EmbeddedIndex::open`], with the number of points that are written before they are made compact:
    /// for tests of what happens then.
    ///
    /// # Errors
    ///
    /// As [`EmbeddedIndex::open`].
    pub fn open_compacting(dir: &Path, spec: &IndexSpec, loose_points: u64) -> Result<Self, IndexError> {
        let layout = Layout::open(dir)?;
        let (journal, interrupted) = Journal::open(&layout.journal())?;
        let live = match layout.manifest(spec)? {
            Some(manifest) => Live::load(&layout, manifest)?,
            None => Live::create(&layout, spec)?,
        };
        if !interrupted.is_empty() {
            let path = layout.shown();
            tracing::warn!(index = %path, points = interrupted.len(), "removing points that an interruption left");
            interrupted.chunks(BATCH_POINTS).try_for_each(|ids| live.engine.delete(ids))?;
            live.engine.flush()?;
        }
        if layout.is_compacting()? {
            tracing::warn!(index = %layout.shown(), "ending what an interruption left half compact");
            live.engine.mend()?;
            layout.set_compacting(false)?;
        }
        let writing = Writing::new(journal, loose_points);
        let parts = Parts { writer: Mutex::new(writing), live: RwLock::new(live), layout };
        parts.writer()?.journal.settle()?;
        parts.add_fields(&spec.fields)?;
        Ok(Self { parts: Arc::new(parts) })
    }

    /// Removes the index in a folder with everything in it; it is no error if there is none. Blocks.
    ///
    /// # Errors
    ///
    /// [`IndexError::File`] when it is there and cannot be removed.
    pub fn remove(dir: &Path) -> Result<(), IndexError> {
        layout::remove(dir)
    }

    /// Asks both legs at once, each on a thread of its own: neither waits for what the other finds.
    async fn legs(
        &self,
        want: Want,
        vector: Option<Vec<f32>>,
        text: Option<PrivateText>,
    ) -> Result<Legs, IndexError> {
        if want.scope.filter.is_some() {
            let scope = want.scope.clone();
            self.blocking("index the fields of a filter", move |parts| parts.prepare_scope(&scope)).await?;
        }
        let same = want.clone();
        let dense = self.blocking("search", move |parts| parts.dense_leg(&want, vector));
        let lexical = self.blocking("search", move |parts| parts.lexical_leg(&same, text.as_ref()));
        let (dense, lexical) = tokio::join!(dense, lexical);
        Ok(Legs { dense: dense?, lexical: lexical? })
    }

    /// Runs work on the blocking pool, where a panic of the engine ends in an error.
    async fn blocking<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Parts) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let parts = Arc::clone(&self.parts);
        let path = self.parts.layout.shown();
        let done = runtime::blocking(move || work(&parts)).await;
        done.map_err(|source| IndexError::Panicked { action, path, source })?
    }
}

/// Which points a leg is asked for.
#[derive(Clone, Debug)]
struct Want {
    scope: Scope,
    points: Points,
}

#[derive(Clone, Debug)]
enum Points {
    /// So many of the best.
    Best(usize),
    /// These, scored exactly.
    These(Vec<PointId>),
}

impl Want {
    /// What the engine is asked; `None` where no point is wanted.
    fn ask(&self, vector: VectorInternal) -> Option<Ask> {
        let ask = match &self.points {
            Points::Best(limit) => {
                Ask { vector, filter: convert::engine_scope(&self.scope), limit: *limit, exact: false }
            }
            Points::These(ids) => {
                let filter = convert::engine_scope_of(&self.scope, ids);
                Ask { vector, filter, limit: ids.len(), exact: true }
            }
        };
        (ask.limit > 0).then_some(ask)
    }
}

impl Live {
    fn create(layout: &Layout, spec: &IndexSpec) -> Result<Self, IndexError> {
        layout.check_room(0)?;
        layout.keep_only(None)?;
        let bare = IndexSpec { dimension: spec.dimension, fields: Vec::new() };
        let spec = bare.with_fields(&spec.fields)?.unwrap_or(bare);
        let manifest = Manifest::new(&spec, 1);
        let engine = Engine::create(&layout.fresh_engine(manifest.generation)?, &spec)?;
        layout.write_manifest(&manifest)?;
        Ok(Self { engine, manifest, spec })
    }

    fn load(layout: &Layout, manifest: Manifest) -> Result<Self, IndexError> {
        layout.keep_only(Some(manifest.generation))?;
        let spec = manifest.spec();
        layout.warm(manifest.generation);
        layout.trim_log(manifest.generation);
        let engine = Engine::load(&layout.engine(manifest.generation), &spec)?;
        engine.settle_fields(&spec)?;
        Ok(Self { engine, manifest, spec })
    }
}

impl Parts {
    fn live(&self) -> Result<RwLockReadGuard<'_, Live>, IndexError> {
        self.live.read().map_err(|_| self.poisoned())
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writing>, IndexError> {
        self.writer.lock().map_err(|_| self.poisoned())
    }

    fn poisoned(&self) -> IndexError {
        IndexError::Poisoned { path: self.layout.shown() }
    }

    /// Adds fields. They can be filtered by at once; their indexes come when they are first asked for: each takes a
    /// dozen files in every segment, segments come and go while points are written, and most are never asked for.
    fn add_fields(&self, fields: &[Field]) -> Result<(), IndexError> {
        let _writer = self.writer()?;
        let Some(grown) = self.live()?.spec.with_fields(fields)? else { return Ok(()) };
        self.layout.check_room(0)?;
        let live = self.live()?;
        let manifest = Manifest::new(&grown, live.manifest.generation);
        self.layout.write_manifest(&manifest)?;
        drop(live);
        let mut live = self.live.write().map_err(|_| self.poisoned())?;
        (live.manifest, live.spec) = (manifest, grown);
        Ok(())
    }

    /// Builds the indexes of the fields that a scope asks for, unless somebody is writing: then the question is
    /// answered without.
    fn prepare_scope(&self, scope: &Scope) -> Result<(), IndexError> {
        let Some(filter) = &scope.filter else { return Ok(()) };
        let names = filter.fields();
        let is_ready = |live: &Live| live.engine.has_indexes(&fields_of(live, &names));
        if is_ready(&*self.live()?) {
            return Ok(());
        }
        let Ok(_writer) = self.writer.try_lock() else { return Ok(()) };
        let live = self.live()?;
        if live.engine.count(None)? == 0 {
            return Ok(());
        }
        live.engine.index_fields(&fields_of(&live, &names))
    }

    /// What the dense leg gives; nothing where it is left out.
    fn dense_leg(&self, want: &Want, vector: Option<Vec<f32>>) -> Result<Vec<ScoredPoint>, IndexError> {
        let live = self.live()?;
        live.spec.check_scope(&want.scope)?;
        live.spec.check_vector(vector.as_deref())?;
        let ask = vector.and_then(|vector| want.ask(VectorInternal::Dense(unit(vector))));
        ask.map_or_else(|| Ok(Vec::new()), |ask| live.engine.ask(DENSE, ask))
    }

    /// What the lexical leg gives; nothing where it is left out or asked for no words.
    fn lexical_leg(&self, want: &Want, text: Option<&PrivateText>) -> Result<Vec<ScoredPoint>, IndexError> {
        let live = self.live()?;
        live.spec.check_scope(&want.scope)?;
        let terms = text.map(|text| words::query(text.reveal())).filter(|terms| !terms.indices.is_empty());
        let ask = terms.and_then(|terms| want.ask(VectorInternal::Sparse(terms)));
        ask.map_or_else(|| Ok(Vec::new()), |ask| live.engine.ask(LEXICAL, ask))
    }

    fn count(&self, scope: &Scope) -> Result<usize, IndexError> {
        self.prepare_scope(scope)?;
        let live = self.live()?;
        live.spec.check_scope(scope)?;
        live.engine.count(Some(convert::engine_scope(scope)))
    }

    fn facet(&self, scope: &Scope, field: &str, limit: usize) -> Result<Vec<(String, usize)>, IndexError> {
        let writer = self.writer()?;
        let live = self.live()?;
        live.spec.check_scope(scope)?;
        live.spec.check_facet(field)?;
        // Values are counted by a field's index alone.
        let fields: Vec<&Field> = live.spec.fields.iter().filter(|known| known.name == field).collect();
        live.engine.index_fields(&fields)?;
        drop(writer);
        let counts = live.engine.facet(field, convert::engine_scope(scope))?;
        Ok(most_frequent(counts.into_iter().filter(|(_, count)| *count > 0).collect(), limit))
    }
}

fn fields_of<'a>(live: &'a Live, names: &[&str]) -> Vec<&'a Field> {
    live.spec.fields.iter().filter(|field| names.contains(&field.name.as_str())).collect()
}

impl Drop for Parts {
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            tracing::error!(index = %self.layout.shown(), %error, "the index was closed without a flush");
        }
    }
}

#[async_trait]
impl SearchIndex for EmbeddedIndex {
    fn fields(&self) -> Vec<Field> {
        self.parts.live().map(|live| live.spec.fields.clone()).unwrap_or_default()
    }

    async fn add_fields(&self, fields: &[Field]) -> Result<(), IndexError> {
        let fields = fields.to_vec();
        self.blocking("add fields", move |parts| parts.add_fields(&fields)).await
    }

    async fn upsert(&self, points: Vec<Point>) -> Result<(), IndexError> {
        self.blocking("write points", move |parts| parts.upsert(points)).await
    }

    async fn delete(&self, ids: &[PointId]) -> Result<(), IndexError> {
        let ids = ids.to_vec();
        self.blocking("remove points", move |parts| parts.delete(&ids)).await
    }

    async fn set_access(&self, ids: &[PointId], access: &AccessList) -> Result<(), IndexError> {
        let (ids, access) = (ids.to_vec(), access.clone());
        self.blocking("change the access list", move |parts| parts.set_access(&ids, &access)).await
    }

    async fn vectors(&self, ids: &[PointId]) -> Result<HashMap<PointId, Vec<f32>>, IndexError> {
        let ids = ids.to_vec();
        self.blocking("read vectors", move |parts| parts.live()?.engine.vectors(&ids)).await
    }

    async fn point_ids(&self) -> Result<BTreeSet<PointId>, IndexError> {
        let ids = self.blocking("list points", |parts| parts.live()?.engine.ids(None)).await?;
        Ok(ids.into_iter().collect())
    }

    async fn flush(&self) -> Result<(), IndexError> {
        self.blocking("flush", Parts::flush).await
    }

    async fn optimize(&self) -> Result<(), IndexError> {
        self.blocking("put in order", Parts::put_in_order).await
    }

    async fn search(&self, request: &SearchRequest) -> Result<Legs, IndexError> {
        let SearchRequest { scope, dense, lexical, limit } = request.clone();
        self.legs(Want { scope, points: Points::Best(limit) }, dense, lexical).await
    }

    async fn score(&self, request: &ScoreRequest) -> Result<Scores, IndexError> {
        let ScoreRequest { scope, dense, lexical, ids } = request.clone();
        let by_words = lexical.is_some();
        let want = Want { scope: scope.clone(), points: Points::These(ids.clone()) };
        let found = self.legs(want, dense, lexical).await?;
        let pairs = |points: Vec<ScoredPoint>| points.into_iter().map(|point| (point.id, point.score));
        let mut scores = Scores { dense: pairs(found.dense).collect(), lexical: HashMap::new() };
        if by_words {
            // The dense leg may have told already that all of them may be read.
            let readable = if ids.iter().all(|id| scores.dense.contains_key(id)) {
                ids
            } else {
                let filter = convert::engine_scope_of(&scope, &ids);
                self.blocking("score points", move |parts| parts.live()?.engine.ids(Some(filter))).await?
            };
            scores.lexical = readable.into_iter().map(|id| (id, 0.0)).collect();
            scores.lexical.extend(pairs(found.lexical));
        }
        Ok(scores)
    }

    async fn count(&self, scope: &Scope) -> Result<usize, IndexError> {
        let scope = scope.clone();
        self.blocking("count points", move |parts| parts.count(&scope)).await
    }

    async fn facet(
        &self,
        scope: &Scope,
        field: &str,
        limit: usize,
    ) -> Result<Vec<(String, usize)>, IndexError> {
        let (scope, field) = (scope.clone(), field.to_owned());
        self.blocking("count values", move |parts| parts.facet(&scope, &field, limit)).await
    }
}

#[cfg(test)]
mod tests;
