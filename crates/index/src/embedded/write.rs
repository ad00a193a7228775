//! Writing points: words are counted on every core, then the engine takes one operation after another.
//!
//! The engine's lexical index takes time with the square of the points that were written since it was last
//! made compact, so that is done every few thousand points. It is done in the live folder, where an
//! interruption can leave points twice; a mark beside the folder says so, and opening ends the work.

use access::AccessList;
use rayon::prelude::*;

use super::engine::{BATCH_POINTS, Engine};
use super::journal::Journal;
use super::{Live, Parts, convert};
use crate::{IndexError, Point, PointId};

/// So many points are written before they are made compact. Measured; see `benches/ingest/README.md`.
pub(super) const LOOSE_POINTS_MAX: u64 = 4096;
/// Bytes that a point takes besides its vector, at most: words, payload, log and indexes. A rough bound for
/// the check that the disk has room.
const POINT_BYTES: u64 = 16 << 10;

/// What is remembered between writes.
#[derive(Debug)]
pub(super) struct Writing {
    pub journal: Journal,
    /// Points written since the last compaction.
    pub loose: u64,
    /// How many of them there may be.
    pub loose_max: u64,
    /// Whether nothing but new points was written since the index was last put in order.
    pub only_added: bool,
}

impl Writing {
    /// What is known of an index that was just opened.
    pub fn new(journal: Journal, loose_max: u64) -> Self {
        let changed = journal.changed();
        Self { journal, loose: changed, loose_max, only_added: changed == 0 }
    }
}

impl Parts {
    pub(super) fn upsert(&self, points: Vec<Point>) -> Result<(), IndexError> {
        let vector_bytes = {
            let live = self.live()?;
            live.spec.check_points(&points)?;
            live.spec.dimension.unwrap_or(0) as u64 * 16
        };
        let mut points = points.into_iter();
        loop {
            let some: Vec<Point> = points.by_ref().take(16 * BATCH_POINTS).collect();
            if some.is_empty() {
                return Ok(());
            }
            let text_bytes: u64 = some.iter().map(|point| point.lexical_text.len() as u64).sum();
            let ids: Vec<PointId> = some.iter().map(|point| point.id).collect();
            let mut ready = some.into_par_iter().map(convert::engine_point).collect::<Vec<_>>().into_iter();

            let mut writing = self.writer()?;
            let live = self.live()?;
            self.layout.check_room(ids.len() as u64 * (POINT_BYTES + vector_bytes) + 4 * text_bytes)?;
            writing.journal.note(&ids)?;
            writing.loose += ids.len() as u64;
            for _ in ids.chunks(BATCH_POINTS) {
                let replaced = live.engine.upsert(ready.by_ref().take(BATCH_POINTS).collect())?;
                writing.only_added &= !replaced;
            }
            if writing.loose >= writing.loose_max {
                self.flush_all(&mut writing, &live)?;
            }
        }
    }

    pub(super) fn delete(&self, ids: &[PointId]) -> Result<(), IndexError> {
        self.each_batch(ids, |engine, batch| engine.delete(batch))
    }

    pub(super) fn set_access(&self, ids: &[PointId], access: &AccessList) -> Result<(), IndexError> {
        self.each_batch(ids, |engine, batch| engine.set_access(batch, access))
    }

    fn each_batch(
        &self,
        ids: &[PointId],
        write: impl Fn(&Engine, &[PointId]) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        for some in ids.chunks(16 * BATCH_POINTS) {
            let mut writing = self.writer()?;
            let live = self.live()?;
            self.layout.check_room(0)?;
            writing.journal.note(some)?;
            writing.loose += some.len() as u64;
            writing.only_added = false;
            some.chunks(BATCH_POINTS).try_for_each(|batch| write(&live.engine, batch))?;
            if writing.loose >= writing.loose_max {
                self.flush_all(&mut writing, &live)?;
            }
        }
        Ok(())
    }

    pub(super) fn flush(&self) -> Result<(), IndexError> {
        let mut writing = self.writer()?;
        let live = self.live()?;
        self.flush_all(&mut writing, &live)
    }

    fn flush_all(&self, writing: &mut Writing, live: &Live) -> Result<(), IndexError> {
        if writing.journal.is_dirty() {
            live.engine.flush()?;
            writing.journal.settle()?;
            self.layout.trim_log(live.manifest.generation);
        }
        if writing.loose >= writing.loose_max {
            self.compact(live, Engine::compact)?;
            writing.loose = 0;
        }
        Ok(())
    }

    /// Rearranges the live folder, everything in it being durable; says whether it did. Without room on the
    /// disk it stays as it is, which costs time and nothing else.
    pub(super) fn compact(
        &self,
        live: &Live,
        rearrange: impl FnOnce(&Engine) -> Result<(), IndexError>,
    ) -> Result<bool, IndexError> {
        let size = self.layout.size(live.manifest.generation);
        if let Err(error) = self.layout.check_room(2 * size) {
            tracing::warn!(index = %self.layout.shown(), %error, "leaving the index as it is");
            return Ok(false);
        }
        self.layout.set_compacting(true)?;
        rearrange(&live.engine)?;
        self.layout.set_compacting(false)?;
        Ok(true)
    }
}
