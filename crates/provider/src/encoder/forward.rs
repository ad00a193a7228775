//! The forward pass over one pack of texts.

use std::fmt;

use model::ModelError;

use super::ENCODER_DIMENSION;
use super::attention::{AttentionScratch, FUSED_WIDTH, attend};
use super::linear::{Activations, Finish, LinearScratch, Output};
use super::norm::mean_at_length_1;
use super::packs::SHORT_TOKENS;
use super::weights::{INNER_WIDTH, Layer, Weights};

/// So many tokens go through a feed-forward block at a time, so that long texts need no more room between its two
/// products. A multiple of the rows that the matrix kernel takes at once; 96 is 4 % slower, more is no faster.
const INNER_TOKENS: usize = 198;

/// From this layer on, rounding what attention is computed from costs more than everywhere else together.
const SENSITIVE_FROM: usize = 3;

/// A worker's room for activations; it grows to the largest pack and is then used again.
#[derive(Default)]
pub(super) struct Scratch {
    hidden: Vec<f32>,
    fused: Vec<f32>,
    context: Vec<f32>,
    inner: Vec<f32>,
    attention: AttentionScratch,
    linear: LinearScratch,
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scratch({} numbers)", self.hidden.len() + self.fused.len() + self.context.len())
    }
}

/// The vectors of the texts whose numbers are in `pack`, in its order.
pub(super) fn vectors(
    weights: &Weights,
    texts: &[Vec<u32>],
    pack: &[usize],
    scratch: &mut Scratch,
) -> Result<Vec<Vec<f32>>, ModelError> {
    let tokens: usize = pack.iter().map(|&text| texts[text].len()).sum();
    scratch.hidden.resize(tokens * ENCODER_DIMENSION, 0.0);
    let lengths: Vec<usize> = pack.iter().map(|&text| texts[text].len()).collect();
    let are_short = lengths.iter().all(|length| *length <= SHORT_TOKENS);
    for (text, rows) in pack.iter().zip(split(&mut scratch.hidden, &lengths, ENCODER_DIMENSION)) {
        weights.embeddings.look_up(&texts[*text], rows)?;
    }
    let bits = |in_full: bool| if in_full { Activations::SixteenBits } else { Activations::EightBits };
    for (place, layer) in weights.layers.iter().enumerate() {
        scratch.linear.set_activations(bits(are_short || place >= SENSITIVE_FROM));
        self_attention(layer, &lengths, scratch)?;
        scratch.linear.set_activations(bits(are_short));
        feed_forward(layer, scratch)?;
    }
    let rows = split(&mut scratch.hidden, &lengths, ENCODER_DIMENSION);
    Ok(rows.map(|rows| mean_at_length_1(rows, ENCODER_DIMENSION)).collect())
}

fn self_attention(layer: &Layer, lengths: &[usize], scratch: &mut Scratch) -> Result<(), ModelError> {
    let Scratch { hidden, fused, context, attention, linear, .. } = scratch;
    fused.resize(hidden.len() / ENCODER_DIMENSION * FUSED_WIDTH, 0.0);
    context.resize(hidden.len(), 0.0);
    let output = Output { numbers: fused, finish: Finish::Replace };
    layer.query_key_value.apply(hidden, output, linear)?;
    let texts = split(fused, lengths, FUSED_WIDTH).zip(split(context, lengths, ENCODER_DIMENSION));
    for (fused, context) in texts {
        attend(fused, context, attention)?;
    }
    let output = Output { numbers: hidden, finish: Finish::AddAndNormalise(&layer.attended_norm) };
    layer.attended.apply(context, output, linear)
}

fn feed_forward(layer: &Layer, scratch: &mut Scratch) -> Result<(), ModelError> {
    let Scratch { hidden, inner, linear, .. } = scratch;
    for rows in hidden.chunks_mut(INNER_TOKENS * ENCODER_DIMENSION) {
        inner.resize(rows.len() / ENCODER_DIMENSION * INNER_WIDTH, 0.0);
        layer.widened.apply(rows, Output { numbers: inner, finish: Finish::Gelu }, linear)?;
        let output = Output { numbers: rows, finish: Finish::AddAndNormalise(&layer.narrowed_norm) };
        layer.narrowed.apply(inner, output, linear)?;
    }
    Ok(())
}

/// Cuts `rows`, each `width` long, into the shares of texts with these lengths.
fn split<'a>(rows: &'a mut [f32], lengths: &'a [usize], width: usize) -> impl Iterator<Item = &'a mut [f32]> {
    let mut rest = rows;
    lengths.iter().map_while(move |length| rest.split_off_mut(..length * width))
}
