//! Owns the choice of what a view shows around what it changed: the line, and no more than a stretch of it.

use std::ops::Range;

use super::offsets::Builder;

/// How many bytes of a line are shown on each side of a change.
const AROUND: usize = 400;

/// A range of the source and what stands in its place.
pub struct Change {
    /// What is replaced.
    pub range: Range<usize>,
    /// By what.
    pub by: Replacement,
}

/// What stands in place of a range.
#[derive(Clone)]
pub enum Replacement {
    /// Nothing.
    Nothing,
    /// A character.
    Char(char),
    /// Several.
    Text(String),
}

/// A view of the lines that hold changes, with the changes made; `None` where there are none.
///
/// Changes come in order and apart from one another.
pub fn changed_lines(source: &str, changes: &[Change]) -> Option<Builder> {
    let mut builder = Builder::default();
    let mut shown: Option<usize> = None;
    let mut until = 0;
    for change in changes {
        let around = line_around(source, &change.range);
        let from = match shown {
            Some(shown) if around.start <= until => shown,
            Some(shown) => {
                builder.keep(source, shown..until);
                builder.put("\n", until..around.start);
                around.start
            }
            None => around.start,
        };
        builder.keep(source, from..change.range.start);
        match &change.by {
            Replacement::Nothing => {}
            Replacement::Char(c) => builder.put_char(*c, change.range.clone()),
            Replacement::Text(text) => builder.put(text, change.range.clone()),
        }
        shown = Some(change.range.end);
        until = until.max(around.end);
    }
    builder.keep(source, shown?..until);
    Some(builder)
}

/// The line that a range is on, cut to a stretch around it.
fn line_around(source: &str, range: &Range<usize>) -> Range<usize> {
    let low = source.floor_char_boundary(range.start.saturating_sub(AROUND));
    let high = source.ceil_char_boundary((range.end + AROUND).min(source.len()));
    let bytes = source.as_bytes();
    let start = bytes.get(low..range.start).and_then(|before| memchr::memrchr(b'\n', before));
    let end = bytes.get(range.end..high).and_then(|after| memchr::memchr(b'\n', after));
    start.map_or(low, |at| low + at + 1)..end.map_or(high, |at| range.end + at)
}
