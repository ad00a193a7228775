//! Softmax up to a factor: powers and their sum, for products that are scaled once they are done.

use rten_simd::ops::{BitOps, FloatOps, IntOps, NumOps, ToFloat};
use rten_simd::{Isa, Simd, SimdIterable, SimdOp};

/// `2^r ≈ P(r)` for `|r| ≤ ½`, from the constant up, off by 3e-7 of it at most: a minimax fit.
const POLYNOMIAL: [f32; 6] =
    [1.000_000_1, 0.693_146_94, 0.240_221_2, 0.055_507_13, 0.009_675_541, 0.001_327_647_1];
/// Smaller powers than two to this are taken for it: they vanish beside the largest, which is 1.
const EXPONENT_MIN: f32 = -126.0;
/// The most floats that a vector holds.
const LANES_MAX: usize = 16;
/// How many bits below its exponent a float has.
const FRACTION_BITS: i32 = 23;

/// Replaces each number of `row` by two to its distance from the largest; gives the sum of these powers. Softmax
/// to base e is had from numbers that were multiplied by `log₂ e`, by dividing through the sum.
pub(super) struct Powers<'a> {
    pub(super) row: &'a mut [f32],
}

impl SimdOp for Powers<'_> {
    type Output = f32;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> f32 {
        let floats = isa.f32();
        let largest = |a, b| floats.max(b, a);
        let most = self.row.simd_iter(floats).fold_unroll::<4>(floats.splat(f32::MIN), largest, largest);
        let most = floats.splat(most.to_array().into_iter().fold(f32::MIN, f32::max));
        let mut sum = floats.zero();
        let mut chunks = self.row.chunks_exact_mut(floats.len());
        for chunk in &mut chunks {
            let powers = power(isa, floats.sub(floats.load(chunk), most));
            floats.store(powers, chunk);
            sum = floats.add(sum, powers);
        }
        let rest = chunks.into_remainder();
        if !rest.is_empty() {
            let mut padded = [f32::MIN; LANES_MAX];
            padded[..rest.len()].copy_from_slice(rest);
            let powers = power(isa, floats.sub(floats.load(&padded), most));
            floats.store(powers, &mut padded);
            rest.copy_from_slice(&padded[..rest.len()]);
            sum = floats.add(sum, powers);
        }
        floats.sum(sum)
    }
}

/// Two to numbers that are not above 0.
#[inline(always)]
fn power<I: Isa>(isa: I, exponent: I::F32) -> I::F32 {
    let (floats, integers) = (isa.f32(), isa.i32());
    let exponent = floats.max(exponent, floats.splat(EXPONENT_MIN));
    let whole = floats.to_int_round(exponent);
    let rest = floats.sub(exponent, integers.to_float(whole));
    let [first @ .., last] = POLYNOMIAL;
    let add = |sum, coefficient: &f32| floats.mul_add(sum, rest, floats.splat(*coefficient));
    let power = first.iter().rev().fold(floats.splat(last), add);
    let bits = integers.add(power.reinterpret_cast(), integers.shift_left::<FRACTION_BITS>(whole));
    bits.reinterpret_cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_of_two_and_summed() {
        for length in [1, 2, 15, 16, 17, 70, 200] {
            let numbers: Vec<f32> =
                (0..length).map(|at: u16| f32::from(at * 37 % 101) / 3.0 - 20.0).collect();
            let most = numbers.iter().copied().fold(f32::MIN, f32::max);
            let mut row = numbers.clone();
            let sum = Powers { row: &mut row }.dispatch();
            for (number, power) in numbers.iter().zip(&row) {
                let exact = (number - most).exp2();
                assert!((power - exact).abs() <= 1e-6 * exact, "{power} for {exact}");
            }
            let exact: f32 = row.iter().sum();
            assert!((sum - exact).abs() <= 1e-5 * exact, "{sum} for {exact}");
        }
        let mut row = [0.0, -1e30, f32::MIN];
        assert!((Powers { row: &mut row }.dispatch() - 1.0).abs() < 1e-6);
    }
}
