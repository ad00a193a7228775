//! Writing points: words are counted on every core while the engine takes one operation after another.
//!
//! The engine's lexical index takes time with the square of the points that were written since it was last
//! made compact, so that is done every few thousand points, beside the writing of those that follow. It is done in
//! the live folder, where an interruption can leave points twice; a mark beside the folder says so, and opening ends
//! the work. Nothing is flushed meanwhile: the points that are written beside it stand in the journal.

use std::thread::{self, ScopedJoinHandle};

use access::AccessList;
use qdrant_edge::PointStructPersisted;
use rayon::prelude::*;

use super::engine::{BATCH_POINTS, Engine};
use super::journal::Journal;
use super::{Live, Parts, convert, settings};
use crate::{IndexError, Point, PointId};

/// So many points are written before they are made compact. Measured; see `benches/ingest/README.md`.
pub(super) const LOOSE_POINTS_MAX: u64 = 4096;
/// So many points are noted in the journal together, and written without anybody else writing in between.
const LOAD_POINTS: usize = 8 * BATCH_POINTS;
/// Bytes that a point takes besides its vector, at most: words, payload, log and indexes. A rough bound for
/// the check that the disk has room.
const POINT_BYTES: u64 = 16 << 10;

/// What is remembered between writes.
#[derive(Debug)]
pub(super) struct Writing {
    pub journal: Journal,
    /// Points written since the last compaction.
    pub loose: u64,
    /// What those of them that were added take, in bytes of vectors.
    pub loose_bytes: usize,
    /// How many of them there may be.
    pub loose_max: u64,
    /// Whether nothing but new points was written since the index was last put in order.
    pub only_added: bool,
}

impl Writing {
    /// What is known of an index that was just opened.
    pub fn new(journal: Journal, loose_max: u64) -> Self {
        let changed = journal.changed();
        Self { journal, loose: changed, loose_bytes: 0, loose_max, only_added: changed == 0 }
    }
}

/// Points as the engine takes them.
fn ready(points: impl Iterator<Item = Point>) -> Vec<PointStructPersisted> {
    let points: Vec<Point> = points.collect();
    points.into_par_iter().map(convert::engine_point).collect()
}

impl Parts {
    pub(super) fn upsert(&self, points: Vec<Point>) -> Result<(), IndexError> {
        let vector_bytes = {
            let live = self.live()?;
            live.spec.check_points(&points)?;
            live.spec.dimension.unwrap_or(0) as u64 * 16
        };
        let mut points = points.into_iter();
        while !points.as_slice().is_empty() {
            let load = &points.as_slice()[..points.len().min(LOAD_POINTS)];
            let ids: Vec<PointId> = load.iter().map(|point| point.id).collect();
            let text_bytes: u64 = load.iter().map(|point| point.lexical_text.len() as u64).sum();
            let room = ids.len() as u64 * (POINT_BYTES + vector_bytes) + 4 * text_bytes;
            let mut writing = self.writer()?;
            let live = self.live()?;
            self.layout.check_room(room)?;
            if writing.loose >= writing.loose_max {
                self.flush_all(&mut writing, &live)?;
            }
            writing.journal.note(&ids)?;
            self.write(points.by_ref().take(ids.len()), &mut writing, &live)?;
        }
        Ok(())
    }

    /// Writes points that stand in the journal. What was written before, and is durable, is made compact beside it
    /// where it has come to be much.
    fn write(
        &self,
        mut points: impl Iterator<Item = Point> + Send,
        writing: &mut Writing,
        live: &Live,
    ) -> Result<(), IndexError> {
        thread::scope(|scope| {
            let compacting = (writing.loose >= writing.loose_max).then(|| {
                let bytes = std::mem::take(&mut writing.loose_bytes);
                writing.loose = 0;
                scope.spawn(move || self.compact(live, |engine| engine.compact(bytes)))
            });
            let mut next = ready(points.by_ref().take(BATCH_POINTS));
            while !next.is_empty() {
                let batch = std::mem::take(&mut next);
                writing.loose += batch.len() as u64;
                writing.loose_bytes += batch.iter().map(settings::vector_bytes).sum::<usize>();
                // The words of the next points are counted while the engine takes these.
                let (replaced, after) =
                    rayon::join(|| live.engine.upsert(batch), || ready(points.by_ref().take(BATCH_POINTS)));
                writing.only_added &= !replaced?;
                next = after;
            }
            match compacting.map(ScopedJoinHandle::join) {
                None => Ok(()),
                Some(ended) => ended.map_err(|_| self.poisoned())?.map(drop),
            }
        })
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
        for some in ids.chunks(LOAD_POINTS) {
            let mut writing = self.writer()?;
            let live = self.live()?;
            self.layout.check_room(0)?;
            writing.journal.note(some)?;
            writing.loose += some.len() as u64;
            writing.only_added = false;
            some.chunks(BATCH_POINTS).try_for_each(|batch| write(&live.engine, batch))?;
            if writing.loose >= writing.loose_max {
                self.flush_all(&mut writing, &live)?;
                self.compact(&live, |engine| engine.compact(0))?;
                (writing.loose, writing.loose_bytes) = (0, 0);
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
