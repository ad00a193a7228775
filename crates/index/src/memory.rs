//! An index in memory: every definition written out plainly, nothing approximated, nothing kept.
//!
//! It is what tests of the floors above run on, and what the engines are compared with.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};

use access::AccessList;
use async_trait::async_trait;

use crate::point::{rank, unit};
use crate::{
    Field, IndexError, IndexSpec, Legs, Payload, Point, PointId, Scope, ScoreRequest, ScoredPoint, Scores,
    SearchIndex, SearchRequest, Value, words,
};

/// A [`SearchIndex`] that scans everything it holds.
#[derive(Debug)]
pub struct MemoryIndex(Mutex<State>);

#[derive(Debug)]
struct State {
    spec: IndexSpec,
    points: BTreeMap<PointId, Held>,
}

#[derive(Debug)]
struct Held {
    vector: Option<Vec<f32>>,
    terms: HashMap<u32, f32>,
    access: AccessList,
    payload: Payload,
}

impl MemoryIndex {
    /// An empty index.
    ///
    /// # Errors
    ///
    /// [`IndexError::FieldName`] or [`IndexError::KindConflict`].
    pub fn new(spec: &IndexSpec) -> Result<Self, IndexError> {
        let bare = IndexSpec { dimension: spec.dimension, fields: Vec::new() };
        let spec = bare.with_fields(&spec.fields)?.unwrap_or(bare);
        Ok(Self(Mutex::new(State { spec, points: BTreeMap::new() })))
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, IndexError> {
        self.0.lock().map_err(|_| IndexError::Poisoned { path: "memory".into() })
    }
}

impl State {
    fn readable<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = (PointId, &'a Held)> {
        let admitted = |held: &&Held| scope.admits(&held.access, &held.payload);
        self.points.iter().map(|(id, held)| (*id, held)).filter(move |(_, held)| admitted(held))
    }

    /// The query's terms with their counts times their inverse document frequencies over all points that
    /// have terms: ln(1 + (n − df + ½) / (df + ½)), as Lucene and the engine have it.
    #[expect(clippy::cast_precision_loss, reason = "counts of points are far below 2²⁴")]
    fn weighted_terms(&self, text: &str) -> Vec<(u32, f32)> {
        let count =
            |has: &dyn Fn(&Held) -> bool| self.points.values().filter(|held| has(held)).count() as f32;
        let indexed = count(&|held| !held.terms.is_empty());
        let weigh = |term: u32| {
            let found = count(&|held| held.terms.contains_key(&term));
            ((indexed - found + 0.5) / (found + 0.5) + 1.0).ln()
        };
        let terms = words::query(text);
        terms.indices.into_iter().zip(terms.values).map(|(term, count)| (term, count * weigh(term))).collect()
    }
}

#[async_trait]
impl SearchIndex for MemoryIndex {
    fn fields(&self) -> Vec<Field> {
        self.state().map(|state| state.spec.fields.clone()).unwrap_or_default()
    }

    async fn add_fields(&self, fields: &[Field]) -> Result<(), IndexError> {
        let mut state = self.state()?;
        if let Some(grown) = state.spec.with_fields(fields)? {
            state.spec = grown;
        }
        Ok(())
    }

    async fn upsert(&self, points: Vec<Point>) -> Result<(), IndexError> {
        let mut state = self.state()?;
        state.spec.check_points(&points)?;
        for point in points {
            let terms = words::document(&point.lexical_text);
            let held = Held {
                vector: point.vector.map(unit),
                terms: terms.indices.into_iter().zip(terms.values).collect(),
                access: point.access,
                payload: point.payload,
            };
            state.points.insert(point.id, held);
        }
        Ok(())
    }

    async fn delete(&self, ids: &[PointId]) -> Result<(), IndexError> {
        let mut state = self.state()?;
        for id in ids {
            state.points.remove(id);
        }
        Ok(())
    }

    async fn set_access(&self, ids: &[PointId], access: &AccessList) -> Result<(), IndexError> {
        let mut state = self.state()?;
        for id in ids {
            if let Some(held) = state.points.get_mut(id) {
                held.access = access.clone();
            }
        }
        Ok(())
    }

    async fn vectors(&self, ids: &[PointId]) -> Result<HashMap<PointId, Vec<f32>>, IndexError> {
        let state = self.state()?;
        let vector = |id: &PointId| Some((*id, state.points.get(id)?.vector.clone()?));
        Ok(ids.iter().filter_map(vector).collect())
    }

    async fn point_ids(&self) -> Result<BTreeSet<PointId>, IndexError> {
        Ok(self.state()?.points.keys().copied().collect())
    }

    async fn flush(&self) -> Result<(), IndexError> {
        Ok(())
    }

    async fn optimize(&self) -> Result<(), IndexError> {
        Ok(())
    }

    async fn search(&self, request: &SearchRequest) -> Result<Legs, IndexError> {
        let SearchRequest { scope, dense, lexical, limit } = request.clone();
        let ids = self.state()?.points.keys().copied().collect();
        let scores = self.score(&ScoreRequest { scope, dense, lexical, ids }).await?;
        let leg = |scores: HashMap<PointId, f32>| {
            let mut points: Vec<_> =
                scores.into_iter().map(|(id, score)| ScoredPoint { id, score }).collect();
            rank(&mut points, limit);
            points
        };
        let lexical = scores.lexical.into_iter().filter(|(_, score)| *score > 0.0).collect();
        Ok(Legs { dense: leg(scores.dense), lexical: leg(lexical) })
    }

    async fn score(&self, request: &ScoreRequest) -> Result<Scores, IndexError> {
        let state = self.state()?;
        state.spec.check_scope(&request.scope)?;
        state.spec.check_vector(request.dense.as_deref())?;
        let query = request.dense.clone().map(unit);
        let terms = request.lexical.as_ref().map(|text| state.weighted_terms(text.reveal()));
        let wanted: BTreeSet<_> = request.ids.iter().copied().collect();
        let mut scores = Scores::default();
        for (id, held) in state.readable(&request.scope).filter(|(id, _)| wanted.contains(id)) {
            if let (Some(query), Some(vector)) = (&query, &held.vector) {
                scores.dense.insert(id, query.iter().zip(vector).map(|(x, y)| x * y).sum());
            }
            if let Some(terms) = &terms {
                let part = |(term, weight): &(u32, f32)| held.terms.get(term).unwrap_or(&0.0) * weight;
                scores.lexical.insert(id, terms.iter().map(part).sum());
            }
        }
        Ok(scores)
    }

    async fn count(&self, scope: &Scope) -> Result<usize, IndexError> {
        let state = self.state()?;
        state.spec.check_scope(scope)?;
        Ok(state.readable(scope).count())
    }

    async fn facet(
        &self,
        scope: &Scope,
        field: &str,
        limit: usize,
    ) -> Result<Vec<(String, usize)>, IndexError> {
        let state = self.state()?;
        state.spec.check_scope(scope)?;
        state.spec.check_facet(field)?;
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (_, held) in state.readable(scope) {
            for value in held.payload.get(field).map(texts).unwrap_or_default() {
                *counts.entry(value).or_default() += 1;
            }
        }
        Ok(most_frequent(counts, limit))
    }
}

/// Facet counts in the order of the contract.
pub(crate) fn most_frequent(counts: BTreeMap<String, usize>, limit: usize) -> Vec<(String, usize)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
    counts.truncate(limit);
    counts
}

/// The distinct values that a facet counts.
fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Str(text) => [text.clone()].into(),
        Value::StrList(texts) => texts.iter().cloned().collect(),
        Value::Int(number) => [number.to_string()].into(),
        Value::Bool(value) => [value.to_string()].into(),
        Value::Float(_) | Value::Date(_) => BTreeSet::new(),
    }
}
