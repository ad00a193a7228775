//! What there is to read, cut into jobs: whole files, members of an archive, or records of a file of many documents.

use std::io::Cursor;
use std::sync::Arc;

use document::{Record, RecordError};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use runtime::{Shutdown, blocking};

use super::containers::{Found, Unpacking};
use super::items::{Heard, Origin, Passed};
use super::meter::Meter;
use super::read::Reading;
use super::room::{Room, Rooms};
use crate::RagError;
use crate::extraction::Passwords;
use crate::source::{ItemFailure, Listed, Source};

/// How many items one job has at most.
pub(super) const JOB_ITEMS: usize = 32;
/// A job of so many bytes takes no further item.
const JOB_BYTES: u64 = 128 << 10;

type Records = Box<dyn Iterator<Item = Result<Record, RecordError>> + Send>;

/// What one worker does in one go.
pub(super) struct Job {
    pub origin: Arc<Origin>,
    pub work: Work,
    pub room: Room,
}

pub(super) enum Work {
    /// Items whose tokens are on record: their documents are as they were.
    Passed(Vec<Passed>),
    /// Files to be read.
    Items(Vec<Arc<Listed>>),
    /// Files out of an archive.
    Members(Arc<Listed>, Vec<Result<Member, ItemFailure>>),
    /// Records that were read.
    Records(Lines, Vec<Result<Record, RecordError>>),
    /// What could not even be begun.
    Failed(Option<Arc<Listed>>, Vec<ItemFailure>),
    /// Everything of the source was handed out.
    Ended(Box<Heard>),
}

/// A file that lay in an archive, under the name that tells the way to it.
pub(super) struct Member {
    pub source: String,
    pub bytes: Vec<u8>,
}

/// A file with a document in each line, and the item that it is or lies in.
#[derive(Clone)]
pub(super) struct Lines {
    pub item: Arc<Listed>,
    pub file: String,
}

/// The jobs of some sources, in the order of their listings.
pub(super) struct Jobs<'a> {
    sources: std::vec::IntoIter<Arc<dyn Source>>,
    reading: Reading,
    current: Option<Current>,
    rooms: Rooms,
    meter: &'a Meter<'a>,
    stop: Shutdown,
}

/// The source that is being read.
struct Current {
    origin: Arc<Origin>,
    failures: Vec<ItemFailure>,
    passed: std::vec::IntoIter<Passed>,
    items: std::vec::IntoIter<Arc<Listed>>,
    /// The archive that is being read.
    archive: Option<(Arc<Listed>, Unpacking)>,
    /// The file of many documents that is being read, and what follows in it.
    records: Option<(Lines, Records)>,
    heard: Box<Heard>,
    /// What opens archives that are locked.
    passwords: Passwords,
}

impl<'a> Jobs<'a> {
    pub fn new(
        sources: Vec<Arc<dyn Source>>,
        reading: Reading,
        meter: &'a Meter<'a>,
        stop: Shutdown,
    ) -> Self {
        Self { sources: sources.into_iter(), reading, current: None, rooms: Rooms::new(), meter, stop }
    }

    /// The jobs one after another, each once there is room for it.
    pub fn stream(self) -> BoxStream<'a, Result<Job, RagError>> {
        let next = |mut jobs: Self| -> BoxFuture<'a, Result<Option<(Job, Self)>, RagError>> {
            Box::pin(async move { Ok(jobs.next().await?.map(|job| (job, jobs))) })
        };
        stream::try_unfold(self, next).boxed()
    }

    /// The next job; `None` after the last, or when the run is to stop.
    async fn next(&mut self) -> Result<Option<Job>, RagError> {
        loop {
            if self.stop.is_requested() {
                return Ok(None);
            }
            let Some(mut current) = self.current.take() else {
                let Some(source) = self.sources.next() else { return Ok(None) };
                self.current = Some(self.list(source).await?);
                continue;
            };
            let origin = Arc::clone(&current.origin);
            let Some((work, bytes)) = current.more().await? else {
                return Ok(Some(Job { origin, work: Work::Ended(current.heard), room: Room::none() }));
            };
            self.current = Some(current);
            let room = self.rooms.take(bytes).await;
            return Ok(Some(Job { origin, work, room }));
        }
    }

    /// Lists a source, and says apart what its tokens tell to be as it was.
    async fn list(&mut self, source: Arc<dyn Source>) -> Result<Current, RagError> {
        let opened = self.reading.opened(source).await?;
        let (lister, remembered) = (Arc::clone(&opened.origin.source), opened.remembered.clone());
        let mut listing = blocking(move || lister.list(&remembered)).await.map_err(RagError::Task)?;
        self.meter.listed(listing.items.len(), listing.items.iter().map(|item| item.size).sum());
        let failures = std::mem::take(&mut listing.failures);
        let (heard, passed, items) = opened.heard(listing);
        Ok(Current {
            origin: Arc::clone(&heard.origin),
            failures,
            passed: passed.into_iter(),
            items: items.into_iter(),
            archive: None,
            records: None,
            heard: Box::new(heard),
            passwords: self.reading.extraction.passwords.clone(),
        })
    }
}

impl Current {
    /// The next piece of work, and the bytes to be charged for it; `None` after the last.
    async fn more(&mut self) -> Result<Option<(Work, u64)>, RagError> {
        loop {
            if !self.failures.is_empty() {
                return Ok(Some((Work::Failed(None, std::mem::take(&mut self.failures)), 0)));
            }
            let work = match (self.records.take(), self.archive.take()) {
                (Some((lines, records)), archive) => {
                    self.archive = archive;
                    self.more_records(lines, records).await?
                }
                (None, Some((item, unpacking))) => self.more_members(item, unpacking).await?,
                (None, None) => {
                    let passed: Vec<Passed> = self.passed.by_ref().take(JOB_ITEMS).collect();
                    if !passed.is_empty() {
                        return Ok(Some((Work::Passed(passed), 0)));
                    }
                    if self.items.as_slice().is_empty() {
                        return Ok(None);
                    }
                    self.more_items().await?
                }
            };
            if work.is_some() {
                return Ok(work);
            }
        }
    }

    async fn more_records(
        &mut self,
        lines: Lines,
        mut records: Records,
    ) -> Result<Option<(Work, u64)>, RagError> {
        let read = blocking(move || {
            let mut some = Vec::new();
            let mut bytes = 0;
            while some.len() < JOB_ITEMS && bytes < JOB_BYTES {
                let Some(record) = records.next() else { break };
                bytes += record.as_ref().map_or(0, |record| record.document.text.len() as u64);
                some.push(record);
            }
            (records, some, bytes)
        });
        let (records, some, bytes) = read.await.map_err(RagError::Task)?;
        if some.is_empty() {
            return Ok(None);
        }
        self.records = Some((lines.clone(), records));
        Ok(Some((Work::Records(lines, some), bytes)))
    }

    async fn more_members(
        &mut self,
        item: Arc<Listed>,
        mut unpacking: Unpacking,
    ) -> Result<Option<(Work, u64)>, RagError> {
        let read = blocking(move || {
            let mut some = Vec::new();
            let mut bytes = 0;
            while some.len() < JOB_ITEMS && bytes < JOB_BYTES {
                match unpacking.next() {
                    Some(Found::File { source, bytes }) if is_lines(&source) => {
                        return (Some(unpacking), some, Some((source, bytes)));
                    }
                    Some(Found::File { source, bytes: held }) => {
                        bytes += held.len() as u64;
                        some.push(Ok(Member { source, bytes: held }));
                    }
                    Some(Found::Failed(failure)) => some.push(Err(failure)),
                    None => return (None, some, None),
                }
            }
            (Some(unpacking), some, None)
        });
        let (unpacking, some, lines) = read.await.map_err(RagError::Task)?;
        self.archive = unpacking.map(|unpacking| (Arc::clone(&item), unpacking));
        if let Some((file, bytes)) = lines {
            let records = Box::new(document::records(Cursor::new(bytes)));
            self.records = Some((Lines { item: Arc::clone(&item), file }, records));
        }
        let bytes = some.iter().flatten().map(|member| member.bytes.len() as u64).sum();
        Ok((!some.is_empty()).then_some((Work::Members(item, some), bytes)))
    }

    async fn more_items(&mut self) -> Result<Option<(Work, u64)>, RagError> {
        let Some(first) = self.items.next() else { return Ok(None) };
        if is_lines(first.format_name()) {
            return self.open_lines(first).await;
        }
        if document::is_archive_name(first.format_name()) {
            return self.open_archive(first).await;
        }
        let mut bytes = first.size;
        let mut items = vec![first];
        while items.len() < JOB_ITEMS && bytes < JOB_BYTES {
            let Some(next) = self.items.as_slice().first() else { break };
            if is_lines(next.format_name()) || document::is_archive_name(next.format_name()) {
                break;
            }
            bytes += next.size;
            items.extend(self.items.next());
        }
        Ok(Some((Work::Items(items), bytes)))
    }

    async fn open_lines(&mut self, item: Arc<Listed>) -> Result<Option<(Work, u64)>, RagError> {
        let (source, opening) = (Arc::clone(&self.origin.source), Arc::clone(&item));
        match blocking(move || source.open(&opening)).await.map_err(RagError::Task)? {
            Ok(reader) => {
                let lines = Lines { file: item.source.clone(), item };
                self.records = Some((lines, Box::new(document::records(reader))));
                Ok(None)
            }
            Err(failure) => Ok(Some((Work::Failed(Some(item), vec![failure]), 0))),
        }
    }

    /// Opens an archive; a file that only its name makes one is read as it is.
    async fn open_archive(&mut self, item: Arc<Listed>) -> Result<Option<(Work, u64)>, RagError> {
        let (source, reading) = (Arc::clone(&self.origin.source), Arc::clone(&item));
        match blocking(move || source.read(&reading)).await.map_err(RagError::Task)? {
            Ok(bytes) if document::is_archive(item.format_name(), &bytes) => {
                let unpacking = Unpacking::new([(item.source.clone(), bytes)], &self.passwords);
                self.archive = Some((item, unpacking));
                Ok(None)
            }
            Ok(_) => {
                let size = item.size;
                Ok(Some((Work::Items(vec![item]), size)))
            }
            Err(failure) => Ok(Some((Work::Members(item, vec![Err(failure)]), 0))),
        }
    }
}

/// Whether a file holds a document in each line.
pub(super) fn is_lines(source: &str) -> bool {
    let source = source.to_ascii_lowercase();
    source.ends_with(".jsonl") || source.ends_with(".ndjson")
}
