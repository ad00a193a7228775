//! Putting an index in order: its points, by id, in one compact segment, or in a few where one would be too large to
//! build in memory. Where points were only added the engine merges what it has; where some were changed or removed they
//! are written into a new generation.
//!
//! Either way it holds no removed point, has a short log, and depends on the points alone: whatever
//! way they came to the index, interruptions and repairs included, scores and ties come out the same to the
//! bit. Small indexes are put in order after every change; large ones once a share of them has changed,
//! since the graph over their vectors has to be built anew.

use super::engine::{BATCH_POINTS, Engine};
use super::layout::Manifest;
use super::settings::EXACT_POINTS_MAX;
use super::write::LOOSE_POINTS_MAX;
use super::{Live, Parts};
use crate::{Field, IndexError};

/// Of a large index, one in so many points has to have changed.
const CHANGED_SHARE: u64 = 5;
/// The engine writes the points of one operation in any order. A compact segment has them by id again, but
/// so few do not make one; they are written one by one.
const FEW_POINTS: usize = 64;

impl Parts {
    /// Flushes, and puts the index in order if enough of it changed.
    pub(super) fn put_in_order(&self) -> Result<(), IndexError> {
        self.flush()?;
        let mut writer = self.writer()?;
        let live = self.live()?;
        let points = live.engine.count(None)?;
        let changed = writer.journal.changed();
        let worthwhile = points <= EXACT_POINTS_MAX || changed * CHANGED_SHARE >= points as u64;
        if changed == 0 || !worthwhile {
            return Ok(());
        }
        if writer.only_added && points > FEW_POINTS {
            let merged = self.compact(&live, |engine| {
                engine.finish(points)?;
                engine.flush()
            })?;
            if merged {
                writer.loose = 0;
                writer.journal.reset()?;
            }
            return Ok(());
        }
        let size = self.layout.size(live.manifest.generation);
        if let Err(error) = self.layout.check_room(size + size / 2) {
            tracing::warn!(index = %self.layout.shown(), %error, "leaving the index as it is");
            return Ok(());
        }
        let next = self.rewritten(&live, points)?;
        self.layout.write_manifest(&next.manifest)?;
        drop(live);
        let generation = next.manifest.generation;
        let last = std::mem::replace(&mut *self.live.write().map_err(|_| self.poisoned())?, next);
        writer.journal.reset()?;
        (writer.loose, writer.only_added) = (0, true);
        drop(last);
        self.layout.keep_only(Some(generation))
    }

    /// The same points in a new generation.
    fn rewritten(&self, live: &Live, points: usize) -> Result<Live, IndexError> {
        let spec = live.spec.clone();
        let manifest = Manifest::new(&spec, live.manifest.generation + 1);
        let engine = Engine::create(&self.layout.fresh_engine(manifest.generation)?, &spec)?;
        let batch = if points <= FEW_POINTS { 1 } else { BATCH_POINTS };
        let mut loose = 0;
        for ids in live.engine.ids(None)?.chunks(batch) {
            engine.upsert(live.engine.points(ids)?)?;
            loose += ids.len() as u64;
            if loose >= LOOSE_POINTS_MAX {
                engine.compact(0)?;
                loose = 0;
            }
        }
        engine.flush()?;
        engine.finish(points)?;
        let asked_for: Vec<&Field> =
            spec.fields.iter().filter(|field| live.engine.has_indexes(&[field])).collect();
        engine.index_fields(&asked_for)?;
        engine.flush()?;
        Ok(Live { engine, manifest, spec })
    }
}
