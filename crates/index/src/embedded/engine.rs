//! One folder of the engine: its settings, its operations, and a fence around its panics.
//!
//! The engine flushes with `expect` when it is asked to and when it is dropped; both are only safe while
//! nobody writes. Callers keep writes, flushes and drops apart; reads may go on beside all three.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::RwLock;

use access::AccessList;
use qdrant_edge::external::serde_json::Map;
use qdrant_edge::{
    CountRequest, CreateIndex, EdgeConfig, EdgeShard, FacetRequest, FacetValue, FieldIndexOperations, Filter,
    NamedQuery, OperationError, PayloadFieldSchema, PayloadOps, PointId as EngineId, PointInsertOperations,
    PointOperations, PointStructPersisted, PointVectorsPersisted, QueryEnum, QueryRequest, Record,
    ScoringQuery, ScrollRequest, SetPayloadOp, SparseVector, UpdateOperation, UpdateVectorsOp,
    VectorInternal, VectorOperations, VectorPersisted, VectorStructInternal, VectorStructPersisted,
    WithPayloadInterface, WithVector,
};

use super::convert::{
    ACCESS, access_values, dense_of, engine_id, engine_kind, has_vector, has_words, our_id, path,
};
use super::settings::{self, DENSE, LEXICAL};
use crate::point::rank;
use crate::{Field, FieldKind, IndexError, IndexSpec, PointId, ScoredPoint};

/// Points in one operation of the engine.
pub(super) const BATCH_POINTS: usize = 256;
/// How many points with equal scores at a limit are looked through for the first by id.
const TIES_MAX: usize = 4096;
/// How many points are listed at once.
const PAGE_POINTS: usize = 16 << 10;
/// More distinct values than a facet can have.
const FACET_VALUES_MAX: usize = 1 << 20;

/// One open folder of the engine.
#[derive(Debug)]
pub(super) struct Engine {
    /// `None` only while it is being closed.
    shard: Option<EdgeShard>,
    shown: String,
    /// The fields that have an index.
    indexed: RwLock<HashSet<String>>,
}

/// One leg's question.
#[derive(Debug)]
pub(super) struct Ask {
    pub vector: VectorInternal,
    pub filter: Filter,
    /// At least 1.
    pub limit: usize,
    /// Compare every point that the filter leaves.
    pub exact: bool,
}

impl Engine {
    /// Makes an empty engine in an empty folder. Its fields get their indexes from [`Engine::index_fields`].
    pub fn create(folder: &Path, spec: &IndexSpec) -> Result<Self, IndexError> {
        let engine = Self::start(folder, "create", || EdgeShard::new(folder, settings::config(spec, 0)))?;
        let access = Field { name: ACCESS.to_owned(), kind: FieldKind::Keyword };
        engine.index_field(&access)?;
        engine.flush()?;
        Ok(engine)
    }

    /// Opens what [`Engine::create`] made.
    pub fn load(folder: &Path, spec: &IndexSpec) -> Result<Self, IndexError> {
        // A graph that was made stays, and what is written from now on gets one too.
        let links = EdgeConfig::load(folder).and_then(Result::ok).map_or(0, |kept| kept.hnsw_config.m);
        Self::start(folder, "open", || EdgeShard::load(folder, Some(settings::config(spec, links))))
    }

    fn start(
        folder: &Path,
        action: &'static str,
        start: impl FnOnce() -> Result<EdgeShard, OperationError>,
    ) -> Result<Self, IndexError> {
        let shown = folder.display().to_string();
        let failed = |why: String| IndexError::Damaged {
            path: shown.clone(),
            why: format!("cannot {action} it: {why}"),
        };
        match catch_unwind(AssertUnwindSafe(start)) {
            Ok(Ok(shard)) => Ok(Self { shard: Some(shard), shown, indexed: RwLock::default() }),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed("the engine broke down".into())),
        }
    }

    /// Runs an operation of the engine and names it in its error.
    fn run<T>(
        &self,
        action: &'static str,
        operation: impl FnOnce(&EdgeShard) -> Result<T, OperationError>,
    ) -> Result<T, IndexError> {
        let failed = |why: String| IndexError::Engine { action, path: self.shown.clone(), why };
        let shard = self.shard.as_ref().ok_or_else(|| failed("it is closed".into()))?;
        operation(shard).map_err(|error| failed(error.to_string()))
    }

    /// Adds points or replaces them; says whether one was replaced.
    pub fn upsert(&self, points: Vec<PointStructPersisted>) -> Result<bool, IndexError> {
        let ids: Vec<EngineId> = points.iter().map(|point| point.id).collect();
        let without_vector: HashSet<EngineId> =
            points.iter().filter(|point| !has_vector(point)).map(|point| point.id).collect();
        // Where a point without words gets some, the engine forgets to count it; where one that lies in a
        // compact segment loses its vector, the engine keeps the old one.
        let held = self.held(&ids, WithVector::Selector(vec![LEXICAL.to_owned()]))?;
        let replaces = !held.is_empty();
        let anew: Vec<PointId> = held
            .into_iter()
            .filter(|record| !has_words(record) || without_vector.contains(&record.id))
            .filter_map(|record| our_id(record.id))
            .collect();
        self.delete(&anew)?;
        let points = PointInsertOperations::PointsList(points);
        let operation = UpdateOperation::PointOperation(PointOperations::UpsertPoints(points));
        self.run("write points", |shard| shard.update(operation))?;
        Ok(replaces)
    }

    /// Removes points. Their words go first: the engine leaves a removed point's words in the lexical index,
    /// where they would weigh on BM25.
    pub fn delete(&self, ids: &[PointId]) -> Result<(), IndexError> {
        let ids: Vec<EngineId> = ids.iter().map(|id| engine_id(*id)).collect();
        let held = self.held(&ids, WithVector::Bool(false))?;
        let ids: Vec<EngineId> = held.into_iter().map(|record| record.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let wordless = |id: &EngineId| PointVectorsPersisted {
            id: *id,
            vector: VectorStructPersisted::Named(HashMap::from([(
                LEXICAL.to_owned(),
                VectorPersisted::Sparse(SparseVector { indices: Vec::new(), values: Vec::new() }),
            )])),
        };
        let change = UpdateVectorsOp { points: ids.iter().map(wordless).collect(), update_filter: None };
        let words = UpdateOperation::VectorOperation(VectorOperations::UpdateVectors(change));
        let points = UpdateOperation::PointOperation(PointOperations::DeletePoints { ids });
        self.run("remove points", |shard| {
            shard.update(words)?;
            shard.update(points)
        })
    }

    /// Changes who may read points that are there.
    pub fn set_access(&self, ids: &[PointId], access: &AccessList) -> Result<(), IndexError> {
        let ids: Vec<EngineId> = ids.iter().map(|id| engine_id(*id)).collect();
        let held = self.held(&ids, WithVector::Bool(false))?;
        let held: Vec<EngineId> = held.into_iter().map(|record| record.id).collect();
        if held.is_empty() {
            return Ok(());
        }
        let payload = qdrant_edge::Payload(Map::from_iter([(ACCESS.to_owned(), access_values(access))]));
        let change = SetPayloadOp { payload, points: Some(held), filter: None, key: None };
        let operation = UpdateOperation::PayloadOperation(PayloadOps::SetPayload(change));
        self.run("change the access list", |shard| shard.update(operation))
    }

    /// Builds the index of a payload field.
    fn index_field(&self, field: &Field) -> Result<(), IndexError> {
        let create = CreateIndex {
            field_name: path(&field.name),
            field_schema: Some(PayloadFieldSchema::FieldType(engine_kind(field.kind))),
        };
        let operation = UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(create));
        self.run("index a field", |shard| shard.update(operation))
    }

    /// Whether all of these fields have an index.
    pub fn has_indexes(&self, fields: &[&Field]) -> bool {
        self.indexed.read().is_ok_and(|indexed| fields.iter().all(|field| indexed.contains(&field.name)))
    }

    /// Builds the indexes of those of these fields that lack one. What has no index is found all the same, by looking
    /// at each point's payload.
    pub fn index_fields(&self, fields: &[&Field]) -> Result<(), IndexError> {
        let missing: Vec<&&Field> = fields.iter().filter(|field| !self.has_indexes(&[field])).collect();
        if missing.is_empty() {
            return Ok(());
        }
        missing.iter().try_for_each(|field| self.index_field(field))?;
        self.flush()?;
        if let Ok(mut indexed) = self.indexed.write() {
            indexed.extend(missing.iter().map(|field| field.name.clone()));
        }
        Ok(())
    }

    /// Looks up which fields have an index. One that fits no field of the spec is dropped: an interruption leaves such.
    pub fn settle_fields(&self, spec: &IndexSpec) -> Result<(), IndexError> {
        let there = self.run("read the fields", |shard| Ok(shard.info().payload_schema))?;
        let fits = |field: &&Field| {
            let found = there.get(&path(&field.name));
            found.is_some_and(|found| found.data_type == engine_kind(field.kind))
        };
        let fitting: Vec<&Field> = spec.fields.iter().filter(fits).collect();
        let mut dropped = false;
        for name in there.keys() {
            let known = fitting.iter().any(|field| path(&field.name) == *name);
            if !known && *name != path(ACCESS) {
                let drop = FieldIndexOperations::DeleteIndex(name.clone());
                let operation = UpdateOperation::FieldIndexOperation(drop);
                self.run("drop the index of a field", |shard| shard.update(operation))?;
                dropped = true;
            }
        }
        if let Ok(mut indexed) = self.indexed.write() {
            *indexed = fitting.iter().map(|field| field.name.clone()).collect();
        }
        if dropped { self.flush() } else { Ok(()) }
    }

    /// Asks one leg. Where points with equal scores straddle the limit, the first by id are taken; the
    /// engine would take any.
    pub fn ask(&self, using: &'static str, ask: Ask) -> Result<Vec<ScoredPoint>, IndexError> {
        let limit = ask.limit;
        let mut asked = limit + 1;
        loop {
            let mut found = self.ask_once(using, &ask, asked)?;
            rank(&mut found, asked);
            let straddle = found.len() == asked && found[asked - 1].score == found[limit - 1].score;
            if !straddle || asked >= limit + TIES_MAX {
                found.truncate(limit);
                return Ok(found);
            }
            asked = limit + (8 * (asked - limit)).clamp(64, TIES_MAX);
        }
    }

    fn ask_once(&self, using: &'static str, ask: &Ask, limit: usize) -> Result<Vec<ScoredPoint>, IndexError> {
        let Ask { vector, filter, exact, .. } = ask;
        let (vector, filter, exact) = (vector.clone(), filter.clone(), *exact);
        let query = QueryEnum::Nearest(NamedQuery { query: vector, using: Some(using.to_owned()) });
        let request = QueryRequest {
            prefetches: Vec::new(),
            query: Some(ScoringQuery::Vector(query)),
            filter: Some(filter),
            score_threshold: None,
            limit,
            offset: 0,
            params: Some(settings::search(limit, exact)),
            with_vector: WithVector::Bool(false),
            with_payload: WithPayloadInterface::Bool(false),
        };
        let found = self.run("search", |shard| shard.query(request))?;
        let ours = found.into_iter().filter_map(|point| Some((our_id(point.id)?, point.score)));
        Ok(ours.map(|(id, score)| ScoredPoint { id, score }).collect())
    }

    /// The ids of the points that the filter leaves, in their order.
    pub fn ids(&self, filter: Option<Filter>) -> Result<Vec<PointId>, IndexError> {
        let mut ids = Vec::new();
        let mut offset = None;
        loop {
            let request = ScrollRequest {
                offset,
                limit: Some(PAGE_POINTS),
                filter: filter.clone(),
                with_payload: Some(false.into()),
                with_vector: WithVector::Bool(false),
                ..ScrollRequest::default()
            };
            let (records, next) = self.run("list points", |shard| shard.scroll(request))?;
            ids.extend(records.into_iter().filter_map(|record| our_id(record.id)));
            if next.is_none() {
                return Ok(ids);
            }
            offset = next;
        }
    }

    /// How many points the filter leaves.
    pub fn count(&self, filter: Option<Filter>) -> Result<usize, IndexError> {
        self.run("count points", |shard| shard.count(CountRequest { filter, exact: true }))
    }

    /// How many points have each value of a field, in no order.
    pub fn facet(&self, field: &str, filter: Filter) -> Result<Vec<(String, usize)>, IndexError> {
        let request =
            FacetRequest { key: path(field), limit: FACET_VALUES_MAX, filter: Some(filter), exact: true };
        let found = self.run("count values", |shard| shard.facet(request))?;
        let text = |value| match value {
            FacetValue::Keyword(text) => text,
            FacetValue::Int(number) => number.to_string(),
            FacetValue::Bool(value) => value.to_string(),
            FacetValue::Uuid(number) => number.to_string(),
        };
        Ok(found.hits.into_iter().map(|hit| (text(hit.value), hit.count)).collect())
    }

    /// The dense vectors of points.
    pub fn vectors(&self, ids: &[PointId]) -> Result<HashMap<PointId, Vec<f32>>, IndexError> {
        let with = WithVector::Selector(vec![DENSE.to_owned()]);
        let records = self.retrieve(ids, false, with)?;
        Ok(records
            .into_iter()
            .filter_map(|record| Some((our_id(record.id)?, dense_of(record.vector?)?)))
            .collect())
    }

    /// Points as they can be written to another engine.
    pub fn points(&self, ids: &[PointId]) -> Result<Vec<PointStructPersisted>, IndexError> {
        let records = self.retrieve(ids, true, WithVector::Bool(true))?;
        let point = |record: Record| PointStructPersisted {
            id: record.id,
            vector: VectorStructPersisted::from(
                record.vector.unwrap_or_else(|| VectorStructInternal::Named(HashMap::new())),
            ),
            payload: record.payload,
        };
        Ok(records.into_iter().map(point).collect())
    }

    /// Those of the points that are there, without payload.
    fn held(&self, ids: &[EngineId], with: WithVector) -> Result<Vec<Record>, IndexError> {
        self.run("read points", |shard| shard.retrieve(ids, Some(false.into()), Some(with)))
    }

    fn retrieve(&self, ids: &[PointId], payload: bool, with: WithVector) -> Result<Vec<Record>, IndexError> {
        let ids: Vec<EngineId> = ids.iter().map(|id| engine_id(*id)).collect();
        self.run("read points", |shard| shard.retrieve(&ids, Some(payload.into()), Some(with)))
    }

    /// Makes everything durable.
    pub fn flush(&self) -> Result<(), IndexError> {
        self.run("flush", |shard| match catch_unwind(AssertUnwindSafe(|| shard.flush())) {
            Ok(()) => Ok(()),
            Err(_) => Err(OperationError::service_error("the engine broke down")),
        })
    }

    /// Turns the points written since the last time into a compact segment, and merges the smallest where
    /// there are many. Points may be written meanwhile, and nothing may be flushed. Interrupted, it can leave points
    /// twice, which [`Engine::finish`] mends.
    pub fn compact(&self, loose_bytes: usize) -> Result<(), IndexError> {
        self.run("build the index", |shard| {
            let wanted = settings::writing(&shard.config(), shard.info().points_count, loose_bytes);
            let differs = shard.config().optimizers != wanted;
            if differs {
                shard.set_optimizers_config(wanted)?;
            }
            shard.optimize().map(drop)
        })
    }

    /// Turns all points into one compact segment, of which each is there once: of two the newer stays.
    pub fn mend(&self) -> Result<(), IndexError> {
        self.run("build the index", |shard| {
            shard.set_optimizers_config(settings::whole())?;
            shard.optimize()?;
            let writing = settings::writing(&shard.config(), shard.info().points_count, 0);
            shard.set_optimizers_config(writing)
        })
    }

    /// Turns all points into one compact segment, or several with a graph each if there are many. Interrupted, it
    /// can leave points twice, which [`Engine::mend`] ends.
    pub fn finish(&self, points: usize) -> Result<(), IndexError> {
        self.run("build the index", |shard| {
            let (graph, optimizers) = settings::finished(&shard.config(), points);
            shard.set_hnsw_config(graph)?;
            shard.set_optimizers_config(optimizers)?;
            shard.optimize()?;
            let writing = settings::writing(&shard.config(), points, 0);
            shard.set_optimizers_config(writing)
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let shard = self.shard.take();
        if catch_unwind(AssertUnwindSafe(|| drop(shard))).is_err() {
            tracing::error!(index = %self.shown, "the engine broke down while it was closed");
        }
    }
}
