//! Self-attention within one text: every token looks at every token of its own text, never at another's.

use model::ModelError;
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
use rten_simd::SimdOp;
use rten_tensor::{Layout, Matrix, NdTensorView};

use super::softmax::Powers;
use super::{ENCODER_DIMENSION, failed};

pub(super) const HEADS: usize = 12;
const HEAD_WIDTH: usize = ENCODER_DIMENSION / HEADS;
/// Queries, keys and values of a token lie side by side.
pub(super) const FUSED_WIDTH: usize = 3 * ENCODER_DIMENSION;

/// So many queries are scored at a time: their scores against all keys stay in a core's second-level cache. A
/// multiple of the rows that the matrix kernel takes at once.
const QUERIES: usize = 198;

/// Room for the scores of one block of queries.
#[derive(Default)]
pub(super) struct AttentionScratch {
    scores: Vec<f32>,
    /// What the weights of each query sum to before they are divided by it.
    sums: Vec<f32>,
    mixed: Vec<f32>,
}

/// `softmax(Q·Kᵀ / √width)·V` for each head (Vaswani et al. 2017, "Attention Is All You Need"). `fused` holds
/// [`FUSED_WIDTH`] numbers a token of one text, `context` takes [`ENCODER_DIMENSION`] a token.
pub(super) fn attend(
    fused: &[f32],
    context: &mut [f32],
    scratch: &mut AttentionScratch,
) -> Result<(), ModelError> {
    let tokens = fused.len() / FUSED_WIDTH;
    for head in 0..HEADS {
        let column = head * HEAD_WIDTH;
        let (keys, values) = (column + ENCODER_DIMENSION, column + 2 * ENCODER_DIMENSION);
        let keys = view(&fused[keys..], [HEAD_WIDTH, tokens], [1, FUSED_WIDTH])?;
        let values = view(&fused[values..], [tokens, HEAD_WIDTH], [FUSED_WIDTH, 1])?;
        for start in (0..tokens).step_by(QUERIES) {
            let rows = QUERIES.min(tokens - start);
            let queries = view(&fused[start * FUSED_WIDTH + column..], [rows, HEAD_WIDTH], [FUSED_WIDTH, 1])?;
            scratch.block(queries, keys, values)?;
            let context = &mut context[start * ENCODER_DIMENSION..][..rows * ENCODER_DIMENSION];
            let context = context.chunks_exact_mut(ENCODER_DIMENSION);
            for ((to, from), sum) in context.zip(scratch.mixed.chunks_exact(HEAD_WIDTH)).zip(&scratch.sums) {
                let to = to[column..column + HEAD_WIDTH].iter_mut();
                to.zip(from).for_each(|(to, from)| *to = from * (1.0 / sum));
            }
        }
    }
    Ok(())
}

impl AttentionScratch {
    /// Mixes the values for one block of queries of one head into `mixed`, each row times its number in `sums`.
    fn block(&mut self, queries: Matrix, keys: Matrix, values: Matrix) -> Result<(), ModelError> {
        let ([rows, width], [tokens, _]) = (queries.shape(), values.shape());
        self.scores.resize(rows * tokens, 0.0);
        self.mixed.resize(rows * width, 0.0);
        #[expect(clippy::cast_precision_loss, reason = "a width is far below 2^24")]
        let alpha = std::f32::consts::LOG2_E / (width as f32).sqrt();
        let scaled = GemmOptions { alpha, ..GemmOptions::default() };
        let executor = GemmExecutor::default();
        let product = |out: &mut [f32], a, b, options| {
            let (a, b) = (GemmInputA::Unpacked(a), GemmInputB::Unpacked(b));
            executor.gemm(out, a, b, options).map_err(|error| failed(error.to_string()))
        };
        product(&mut self.scores, queries, keys, scaled)?;
        self.sums.clear();
        self.sums.extend(self.scores.chunks_exact_mut(tokens).map(|row| Powers { row }.dispatch()));
        let weights = view(&self.scores, [rows, tokens], [tokens, 1])?;
        product(&mut self.mixed, weights, values, GemmOptions::default())
    }
}

fn view(data: &[f32], shape: [usize; 2], strides: [usize; 2]) -> Result<Matrix<'_>, ModelError> {
    NdTensorView::from_slice_with_strides(shape, data, strides)
        .map_err(|error| failed(format!("attention does not fit: {error:?}")))
}
