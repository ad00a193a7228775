//! Dense layers in 8-bit integers: weights are quantised once, by output; activations by row, as they come.
//!
//! A weight is `w ≈ step · q` with `q` from -127 to 127, symmetric, one step an output. An activation is
//! `x ≈ low + step · u` with `u` from 0 to 255, one low and one step a row (dynamic quantisation; see Jacob et al. 2017,
//! "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"). A product is
//! then `Σ x·w ≈ step·step · Σ u·q + low · step · Σ q`; the last sum is known beforehand. In 16 bits, what rounding left
//! of a row is quantised again and multiplied as a second row.

use model::ModelError;
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::SimdOp;
use rten_tensor::NdTensorView;

use super::rows::{Columns, Dequantise, LANES_MAX, Onto, Quantise, RowScale};
use super::{Activations, Finish, Output};
use crate::encoder::failed;

/// So many rows are quantised, multiplied and dequantised at a time: their sums stay in a core's second-level cache. A
/// multiple of the rows that the matrix kernel takes at once.
const ROWS: usize = 64;

/// The largest absolute value of a quantised weight.
const WEIGHT_MAX: f32 = 127.0;
/// And where the kernel adds pairs of products in 16 bits, which two products of more than this could exceed.
const WEIGHT_MAX_16_BITS: f32 = 64.0;

/// Between 2^23 and 2^24 floats are whole numbers.
const ROUNDING: f32 = 12_582_912.0;

type Executor = GemmExecutor<u8, i8, i32>;

thread_local! {
    // Making one asks the processor what it can, which costs microseconds on a virtual machine.
    static EXECUTOR: Executor = Executor::default();
}

/// Weights as the matrix kernel reads them.
pub(in crate::encoder) struct Int8Weights {
    weights: PackedBMatrix<i8>,
    columns: Columns,
}

/// Room for the rows of one block.
#[derive(Default)]
pub(super) struct Int8Scratch {
    pub(super) activations: Activations,
    values: Vec<u8>,
    scales: Vec<RowScale>,
    sums: Vec<i32>,
}

impl Int8Scratch {
    /// In how many parts a row is multiplied.
    fn parts(&self) -> usize {
        match self.activations {
            Activations::EightBits => 1,
            Activations::SixteenBits => 2,
        }
    }
}

impl Int8Weights {
    pub(super) fn new(weights: &[f32], bias: Vec<f32>, inputs: usize) -> Result<Self, ModelError> {
        let outputs = bias.len();
        if !inputs.is_multiple_of(LANES_MAX) || !outputs.is_multiple_of(LANES_MAX) {
            return Err(failed(format!("{inputs} × {outputs} weights do not fill vectors of {LANES_MAX}")));
        }
        let executor = Executor::default();
        let most = if executor.may_saturate() { WEIGHT_MAX_16_BITS } else { WEIGHT_MAX };
        let mut quantised = Vec::with_capacity(weights.len());
        let mut columns = Columns { steps: Vec::new(), totals: Vec::new(), bias };
        for row in weights.chunks_exact(inputs) {
            let (step, total) = quantise_symmetric(row, most, &mut quantised);
            columns.steps.push(step);
            columns.totals.push(step * total);
        }
        let transposed =
            NdTensorView::from_slice_with_strides([inputs, outputs], &quantised[..], [1, inputs]);
        let transposed = transposed.map_err(|error| failed(format!("weights do not fit: {error:?}")))?;
        Ok(Self { weights: executor.prepack_b(transposed), columns })
    }

    pub(super) fn apply(
        &self,
        input: &[f32],
        output: Output,
        scratch: &mut Int8Scratch,
    ) -> Result<(), ModelError> {
        let (inputs, outputs) = self.shape();
        let Output { numbers, finish } = output;
        let onto = match finish {
            Finish::Replace => Onto::Replace,
            Finish::Gelu => Onto::Gelu,
            Finish::AddAndNormalise(_) => Onto::Add,
        };
        let rows = ROWS / scratch.parts();
        for (input, output) in input.chunks(rows * inputs).zip(numbers.chunks_mut(rows * outputs)) {
            self.multiply(input, scratch)?;
            let (sums, remainders) = scratch.sums[..output.len() * scratch.parts()].split_at(output.len());
            Dequantise { sums, remainders, scales: &scratch.scales, columns: &self.columns, output, onto }
                .dispatch();
            if let Finish::AddAndNormalise(norm) = finish {
                norm.apply(output);
            }
        }
        Ok(())
    }

    /// Quantises the rows of one block and multiplies them into `sums`: all rows, then what rounding left of each.
    fn multiply(&self, input: &[f32], scratch: &mut Int8Scratch) -> Result<(), ModelError> {
        let (inputs, outputs) = self.shape();
        let rows = input.len() / inputs;
        let all = rows * scratch.parts();
        let values = grown(&mut scratch.values, all * inputs);
        let scales = grown(&mut scratch.scales, rows);
        let sums = grown(&mut scratch.sums, all * outputs);
        let (whole, remainders) = values.split_at_mut(input.len());
        Quantise { input, width: inputs, values: whole, remainders, scales }.dispatch();
        let values = NdTensorView::try_from_data([all, inputs], &values[..]);
        let values = values.map_err(|error| failed(format!("an input does not fit: {error:?}")))?;
        EXECUTOR.with(|executor| {
            // Packed here, or the kernel would pack anew for each of its blocks of columns.
            let packed = executor.prepack_a(values);
            let (values, weights) = (GemmInputA::Packed(&packed), GemmInputB::Packed(&self.weights));
            let product = executor.gemm(sums, values, weights, GemmOptions::default());
            product.map_err(|error| failed(error.to_string()))
        })
    }

    /// How many inputs and outputs there are.
    pub(super) fn shape(&self) -> (usize, usize) {
        (self.weights.rows(), self.columns.bias.len())
    }
}

/// The first `length` values of `room`, which never shrinks: what is left of earlier blocks is written over.
fn grown<T: Clone + Default>(room: &mut Vec<T>, length: usize) -> &mut [T] {
    if room.len() < length {
        room.resize(length, T::default());
    }
    &mut room[..length]
}

/// Appends the row's values, rounded to steps of which `most` reach its largest; returns the step and the sum of
/// the values.
fn quantise_symmetric(row: &[f32], most: f32, values: &mut Vec<i8>) -> (f32, f32) {
    let largest = row.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let step = (largest / most).max(f32::MIN_POSITIVE);
    let start = values.len();
    // Added and taken away, this leaves no room for a fraction; rounding by name is a call a value here.
    let whole = |value: f32| (value / step + ROUNDING) - ROUNDING;
    #[expect(clippy::cast_possible_truncation, reason = "it is a whole number from -127 to 127")]
    values.extend(row.iter().map(|value| whole(*value) as i32 as i8));
    let total: i32 = values[start..].iter().map(|value| i32::from(*value)).sum();
    #[expect(clippy::cast_precision_loss, reason = "127 times the longest row is far below 2^24")]
    let total = total as f32;
    (step, total)
}
