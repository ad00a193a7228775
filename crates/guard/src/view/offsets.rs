//! Owns the map from a view's bytes to the bytes it was made from, and the builder that writes both at once.

use std::ops::Range;

/// Where each part of a view came from.
#[derive(Debug, Default)]
pub struct Offsets {
    pieces: Vec<Piece>,
}

/// A part of a view, up to the next piece.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Where it starts in the view.
    at: usize,
    /// What it came from.
    from: usize,
    to: usize,
    /// Whether byte for byte.
    same: bool,
}

impl Offsets {
    /// What a range of the view came from: the smallest range that covers it.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        if self.pieces.is_empty() {
            return 0..0;
        }
        let (first, last) = (self.piece(range.start), self.piece(range.end.max(range.start + 1) - 1));
        let start = |piece: Piece, at: usize| piece.from + if piece.same { at - piece.at } else { 0 };
        let end = |piece: Piece, at: usize| {
            if piece.same { (piece.from + at - piece.at).min(piece.to) } else { piece.to }
        };
        // Within a reversed part the first piece stands after the last one.
        let low = start(first, range.start).min(if last.same { usize::MAX } else { last.from });
        let high = end(last, range.end).max(if first.same { 0 } else { first.to });
        low..high.max(low)
    }

    fn piece(&self, at: usize) -> Piece {
        let after = self.pieces.partition_point(|piece| piece.at <= at);
        self.pieces.get(after.saturating_sub(1)).copied().unwrap_or(Piece {
            at: 0,
            from: 0,
            to: 0,
            same: false,
        })
    }
}

/// Writes a view's text together with its map.
#[derive(Debug, Default)]
pub struct Builder {
    text: String,
    pieces: Vec<Piece>,
}

impl Builder {
    /// Takes over a range of the source as it is.
    pub fn keep(&mut self, source: &str, range: Range<usize>) {
        let Some(kept) = source.get(range.clone()).filter(|kept| !kept.is_empty()) else { return };
        match self.pieces.last_mut() {
            Some(last) if last.same && last.to == range.start => last.to = range.end,
            _ => {
                let at = self.text.len();
                self.pieces.push(Piece { at, from: range.start, to: range.end, same: true });
            }
        }
        self.text.push_str(kept);
    }

    /// Writes text that stands for a range of the source.
    pub fn put(&mut self, text: &str, range: Range<usize>) {
        if !text.is_empty() {
            self.pieces.push(Piece { at: self.text.len(), from: range.start, to: range.end, same: false });
            self.text.push_str(text);
        }
    }

    /// Writes a character that stands for a range of the source.
    pub fn put_char(&mut self, c: char, range: Range<usize>) {
        self.put(c.encode_utf8(&mut [0; 4]), range);
    }

    /// What was written so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text and its map.
    pub fn finish(self) -> (String, Offsets) {
        (self.text, Offsets { pieces: self.pieces })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_replaced_and_reversed_parts_map_back() {
        let mut builder = Builder::default();
        builder.keep("abcdef", 0..2);
        builder.put("XYZ", 2..3);
        builder.keep("abcdef", 3..6);
        let (text, offsets) = builder.finish();
        assert_eq!(text, "abXYZdef");
        assert_eq!(offsets.source(0..2), 0..2);
        assert_eq!(offsets.source(1..4), 1..3);
        assert_eq!(offsets.source(3..4), 2..3);
        assert_eq!(offsets.source(4..7), 2..5);

        let mut builder = Builder::default();
        for (at, c) in "abc".char_indices().rev() {
            builder.put_char(c, at..at + 1);
        }
        let (text, offsets) = builder.finish();
        assert_eq!(text, "cba");
        assert_eq!(offsets.source(0..2), 1..3);
        assert_eq!(offsets.source(0..3), 0..3);
    }
}
