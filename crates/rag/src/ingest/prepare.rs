//! From bytes to chunks: parse, take in what came with the document, cut. Synchronous; runs on the blocking pool.

use std::io::Cursor;
use std::slice;
use std::sync::Arc;

use document::{Document, Extent};
use runtime::Driver;

use super::containers::{ATTACHMENTS_DEPTH_MAX, Found, Unpacking, problem};
use super::duplicates::Likeness;
use super::items::Origin;
use super::jobs::{Lines, is_lines};
use super::read::{Body, Cutting, FileBody, Loaded, Met, Outcome, Prepared, Reading};
use super::room::Room;
use crate::registry::Known;
use crate::source::ItemFailure;
use crate::{RagError, ids};

/// What a worker prepares documents with.
pub(super) struct Preparing<'a> {
    pub origin: Arc<Origin>,
    pub reading: Reading,
    /// Asks the registry.
    pub driver: &'a Driver,
}

impl Preparing<'_> {
    /// What becomes of one document, after those that come with it, so that whoever finds the document unchanged
    /// may take the others to be there. `carrier` is what it comes with itself.
    pub fn outcomes(
        &self,
        loaded: Loaded,
        known: &Known,
        carrier: Option<&Met>,
    ) -> Result<Vec<Outcome>, RagError> {
        let mut met = Met::new(&loaded, &self.origin.root, known);
        met.carrier_access = carrier.and_then(Met::kept_access).cloned();
        let pipeline = &self.reading.pipeline;
        let is_same = met.before.as_ref().is_some_and(|before| {
            before.content_hash == loaded.content_hash && pipeline.made(&before.fingerprint)
        });
        if is_same {
            let mut outcomes = self.unchanged_attachments(&met)?;
            outcomes.push(Outcome::Unchanged(met));
            return Ok(outcomes);
        }
        let mut document = match loaded.body {
            Body::Record(document) => *document,
            Body::File(file) => match self.parse(&met.source, file) {
                Ok(document) => document,
                Err(failure) => {
                    let (id, item) = (Some(met.id), Some(met.item));
                    return Ok(vec![Outcome::Failed { id, item, failure, bytes: met.bytes }]);
                }
            },
        };
        let Reading { extraction, stop, .. } = &self.reading;
        let pictures = self.driver.wait(extraction.read_pictures(&mut document, stop));
        let fingerprint = pipeline.fingerprint(pictures);
        let mut outcomes = self.attachments(&met, &mut document)?;
        let made = Made { content_hash: loaded.content_hash, fingerprint };
        outcomes.push(self.judged(met, document, made)?);
        Ok(outcomes)
    }

    /// The documents that come with one; what cannot be read of them is a problem of that one.
    fn attachments(&self, carrier: &Met, document: &mut Document) -> Result<Vec<Outcome>, RagError> {
        let mut outcomes = Vec::new();
        let carried = std::mem::take(&mut document.attachments);
        let files = carried
            .into_iter()
            .map(|carried| (format!("{}#{}", carrier.source, carried.name), carried.bytes));
        for found in Unpacking::new(files, &self.reading.extraction.passwords) {
            let mut failed = Vec::new();
            match found {
                Found::File { source, .. } if source.matches('#').count() > ATTACHMENTS_DEPTH_MAX => {
                    let error = format!("attachments are nested more than {ATTACHMENTS_DEPTH_MAX} deep");
                    let hint = "save it on its own, and ingest that".to_owned();
                    failed.push(ItemFailure { source, error, hint });
                }
                Found::Failed(failure) => failed.push(failure),
                Found::File { source, bytes } => {
                    for outcome in self.attached(carrier, source, bytes)? {
                        match outcome {
                            Outcome::Failed { failure, .. } => failed.push(failure),
                            outcome => outcomes.push(outcome),
                        }
                    }
                }
            }
            document.problems.extend(failed.into_iter().map(|failure| problem(&carrier.source, failure)));
        }
        Ok(outcomes)
    }

    /// What becomes of one file that came with a document.
    fn attached(&self, carrier: &Met, source: String, bytes: Vec<u8>) -> Result<Vec<Outcome>, RagError> {
        if !is_lines(&source) {
            let loaded = self.origin.file(&carrier.item, source, FileBody::plain(bytes));
            return self.carried(carrier, Loaded { bytes: 0, ..loaded });
        }
        let lines = Lines { item: Arc::clone(&carrier.item), file: source };
        let mut outcomes = Vec::new();
        for record in document::records(Cursor::new(bytes)) {
            match self.origin.record(&lines, record) {
                Ok(loaded) => outcomes.extend(self.carried(carrier, Loaded { bytes: 0, ..loaded })?),
                Err(failed) => outcomes.push(*failed),
            }
        }
        Ok(outcomes)
    }

    fn carried(&self, carrier: &Met, loaded: Loaded) -> Result<Vec<Outcome>, RagError> {
        let known = self.known(slice::from_ref(&loaded.id), slice::from_ref(&loaded.source))?;
        self.outcomes(loaded, &known, Some(carrier))
    }

    /// What came with a document that has not changed.
    fn unchanged_attachments(&self, carrier: &Met) -> Result<Vec<Outcome>, RagError> {
        let start = format!("{}#", carrier.source);
        let within = self.origin.attachments.range(start.clone()..);
        let within: Vec<(&String, &String)> =
            within.take_while(|(source, _)| source.starts_with(&start)).collect();
        if within.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = within.iter().map(|(_, id)| (*id).clone()).collect();
        let mut known = self.known(&ids, &[])?;
        let unchanged = |(source, id): (&String, &String)| {
            Outcome::Unchanged(Met {
                item: Arc::clone(&carrier.item),
                id: id.clone(),
                source: source.clone(),
                root: self.origin.root.clone(),
                bytes: 0,
                before: known.documents.remove(id),
                holder: Some(id.clone()),
                carrier_access: None,
            })
        };
        Ok(within.into_iter().map(unchanged).collect())
    }

    fn known(&self, ids: &[String], sources: &[String]) -> Result<Known, RagError> {
        let Reading { registry, collection, .. } = &self.reading;
        self.driver.wait(registry.known(collection, ids, sources))
    }

    pub(super) fn cut(&self, met: Met, document: Document, made: Made) -> Outcome {
        Outcome::Ready(Box::new(cut(&self.reading.cutting, met, document, made)))
    }

    /// Reads a file. What its source could not give of it is a problem of the document.
    fn parse(&self, source: &str, file: FileBody) -> Result<Document, ItemFailure> {
        let name = if source.contains('#') { source.rsplit(['/', '#']).next() } else { None };
        let input = document::Input {
            name: file.format_name.as_deref().or(name).unwrap_or(source),
            bytes: &file.bytes,
            extent: Extent::MainContent,
            passwords: self.reading.extraction.passwords.reveal(),
        };
        let failed = |error: document::ParseError| ItemFailure {
            source: source.to_owned(),
            error: error.to_string(),
            hint: error.hint().to_owned(),
        };
        let mut document = document::parse(&input).map_err(failed)?;
        document.problems.extend(file.problems);
        Ok(document)
    }
}

/// What a document was made from, and by what.
pub(super) struct Made {
    pub content_hash: String,
    pub fingerprint: String,
}

/// Cuts a document.
pub(super) fn cut(cutting: &Cutting, met: Met, document: Document, made: Made) -> Prepared {
    let chunks = match &cutting.embedder {
        Some(embedder) => document::chunk(&document, &cutting.chunking, |text| embedder.count_tokens(text)),
        None => document::chunk(&document, &cutting.chunking, estimate_tokens),
    };
    Prepared {
        version: ids::version_id(&document.text, &made.fingerprint),
        texts: chunks.iter().map(|chunk| chunk.indexed_text(&document)).collect(),
        met,
        likeness: Likeness::of(&document.text),
        duplicate_of: None,
        content_hash: made.content_hash,
        fingerprint: made.fingerprint,
        document,
        chunks,
        room: Room::none(),
    }
}

/// Tokens of a text where no tokenizer is at hand: a token for every four bytes, and at least one for every
/// word. English prose has fewer.
fn estimate_tokens(text: &str) -> usize {
    text.len().div_ceil(4).max(text.split_whitespace().count())
}
