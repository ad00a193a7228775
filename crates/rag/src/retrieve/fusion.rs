//! Making one score of two.

use std::str::FromStr;

use index::PointId;

/// A chunk that at least one leg found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub id: PointId,
    pub dense: Option<f32>,
    pub lexical: Option<f32>,
}

/// How the legs' scores are made one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fusion {
    /// `weight · dense + (1 − weight) · lexical`, each leg's scores min-max normalised over the candidates
    /// (Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval").
    Convex {
        /// The dense leg's share, 0…1.
        weight: f64,
    },
    /// `Σ 1 / (k + rank)` over the legs, scaled so that first in both legs is 1 (Cormack, Clarke and
    /// Büttcher 2009, "Reciprocal Rank Fusion").
    ReciprocalRank {
        /// How much the first ranks stand out; 60 in the paper.
        k: f64,
    },
}

impl Default for Fusion {
    fn default() -> Self {
        Self::Convex { weight: 0.5 }
    }
}

impl FromStr for Fusion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "convex" => Ok(Self::default()),
            "rrf" => Ok(Self::ReciprocalRank { k: 60.0 }),
            other => Err(format!("`{other}` is no fusion: `convex` or `rrf`")),
        }
    }
}

impl Fusion {
    /// One score in 0…1 for each candidate. A leg without a score for a candidate counts as its least.
    pub(super) fn fuse(self, candidates: &[Candidate]) -> Vec<f64> {
        let dense: Vec<Option<f32>> = candidates.iter().map(|candidate| candidate.dense).collect();
        let lexical: Vec<Option<f32>> = candidates.iter().map(|candidate| candidate.lexical).collect();
        match self {
            Self::Convex { weight } => min_max(&dense)
                .into_iter()
                .zip(min_max(&lexical))
                .map(|(dense, lexical)| weight * dense + (1.0 - weight) * lexical)
                .collect(),
            Self::ReciprocalRank { k } => reciprocal(&dense, k)
                .into_iter()
                .zip(reciprocal(&lexical, k))
                .map(|(dense, lexical)| (dense + lexical) * (k + 1.0) / 2.0)
                .collect(),
        }
    }
}

/// Each score's place between the least (0) and the greatest (1); 0 where all are equal or none is there.
fn min_max(scores: &[Option<f32>]) -> Vec<f64> {
    let known = || scores.iter().flatten().copied().map(f64::from);
    let least = known().fold(f64::INFINITY, f64::min);
    let range = known().fold(f64::NEG_INFINITY, f64::max) - least;
    let place = |score: &Option<f32>| match score {
        Some(score) if range > 0.0 => (f64::from(*score) - least) / range,
        _ => 0.0,
    };
    scores.iter().map(place).collect()
}

/// `1 / (k + rank)`, rank 1 for the greatest, equal scores sharing the better rank.
fn reciprocal(scores: &[Option<f32>], k: f64) -> Vec<f64> {
    let mut sorted: Vec<f32> = scores.iter().flatten().copied().collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let share = |score: &Option<f32>| {
        let Some(score) = score else { return 0.0 };
        let before = sorted.partition_point(|other| other > score);
        #[expect(clippy::cast_precision_loss, reason = "a rank is far below 2^52")]
        let rank = (before + 1) as f64;
        1.0 / (k + rank)
    };
    scores.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(scores: &[(Option<f32>, Option<f32>)]) -> Vec<Candidate> {
        scores.iter().map(|&(dense, lexical)| Candidate { id: PointId([0; 16]), dense, lexical }).collect()
    }

    fn check(fusion: Fusion, scores: &[(Option<f32>, Option<f32>)], expect: &[f64]) {
        let fused = fusion.fuse(&candidates(scores));
        assert_eq!(fused.len(), expect.len());
        for (got, want) in fused.iter().zip(expect) {
            assert!((got - want).abs() < 1e-9, "{fused:?} is not {expect:?}");
        }
    }

    #[test]
    fn convex_is_the_weighted_sum_of_places() {
        let scores = [(Some(0.25), Some(10.0)), (Some(0.75), Some(0.0)), (Some(0.5), Some(5.0))];
        check(Fusion::Convex { weight: 0.5 }, &scores, &[0.5, 0.5, 0.5]);
        check(Fusion::Convex { weight: 1.0 }, &scores[..2], &[0.0, 1.0]);
    }

    #[test]
    fn equal_scores_say_nothing() {
        check(Fusion::default(), &[(Some(0.3), Some(2.0)), (Some(0.3), Some(4.0))], &[0.0, 0.5]);
        check(Fusion::default(), &[(Some(0.3), Some(2.0))], &[0.0]);
        check(Fusion::default(), &[], &[]);
    }

    #[test]
    fn first_in_both_legs_is_one() {
        let scores = [(Some(0.9), Some(9.0)), (Some(0.5), Some(5.0)), (None, Some(1.0))];
        let fused = Fusion::ReciprocalRank { k: 60.0 }.fuse(&candidates(&scores));
        assert!((fused[0] - 1.0).abs() < 1e-12 && fused[0] > fused[1] && fused[1] > fused[2]);
    }
}
