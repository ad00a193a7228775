//! Layer normalisation and the L2 norm.

use rten_simd::SimdOp;
use rten_vecmath::{Normalize, NormalizeOptions, Sum, SumSquare, SumSquareSub};

/// Added to variances by this model.
const EPSILON: f32 = 1e-12;

/// Normalises each row to mean 0 and variance 1, then scales and shifts it element by element (Ba, Kiros and
/// Hinton 2016, "Layer Normalization").
#[derive(Debug)]
pub(super) struct LayerNorm {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

impl LayerNorm {
    pub(super) fn apply(&self, rows: &mut [f32]) {
        let width = self.scale.len();
        for row in rows.chunks_exact_mut(width) {
            let mean = Sum::new(row).dispatch() / as_f32(width);
            let variance = SumSquareSub::new(row, mean).dispatch() / as_f32(width);
            let options = NormalizeOptions {
                pre_scale_bias: mean,
                scale: 1.0 / (variance + EPSILON).sqrt(),
                element_scale: Some(&self.scale),
                bias: 0.0,
                element_bias: Some(&self.shift),
            };
            Normalize::new_mut(row, options).dispatch();
        }
    }
}

/// The mean of `rows`, each `width` long, at length 1.
pub(super) fn mean_at_length_1(rows: &[f32], width: usize) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    // The number of rows cancels out.
    let length = SumSquare::new(&mean).dispatch().sqrt().max(f32::MIN_POSITIVE);
    mean.iter_mut().for_each(|value| *value /= length);
    mean
}

#[expect(clippy::cast_precision_loss, reason = "widths are far below 2^24")]
fn as_f32(width: usize) -> f32 {
    width as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_normalised_one_by_one() {
        let norm = LayerNorm { scale: vec![1.0, 1.0, 2.0, 1.0], shift: vec![0.0, 0.0, 0.0, 5.0] };
        let mut rows = [1.0, 3.0, 3.0, 1.0, -4.0, 4.0, -4.0, 4.0];
        norm.apply(&mut rows);
        let expected = [-1.0, 1.0, 2.0, 4.0, -1.0, 1.0, -2.0, 6.0];
        assert!(rows.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{rows:?}");
        assert_eq!(mean_at_length_1(&[3.0, 0.0, 3.0, 8.0], 2), [0.6, 0.8]);
    }
}
