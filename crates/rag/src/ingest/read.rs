//! Reading items: bytes, hash, text, chunks. Everything here is synchronous and runs on the blocking pool.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use document::{Chunk, Chunking, Document, Extent, Record, RecordError};
use model::Embedder;

use crate::ids;
use crate::source::{ItemFailure, Listed, Source};

/// How many items are read before they are handed on.
const GROUP_ITEMS: usize = 64;
/// How many bytes are read before they are handed on.
const GROUP_BYTES: u64 = 4 << 20;

/// What the run knows before it reads.
pub(super) struct Known {
    pub fingerprint: String,
    pub chunking: Chunking,
    /// Counts tokens.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// The content hash of each document that this very pipeline made.
    pub hashes: HashMap<String, String>,
}

/// A document that is parsed and cut, and waits to be staged.
pub(super) struct Prepared {
    pub id: String,
    pub source: String,
    pub root: String,
    pub content_hash: String,
    pub version: String,
    pub document: Document,
    pub chunks: Vec<Chunk>,
}

/// What became of one item.
pub(super) enum Outcome {
    Unchanged { id: String, source: String },
    Failed { id: Option<String>, failure: ItemFailure },
    Ready(Box<Prepared>),
}

impl Outcome {
    pub(super) fn source(&self) -> &str {
        match self {
            Self::Unchanged { source, .. } => source,
            Self::Failed { failure, .. } => &failure.source,
            Self::Ready(prepared) => &prepared.source,
        }
    }
}

type Records = Box<dyn Iterator<Item = Result<Record, RecordError>> + Send>;

/// Reads the items of one source, some at a time.
pub(super) struct SourceReader {
    source: Arc<dyn Source>,
    root: String,
    items: std::vec::IntoIter<Listed>,
    /// The file of many documents that is being read, and its records.
    records: Option<(Listed, Records)>,
    known: Known,
    whole: bool,
}

impl SourceReader {
    pub(super) fn new(source: Arc<dyn Source>, items: Vec<Listed>, known: Known) -> Self {
        let root = source.root();
        Self { source, root, items: items.into_iter(), records: None, known, whole: true }
    }

    /// Whether every file of many documents was read to its end, so that what was not met is gone.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The next items; `None` after the last.
    pub(super) fn next_group(&mut self) -> Option<Vec<Outcome>> {
        let mut group = Vec::new();
        let mut bytes = 0;
        while group.len() < GROUP_ITEMS && bytes < GROUP_BYTES {
            if let Some((item, records)) = &mut self.records {
                match records.next() {
                    Some(record) => {
                        let item = item.clone();
                        let outcome = self.record(&item, record);
                        bytes += size_of_outcome(&outcome);
                        group.push(outcome);
                    }
                    None => self.records = None,
                }
                continue;
            }
            let Some(item) = self.items.next() else { break };
            if is_lines(&item.source) {
                match self.source.open(&item) {
                    Ok(reader) => self.records = Some((item, records_of(reader))),
                    Err(failure) => {
                        self.whole = false;
                        group.push(Outcome::Failed { id: None, failure });
                    }
                }
                continue;
            }
            bytes += item.size;
            group.push(self.item(&item));
        }
        (!group.is_empty()).then_some(group)
    }

    fn item(&self, item: &Listed) -> Outcome {
        let id = ids::document_id(&self.root, &item.source);
        let bytes = match self.source.read(item) {
            Ok(bytes) => bytes,
            Err(failure) => return Outcome::Failed { id: Some(id), failure },
        };
        let content_hash = ids::content_hash(&bytes);
        if self.known.hashes.get(&id) == Some(&content_hash) {
            return Outcome::Unchanged { id, source: item.source.clone() };
        }
        let input = document::Input {
            name: &item.source,
            bytes: &bytes,
            extent: Extent::MainContent,
            passwords: &[],
        };
        match document::parse(&input) {
            Ok(document) => {
                self.prepare(Incoming { id, source: item.source.clone(), content_hash, document })
            }
            Err(error) => Outcome::Failed {
                id: Some(id),
                failure: ItemFailure {
                    source: item.source.clone(),
                    error: error.to_string(),
                    hint: error.hint().to_owned(),
                },
            },
        }
    }

    fn record(&mut self, item: &Listed, record: Result<Record, RecordError>) -> Outcome {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                // A line that cannot be read may hold any id: nothing of this root is taken to be gone.
                self.whole = false;
                return Outcome::Failed {
                    id: None,
                    failure: ItemFailure {
                        source: format!("{}#{}", item.source, error.line),
                        error: error.to_string(),
                        hint: "mend the line; every line is one JSON value".into(),
                    },
                };
            }
        };
        let name = record.id.clone().unwrap_or_else(|| record.line.to_string());
        let source = format!("{}#{name}", item.source);
        let id = record.id.unwrap_or_else(|| ids::document_id(&self.root, &source));
        let content_hash = record_hash(&record.document);
        if self.known.hashes.get(&id) == Some(&content_hash) {
            return Outcome::Unchanged { id, source };
        }
        self.prepare(Incoming { id, source, content_hash, document: record.document })
    }

    fn prepare(&self, incoming: Incoming) -> Outcome {
        let Incoming { id, source, content_hash, document } = incoming;
        let chunks = match &self.known.embedder {
            Some(embedder) => {
                document::chunk(&document, &self.known.chunking, |text| embedder.count_tokens(text))
            }
            None => document::chunk(&document, &self.known.chunking, estimate_tokens),
        };
        let version = ids::version_id(&document.text, &self.known.fingerprint);
        let root = self.root.clone();
        Outcome::Ready(Box::new(Prepared { id, source, root, content_hash, version, document, chunks }))
    }
}

/// One document as a source gave it.
struct Incoming {
    id: String,
    source: String,
    content_hash: String,
    document: Document,
}

/// Whether a file holds a document in each line.
fn is_lines(source: &str) -> bool {
    let source = source.to_ascii_lowercase();
    source.ends_with(".jsonl") || source.ends_with(".ndjson")
}

fn records_of(reader: Box<dyn BufRead + Send>) -> Records {
    Box::new(document::records(reader))
}

/// The hash of everything that a record says.
fn record_hash(document: &Document) -> String {
    let metadata = serde_json::to_string(&document.metadata).unwrap_or_default();
    let parts = [document.title.as_deref().unwrap_or_default(), &document.text, &metadata];
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    ids::content_hash(&bytes)
}

fn size_of_outcome(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Ready(prepared) => prepared.document.text.len() as u64,
        Outcome::Unchanged { .. } | Outcome::Failed { .. } => 0,
    }
}

/// Tokens of a text where no tokenizer is at hand: a token for every four bytes, and at least one for every
/// word. English prose has fewer.
fn estimate_tokens(text: &str) -> usize {
    text.len().div_ceil(4).max(text.split_whitespace().count())
}
