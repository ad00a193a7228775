//! Reading items: bytes, hash, text, chunks. Everything here is synchronous and runs on the blocking pool.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Cursor};
use std::sync::Arc;

use document::{Chunk, Chunking, Document, Extent, Problem, Record, RecordError};
use model::Embedder;
use runtime::{Driver, Shutdown};

use super::containers::{ATTACHMENTS_DEPTH_MAX, Found, Unpacking, problem};
use crate::extraction::{Extraction, PictureState, Pipeline};
use crate::ids;
use crate::source::{ItemFailure, Listed, Source};

/// How many items are read before they are handed on.
const GROUP_ITEMS: usize = 64;
/// How many bytes are read before they are handed on.
const GROUP_BYTES: u64 = 4 << 20;

/// What the run knows before it reads.
pub(super) struct Known {
    pub pipeline: Pipeline,
    pub extraction: Extraction,
    pub stop: Shutdown,
    pub chunking: Chunking,
    /// Counts tokens.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// The content hash of each document that this very pipeline made.
    pub hashes: HashMap<String, String>,
    /// This root's documents that came with another or in its lines, by source, with their ids.
    pub attachments: BTreeMap<String, String>,
}

/// A document that is parsed and cut, and waits to be staged.
pub(super) struct Prepared {
    pub id: String,
    pub source: String,
    pub root: String,
    pub content_hash: String,
    pub version: String,
    /// What made it so.
    pub fingerprint: String,
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
    records: Option<(String, Records)>,
    /// The archive that is being read.
    unpacking: Option<Unpacking>,
    known: Known,
    whole: bool,
}

impl SourceReader {
    pub(super) fn new(source: Arc<dyn Source>, items: Vec<Listed>, known: Known) -> Self {
        let root = source.root();
        Self { source, root, items: items.into_iter(), records: None, unpacking: None, known, whole: true }
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
            let outcomes = match (&mut self.records, &mut self.unpacking) {
                (Some((source, records)), _) => {
                    let source = source.clone();
                    let Some(record) = records.next() else {
                        self.records = None;
                        continue;
                    };
                    vec![self.record(&source, record)]
                }
                (None, Some(unpacking)) => match unpacking.next() {
                    Some(Found::File { source, bytes }) if is_lines(&source) => {
                        self.records = Some((source, records_of(Box::new(Cursor::new(bytes)))));
                        continue;
                    }
                    Some(Found::File { source, bytes }) => self.file(Held::plain(&source, bytes)),
                    Some(Found::Failed(failure)) => vec![self.failed(failure)],
                    None => {
                        self.unpacking = None;
                        continue;
                    }
                },
                (None, None) => {
                    let Some(item) = self.items.next() else { break };
                    self.item(&item)
                }
            };
            bytes += outcomes.iter().map(size_of_outcome).sum::<u64>();
            group.extend(outcomes);
        }
        (!group.is_empty()).then_some(group)
    }

    /// One item of the listing: what it is, or nothing yet when it holds many.
    fn item(&mut self, item: &Listed) -> Vec<Outcome> {
        let name = item.format_name.as_deref().unwrap_or(&item.source);
        if is_lines(name) {
            match self.source.open(item) {
                Ok(reader) => self.records = Some((item.source.clone(), records_of(reader))),
                Err(failure) => {
                    self.whole = false;
                    return vec![Outcome::Failed { id: None, failure }];
                }
            }
            return Vec::new();
        }
        match self.source.read(item) {
            Ok(bytes) if document::is_archive(name, &bytes) => {
                self.unpacking = Some(Unpacking::new([(item.source.clone(), bytes)]));
                Vec::new()
            }
            Ok(bytes) => self.file(Held {
                source: &item.source,
                format_name: item.format_name.as_deref(),
                problems: &item.problems,
                bytes,
            }),
            Err(failure) => vec![self.failed(failure)],
        }
    }

    /// A file that is no archive: its document, after those that come with it, so that whoever finds the document
    /// unchanged may take the others to be there.
    fn file(&mut self, file: Held<'_>) -> Vec<Outcome> {
        let Held { source, format_name, problems, bytes } = file;
        if is_lines(format_name.unwrap_or(source)) {
            let records = document::records(Cursor::new(bytes));
            return records.map(|record| self.record(source, record)).collect();
        }
        let id = ids::document_id(&self.root, source);
        let content_hash = ids::content_hash(&bytes);
        if self.known.hashes.get(&id) == Some(&content_hash) {
            let mut outcomes = self.unchanged_attachments(source);
            outcomes.push(Outcome::Unchanged { id, source: source.to_owned() });
            return outcomes;
        }
        let name = if source.contains('#') { source.rsplit(['/', '#']).next() } else { None };
        let input = document::Input {
            name: format_name.or(name).unwrap_or(source),
            bytes: &bytes,
            extent: Extent::MainContent,
            passwords: self.known.extraction.passwords.reveal(),
        };
        let mut document = match document::parse(&input) {
            Ok(document) => document,
            Err(error) => {
                return vec![self.failed(ItemFailure {
                    source: source.to_owned(),
                    error: error.to_string(),
                    hint: error.hint().to_owned(),
                })];
            }
        };
        document.problems.extend(problems.iter().cloned());
        let pictures = self.pictures(&mut document);
        let mut outcomes = self.attachments(source, &mut document);
        let source = source.to_owned();
        outcomes.push(self.prepare(Incoming { id, source, content_hash, document, pictures }));
        outcomes
    }

    /// Has a document's pictures read, where there is somebody to wait with.
    fn pictures(&self, document: &mut Document) -> PictureState {
        let Some(driver) = Driver::current() else { return PictureState::Open };
        driver.wait(self.known.extraction.read_pictures(document, &self.known.stop))
    }

    /// The documents that come with one; what cannot be read of them is a problem of that one.
    fn attachments(&mut self, source: &str, document: &mut Document) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let carried = std::mem::take(&mut document.attachments);
        let files = carried.into_iter().map(|carried| (format!("{source}#{}", carried.name), carried.bytes));
        for found in Unpacking::new(files) {
            let found = match found {
                Found::File { source, .. } if source.matches('#').count() > ATTACHMENTS_DEPTH_MAX => {
                    let error = format!("attachments are nested more than {ATTACHMENTS_DEPTH_MAX} deep");
                    let hint = "save it on its own, and ingest that".to_owned();
                    vec![self.failed(ItemFailure { source, error, hint })]
                }
                Found::File { source, bytes } => self.file(Held::plain(&source, bytes)),
                Found::Failed(failure) => vec![self.failed(failure)],
            };
            for outcome in found {
                match outcome {
                    Outcome::Failed { failure, .. } => document.problems.push(problem(source, failure)),
                    outcome => outcomes.push(outcome),
                }
            }
        }
        outcomes
    }

    /// What came with a document that has not changed.
    fn unchanged_attachments(&self, source: &str) -> Vec<Outcome> {
        let start = format!("{source}#");
        let within = self.known.attachments.range(start.clone()..);
        within
            .take_while(|(source, _)| source.starts_with(&start))
            .map(|(source, id)| Outcome::Unchanged { id: id.clone(), source: source.clone() })
            .collect()
    }

    fn failed(&self, failure: ItemFailure) -> Outcome {
        Outcome::Failed { id: Some(ids::document_id(&self.root, &failure.source)), failure }
    }

    fn record(&mut self, file: &str, record: Result<Record, RecordError>) -> Outcome {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                // A line that cannot be read may hold any id: nothing of this root is taken to be gone.
                self.whole = false;
                return Outcome::Failed {
                    id: None,
                    failure: ItemFailure {
                        source: format!("{file}#{}", error.line),
                        error: error.to_string(),
                        hint: "mend the line; every line is one JSON value".into(),
                    },
                };
            }
        };
        let name = record.id.clone().unwrap_or_else(|| record.line.to_string());
        let source = format!("{file}#{name}");
        let id = record.id.unwrap_or_else(|| ids::document_id(&self.root, &source));
        let content_hash = record_hash(&record.document);
        if self.known.hashes.get(&id) == Some(&content_hash) {
            return Outcome::Unchanged { id, source };
        }
        let (document, pictures) = (record.document, PictureState::Absent);
        self.prepare(Incoming { id, source, content_hash, document, pictures })
    }

    fn prepare(&self, incoming: Incoming) -> Outcome {
        let Incoming { id, source, content_hash, document, pictures } = incoming;
        let chunks = match &self.known.embedder {
            Some(embedder) => {
                document::chunk(&document, &self.known.chunking, |text| embedder.count_tokens(text))
            }
            None => document::chunk(&document, &self.known.chunking, estimate_tokens),
        };
        let fingerprint = self.known.pipeline.fingerprint(pictures);
        let (version, root) = (ids::version_id(&document.text, &fingerprint), self.root.clone());
        let prepared = Prepared { id, source, root, content_hash, version, fingerprint, document, chunks };
        Outcome::Ready(Box::new(prepared))
    }
}

/// A file whose bytes are here.
struct Held<'a> {
    source: &'a str,
    /// The name that says what it is, where the source does not.
    format_name: Option<&'a str>,
    /// What its source could not give of it.
    problems: &'a [Problem],
    bytes: Vec<u8>,
}

impl<'a> Held<'a> {
    fn plain(source: &'a str, bytes: Vec<u8>) -> Self {
        Self { source, format_name: None, problems: &[], bytes }
    }
}

/// One document as a source gave it.
struct Incoming {
    id: String,
    source: String,
    content_hash: String,
    document: Document,
    pictures: PictureState,
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
