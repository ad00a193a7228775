//! A share and how sure one can be of it.

use serde::Serialize;

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// `count` of `of`, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// How many did.
    pub count: usize,
    /// How many could have; at least 1.
    pub of: usize,
    /// `count / of`.
    pub share: f64,
    /// Where the interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
}

impl Share {
    /// The share with the score interval of Wilson (1927), which holds for small numbers and near 0 and 1.
    /// `None` where there is nothing to share. A `count` above `of` is taken as `of`.
    pub fn new(count: usize, of: usize) -> Option<Self> {
        if of == 0 {
            return None;
        }
        let count = count.min(of);
        let n = of as f64;
        let share = count as f64 / n;
        let centre = share + Z * Z / (2.0 * n);
        let reach = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        let low = if count == 0 { 0.0 } else { (centre - reach) / scale };
        let high = if count == of { 1.0 } else { (centre + reach) / scale };
        Some(Self { count, of, share, low, high })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equals_the_figures_by_hand() {
        let share = Share::new(51, 60).unwrap();
        assert!((share.share - 0.85).abs() < 1e-12);
        // The roots of (p − 0.85)² = z² p (1 − p) / 60.
        assert!((share.low - 0.738_854_1).abs() < 1e-6, "{share:?}");
        assert!((share.high - 0.919_025_6).abs() < 1e-6, "{share:?}");
        assert_eq!(Share::new(0, 0), None);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_share(count in 0usize..500, more in 0usize..500) {
            prop_assume!(count + more > 0);
            let share = Share::new(count, count + more).unwrap();
            prop_assert!(0.0 <= share.low && share.low <= share.share);
            prop_assert!(share.share <= share.high && share.high <= 1.0);
        }
    }
}
