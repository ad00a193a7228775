//! A dense layer. The one place that knows in which precision weights are kept and multiplied.

use std::fmt;

use model::ModelError;
use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

use super::failed;

/// What becomes of the numbers that an output holds already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// They are written over.
    Replace,
    /// The result is added to them.
    Add,
}

/// `output = input · weightsᵀ + bias`, the weights laid out as the matrix kernel reads them.
pub(super) struct Linear {
    weights: PackedBMatrix<f32>,
    bias: Vec<f32>,
}

impl Linear {
    /// `weights` holds a row of `inputs` numbers for each output, as checkpoints do; there are as many outputs as
    /// numbers in `bias`.
    pub(super) fn new(weights: &[f32], bias: Vec<f32>, inputs: usize) -> Result<Self, ModelError> {
        let transposed = NdTensorView::from_slice_with_strides([inputs, bias.len()], weights, [1, inputs]);
        let transposed = transposed.map_err(|error| failed(format!("weights do not fit: {error:?}")))?;
        Ok(Self { weights: GemmExecutor::default().prepack_b(transposed), bias })
    }

    /// Applies the layer to each row of `input`.
    pub(super) fn apply(&self, input: &[f32], output: &mut [f32], onto: Output) -> Result<(), ModelError> {
        let rows = output.len() / self.bias.len();
        let input = NdTensorView::try_from_data([rows, self.weights.rows()], input);
        let input = input.map_err(|error| failed(format!("an input does not fit: {error:?}")))?;
        let beta = match onto {
            Output::Replace => 0.0,
            Output::Add => 1.0,
        };
        let options = GemmOptions { beta, bias: Some(BiasVector::Row(&self.bias)), ..GemmOptions::default() };
        let (input, weights) = (GemmInputA::Unpacked(input), GemmInputB::Packed(&self.weights));
        // An executor cannot be kept across threads; making one only asks which kernel the processor takes.
        GemmExecutor::default()
            .gemm(output, input, weights, options)
            .map_err(|error| failed(error.to_string()))
    }
}

impl fmt::Debug for Linear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Linear({} → {})", self.weights.rows(), self.bias.len())
    }
}
