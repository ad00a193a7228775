//! The metrics, one file each, and what they are given.

use std::collections::BTreeMap;

use crate::Ranked;

mod mrr;
mod ndcg;
mod recall;
mod success;

/// A number between 0 and 1 that says how good one ranking is.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// What reports call it, with its cut-off.
    pub name: &'static str,
    /// Computes it.
    pub of: fn(&Judged) -> f64,
}

/// Every metric that a report holds, in its order. Definitions are those of `trec_eval`, whose gains are
/// linear.
pub const METRICS: &[Metric] =
    &[ndcg::AT_10, mrr::AT_10, recall::AT_5, recall::AT_10, recall::AT_100, success::AT_1];

/// One query's ranking, seen through its judgements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The gain of the document at each rank, best rank first: its grade, 0 where it is not relevant or
    /// was not judged.
    pub gains: Vec<u32>,
    /// The gains of all relevant documents, greatest first: the ideal ranking. Never empty.
    pub ideal: Vec<u32>,
}

impl Judged {
    /// Looks up each ranked document's grade.
    pub fn new(ranking: &[Ranked], grades: &BTreeMap<String, i64>) -> Self {
        let gain = |grade: i64| u32::try_from(grade.max(0)).unwrap_or(u32::MAX);
        let mut ideal: Vec<_> = grades.values().map(|&grade| gain(grade)).filter(|&gain| gain > 0).collect();
        ideal.sort_unstable_by(|a, b| b.cmp(a));
        let of = |ranked: &Ranked| grades.get(&ranked.document).map_or(0, |&grade| gain(grade));
        Self { gains: ranking.iter().map(of).collect(), ideal }
    }

    /// How many of the first `depth` documents are relevant.
    fn relevant_within(&self, depth: usize) -> usize {
        self.gains.iter().take(depth).filter(|&&gain| gain > 0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two relevant documents were never ranked, one is ranked below 10.
    fn judged() -> Judged {
        let ranked = |document: String| Ranked { document, score: 0.0 };
        let ranking: Vec<_> = (1..=12).map(|n| ranked(format!("d{n}"))).collect();
        let grades = [("d2", 1), ("d3", 3), ("d4", 0), ("d5", -1), ("d12", 2), ("x", 2), ("y", 1)];
        Judged::new(&ranking, &grades.map(|(document, grade)| (document.to_owned(), grade)).into())
    }

    #[test]
    fn unjudged_and_negative_grades_gain_nothing() {
        let judged = judged();
        assert_eq!(judged.gains, [0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!(judged.ideal, [3, 2, 2, 1, 1]);
    }

    #[test]
    fn each_metric_equals_the_figure_by_hand() {
        // DCG = 1/log2(3) + 3/log2(4); ideal = 3 + 2/log2(3) + 2/log2(4) + 1/log2(5) + 1/log2(6).
        let expected = [
            ("nDCG@10", (0.630_929_75 + 1.5) / (3.0 + 1.261_859_51 + 1.0 + 0.430_676_56 + 0.386_852_81)),
            ("MRR@10", 0.5),
            ("recall@5", 0.4),
            ("recall@10", 0.4),
            ("recall@100", 0.6),
            ("success@1", 0.0),
        ];
        assert_eq!(METRICS.len(), expected.len());
        for (metric, (name, value)) in METRICS.iter().zip(expected) {
            assert_eq!(metric.name, name);
            let got = (metric.of)(&judged());
            assert!((got - value).abs() < 1e-8, "{name}: {got} is not {value}");
        }
    }

    #[test]
    fn a_perfect_ranking_is_one_and_an_empty_one_zero() {
        for metric in METRICS {
            let perfect = Judged { gains: vec![3, 1], ideal: vec![3, 1] };
            let empty = Judged { gains: vec![], ideal: vec![3, 1] };
            assert_eq!((metric.of)(&perfect), 1.0, "{}", metric.name);
            assert_eq!((metric.of)(&empty), 0.0, "{}", metric.name);
        }
    }
}
