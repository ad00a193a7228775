//! What an index holds and gives back.

use std::fmt;

use access::AccessList;

use crate::Payload;

/// A point's name: 16 bytes that the caller chooses. Engines that want a UUID get these bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointId(pub [u8; 16]);

impl fmt::Display for PointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PointId({self})")
    }
}

/// One chunk as it enters the index. Its `Debug` tells no text.
#[derive(Clone, PartialEq)]
pub struct Point {
    /// Its name; a point that is there already under this name is replaced whole.
    pub id: PointId,
    /// Its embedding, where there is an embedder; without one it is found by words alone.
    pub vector: Option<Vec<f32>>,
    /// Title, headings and text: what BM25 sees. It is not stored.
    pub lexical_text: String,
    /// Who may read it.
    pub access: AccessList,
    /// What it can be filtered by.
    pub payload: Payload,
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Point")
            .field("id", &self.id)
            .field("dimension", &self.vector.as_ref().map(Vec::len))
            .field("lexical_bytes", &self.lexical_text.len())
            .finish_non_exhaustive()
    }
}

/// A point that was found, and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredPoint {
    /// Which point.
    pub id: PointId,
    /// Cosine (−1…1) in the dense leg, BM25 (> 0) in the lexical one.
    pub score: f32,
}

/// The order in which a leg gives its points: by score, then by id.
pub(crate) fn rank(points: &mut Vec<ScoredPoint>, limit: usize) {
    points.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    points.truncate(limit);
}

/// How far from 1 the square of a length may be and still count as 1.
const UNIT_TOLERANCE: f64 = 1e-6;

/// The vector brought to length 1. One that has that length already is left as it is, to the bit, so that a
/// vector read back from an index and given to it again is the same; one of length 0 stays too.
#[expect(clippy::cast_possible_truncation, reason = "the quotient is a number of at most 1")]
pub(crate) fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let square: f64 = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    if square > 0.0 && (square - 1.0).abs() > UNIT_TOLERANCE {
        let length = square.sqrt();
        vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
    vector
}
