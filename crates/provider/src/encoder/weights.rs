//! The weights of the model, read from its file and laid out for the forward pass.

use std::path::Path;
use std::sync::Mutex;

use model::ModelError;

use super::linear::Linear;
use super::norm::LayerNorm;
use super::safetensors::TensorFile;
use super::{ENCODER_DIMENSION, EncoderPrecision, PLACES, failed};

const LAYERS: usize = 6;
const VOCABULARY: usize = 30_522;
/// The width between the two products of a feed-forward block.
pub(super) const INNER_WIDTH: usize = 1536;

const D: usize = ENCODER_DIMENSION;

/// All of them.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) embeddings: Embeddings,
    pub(super) layers: Vec<Layer>,
}

/// Tokens and their places to vectors.
pub(super) struct Embeddings {
    words: Vec<f32>,
    /// Places, with the vector of the only token type that is used added to each.
    places: Vec<f32>,
    norm: LayerNorm,
}

/// One of the blocks that the text goes through.
#[derive(Debug)]
pub(super) struct Layer {
    /// Queries, keys and values in one product.
    pub(super) query_key_value: Linear,
    pub(super) attended: Linear,
    pub(super) attended_norm: LayerNorm,
    pub(super) widened: Linear,
    pub(super) narrowed: Linear,
    pub(super) narrowed_norm: LayerNorm,
}

impl Weights {
    /// Reads the file on up to `threads` threads.
    pub(super) fn open(path: &Path, precision: EncoderPrecision, threads: usize) -> Result<Self, ModelError> {
        let mut layers: Vec<Option<Layer>> = (0..LAYERS).map(|_| None).collect();
        let share = LAYERS.div_ceil(threads.clamp(1, LAYERS));
        let problem: Mutex<Option<ModelError>> = Mutex::default();
        let embeddings = std::thread::scope(|scope| {
            for (number, layers) in layers.chunks_mut(share).enumerate() {
                let problem = &problem;
                scope.spawn(move || {
                    if let Err(error) = fill(path, precision, number * share, layers) {
                        problem
                            .lock()
                            .unwrap_or_else(std::sync::PoisonError::into_inner)
                            .get_or_insert(error);
                    }
                });
            }
            Embeddings::read(&mut TensorFile::open(path)?)
        })?;
        if let Some(error) = problem.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            return Err(error);
        }
        let layers = layers.into_iter().flatten().collect();
        Ok(Self { embeddings, layers })
    }
}

fn fill(
    path: &Path,
    precision: EncoderPrecision,
    first: usize,
    layers: &mut [Option<Layer>],
) -> Result<(), ModelError> {
    let mut file = TensorFile::open(path)?;
    for (place, layer) in layers.iter_mut().enumerate() {
        *layer = Some(Layer::read(&mut file, precision, first + place)?);
    }
    Ok(())
}

impl Embeddings {
    fn read(file: &mut TensorFile) -> Result<Self, ModelError> {
        let words = file.read("embeddings.word_embeddings.weight", &[VOCABULARY, D])?;
        let mut places = file.read("embeddings.position_embeddings.weight", &[PLACES, D])?;
        let types = file.read("embeddings.token_type_embeddings.weight", &[2, D])?;
        for place in places.chunks_exact_mut(D) {
            place.iter_mut().zip(&types[..D]).for_each(|(value, part)| *value += part);
        }
        Ok(Self { words, places, norm: norm(file, "embeddings.LayerNorm")? })
    }

    /// Writes the vectors of `tokens`, one a row.
    pub(super) fn look_up(&self, tokens: &[u32], rows: &mut [f32]) -> Result<(), ModelError> {
        for ((token, place), row) in
            tokens.iter().zip(self.places.chunks_exact(D)).zip(rows.chunks_exact_mut(D))
        {
            let start = *token as usize * D;
            let word = self.words.get(start..start + D).ok_or_else(|| failed(format!("no token {token}")))?;
            row.iter_mut().zip(word.iter().zip(place)).for_each(|(value, (a, b))| *value = a + b);
        }
        self.norm.apply(rows);
        Ok(())
    }
}

impl Layer {
    fn read(file: &mut TensorFile, precision: EncoderPrecision, number: usize) -> Result<Self, ModelError> {
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for part in ["query", "key", "value"] {
            weights.extend(file.read(&name(&format!("attention.self.{part}.weight")), &[D, D])?);
            bias.extend(file.read(&name(&format!("attention.self.{part}.bias")), &[D])?);
        }
        let query_key_value = Linear::new(precision, &weights, bias, D)?;
        let mut linear = |part: &str, inputs, outputs| {
            let weights = file.read(&name(&format!("{part}.dense.weight")), &[outputs, inputs])?;
            let bias = file.read(&name(&format!("{part}.dense.bias")), &[outputs])?;
            Linear::new(precision, &weights, bias, inputs)
        };
        let attended = linear("attention.output", D, D)?;
        let widened = linear("intermediate", D, INNER_WIDTH)?;
        let narrowed = linear("output", INNER_WIDTH, D)?;
        let attended_norm = norm(file, &name("attention.output.LayerNorm"))?;
        let narrowed_norm = norm(file, &name("output.LayerNorm"))?;
        Ok(Self { query_key_value, attended, attended_norm, widened, narrowed, narrowed_norm })
    }
}

fn norm(file: &mut TensorFile, name: &str) -> Result<LayerNorm, ModelError> {
    let (scale, shift) =
        (file.read(&format!("{name}.weight"), &[D])?, file.read(&format!("{name}.bias"), &[D])?);
    Ok(LayerNorm { scale, shift })
}

impl std::fmt::Debug for Embeddings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Embeddings({} tokens)", self.words.len() / D)
    }
}
