//! The figures of one run.

use serde::{Serialize, Serializer};

use crate::{Judged, METRICS, Qrels, Queries, Run};

/// A value for each of [`METRICS`], in their order; as JSON, an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores(Vec<f64>);

/// What [`evaluate`] found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How many queries have a relevant document: what the means are over.
    pub queries: usize,
    /// How many of them the run ranked no document for; they count 0.
    pub unranked: usize,
    /// Those of them that the queries do not hold, so that nobody could ask them; they count 0.
    pub without_text: Vec<String>,
    /// The mean of each metric.
    pub metrics: Scores,
    /// Each query's own figures, in the order of their ids.
    pub per_query: Vec<QueryReport>,
}

/// One query's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueryReport {
    /// The query's id.
    pub id: String,
    /// How many documents are relevant to it.
    pub relevant: usize,
    /// How many documents the run ranked for it.
    pub ranked: usize,
    /// Its value of each metric.
    pub metrics: Scores,
}

impl Scores {
    /// Names and values, in the order of [`METRICS`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        METRICS.iter().map(|metric| metric.name).zip(self.0.iter().copied())
    }

    /// The value of the metric with that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find(|(its, _)| *its == name).map(|(_, value)| value)
    }

    fn of(judged: &Judged) -> Self {
        Self(METRICS.iter().map(|metric| (metric.of)(judged)).collect())
    }

    fn mean<'a>(all: impl ExactSizeIterator<Item = &'a Self>) -> Self {
        let count = all.len().max(1) as f64;
        let mut sums = vec![0.0; METRICS.len()];
        all.for_each(|scores| sums.iter_mut().zip(&scores.0).for_each(|(sum, value)| *sum += value));
        Self(sums.into_iter().map(|sum| sum / count).collect())
    }
}

impl Serialize for Scores {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Judges a run. Means are over the queries that have a relevant document; one that the run does not hold
/// counts 0, as with `trec_eval -c`.
pub fn evaluate(run: &Run, qrels: &Qrels, queries: &Queries) -> Report {
    let per_query = per_query(run, qrels);
    let unknown = |query: &&QueryReport| queries.get(&query.id).is_none();
    Report {
        queries: per_query.len(),
        unranked: per_query.iter().filter(|query| query.ranked == 0).count(),
        without_text: per_query.iter().filter(unknown).map(|query| query.id.clone()).collect(),
        metrics: Scores::mean(per_query.iter().map(|query| &query.metrics)),
        per_query,
    }
}

/// The figures of each query that has a relevant document, in the order of their ids.
pub(crate) fn per_query(run: &Run, qrels: &Qrels) -> Vec<QueryReport> {
    let report = |(id, grades): (&str, _)| {
        let ranking = run.ranking(id).unwrap_or_default();
        let judged = Judged::new(ranking, grades);
        QueryReport {
            id: id.to_owned(),
            relevant: judged.ideal.len(),
            ranked: ranking.len(),
            metrics: Scores::of(&judged),
        }
    };
    qrels.judged().map(report).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_over_queries_that_have_a_relevant_document() {
        let qrels = Qrels::parse("1 a 1\n2 b 1\n3 c 0\n4 d 1\n5 e 1\n").unwrap();
        let lines: Vec<_> =
            [1, 2, 3, 5].map(|id| format!("{{\"_id\":\"{id}\",\"text\":\"q\"}}\n")).into_iter().collect();
        let queries = Queries::parse(&lines.concat()).unwrap();
        let run = Run::read_trec("1 Q0 a 1 9 x\n2 Q0 z 1 9 x\n2 Q0 b 2 8 x\n3 Q0 c 1 9 x\n").unwrap();
        let report = evaluate(&run, &qrels, &queries);
        assert_eq!((report.queries, report.unranked), (4, 2));
        assert_eq!(report.without_text, ["4"]);
        assert_eq!(report.metrics.get("MRR@10"), Some((1.0 + 0.5) / 4.0));
        assert_eq!(report.metrics.get("recall@5"), Some(0.5));
        assert_eq!(report.metrics.get("recall@6"), None);
        let query = serde_json::to_string(&report.per_query[1]).unwrap();
        assert!(
            query.starts_with(r#"{"id":"2","relevant":1,"ranked":2,"metrics":{"nDCG@10":0.63"#),
            "{query}"
        );
    }
}
