//! Which points were written since the last flush.
//!
//! The engine does not replay its log when it is opened, and a process that dies in the middle of a flush
//! can leave points whose parts do not belong together. So each write names its points here first; after a
//! crash exactly these are taken out of the engine, and the index is what it was at the last flush less
//! the points that were being changed. The caller's registry knows them and puts them back.
//!
//! The file: the number of points changed since the index was last put in order (8 bytes, little-endian),
//! then the ids, 16 bytes each.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::layout::failed;
use crate::{IndexError, PointId};

const HEAD_BYTES: u64 = 8;
const ID_BYTES: usize = 16;

/// The open journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Points changed since the index was last put in order, flushed or not.
    changed: u64,
    /// Whether ids stand in the file.
    dirty: bool,
}

impl Journal {
    /// Opens the journal, and the ids that a crash left in it. An id cut short was never written to the
    /// engine, for the engine is called after the journal.
    pub fn open(path: &Path) -> Result<(Self, Vec<PointId>), IndexError> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed("open", path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed("read", path))?;
        let (changed, ids) = match bytes.split_first_chunk() {
            Some((head, ids)) => (u64::from_le_bytes(*head), ids),
            None => (0, &[][..]),
        };
        let (ids, _) = ids.as_chunks::<ID_BYTES>();
        let ids: Vec<_> = ids.iter().map(|id| PointId(*id)).collect();
        let changed = changed + ids.len() as u64;
        let journal = Self { path: path.to_owned(), file, changed, dirty: bytes.len() as u64 != HEAD_BYTES };
        Ok((journal, ids))
    }

    /// Points changed since the index was last put in order.
    pub fn changed(&self) -> u64 {
        self.changed
    }

    /// Says that these points are about to be written.
    pub fn note(&mut self, ids: &[PointId]) -> Result<(), IndexError> {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.0).collect();
        self.dirty = true;
        self.changed += ids.len() as u64;
        self.file.write_all(&bytes).and_then(|()| self.file.sync_data()).map_err(failed("write", &self.path))
    }

    /// Says that everything written so far is durable.
    pub fn settle(&mut self) -> Result<(), IndexError> {
        if !self.dirty {
            return Ok(());
        }
        self.write_head().map_err(failed("write", &self.path))?;
        self.dirty = false;
        Ok(())
    }

    /// Says that the index was put in order and holds nothing unflushed.
    pub fn reset(&mut self) -> Result<(), IndexError> {
        self.changed = 0;
        self.dirty = true;
        self.settle()
    }

    /// Whether points were written since the last [`Self::settle`].
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    fn write_head(&mut self) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.changed.to_le_bytes())?;
        self.file.set_len(HEAD_BYTES)?;
        self.file.sync_data()
    }
}
