//! Normalised discounted cumulative gain.
//!
//! `DCG = Σ gain(rank) / log2(rank + 1)` over the first ten ranks, divided by the same sum over the ideal
//! ranking (Järvelin and Kekäläinen 2002, with `trec_eval`'s linear gains and discount). It rewards relevant
//! documents the more, the higher they stand and the more relevant they are.

use super::{Judged, Metric};

const DEPTH: usize = 10;

/// nDCG over the first ten.
pub const AT_10: Metric =
    Metric { name: "nDCG@10", of: |judged: &Judged| dcg(&judged.gains) / dcg(&judged.ideal) };

fn dcg(gains: &[u32]) -> f64 {
    gains.iter().take(DEPTH).zip(2u32..).map(|(&gain, next)| f64::from(gain) / f64::from(next).log2()).sum()
}
