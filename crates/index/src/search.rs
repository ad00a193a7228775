//! The contract that every engine fulfils.

use std::collections::{BTreeSet, HashMap};

use access::{AccessList, PrivateText, Reader};
use async_trait::async_trait;

use crate::{Field, Filter, IndexError, Payload, Point, PointId, ScoredPoint};

/// Who asks, and which points count.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Who asks. Points they may not read do not exist for them.
    pub reader: Reader,
    /// Which points count; `None` for all.
    pub filter: Option<Filter>,
}

impl Scope {
    /// Whether a point with this access list and payload is in scope: the meaning that every engine's
    /// compiled scope has to agree with.
    pub fn admits(&self, access: &AccessList, payload: &Payload) -> bool {
        self.reader.may_read(access) && self.filter.as_ref().is_none_or(|filter| filter.matches(payload))
    }
}

/// One call that asks both legs.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// Who asks, and which points count.
    pub scope: Scope,
    /// The query's vector; `None` leaves the dense leg out.
    pub dense: Option<Vec<f32>>,
    /// The query's words; `None` leaves the lexical leg out.
    pub lexical: Option<PrivateText>,
    /// How many points each leg gives at most.
    pub limit: usize,
}

/// What the legs found: best first, equal scores in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Legs {
    /// By cosine. Exact while the index is small (see the manual's page on search), nearly so above.
    pub dense: Vec<ScoredPoint>,
    /// By BM25; only points that share a term with the query. Always exact.
    pub lexical: Vec<ScoredPoint>,
}

/// Asks for the exact scores of given points.
#[derive(Clone, Debug)]
pub struct ScoreRequest {
    /// Who asks, and which points count; ids outside it get no score.
    pub scope: Scope,
    /// The query's vector; `None` leaves cosine out.
    pub dense: Option<Vec<f32>>,
    /// The query's words; `None` leaves BM25 out.
    pub lexical: Option<PrivateText>,
    /// Which points.
    pub ids: Vec<PointId>,
}

/// Exact scores by point. A point that is not there, or not in scope, is in neither map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Cosine, of points that have a vector.
    pub dense: HashMap<PointId, f32>,
    /// BM25; 0 for a point that shares no term with the query.
    pub lexical: HashMap<PointId, f32>,
}

/// Vectors, BM25 and payload filters. Writes are seen by the next read; they are durable once
/// [`SearchIndex::flush`] has returned. What was written after the last flush may be lost when the process
/// dies: those points are then absent, whole, and the caller compares [`SearchIndex::point_ids`] with its
/// registry. Every method can fail with the engine's own errors, besides those named.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// The fields that points can be filtered by.
    fn fields(&self) -> Vec<Field>;

    /// Adds fields; those already there are fine. Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`IndexError::KindConflict`] when a field is there with another kind, [`IndexError::FieldName`].
    async fn add_fields(&self, fields: &[Field]) -> Result<(), IndexError>;

    /// Adds points, or replaces those with the same ids.
    ///
    /// # Errors
    ///
    /// [`IndexError::Dimension`], [`IndexError::Vector`], [`IndexError::UnknownField`] or
    /// [`IndexError::Value`]; then none of the points is written.
    async fn upsert(&self, points: Vec<Point>) -> Result<(), IndexError>;

    /// Removes points; ids that are not there are fine.
    async fn delete(&self, ids: &[PointId]) -> Result<(), IndexError>;

    /// Changes who may read points, for every read that begins after it returns; ids that are not there
    /// are fine.
    async fn set_access(&self, ids: &[PointId], access: &AccessList) -> Result<(), IndexError>;

    /// The vectors of points, of length 1; ids that are not there or have none are left out.
    async fn vectors(&self, ids: &[PointId]) -> Result<HashMap<PointId, Vec<f32>>, IndexError>;

    /// All points, whoever may read them: for comparing the index with the registry, never for a reader.
    async fn point_ids(&self) -> Result<BTreeSet<PointId>, IndexError>;

    /// Makes everything written so far durable.
    async fn flush(&self) -> Result<(), IndexError>;

    /// Flushes and puts the index in order after a run of writes, so that searching is fast, space is given
    /// back and deleted points no longer weigh on BM25. Safe to interrupt.
    async fn optimize(&self) -> Result<(), IndexError>;

    /// Asks both legs.
    ///
    /// # Errors
    ///
    /// [`IndexError::Dimension`] when the query's vector does not fit, [`IndexError::UnknownField`].
    async fn search(&self, request: &SearchRequest) -> Result<Legs, IndexError>;

    /// Scores given points exactly.
    ///
    /// # Errors
    ///
    /// As [`SearchIndex::search`].
    async fn score(&self, request: &ScoreRequest) -> Result<Scores, IndexError>;

    /// How many points are in scope.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownField`].
    async fn count(&self, scope: &Scope) -> Result<usize, IndexError>;

    /// The values of a field among the points in scope and how many points have each: the most frequent
    /// first, equal counts in the order of the values, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownField`], or [`IndexError::NoFacet`] for numbers with fractions and dates.
    async fn facet(
        &self,
        scope: &Scope,
        field: &str,
        limit: usize,
    ) -> Result<Vec<(String, usize)>, IndexError>;
}
