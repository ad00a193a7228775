//! Reciprocal rank.
//!
//! `1 / rank` of the first relevant document, 0 where none stands among the first ten. Its mean over queries
//! is MRR@10. It says how far a user has to read for the first useful document.

use super::{Judged, Metric};

const DEPTH: usize = 10;

/// Reciprocal rank within the first ten.
pub const AT_10: Metric = Metric {
    name: "MRR@10",
    of: |judged: &Judged| {
        let first = judged.gains.iter().take(DEPTH).position(|&gain| gain > 0);
        first.map_or(0.0, |place| 1.0 / (place + 1) as f64)
    },
};
