//! The files of an embedded index: the lock, the manifest, the numbered generations of the engine's folder.
//!
//! ```text
//! lock           held while the index is open
//! manifest.json  format, settings, fields, and which generation is the true one
//! journal        points written since the last flush; see the journal's page
//! compacting     there while the engine's segments are merged, during which points can be there twice
//! engine-7/      the engine's own files
//! ```

#![expect(clippy::disallowed_methods, reason = "this module owns the index's folder")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Field, IndexError, IndexSpec, words};

/// The newest format this program has.
const FORMAT: u32 = 1;
const MIB: u64 = 1 << 20;
/// What has to stay free on the disk: the engine maps its files into memory, where a full disk is not an
/// error but the end of the process.
const RESERVE_MIB: u64 = 64;
/// At most so much is read ahead when an index opens.
const WARM_BYTES_MAX: u64 = 512 * MIB;
const WARM_BUFFER_BYTES: usize = 1 << 20;

/// Everything that is true of an index besides its points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: u32,
    /// Which folder of the engine is the true one.
    pub generation: u64,
    dimension: Option<usize>,
    /// [`words::fingerprint`] of the texts indexed.
    words: String,
    fields: Vec<Field>,
}

impl Manifest {
    /// The manifest of a new index.
    pub fn new(spec: &IndexSpec, generation: u64) -> Self {
        Self {
            format: FORMAT,
            generation,
            dimension: spec.dimension,
            words: words::fingerprint(),
            fields: spec.fields.clone(),
        }
    }

    /// What was fixed when the index was made.
    pub fn spec(&self) -> IndexSpec {
        IndexSpec { dimension: self.dimension, fields: self.fields.clone() }
    }
}

/// An index's folder, ours alone while this lives.
#[derive(Debug)]
pub(super) struct Layout {
    dir: PathBuf,
    _lock: File,
}

impl Layout {
    /// Makes the folder if it is not there, and locks it.
    pub fn open(dir: &Path) -> Result<Self, IndexError> {
        fs::create_dir_all(dir).map_err(failed("create", dir))?;
        let path = dir.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(IndexError::Locked { path: shown(dir) }),
            Err(TryLockError::Error(source)) => Err(failed("lock", &path)(source)),
        }
    }

    /// The folder as errors show it.
    pub fn shown(&self) -> String {
        shown(&self.dir)
    }

    /// Where the journal is.
    pub fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }

    /// Where a generation of the engine is.
    pub fn engine(&self, generation: u64) -> PathBuf {
        self.dir.join(format!("engine-{generation}"))
    }

    /// The manifest, if the index was made already. Refuses one that is damaged, newer, or made with
    /// another dimension or another analysis of words than the caller's.
    pub fn manifest(&self, asked: &IndexSpec) -> Result<Option<Manifest>, IndexError> {
        let path = self.dir.join("manifest.json");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path)(error)),
        };
        let damaged =
            |error: serde_json::Error| IndexError::Damaged { path: shown(&path), why: error.to_string() };
        let head: Head = serde_json::from_slice(&bytes).map_err(damaged)?;
        if head.format > FORMAT {
            return Err(IndexError::Newer { path: self.shown(), found: head.format, known: FORMAT });
        }
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(damaged)?;
        let other = |what, made_with: String, asked: String| IndexError::OtherSettings {
            path: self.shown(),
            what,
            made_with,
            asked,
        };
        if manifest.dimension != asked.dimension {
            let show = |dimension: Option<usize>| dimension.map_or("none".to_owned(), |d| d.to_string());
            return Err(other("dimension", show(manifest.dimension), show(asked.dimension)));
        }
        if manifest.words != words::fingerprint() {
            return Err(other("analysis", manifest.words, words::fingerprint()));
        }
        Ok(Some(manifest))
    }

    /// Replaces the manifest, whole or not at all.
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), IndexError> {
        let path = self.dir.join("manifest.json");
        let fresh = self.dir.join("manifest.json.new");
        let write = || {
            let mut file = File::create(&fresh)?;
            file.write_all(&serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?)?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
            sync_folder(&self.dir)
        };
        write().map_err(failed("write", &path))
    }

    /// Makes the folder of a generation, empty.
    pub fn fresh_engine(&self, generation: u64) -> Result<PathBuf, IndexError> {
        let path = self.engine(generation);
        remove(&path)?;
        fs::create_dir(&path).map_err(failed("create", &path))?;
        Ok(path)
    }

    /// Removes the folders of all generations but one; what an interruption left is among them.
    pub fn keep_only(&self, generation: Option<u64>) -> Result<(), IndexError> {
        let kept = generation.map(|generation| self.engine(generation));
        for entry in fs::read_dir(&self.dir).map_err(failed("read", &self.dir))? {
            let path = entry.map_err(failed("read", &self.dir))?.path();
            let is_engine =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("engine-"));
            if is_engine && Some(&path) != kept.as_ref() {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Refuses to go on when writing so many bytes could fill the disk.
    pub fn check_room(&self, bytes: u64) -> Result<(), IndexError> {
        let free = fs4::available_space(&self.dir).map_err(failed("measure", &self.dir))?;
        let needed = bytes + RESERVE_MIB * MIB;
        if free >= needed {
            return Ok(());
        }
        Err(IndexError::DiskFull {
            path: self.shown(),
            free_mib: free / MIB,
            needed_mib: needed.div_ceil(MIB),
        })
    }

    /// Removes what the engine's log holds of the past. The engine never reads it; it counts its operations
    /// by the newest closed part, which stays. What cannot be removed now is removed another time.
    pub fn trim_log(&self, generation: u64) {
        let Ok(entries) = fs::read_dir(self.engine(generation).join("wal")) else { return };
        let mut closed: Vec<(u64, PathBuf)> = entries
            .flatten()
            .filter_map(|entry| {
                let start = entry.file_name().to_str()?.strip_prefix("closed-")?.parse().ok()?;
                Some((start, entry.path()))
            })
            .collect();
        closed.sort_unstable();
        closed.pop();
        for (_, path) in closed {
            if let Err(error) = fs::remove_file(&path) {
                tracing::debug!(path = %path.display(), %error, "cannot remove an old part of the log");
                return;
            }
        }
    }

    /// Whether a rearrangement of the live generation was begun and not ended.
    pub fn is_compacting(&self) -> Result<bool, IndexError> {
        let path = self.dir.join("compacting");
        path.try_exists().map_err(failed("look for", &path))
    }

    /// Says that a rearrangement of the live generation begins, or has ended.
    pub fn set_compacting(&self, compacting: bool) -> Result<(), IndexError> {
        let path = self.dir.join("compacting");
        let write = || {
            if compacting {
                File::create(&path)?.sync_all()?
            } else {
                fs::remove_file(&path)?
            }
            sync_folder(&self.dir)
        };
        write().map_err(failed("write", &path))
    }

    /// Reads a generation's vectors and indexes once, front to back. The engine throws them out of the
    /// system's cache when it closes, and would fetch them page by page when it opens.
    pub fn warm(&self, generation: u64) {
        let mut buffer = vec![0; WARM_BUFFER_BYTES];
        let mut left = WARM_BYTES_MAX;
        for (path, bytes) in files(&self.engine(generation).join("segments")) {
            if path.components().any(|part| part.as_os_str() == "payload_storage") || bytes > left {
                continue;
            }
            let Ok(file) = File::open(&path) else { continue };
            let mut file = file.take(bytes);
            while matches!(file.read(&mut buffer), Ok(read) if read > 0) {}
            left -= bytes;
        }
    }

    /// How many bytes a generation takes on the disk, holes not counted where the system tells.
    pub fn size(&self, generation: u64) -> u64 {
        files(&self.engine(generation)).iter().map(|(_, bytes)| bytes).sum()
    }
}

/// What is read of a manifest before the rest is believed.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// Syncs a folder's list of names, where the system can.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

pub(super) fn remove(path: &Path) -> Result<(), IndexError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

/// The files under a folder and the bytes that each takes on the disk.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        match entry.metadata() {
            Ok(about) if about.is_dir() => found.extend(files(&entry.path())),
            Ok(about) => found.push((entry.path(), allocated(&about))),
            Err(_) => {}
        }
    }
    found
}

#[cfg(unix)]
fn allocated(found: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    found.blocks() * 512
}

#[cfg(not(unix))]
fn allocated(found: &fs::Metadata) -> u64 {
    found.len()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Wraps what the system said; made for `map_err`.
pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> IndexError {
    let path = shown(path);
    move |source| IndexError::File { action, path, source }
}
