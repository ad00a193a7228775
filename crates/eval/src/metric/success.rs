//! Success.
//!
//! 1 where the first document is relevant, else 0. Its mean is the share of queries whose first hit is
//! worth opening.

use super::{Judged, Metric};

/// Whether the first document is relevant.
pub const AT_1: Metric =
    Metric { name: "success@1", of: |judged: &Judged| f64::from(u8::from(judged.relevant_within(1) > 0)) };
