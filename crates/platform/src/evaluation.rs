//! `eval retrieval`: BEIR files in, figures out.

#![expect(clippy::disallowed_methods, reason = "this module is where evaluation files are read and written")]

use std::path::{Path, PathBuf};

use access::Reader;
use eval::{Comparison, EvalError, Qrels, Queries, RUN_DEPTH, Report, Run};
use rag::Mode;

use crate::{Platform, PlatformError, PullEvent, SearchCall};

/// The seed of the bootstrap: the same files give the same interval.
const BOOTSTRAP_SEED: u64 = 20_260_101;

/// What to evaluate.
#[derive(Clone, Debug)]
pub struct EvaluationRequest {
    /// The collection whose documents are ranked.
    pub collection: String,
    /// BEIR queries.
    pub queries: PathBuf,
    /// BEIR or TREC qrels.
    pub qrels: PathBuf,
    /// Which legs.
    pub mode: Option<Mode>,
    /// Where to write the run.
    pub run_out: Option<PathBuf>,
    /// A run to compare with.
    pub baseline: Option<PathBuf>,
}

/// What an evaluation found.
#[derive(Clone, Debug)]
pub struct RetrievalEvaluation {
    /// The figures.
    pub report: Report,
    /// The differences to the baseline, where one was given.
    pub comparisons: Vec<Comparison>,
    /// Milliseconds a query took at the median.
    pub query_ms_p50: f64,
}

impl Platform {
    /// Ranks the collection's documents for every query that has judgements, and judges the ranking. A
    /// document ranks by its best chunk.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] for files that are not in their format, or a search that fails.
    pub async fn evaluate_retrieval(
        &self,
        request: &EvaluationRequest,
        pulling: &(dyn Fn(PullEvent) + Sync),
        tell: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<RetrievalEvaluation, PlatformError> {
        let queries = read(&request.queries, Queries::parse)?;
        let qrels = read(&request.qrels, Qrels::parse)?;
        let baseline = request.baseline.as_deref().map(|path| read(path, Run::read_trec)).transpose()?;
        if request.mode != Some(Mode::Lexical) {
            self.embedder.prepare(pulling).await?;
        }
        let judgements = Judgements { queries: &queries, qrels: &qrels };
        let (run, mut times) = self.run(request, &judgements, tell).await?;
        if let Some(path) = &request.run_out {
            let text = run.write_trec("patou").map_err(|source| evaluation(path, source))?;
            std::fs::write(path, text).map_err(PlatformError::file("write", path))?;
        }
        times.sort_by(f64::total_cmp);
        Ok(RetrievalEvaluation {
            report: eval::evaluate(&run, &qrels, &queries),
            comparisons: baseline
                .map(|baseline| eval::compare(&run, &baseline, &qrels, BOOTSTRAP_SEED))
                .unwrap_or_default(),
            query_ms_p50: times.get(times.len() / 2).copied().unwrap_or(0.0),
        })
    }

    async fn run(
        &self,
        request: &EvaluationRequest,
        judgements: &Judgements<'_>,
        tell: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<(Run, Vec<f64>), PlatformError> {
        let mut run = Run::new();
        let mut times = Vec::new();
        let judged: Vec<&str> = judgements.qrels.judged().map(|(id, _)| id).collect();
        for (place, id) in judged.iter().enumerate() {
            tell(place, judged.len());
            let Some(query) = judgements.queries.get(id) else { continue };
            let call = SearchCall {
                text: query.text.clone(),
                collection: request.collection.clone(),
                top_k: Some(RUN_DEPTH),
                mode: request.mode,
                filter: None,
                reader: Reader::Operator,
            };
            let mut query = self.query(&call)?;
            // A run shows all that fusion sees, and a deep run must not change what fusion sees.
            query.candidates = self.require_settings()?.candidates;
            let retrieval = self.ready(&query, &|_| {}).await?.search(&query).await?;
            times.push(retrieval.timings.embed_ms + retrieval.timings.search_ms);
            let ranking = retrieval.hits.into_iter().map(|hit| (hit.found.document_id, hit.score));
            run.insert(*id, ranking).map_err(|source| evaluation(&request.queries, source))?;
        }
        Ok((run, times))
    }
}

struct Judgements<'a> {
    queries: &'a Queries,
    qrels: &'a Qrels,
}

fn read<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, EvalError>) -> Result<T, PlatformError> {
    let text = std::fs::read_to_string(path).map_err(PlatformError::file("read", path))?;
    parse(&text).map_err(|source| evaluation(path, source))
}

fn evaluation(path: &Path, source: EvalError) -> PlatformError {
    PlatformError::Evaluation { path: path.display().to_string(), source }
}
