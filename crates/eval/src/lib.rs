//! Retrieval metrics, runs, comparisons and golden sets.
//!
//! Owns the formulas by which an answer or a ranking is judged, and the text formats they are read from
//! (BEIR queries and qrels, TREC qrels and runs, golden questions). It is pure: it opens no file, asks no
//! index and no model, and draws no randomness but what a seed gives.

mod bootstrap;
mod compare;
mod error;
mod golden;
mod metric;
mod qrels;
mod queries;
mod report;
mod run;
mod wilson;

pub use compare::{Comparison, RESAMPLES, compare};
pub use error::{EvalError, LineFault};
pub use golden::{GoldenQuestion, GoldenReport, GoldenSet, Outcome};
pub use metric::{Judged, METRICS, Metric};
pub use qrels::Qrels;
pub use queries::{Queries, Query};
pub use report::{QueryReport, Report, Scores, evaluate};
pub use run::{RUN_DEPTH, Ranked, Run};
pub use wilson::Share;
