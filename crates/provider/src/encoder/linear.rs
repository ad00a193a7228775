//! A dense layer. The one place that knows in which precision weights are kept and multiplied.

use std::fmt;

use model::ModelError;

use super::EncoderPrecision;
use super::norm::LayerNorm;

mod fp32;
mod gelu;
mod int8;
mod rows;

use fp32::Fp32Weights;
use int8::Int8Weights;

/// What becomes of the numbers that a layer computes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Finish<'a> {
    /// They are written over what an output holds.
    Replace,
    /// They go through GELU (Hendrycks and Gimpel 2016, "Gaussian Error Linear Units") and are written over what an
    /// output holds.
    Gelu,
    /// They are added to what an output holds, and each row of sums is normalised.
    AddAndNormalise(&'a LayerNorm),
}

/// Where they go.
pub(super) struct Output<'a> {
    pub(super) numbers: &'a mut [f32],
    pub(super) finish: Finish<'a>,
}

/// Room for the rows of one block in the precision they are multiplied in.
#[derive(Default)]
pub(super) struct LinearScratch {
    int8: int8::Int8Scratch,
}

/// In how many bits integer layers take their inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Activations {
    #[default]
    EightBits,
    /// Twice the products, and only the weights' own rounding left.
    SixteenBits,
}

impl LinearScratch {
    /// From now on integer layers take their inputs in so many bits.
    pub(super) fn set_activations(&mut self, activations: Activations) {
        self.int8.activations = activations;
    }
}

/// `output = input · weightsᵀ + bias`, the weights laid out as the matrix kernel reads them.
pub(super) enum Linear {
    Fp32(Fp32Weights),
    Int8(Int8Weights),
}

impl Linear {
    /// `weights` holds a row of `inputs` numbers for each output, as checkpoints do; there are as many outputs as
    /// numbers in `bias`.
    pub(super) fn new(
        precision: EncoderPrecision,
        weights: &[f32],
        bias: Vec<f32>,
        inputs: usize,
    ) -> Result<Self, ModelError> {
        Ok(match precision {
            EncoderPrecision::Fp32 => Self::Fp32(Fp32Weights::new(weights, bias, inputs)?),
            EncoderPrecision::Int8 => Self::Int8(Int8Weights::new(weights, bias, inputs)?),
        })
    }

    /// Applies the layer to each row of `input`.
    pub(super) fn apply(
        &self,
        input: &[f32],
        output: Output,
        scratch: &mut LinearScratch,
    ) -> Result<(), ModelError> {
        match self {
            Self::Fp32(weights) => weights.apply(input, output),
            Self::Int8(weights) => weights.apply(input, output, &mut scratch.int8),
        }
    }
}

impl fmt::Debug for Linear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (precision, (inputs, outputs)) = match self {
            Self::Fp32(weights) => ("fp32", weights.shape()),
            Self::Int8(weights) => ("int8", weights.shape()),
        };
        write!(f, "Linear({inputs} → {outputs}, {precision})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: usize = 128;
    const OUTPUTS: usize = 192;
    /// More than two blocks of them, the last not full.
    const ROWS: usize = 150;

    /// Numbers from -1 to 1 that look drawn.
    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        let number =
            |at: usize| f32::from(u16::try_from((at + seed) * 48_271 % 65_521 % 2001).unwrap()) / 1000.0;
        (0..count).map(|at| number(at) - 1.0).collect()
    }

    fn outputs(precision: EncoderPrecision, activations: Activations, finish: Finish) -> Vec<f32> {
        let (weights, bias) = (numbers(INPUTS * OUTPUTS, 1), numbers(OUTPUTS, 2));
        let layer = Linear::new(precision, &weights, bias, INPUTS).unwrap();
        let mut input = numbers(INPUTS * ROWS, 3);
        // Rows without a range, and one with an outlier.
        input[..INPUTS].fill(0.0);
        input[INPUTS..2 * INPUTS].fill(0.7);
        input[2 * INPUTS] = 30.0;
        let mut output = numbers(OUTPUTS * ROWS, 4);
        let mut scratch = LinearScratch::default();
        scratch.set_activations(activations);
        layer.apply(&input, Output { numbers: &mut output, finish }, &mut scratch).unwrap();
        output
    }

    fn check(activations: Activations, finish: Finish, most: f32) {
        let exact = outputs(EncoderPrecision::Fp32, activations, finish);
        let rounded = outputs(EncoderPrecision::Int8, activations, finish);
        assert!(rounded.iter().all(|value| value.is_finite()));
        let apart = exact.iter().zip(&rounded).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart <= most, "{activations:?}, {finish:?}: {apart}");
    }

    #[test]
    fn integers_come_close_to_floats() {
        let norm = LayerNorm { scale: vec![1.0; OUTPUTS], shift: vec![0.5; OUTPUTS] };
        for finish in [Finish::Replace, Finish::Gelu, Finish::AddAndNormalise(&norm)] {
            // Sums are of the order of ±10; the outlier makes its row's steps an eighth wide.
            check(Activations::EightBits, finish, 1.0);
            check(Activations::SixteenBits, finish, 0.2);
        }
    }

    #[test]
    fn weights_that_do_not_fill_vectors_are_refused() {
        let layer = Linear::new(EncoderPrecision::Int8, &[0.0; 100 * 64], vec![0.0; 64], 100);
        assert!(layer.unwrap_err().to_string().contains("do not fill"));
    }
}
