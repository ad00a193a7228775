//! Resampling with a seed.

/// SplitMix64 (Steele, Lea and Flood 2014): small, fast, and the same numbers for a seed on every machine.
pub(crate) struct Resampler(u64);

impl Resampler {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`. The bias of scaling 64 bits down is below `bound / 2^64`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        ((u128::from(mixed) * bound as u128) >> 64) as usize
    }
}

/// The value below which `share` of the sorted values lie, interpolated between neighbours.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let under = place.floor() as usize;
    let over = (under + 1).min(last);
    sorted[under] + (sorted[over] - sorted[under]) * (place - under as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_evenly_below_the_bound() {
        let mut resampler = Resampler::new(7);
        let mut counts = [0; 5];
        (0..50_000).for_each(|_| counts[resampler.below(5)] += 1);
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn interpolates_quantiles() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 1.0), 4.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
