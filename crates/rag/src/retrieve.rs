//! Retrieval: a question in, ranked chunks that the reader may read out.
//!
//! Both legs are asked in one call; a candidate that only one leg found is scored exactly by the other;
//! the union is fused. The registry has the last word on what is live.

mod fusion;

use std::collections::HashMap;

use access::{PrivateText, Reader};
use document::Span;
use index::{Filter, Legs, PointId, Scope, ScoreRequest, SearchRequest};
use runtime::Stopwatch;

use crate::library::index_error;
use crate::registry::LiveChunk;
use crate::{Collection, CollectionName, Library, RagError};
use fusion::Candidate;
pub use fusion::Fusion;

/// Which legs take part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Both, fused.
    #[default]
    Hybrid,
    /// Vectors alone: the score is cosine.
    Dense,
    /// Words alone: the score is BM25.
    Lexical,
}

/// A question to a collection.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    /// Where to look.
    pub collection: CollectionName,
    /// What is asked.
    pub text: PrivateText,
    /// Who asks.
    pub reader: Reader,
    /// Which documents count, as a filter expression.
    pub filter: Option<String>,
    /// Which legs take part. In a collection without vectors, hybrid is lexical.
    pub mode: Mode,
    /// How the legs are made one.
    pub fusion: Fusion,
    /// How many hits are wanted.
    pub top_k: usize,
    /// How many candidates each leg gives.
    pub candidates: usize,
}

/// The scores of a hit; see the manual's page on search for what each means.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Cosine to the query.
    pub dense: Option<f64>,
    /// BM25.
    pub lexical: Option<f64>,
    /// Fused, in 0…1; `None` in one-leg modes.
    pub fused: Option<f64>,
}

/// One chunk that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// 1 for the best.
    pub rank: usize,
    /// The score that the ranking used.
    pub score: f64,
    /// All scores.
    pub scores: Scores,
    /// The chunk and its document.
    pub found: LiveChunk,
    /// The stored text at the chunk's span.
    pub text: String,
}

/// What a search gives.
#[derive(Clone, Debug, Default)]
pub struct Retrieval {
    /// The hits, best first.
    pub hits: Vec<Hit>,
    /// The query's vector, where there is an embedder.
    pub query_vector: Option<Vec<f32>>,
    /// Which legs really took part.
    pub mode: Mode,
    /// Where the time went.
    pub timings: RetrievalTimings,
}

/// Milliseconds by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RetrievalTimings {
    /// Embedding the query.
    pub embed_ms: f64,
    /// Both legs, exact scores, fusion, and reading the hits' texts.
    pub search_ms: f64,
}

/// How often a search asks for more candidates because the registry refused some.
const REFILLS_MAX: usize = 3;

impl Library {
    /// Whether a query can be put to its collection.
    ///
    /// # Errors
    ///
    /// [`RagError`] for an unknown collection, or a filter that does not fit.
    pub async fn check(&self, query: &SearchQuery) -> Result<(), RagError> {
        filter_of(query, &*self.open(&query.collection).await?).map(drop)
    }

    /// Searches a collection.
    ///
    /// # Errors
    ///
    /// [`RagError`] for an unknown collection, a filter that does not fit, or a part that fails.
    pub async fn search(&self, query: &SearchQuery) -> Result<Retrieval, RagError> {
        let collection = self.open(&query.collection).await?;
        let filter = filter_of(query, &collection)?;
        let has_vectors = collection.record.settings.embedder.is_some();
        let mode = match query.mode {
            Mode::Hybrid if !has_vectors => Mode::Lexical,
            Mode::Dense if !has_vectors => return Err(RagError::NoVectors(query.collection.to_string())),
            mode => mode,
        };
        let clock = Stopwatch::start();
        let query_vector = match (&self.parts.embedder, mode) {
            (Some(embedder), Mode::Hybrid | Mode::Dense) => {
                let texts = [query.text.reveal().to_owned()];
                embedder.embed(&texts).await.map_err(RagError::Model)?.pop()
            }
            _ => None,
        };
        let embed_ms = clock.elapsed_ms();
        let clock = Stopwatch::start();
        let scope = Scope { reader: query.reader.clone(), filter };
        let search = Search { library: self, collection: &collection, query, scope, mode };
        let ranked = search.ranked(query_vector.as_deref()).await?;
        let hits = search.hits(ranked).await?;
        let timings = RetrievalTimings { embed_ms, search_ms: clock.elapsed_ms() };
        Ok(Retrieval { hits, query_vector, mode, timings })
    }
}

fn filter_of(query: &SearchQuery, collection: &Collection) -> Result<Option<Filter>, RagError> {
    let parse = |text: &String| Filter::parse(text, &collection.fields()).map_err(RagError::Filter);
    query.filter.as_ref().map(parse).transpose()
}

struct Search<'a> {
    library: &'a Library,
    collection: &'a Collection,
    query: &'a SearchQuery,
    scope: Scope,
    mode: Mode,
}

/// A live candidate with its scores.
struct Ranked {
    found: LiveChunk,
    scores: Scores,
    score: f64,
}

impl Search<'_> {
    fn name(&self) -> &CollectionName {
        &self.query.collection
    }

    /// Every live candidate, best first.
    async fn ranked(&self, vector: Option<&[f32]>) -> Result<Vec<Ranked>, RagError> {
        let mut limit = self.query.candidates;
        for refill in 0..=REFILLS_MAX {
            let (candidates, exhausted) = self.candidates(vector, limit).await?;
            let ids: Vec<PointId> = candidates.iter().map(|candidate| candidate.id).collect();
            let live = self.library.parts.registry.live_chunks(self.name(), &self.query.reader, &ids).await?;
            let refused = candidates.len() - live.len();
            if refused > 0 && !exhausted && refill < REFILLS_MAX {
                limit += refused.max(limit / 2);
                continue;
            }
            return Ok(self.rank(candidates, live));
        }
        Ok(Vec::new())
    }

    /// The union of the legs' best, each scored by both legs, and whether the legs had no more to give.
    async fn candidates(
        &self,
        vector: Option<&[f32]>,
        limit: usize,
    ) -> Result<(Vec<Candidate>, bool), RagError> {
        let dense = vector.filter(|_| self.mode != Mode::Lexical).map(<[f32]>::to_vec);
        let lexical = (self.mode != Mode::Dense).then(|| self.query.text.clone());
        let request = SearchRequest {
            scope: self.scope.clone(),
            dense: dense.clone(),
            lexical: lexical.clone(),
            limit,
        };
        let legs = self.collection.index.search(&request).await.map_err(index_error(self.name()))?;
        let exhausted = legs.dense.len() < limit && legs.lexical.len() < limit;
        let mut candidates = union(&legs);
        if self.mode == Mode::Hybrid {
            let ids: Vec<PointId> = candidates
                .iter()
                .filter(|candidate| candidate.dense.is_none() || candidate.lexical.is_none())
                .map(|candidate| candidate.id)
                .collect();
            if !ids.is_empty() {
                let request = ScoreRequest { scope: self.scope.clone(), dense, lexical, ids };
                let scores = self.collection.index.score(&request).await.map_err(index_error(self.name()))?;
                for candidate in &mut candidates {
                    candidate.dense = candidate.dense.or_else(|| scores.dense.get(&candidate.id).copied());
                    candidate.lexical =
                        candidate.lexical.or_else(|| scores.lexical.get(&candidate.id).copied());
                }
            }
        }
        Ok((candidates, exhausted))
    }

    fn rank(&self, candidates: Vec<Candidate>, mut live: HashMap<PointId, LiveChunk>) -> Vec<Ranked> {
        let candidates: Vec<Candidate> =
            candidates.into_iter().filter(|candidate| live.contains_key(&candidate.id)).collect();
        let fused = (self.mode == Mode::Hybrid).then(|| self.query.fusion.fuse(&candidates));
        let mut ranked: Vec<Ranked> = candidates
            .iter()
            .enumerate()
            .filter_map(|(place, candidate)| {
                let fused = fused.as_ref().map(|fused| round(fused[place]));
                let scores = Scores {
                    dense: candidate.dense.map(|score| round(f64::from(score))),
                    lexical: candidate.lexical.map(|score| round(f64::from(score))),
                    fused,
                };
                let own = if self.mode == Mode::Dense { scores.dense } else { scores.lexical };
                let score = fused.or(own).unwrap_or(0.0);
                Some(Ranked { found: live.remove(&candidate.id)?, scores, score })
            })
            .collect();
        ranked.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.found.source.cmp(&b.found.source))
                .then_with(|| a.found.chunk.span.start.cmp(&b.found.chunk.span.start))
        });
        ranked
    }

    /// The first `top_k`, with their texts.
    async fn hits(&self, ranked: Vec<Ranked>) -> Result<Vec<Hit>, RagError> {
        let mut texts = HashMap::new();
        let mut hits: Vec<Hit> = Vec::new();
        for ranked in ranked {
            if hits.len() >= self.query.top_k {
                break;
            }
            let text = self.library.slice(self.name(), &ranked.found, &mut texts).await?;
            if hits.iter().any(|hit| hit.text == text && are_linked(&hit.found, &ranked.found)) {
                continue;
            }
            hits.push(Hit {
                rank: hits.len() + 1,
                score: ranked.score,
                scores: ranked.scores,
                found: ranked.found,
                text,
            });
        }
        Ok(hits)
    }
}

impl Library {
    /// The stored text at a live chunk's span. `texts` remembers documents already read.
    pub(crate) async fn slice(
        &self,
        name: &CollectionName,
        found: &LiveChunk,
        texts: &mut HashMap<(String, String), String>,
    ) -> Result<String, RagError> {
        let key = (found.document_id.clone(), found.version.clone());
        if !texts.contains_key(&key) {
            let text = self.parts.registry.text(name, &key.0, &key.1).await?;
            texts.insert(key.clone(), text.unwrap_or_default());
        }
        let Span { start, end } = found.chunk.span;
        texts.get(&key).and_then(|text| text.get(start..end)).map(str::to_owned).ok_or_else(|| {
            RagError::Damaged {
                collection: name.to_string(),
                why: format!("document `{}` has no text at {start}..{end}", found.document_id),
            }
        })
    }
}

/// Whether two chunks are of different documents that are linked as duplicates.
fn are_linked(a: &LiveChunk, b: &LiveChunk) -> bool {
    let original = |chunk: &LiveChunk| chunk.duplicate_of.as_ref().unwrap_or(&chunk.document_id).clone();
    let is_linked = a.duplicate_of.is_some() || b.duplicate_of.is_some();
    is_linked && a.document_id != b.document_id && original(a) == original(b)
}

fn union(legs: &Legs) -> Vec<Candidate> {
    let mut places: HashMap<PointId, usize> = HashMap::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut at = |id: PointId, candidates: &mut Vec<Candidate>| {
        *places.entry(id).or_insert_with(|| {
            candidates.push(Candidate { id, dense: None, lexical: None });
            candidates.len() - 1
        })
    };
    for point in &legs.dense {
        let place = at(point.id, &mut candidates);
        candidates[place].dense = Some(point.score);
    }
    for point in &legs.lexical {
        let place = at(point.id, &mut candidates);
        candidates[place].lexical = Some(point.score);
    }
    candidates
}

/// Scores are compared and shown to six decimals.
fn round(score: f64) -> f64 {
    (score * 1e6).round() / 1e6
}
