//! Owns the file of weights: four heads of one byte a bucket, each with its scale, bias and calibration.

use std::sync::LazyLock;

/// How many buckets features are hashed into.
pub const BUCKETS: u32 = 1 << 17;
/// What the file begins with.
const MAGIC: &[u8] = b"PATOUGW1";
/// A head's numbers before its weights: scale, bias, slope, threshold, as little-endian `f32`.
const NUMBERS: usize = 4;

/// One linear model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Head {
    /// What a byte of the weights is worth.
    pub scale: f32,
    /// Added to every sum.
    pub bias: f32,
    /// How fast probability rises around the threshold.
    pub slope: f32,
    /// The raw score at which the probability is ½.
    pub threshold: f32,
    /// A weight for each bucket.
    pub weights: Vec<i8>,
}

/// All heads.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Windows of documents: injections.
    pub document: Head,
    /// Windows of prompts: jailbreaks and injections.
    pub chat: Head,
    /// Whole prompts.
    pub prompt: Head,
    /// Words of names.
    pub person: Head,
}

static BUILT_IN: LazyLock<Weights> =
    LazyLock::new(|| Weights::read(include_bytes!("../../weights/linear.bin")).unwrap_or_else(Weights::none));

impl Head {
    /// The weight of a bucket.
    pub fn weight(&self, bucket: u32) -> f32 {
        self.weights.get(bucket as usize).map_or(0.0, |weight| f32::from(*weight))
    }

    /// The raw score of features whose weights add up to `sum`: the sum is divided by the root of their number, so
    /// that long windows are not louder than short ones.
    pub fn raw(&self, sum: f32, features: f32) -> f32 {
        self.bias + self.scale * sum / features.max(1.0).sqrt()
    }

    /// The calibrated probability: 1 / (1 + exp(−slope · (raw − threshold))).
    pub fn probability(&self, sum: f32, features: f32) -> f32 {
        1.0 / (1.0 + (-self.slope * (self.raw(sum, features) - self.threshold)).exp())
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (numbers, rest) = bytes.split_at_checked(NUMBERS * 4)?;
        let number = |at: usize| Some(f32::from_le_bytes(numbers.get(at * 4..at * 4 + 4)?.try_into().ok()?));
        let (weights, rest) = rest.split_at_checked(BUCKETS as usize)?;
        let weights = weights.iter().map(|byte| byte.cast_signed()).collect();
        let head =
            Self { scale: number(0)?, bias: number(1)?, slope: number(2)?, threshold: number(3)?, weights };
        Some((head, rest))
    }

    fn write(&self, out: &mut Vec<u8>) {
        for number in [self.scale, self.bias, self.slope, self.threshold] {
            out.extend(number.to_le_bytes());
        }
        out.extend(self.weights.iter().map(|weight| weight.cast_unsigned()));
    }
}

impl Weights {
    /// The committed weights.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a file of weights; `None` where it is not one.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (document, rest) = Head::read(bytes.strip_prefix(MAGIC)?)?;
        let (chat, rest) = Head::read(rest)?;
        let (prompt, rest) = Head::read(rest)?;
        let (person, rest) = Head::read(rest)?;
        rest.is_empty().then_some(Self { document, chat, prompt, person })
    }

    /// The bytes of a file of weights.
    pub fn write(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for head in [&self.document, &self.chat, &self.prompt, &self.person] {
            head.write(&mut out);
        }
        out
    }

    /// Heads that never speak.
    fn none() -> Self {
        let head = Head { bias: -20.0, slope: 1.0, ..Head::default() };
        Self { document: head.clone(), chat: head.clone(), prompt: head.clone(), person: head }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_file_is_read_and_written_alike() {
        let bytes = include_bytes!("../../weights/linear.bin");
        let read = Weights::read(bytes);
        assert_eq!(read.map(|weights| weights.write() == bytes), Some(true));
    }
}
