//! The stages that write: groups of documents are staged in the index while those before them are flipped.

use access::AccessList;
use runtime::{Shutdown, Stopwatch};
use tokio::sync::mpsc::{Receiver, Sender};

use super::deliver::{Delivery, Staged};
use super::embed::Group;
use super::meter::{IngestStage, Meter};
use super::{ChunkCounts, IngestEvent};
use crate::RagError;

/// How many chunks are staged and flipped together at most: what waits goes together, up to this.
const COMMIT_CHUNKS: usize = 4096;
/// How many bytes of text are.
const COMMIT_TEXT_BYTES: usize = 16 << 20;

/// What became live.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Committed {
    pub added: usize,
    pub updated: usize,
    pub chunks: ChunkCounts,
    pub tokens: usize,
    pub problems: usize,
}

/// The stages, and what they work with.
#[derive(Clone, Copy)]
pub(super) struct Commits<'a> {
    pub delivery: Delivery<'a>,
    pub access: Option<&'a AccessList>,
    pub meter: &'a Meter<'a>,
    pub stop: &'a Shutdown,
}

impl Commits<'_> {
    /// Stages what is ready until nothing is, or `stop` says so. The first point of all comes after the
    /// collection was marked.
    pub async fn stage(
        &self,
        mut ready: Receiver<Group>,
        staged: Sender<Staged>,
        unsettled: &mut bool,
    ) -> Result<(), RagError> {
        while let Some(group) = ready.recv().await {
            if self.stop.is_requested() {
                return Ok(());
            }
            let (mut chunks, mut bytes) = (group.chunks(), group.text_bytes());
            let mut groups = vec![group];
            while chunks < COMMIT_CHUNKS && bytes < COMMIT_TEXT_BYTES {
                let Ok(group) = ready.try_recv() else { break };
                chunks += group.chunks();
                bytes += group.text_bytes();
                groups.push(group);
            }
            if !*unsettled {
                self.delivery.unsettled().await?;
                *unsettled = true;
            }
            let clock = Stopwatch::start();
            let done = self.delivery.stage(groups, self.access).await?;
            self.meter.worked(IngestStage::Index, clock);
            if staged.send(done).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Flips what is staged until nothing is: what was staged becomes live, whatever `stop` says.
    pub async fn flip(&self, mut staged: Receiver<Staged>) -> Result<Committed, RagError> {
        let mut committed = Committed::default();
        while let Some(mut batch) = staged.recv().await {
            let clock = Stopwatch::start();
            committed.chunks.removed += self.delivery.flip(&batch.versions).await?;
            self.meter.worked(IngestStage::Write, clock);
            drop(std::mem::take(&mut batch.rooms));
            for version in &batch.versions {
                committed.chunks.added += version.chunks.len();
                committed.problems += version.problems.len();
                if version.replaces {
                    committed.updated += 1;
                } else {
                    committed.added += 1;
                }
            }
            committed.chunks.added -= batch.reused;
            committed.chunks.reused += batch.reused;
            committed.tokens += batch.tokens;
            self.meter.tell(IngestEvent::Embedded(batch.tokens));
            self.meter.done(batch.bytes, batch.tokens);
        }
        Ok(committed)
    }
}
