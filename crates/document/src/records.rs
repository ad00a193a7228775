//! JSON lines: a document in each line, read one line at a time.

use std::io::BufRead;

use serde_json::Value;

use crate::format::{json, text};
use crate::parse::finish;
use crate::{Document, Format};

/// The longest line that is read, in bytes.
const LINE_BYTES_MAX: usize = 64 << 20;

/// One line of a file of JSON lines.
#[derive(Clone, Debug)]
pub struct Record {
    /// `_id`, where the line is one of a corpus in BEIR's form: `_id` and `text`, perhaps `title` and
    /// `metadata`.
    pub id: Option<String>,
    /// 1-based.
    pub line: usize,
    /// What it says.
    pub document: Document,
}

/// Why a line is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read line {line}: {why}")]
pub struct RecordError {
    /// 1-based.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// The records of a file of JSON lines. A line that cannot be read is an error, and the next line goes on;
/// blank lines are passed over. After a read error nothing follows.
pub fn records<R: BufRead>(reader: R) -> impl Iterator<Item = Result<Record, RecordError>> {
    Lines { reader, line: 0, done: false }
}

struct Lines<R> {
    reader: R,
    line: usize,
    done: bool,
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            self.line += 1;
            let line = self.line;
            let mut bytes = Vec::new();
            match self.read_line(&mut bytes) {
                Err(error) => {
                    self.done = true;
                    return Some(Err(RecordError { line, why: error.to_string() }));
                }
                Ok(0) => self.done = true,
                Ok(read) if read > LINE_BYTES_MAX => {
                    let why = format!("it has {read} bytes, over the limit of {LINE_BYTES_MAX}");
                    return Some(Err(RecordError { line, why }));
                }
                Ok(_) => {
                    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
                    if !bytes.trim_ascii().is_empty() {
                        return Some(record(bytes, line));
                    }
                }
            }
        }
        None
    }
}

impl<R: BufRead> Lines<R> {
    /// Reads a line, keeping no more than the limit of it; gives how long it was.
    fn read_line(&mut self, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
        let mut length = 0;
        loop {
            let available = self.reader.fill_buf()?;
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            let room = (LINE_BYTES_MAX + 1).saturating_sub(bytes.len());
            bytes.extend_from_slice(&available[..taken.min(room)]);
            let finished = end.is_some() || available.is_empty();
            self.reader.consume(taken);
            length += taken;
            if finished {
                return Ok(length);
            }
        }
    }
}

fn record(bytes: &[u8], line: usize) -> Result<Record, RecordError> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| RecordError { line, why: error.to_string() })?;
    let id = match value.get("_id") {
        Some(Value::String(id)) if !id.trim().is_empty() => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    let (id, mut document) = match (id, value.get("text").and_then(Value::as_str)) {
        (Some(id), Some(text)) => (Some(id), corpus_line(&value, text)),
        _ => (None, json::render(&value)),
    };
    finish(&mut document);
    Ok(Record { id, line, document })
}

fn corpus_line(value: &Value, own: &str) -> Document {
    let mut document =
        Document::new(Format(&text::FORMAT), own.replace("\r\n", "\n").replace('\0', "\u{fffd}"));
    document.blocks = text::paragraphs(&document.text);
    let title = value.get("title").and_then(Value::as_str).map(str::trim);
    document.title = title.filter(|title| !title.is_empty()).map(str::to_owned);
    document.metadata = value.get("metadata").map(json::metadata).unwrap_or_default();
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corpus_lines_other_values_and_bad_lines() {
        let file = "\u{feff}{\"_id\":\"d1\",\"title\":\"T\",\"text\":\"one\",\"metadata\":{\"year\":2020}}\n\n\
                    not json\n{\"_id\":7,\"text\":\"two\"}\n{\"name\":\"N\",\"x\":1}\n{\"_id\":\"e\",\"text\":\"\"}";
        let found: Vec<_> = records(file.as_bytes()).collect();
        assert_eq!(found.len(), 5);
        let first = found[0].as_ref().unwrap();
        assert_eq!((first.id.as_deref(), first.document.title.as_deref()), (Some("d1"), Some("T")));
        assert_eq!(first.document.metadata["year"], 2020);
        assert_eq!(found[1].as_ref().unwrap_err().line, 3);
        assert_eq!(found[2].as_ref().unwrap().id.as_deref(), Some("7"));
        let other = found[3].as_ref().unwrap();
        assert_eq!((other.id.as_deref(), other.line), (None, 5));
        assert_eq!(other.document.text, "name: N\nx: 1\n");
        assert_eq!(found[4].as_ref().unwrap().document.problems.len(), 1);
    }
}
