//! Server-sent events, cut out of bytes as they arrive.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

/// A frame longer than this is no answer of a chat model.
const FRAME_BYTES_MAX: usize = 16 << 20;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The bytes as they came, the empty line after them included.
    pub original: Bytes,
}

impl Frame {
    /// What its `data` lines hold, joined by line feeds.
    pub fn data(&self) -> Cow<'_, str> {
        let text = String::from_utf8_lossy(&self.original);
        match text {
            Cow::Borrowed(text) => data_of(text),
            Cow::Owned(text) => Cow::Owned(data_of(&text).into_owned()),
        }
    }
}

/// Cuts a stream into frames.
#[derive(Debug, Default)]
pub struct Frames {
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
    pub fn cut(&mut self) -> Option<Frame> {
        let end = self.end()?;
        self.looked = 0;
        let original = self.waiting.split_to(end).freeze();
        Some(Frame { original })
    }

    /// What is left when the stream has ended: a frame whose empty line is missing.
    pub fn rest(&mut self) -> Option<Frame> {
        self.looked = 0;
        let original = self.waiting.split().freeze();
        let frame = Frame { original };
        (!frame.data().is_empty()).then_some(frame)
    }

    /// Where the next frame ends: after an empty line, whatever ends lines.
    fn end(&mut self) -> Option<usize> {
        let bytes = &self.waiting[..];
        let mut at = self.looked.saturating_sub(3);
        while let Some(found) = memchr::memchr(b'\n', &bytes[at..]) {
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

fn data_of(text: &str) -> Cow<'_, str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let mut lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    match lines.next() {
        None => Cow::Borrowed(first),
        Some(second) => Cow::Owned([first, second].into_iter().chain(lines).collect::<Vec<_>>().join("\n")),
    }
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
                while let Some(frame) = frames.cut() {
                    found.push(frame);
                }
            }
            found.extend(frames.rest());
            let data: Vec<_> = found.iter().map(|frame| frame.data()).collect();
            assert_eq!(data, ["{\"a\":1}", "", "x", "y\nz", "[DONE]"], "in pieces of {size}");
            let whole: Vec<u8> = found.iter().flat_map(|frame| frame.original.to_vec()).collect();
            assert_eq!(whole, stream.as_bytes());
        }
    }
}
