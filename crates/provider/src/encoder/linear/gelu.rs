//! GELU to the precision that integer layers can use.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdUnaryOp};

/// Beyond this the function is 0 or the identity, to 5 digits.
const SPAN: f32 = 4.0;

/// `erf(x / √2) ≈ x · P(x²)` within [`SPAN`], from the constant up: a minimax fit, weighted so that GELU is off by at
/// most 0.00005 there; the steps that its result is then quantised to are wider by two orders of magnitude.
const POLYNOMIAL: [f32; 8] = [
    0.797_346_8,
    -0.131_775_69,
    0.019_010_797,
    -0.002_012_981,
    0.000_149_710_13,
    -7.314_268_3e-6,
    2.083_922e-7,
    -2.602_590_8e-9,
];

/// GELU (Hendrycks and Gimpel 2016, "Gaussian Error Linear Units") without an exponential or a division.
#[derive(Default)]
pub(super) struct ShortGelu;

impl SimdUnaryOp<f32> for ShortGelu {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let floats = isa.f32();
        let near = floats.clamp(x, floats.splat(-SPAN), floats.splat(SPAN));
        let square = floats.mul(near, near);
        let [first @ .., last] = POLYNOMIAL;
        let sum = |sum, coefficient: &f32| floats.mul_add(sum, square, floats.splat(*coefficient));
        let erf = floats.mul(first.iter().rev().fold(floats.splat(last), sum), near);
        let half = floats.mul(x, floats.splat(0.5));
        floats.mul_add(half, erf, half)
    }
}

#[cfg(test)]
mod tests {
    use rten_vecmath::Gelu;

    use super::*;

    #[test]
    fn it_is_gelu() {
        for hundredths in -1000..=1000 {
            let x = f32::from(i16::try_from(hundredths).unwrap()) / 100.0;
            let (short, full) = (ShortGelu.scalar_eval(x), Gelu {}.scalar_eval(x));
            let most = if x.abs() <= SPAN { 5e-5 } else { 5e-5 * x.abs() };
            assert!((short - full).abs() <= most, "{x}: {short} for {full}");
        }
    }
}
