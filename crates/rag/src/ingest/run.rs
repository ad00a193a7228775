//! One run of an ingest: the stages wired together, what was met, what is gone, and the report.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use runtime::{Shutdown, Stopwatch};
use tokio::sync::mpsc::{self, Sender};

use super::admit::Admission;
use super::commit::{Commits, Committed};
use super::deliver::Delivery;
use super::duplicates::Originals;
use super::embed::{Embedding, Group};
use super::items::Through;
use super::jobs::{Job, Jobs};
use super::meter::{IngestStage, Meter};
use super::read::{Cutting, Done, Met, Outcome, Reading};
use super::suspicion::Held;
use super::{Gone, IngestEvent, IngestReport, IngestRequest, room};
use crate::extraction::Pipeline;
use crate::registry::SourceUpdate;
use crate::source::{Source, files_of};
use crate::{Collection, Library, RagError};

/// A group of so many chunks takes no further document.
const GROUP_CHUNKS: usize = 256;
/// A group of so many bytes of text takes no further document. Less than half of the room that there is, or
/// a group could wait for a document that waits for room.
const GROUP_TEXT_BYTES: usize = 8 << 20;
const _: () = assert!(GROUP_TEXT_BYTES < room::FREE_BYTES);
/// How many groups wait to be embedded.
const GROUPS_TO_EMBED: usize = 2;
/// How many groups wait to be staged: they are staged together.
const GROUPS_TO_STAGE: usize = 16;

/// One run.
pub(super) struct Run<'a> {
    library: &'a Library,
    collection: &'a Collection,
    stop: &'a Shutdown,
    meter: Meter<'a>,
    workers: usize,
    unsettled: bool,
    committed: Vec<Committed>,
    /// What the next run may rely on.
    updates: Vec<SourceUpdate>,
    deleted: usize,
    removed_chunks: usize,
}

impl<'a> Run<'a> {
    pub fn new(
        library: &'a Library,
        collection: &'a Collection,
        tell: &'a (dyn Fn(IngestEvent) + Sync),
        stop: &'a Shutdown,
    ) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            library,
            collection,
            stop,
            meter: Meter::new(tell, workers),
            workers,
            unsettled: false,
            committed: Vec::new(),
            updates: Vec::new(),
            deleted: 0,
            removed_chunks: 0,
        }
    }

    /// Everything that was asked for.
    pub async fn whole(mut self, request: IngestRequest) -> Result<IngestReport, RagError> {
        let mut admission = Admission::new(request.access);
        let sources: Vec<Arc<dyn Source>> = request.sources.into_iter().map(Into::into).collect();
        match request.gone {
            Gone::Keep => self.pass(sources, &mut admission, Gone::Keep).await?,
            Gone::Remove => {
                for source in sources {
                    self.pass(vec![source], &mut admission, Gone::Remove).await?;
                }
            }
        }
        self.finish(&admission).await?;
        Ok(self.report(admission))
    }

    /// Takes everything of some sources through the pipeline, and removes what they no longer have. Every stage
    /// comes to its end, whichever fails: a stage whose neighbour is gone ends too.
    async fn pass(
        &mut self,
        sources: Vec<Arc<dyn Source>>,
        admission: &mut Admission,
        gone: Gone,
    ) -> Result<(), RagError> {
        let access = admission.access.clone();
        let (group, groups) = mpsc::channel(GROUPS_TO_EMBED);
        let (ready, waiting) = mpsc::channel(GROUPS_TO_STAGE);
        let (staged, flipping) = mpsc::channel(1);
        let (library, collection, meter, stop) = (self.library, self.collection, &self.meter, self.stop);
        let embedding = Embedding { library, collection, meter, stop };
        let delivery = Delivery { library, collection };
        let commits = Commits { delivery, access: access.as_ref(), meter, stop };
        let reading = ReadStage { library, reading: self.reading(), workers: self.workers, meter };
        let jobs = Jobs::new(sources, reading.reading.clone(), meter, stop.clone());
        let (read, embedded, staged, committed) = tokio::join!(
            reading.run(jobs, admission, group),
            embedding.run(groups, ready),
            commits.stage(waiting, staged, &mut self.unsettled),
            commits.flip(flipping),
        );
        self.committed.push(committed?);
        read.and(embedded).and(staged)?;
        for through in std::mem::take(&mut admission.through) {
            if !self.stop.is_requested() {
                self.through(through, admission, gone).await?;
            }
        }
        Ok(())
    }

    fn pipeline(&self) -> Pipeline {
        self.library.parts.extraction.pipeline(self.collection.record.settings.fingerprint())
    }

    fn reading(&self) -> Reading {
        let settings = &self.collection.record.settings;
        let embedder = self.library.parts.embedder.clone();
        Reading {
            registry: self.library.parts.registry.clone(),
            collection: self.collection.record.name.clone(),
            pipeline: self.pipeline(),
            extraction: self.library.parts.extraction.clone(),
            guarding: self.library.parts.guarding.clone(),
            stop: self.stop.clone(),
            cutting: Cutting {
                chunking: settings.chunking.clone(),
                embedder: settings.embedder.is_some().then_some(embedder).flatten(),
            },
        }
    }

    /// What is left to do for a source of which everything was met.
    async fn through(&mut self, through: Through, admission: &Admission, gone: Gone) -> Result<(), RagError> {
        let is_gone = through.heard.is_gone();
        let removes = gone == Gone::Remove && through.is_everything();
        if removes || !through.heard.gone.is_empty() {
            let source = &through.heard.origin.source;
            // What lies in a file that could not be read is not taken to be gone.
            let failed: HashSet<&str> =
                admission.failed.iter().map(|failure| failure.source.as_str()).collect();
            let is_unmet =
                |name: &str| source.covers(name) && files_of(name).all(|file| !failed.contains(file));
            let mut unwanted = Vec::new();
            let take = |id: String, name: String| {
                if !admission.has_seen(&id) && (is_gone(&name) || removes && is_unmet(&name)) {
                    unwanted.push(id);
                }
            };
            let registry = &self.library.parts.registry;
            registry.walk_root(&self.collection.record.name, &through.heard.origin.root, take).await?;
            self.remove(&unwanted).await?;
        }
        drop(is_gone);
        self.updates.extend(through.update(self.pipeline().text()));
        Ok(())
    }

    async fn remove(&mut self, documents: &[String]) -> Result<(), RagError> {
        if documents.is_empty() {
            return Ok(());
        }
        self.unsettle().await?;
        self.removed_chunks += self.delivery().remove(documents).await?;
        self.deleted += documents.len();
        Ok(())
    }

    /// What is left to do when every source is through.
    async fn finish(&mut self, admission: &Admission) -> Result<(), RagError> {
        let stopped = self.stop.is_requested();
        if !stopped {
            self.remove(&admission.withdrawn).await?;
        }
        if !admission.access_changes.is_empty() && !stopped {
            self.unsettle().await?;
            for (access, documents) in &admission.access_changes {
                self.delivery().set_access(documents, access).await?;
            }
        }
        let clock = Stopwatch::start();
        match (self.unsettled, stopped) {
            (false, _) => {}
            // What was staged became live, so that index and registry agree.
            (true, true) => self.delivery().agreed().await?,
            (true, false) => self.delivery().settled().await?,
        }
        self.meter.worked(IngestStage::Index, clock);
        if !stopped {
            let (registry, name) = (&self.library.parts.registry, &self.collection.record.name);
            for update in &self.updates {
                registry.remember_source(name, update).await?;
            }
        }
        Ok(())
    }

    fn report(self, admission: Admission) -> IngestReport {
        let mut report = IngestReport {
            quarantined: admission.quarantined,
            updated: admission.access_changes.values().map(Vec::len).sum(),
            unchanged: admission.unchanged,
            failed: admission.failed,
            deleted: self.deleted,
            duplicates: admission.originals.map(|originals| originals.counts).unwrap_or_default(),
            elapsed_ms: self.meter.elapsed_ms(),
            stages: self.meter.seconds(),
            stopped: self.stop.is_requested(),
            ..IngestReport::default()
        };
        report.chunks.removed = self.removed_chunks;
        for committed in self.committed {
            report.added += committed.added;
            report.updated += committed.updated;
            report.chunks.added += committed.chunks.added;
            report.chunks.reused += committed.chunks.reused;
            report.chunks.removed += committed.chunks.removed;
            report.tokens_embedded += committed.tokens;
            report.problems += committed.problems;
        }
        report
    }

    fn delivery(&self) -> Delivery<'a> {
        Delivery { library: self.library, collection: self.collection }
    }

    async fn unsettle(&mut self) -> Result<(), RagError> {
        if !self.unsettled {
            self.delivery().unsettled().await?;
            self.unsettled = true;
        }
        Ok(())
    }
}

/// The stage that reads, and what it works with.
struct ReadStage<'a> {
    library: &'a Library,
    reading: Reading,
    workers: usize,
    meter: &'a Meter<'a>,
}

impl ReadStage<'_> {
    /// What documents are compared with.
    async fn originals(&self) -> Result<Originals, RagError> {
        let mut originals = Originals::default();
        let add = |id, access, likeness| originals.add(id, access, likeness);
        self.reading.registry.walk_likenesses(&self.reading.collection, add).await?;
        Ok(originals)
    }

    /// Writes down what is held back.
    async fn hold(&self, held: &mut Vec<Held>) -> Result<(), RagError> {
        for mut held in held.drain(..) {
            held.record.held_at = self.library.parts.clock.now_micros();
            self.reading.registry.hold(&self.reading.collection, &held.record, &held.document).await?;
            self.meter.done(held.met.bytes, 0);
        }
        Ok(())
    }

    /// Does every job, as many beside each other as there are workers, and hands on what is admitted, in the
    /// order of the jobs.
    async fn run(
        &self,
        jobs: Jobs<'_>,
        admission: &mut Admission,
        groups: Sender<Group>,
    ) -> Result<(), RagError> {
        // Boxed, since the compiler cannot prove of closures over borrowed work that they are `Send`.
        let work = |job: Result<Job, RagError>| -> BoxFuture<'_, Result<Done, RagError>> {
            Box::pin(async move { self.reading.run(job?, self.meter).await })
        };
        let mut work = jobs.stream().map(work).buffered(self.workers);
        let mut group = Group::default();
        while let Some(done) = work.next().await {
            let outcomes = match done? {
                Done::Outcomes(outcomes) => outcomes,
                Done::Ended(heard) => {
                    admission.ended(heard);
                    continue;
                }
            };
            for outcome in outcomes {
                self.meter.tell(IngestEvent::Item(outcome.source().to_owned()));
                if let Outcome::Unchanged(Met { bytes, .. }) | Outcome::Failed { bytes, .. } = &outcome {
                    self.meter.done(*bytes, 0);
                }
                let taken = admission.take(outcome);
                self.hold(&mut admission.held).await?;
                let Some(prepared) = taken else { continue };
                if admission.originals.is_none() {
                    admission.originals = Some(self.originals().await?);
                }
                let bytes = prepared.met.bytes;
                match admission.compare(prepared, self.library.parts.duplicates) {
                    Some(prepared) => group.documents.push(*prepared),
                    None => self.meter.done(bytes, 0),
                }
                let is_full = group.chunks() >= GROUP_CHUNKS || group.text_bytes() >= GROUP_TEXT_BYTES;
                if is_full && groups.send(std::mem::take(&mut group)).await.is_err() {
                    return Ok(());
                }
            }
        }
        if !group.documents.is_empty() {
            // Where nobody takes it any more, another stage has failed or was asked to stop.
            let _ = groups.send(group).await;
        }
        Ok(())
    }
}
