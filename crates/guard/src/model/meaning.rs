//! Owns the second look: what windows mean that the linear model is in doubt about, by a small network over their
//! embedding and the linear model's own score.
//!
//! The network was trained on the vectors of one encoder and reads no others.

use std::sync::LazyLock;

/// How many numbers a vector has.
const DIMENSION: usize = 384;
/// How many units stand between a vector and the answer.
pub const HIDDEN: usize = 96;
/// What a vector comes with: the linear model's raw score.
const INPUTS: usize = DIMENSION + 1;
/// How many numbers a unit has: a weight for each input, and a bias.
pub const UNIT: usize = INPUTS + 1;
/// What the file begins with.
const MAGIC: &[u8] = b"PATOUGM1";
/// The encoder whose vectors are read.
const ENCODER: &str = "all-MiniLM-L6-v2@";
/// Raw scores beyond these say no more.
const RAW: (f32, f32) = (-12.0, 8.0);
/// What raw scores are divided by, and vectors multiplied by, so that both are of a size.
const RAW_SCALE: f32 = 4.0;
const VECTOR_SCALE: f32 = 3.0;

/// A network of one hidden layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meaning {
    /// For each unit, its weights and its bias.
    pub hidden: Vec<f32>,
    /// The weight of each unit, and the bias.
    pub out: Vec<f32>,
    /// The raw answer at which the probability is ½.
    pub threshold: f32,
    /// How fast probability rises around it.
    pub slope: f32,
}

static BUILT_IN: LazyLock<Option<Meaning>> =
    LazyLock::new(|| Meaning::read(include_bytes!("../../weights/meaning.bin")));

impl Meaning {
    /// The committed network, for vectors of the encoder of this id; `None` for any other.
    pub fn built_in(encoder: &str) -> Option<&'static Self> {
        BUILT_IN.as_ref().filter(|_| encoder.starts_with(ENCODER))
    }

    /// What it takes in, of a vector and a raw score of the linear model.
    pub fn inputs(vector: &[f32], raw: f32) -> Option<Vec<f32>> {
        if vector.len() != DIMENSION {
            return None;
        }
        let scaled = vector.iter().map(|number| number * VECTOR_SCALE);
        Some(scaled.chain([raw.clamp(RAW.0, RAW.1) / RAW_SCALE]).collect())
    }

    /// The raw answer to inputs.
    pub fn raw(&self, inputs: &[f32]) -> f32 {
        let units = units(&self.hidden, inputs);
        let sum: f32 = units.iter().zip(&self.out).map(|(unit, weight)| unit * weight).sum();
        sum + self.out.get(HIDDEN).copied().unwrap_or_default()
    }

    /// The calibrated probability that a window is an attack, by its vector and the linear model's raw score.
    pub fn probability(&self, vector: &[f32], raw: f32) -> f32 {
        let inputs = Self::inputs(vector, raw);
        inputs.map_or(0.0, |inputs| 1.0 / (1.0 + (-self.slope * (self.raw(&inputs) - self.threshold)).exp()))
    }

    /// Reads a file; `None` where it is not one.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let numbers = bytes.strip_prefix(MAGIC)?.chunks_exact(4);
        let numbers: Option<Vec<f32>> =
            numbers.map(|four| Some(f32::from_le_bytes(four.try_into().ok()?))).collect();
        let numbers = numbers?;
        let (hidden, rest) = numbers.split_at_checked(HIDDEN * UNIT)?;
        let (out, rest) = rest.split_at_checked(HIDDEN + 1)?;
        let [threshold, slope] = *rest else { return None };
        Some(Self { hidden: hidden.to_vec(), out: out.to_vec(), threshold, slope })
    }

    /// The bytes of a file.
    pub fn write(&self) -> Vec<u8> {
        let numbers = self.hidden.iter().chain(&self.out).chain([&self.threshold, &self.slope]);
        MAGIC.iter().copied().chain(numbers.flat_map(|number| number.to_le_bytes())).collect()
    }
}

/// Each unit's answer to inputs: what it adds up to, where that is above 0.
pub fn units(hidden: &[f32], inputs: &[f32]) -> Vec<f32> {
    let unit = |own: &[f32]| {
        let (weights, bias) = own.split_at_checked(INPUTS).unwrap_or_default();
        let sum: f32 = weights.iter().zip(inputs).map(|(weight, input)| weight * input).sum();
        (sum + bias.first().copied().unwrap_or_default()).max(0.0)
    };
    hidden.chunks_exact(UNIT).map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_file_is_read_and_written_alike() {
        let bytes = include_bytes!("../../weights/meaning.bin");
        assert_eq!(Meaning::read(bytes).map(|read| read.write() == bytes), Some(true));
        assert!(Meaning::built_in("all-MiniLM-L6-v2@512/int8").is_some());
        assert!(Meaning::built_in("another").is_none());
    }

    #[test]
    fn it_answers_to_vectors_of_its_length_alone() {
        let mut network =
            Meaning { hidden: vec![0.0; HIDDEN * UNIT], out: vec![0.0; HIDDEN + 1], ..Meaning::default() };
        network.slope = 1.0;
        // One unit reads the raw score, twice, and counts for three.
        network.hidden[DIMENSION] = 2.0;
        network.out[0] = 3.0;
        assert_eq!(network.probability(&[0.0; 3], 4.0), 0.0);
        assert_eq!(network.raw(&Meaning::inputs(&[0.0; DIMENSION], 4.0).unwrap()), 6.0);
        assert_eq!(network.raw(&Meaning::inputs(&[0.0; DIMENSION], -4.0).unwrap()), 0.0);
        assert!(network.probability(&[0.0; DIMENSION], 4.0) > 0.99);
    }
}
