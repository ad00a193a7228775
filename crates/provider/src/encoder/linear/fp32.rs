//! Dense layers in 32-bit floats.

use model::ModelError;
use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::SimdUnaryOp;
use rten_tensor::NdTensorView;
use rten_vecmath::Gelu;

use super::{Finish, Output};
use crate::encoder::failed;

/// Weights as the matrix kernel reads them.
pub(in crate::encoder) struct Fp32Weights {
    weights: PackedBMatrix<f32>,
    bias: Vec<f32>,
}

impl Fp32Weights {
    pub(super) fn new(weights: &[f32], bias: Vec<f32>, inputs: usize) -> Result<Self, ModelError> {
        let transposed = NdTensorView::from_slice_with_strides([inputs, bias.len()], weights, [1, inputs]);
        let transposed = transposed.map_err(|error| failed(format!("weights do not fit: {error:?}")))?;
        Ok(Self { weights: GemmExecutor::default().prepack_b(transposed), bias })
    }

    pub(super) fn apply(&self, input: &[f32], output: Output) -> Result<(), ModelError> {
        let Output { numbers: output, finish } = output;
        let rows = output.len() / self.bias.len();
        let matrix = NdTensorView::try_from_data([rows, self.weights.rows()], input);
        let matrix = matrix.map_err(|error| failed(format!("an input does not fit: {error:?}")))?;
        let beta = if matches!(finish, Finish::AddAndNormalise(_)) { 1.0 } else { 0.0 };
        let options = GemmOptions { beta, bias: Some(BiasVector::Row(&self.bias)), ..GemmOptions::default() };
        let (matrix, weights) = (GemmInputA::Unpacked(matrix), GemmInputB::Packed(&self.weights));
        // An executor cannot be kept across threads; making one only asks which kernel the processor takes.
        let product = GemmExecutor::default().gemm(output, matrix, weights, options);
        product.map_err(|error| failed(error.to_string()))?;
        match finish {
            Finish::Replace => {}
            Finish::Gelu => Gelu {}.map_mut(output),
            Finish::AddAndNormalise(norm) => norm.apply(output),
        }
        Ok(())
    }

    /// How many inputs and outputs there are.
    pub(super) fn shape(&self) -> (usize, usize) {
        (self.weights.rows(), self.bias.len())
    }
}
