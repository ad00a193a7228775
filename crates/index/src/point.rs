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
