//! Whether one run is better than another, or only luckier.

use serde::Serialize;

use crate::bootstrap::{Resampler, quantile};
use crate::report::per_query;
use crate::{METRICS, Qrels, Run};

/// How many times the queries are drawn anew.
pub const RESAMPLES: usize = 10_000;

/// One metric of a run against a baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The metric's name.
    pub metric: &'static str,
    /// The run's mean less the baseline's.
    pub difference: f64,
    /// Where the 95 % percentile interval of the mean difference begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// Two-sided: how often a difference at least as large would turn up were there none.
    pub p: f64,
}

/// Compares a run with a baseline by the paired bootstrap over queries (Efron and Tibshirani 1993, chapters
/// 13 and 16): the queries are drawn with replacement [`RESAMPLES`] times, the same draws for every metric.
/// `p` is `(1 + n) / (1 + RESAMPLES)`, with `n` the resamples whose mean lies as far from the observed
/// difference as that lies from 0.
pub fn compare(run: &Run, baseline: &Run, qrels: &Qrels, seed: u64) -> Vec<Comparison> {
    let differences = differences(run, baseline, qrels);
    let count = differences.len();
    let mut resampler = Resampler::new(seed);
    let mut means = vec![Vec::with_capacity(RESAMPLES); METRICS.len()];
    for _ in 0..RESAMPLES {
        let mut sums = vec![0.0; METRICS.len()];
        for _ in 0..count {
            let drawn = &differences[resampler.below(count)];
            sums.iter_mut().zip(drawn).for_each(|(sum, difference)| *sum += difference);
        }
        means.iter_mut().zip(sums).for_each(|(all, sum)| all.push(sum / count as f64));
    }
    let comparison = |(nth, resampled): (usize, Vec<f64>)| {
        let observed = differences.iter().map(|query| query[nth]).sum::<f64>() / count as f64;
        summarise(METRICS[nth].name, observed, resampled)
    };
    means.into_iter().enumerate().map(comparison).collect()
}

/// Per query, the run's value of each metric less the baseline's.
fn differences(run: &Run, baseline: &Run, qrels: &Qrels) -> Vec<Vec<f64>> {
    let (ours, theirs) = (per_query(run, qrels), per_query(baseline, qrels));
    let minus = |(our, their): ((_, f64), (_, f64))| our.1 - their.1;
    ours.iter()
        .zip(&theirs)
        .map(|(our, their)| our.metrics.iter().zip(their.metrics.iter()).map(minus).collect())
        .collect()
}

fn summarise(metric: &'static str, difference: f64, mut means: Vec<f64>) -> Comparison {
    means.sort_unstable_by(f64::total_cmp);
    let far = means.iter().filter(|&&mean| (mean - difference).abs() >= difference.abs()).count();
    Comparison {
        metric,
        difference,
        low: quantile(&means, 0.025),
        high: quantile(&means, 0.975),
        p: (1 + far) as f64 / (1 + means.len()) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred queries with one relevant document, which the run ranks where `place` says.
    fn run(place: impl Fn(usize) -> usize) -> Run {
        let mut run = Run::new();
        for query in 0..100 {
            let ranking = (0..10).map(|n| {
                let document = if n == place(query) { "relevant".to_owned() } else { format!("other{n}") };
                (document, -(n as f64))
            });
            run.insert(format!("q{query}"), ranking).unwrap();
        }
        run
    }

    fn qrels() -> Qrels {
        let lines: Vec<_> = (0..100).map(|query| format!("q{query} relevant 1\n")).collect();
        Qrels::parse(&lines.concat()).unwrap()
    }

    fn success(comparisons: &[Comparison]) -> &Comparison {
        comparisons.iter().find(|comparison| comparison.metric == "success@1").unwrap()
    }

    #[test]
    fn equal_runs_do_not_differ() {
        for comparison in compare(&run(|query| query % 3), &run(|query| query % 3), &qrels(), 1) {
            assert_eq!((comparison.difference, comparison.low, comparison.high), (0.0, 0.0, 0.0));
            assert_eq!(comparison.p, 1.0);
        }
    }

    #[test]
    fn a_clear_gain_is_told_from_noise() {
        let baseline = run(|query| usize::from(query % 2 == 0));
        let better = compare(&run(|query| usize::from(query % 10 == 0)), &baseline, &qrels(), 1);
        let gain = success(&better);
        assert!((gain.difference - 0.4).abs() < 1e-12);
        // The normal approximation: 0.4 ± 1.96 √(0.4 · 0.6 / 100).
        assert!((gain.low - 0.304).abs() < 0.02 && (gain.high - 0.496).abs() < 0.02, "{gain:?}");
        assert!(gain.p < 0.001);

        let shuffled = compare(&run(|query| usize::from(query % 2 == 1)), &baseline, &qrels(), 1);
        let noise = success(&shuffled);
        assert!(noise.low < 0.0 && noise.high > 0.0 && noise.p > 0.9, "{noise:?}");
    }

    #[test]
    fn a_seed_repeats_itself_and_swapping_turns_the_sign() {
        let (a, b) = (run(|query| query % 4), run(|query| query % 7));
        assert_eq!(compare(&a, &b, &qrels(), 5), compare(&a, &b, &qrels(), 5));
        let (there, back) = (compare(&a, &b, &qrels(), 5), compare(&b, &a, &qrels(), 5));
        for (there, back) in there.iter().zip(&back) {
            assert!((there.difference + back.difference).abs() < 1e-12);
            assert!((there.low + back.high).abs() < 1e-12);
        }
    }
}
