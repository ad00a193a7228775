//! Server-sent events, cut out of bytes as they arrive.

use bytes::{Bytes, BytesMut};

/// A frame longer than this is no answer of a chat model.
const FRAME_BYTES_MAX: usize = 16 << 20;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// The bytes as they came, the empty line after them included.
    pub original: Bytes,
    /// What its `data` lines hold, joined by line feeds.
    pub data: String,
}

/// Cuts a stream into frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    waiting: BytesMut,
    /// Where the search for the end of the next frame goes on.
    looked: usize,
}

impl Frames {
    /// Takes more bytes; `false` when what waits for its end is too long.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.waiting.extend_from_slice(bytes);
        self.waiting.len() <= FRAME_BYTES_MAX
    }

    /// The next whole frame.
    pub fn next(&mut self) -> Option<Frame> {
        let end = self.end()?;
        self.looked = 0;
        let original = self.waiting.split_to(end).freeze();
        Some(Frame { data: data_of(&original), original })
    }

    /// What is left when the stream has ended: a frame whose empty line is missing.
    pub fn rest(&mut self) -> Option<Frame> {
        self.looked = 0;
        let original = self.waiting.split().freeze();
        let data = data_of(&original);
        (!data.is_empty()).then_some(Frame { original, data })
    }

    /// Where the next frame ends: after an empty line, whatever ends lines.
    fn end(&mut self) -> Option<usize> {
        let bytes = &self.waiting[..];
        let mut at = self.looked.saturating_sub(3);
        while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'\n') {
            let next = at + found + 1;
            match bytes.get(next..) {
                Some([b'\n', ..]) => return Some(next + 1),
                Some([b'\r', b'\n', ..]) => return Some(next + 2),
                _ => at = next,
            }
        }
        self.looked = bytes.len();
        None
    }
}

fn data_of(frame: &[u8]) -> String {
    let text = String::from_utf8_lossy(frame);
    let lines = text.lines().filter_map(|line| line.strip_prefix("data:"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_the_same_however_the_bytes_arrive() {
        let stream =
            "data: {\"a\":1}\n\n: ping\n\ndata:x\r\nevent: e\r\n\r\ndata: y\ndata: z\n\ndata: [DONE]";
        for size in 1..=stream.len() {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for piece in stream.as_bytes().chunks(size) {
                assert!(frames.push(piece));
                while let Some(frame) = frames.next() {
                    found.push(frame);
                }
            }
            found.extend(frames.rest());
            let data: Vec<&str> = found.iter().map(|frame| frame.data.as_str()).collect();
            assert_eq!(data, ["{\"a\":1}", "", "x", "y\nz", "[DONE]"], "in pieces of {size}");
            let whole: Vec<u8> = found.iter().flat_map(|frame| frame.original.to_vec()).collect();
            assert_eq!(whole, stream.as_bytes());
        }
    }
}
