//! Recall.
//!
//! The share of a query's relevant documents that stand among the first k. It bounds what anything after the
//! retrieval, a reranker or an answer, can still make of it.

use super::{Judged, Metric};

/// Recall within the first 5.
pub const AT_5: Metric = Metric { name: "recall@5", of: |judged| recall(judged, 5) };
/// Recall within the first 10.
pub const AT_10: Metric = Metric { name: "recall@10", of: |judged| recall(judged, 10) };
/// Recall within the first 100.
pub const AT_100: Metric = Metric { name: "recall@100", of: |judged| recall(judged, 100) };

fn recall(judged: &Judged, depth: usize) -> f64 {
    judged.relevant_within(depth) as f64 / judged.ideal.len() as f64
}
