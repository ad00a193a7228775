//! The home on disk: where each thing lies, its schema version, and who holds it.

#![expect(clippy::disallowed_methods, reason = "this module is where the home's own files are touched")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rag::IndexPlace;
use serde::{Deserialize, Serialize};

use crate::PlatformError;

/// The schema version of homes that this program writes.
const SCHEMA: u32 = 1;
/// How long a command waits for another one to be through with the home.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(25);

/// A directory that everything Patou writes lies in.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    directory: PathBuf,
}

/// Says that this process holds the home; the operating system takes it back when the process ends.
#[derive(Debug)]
pub(crate) struct HomeLock {
    _file: File,
}

/// `home.json`, version 1 and the part of every later version that this program reads.
#[derive(Serialize, Deserialize)]
struct HomeFile {
    schema: u32,
}

impl Home {
    /// The home at `directory`, made if it is not there.
    pub(crate) fn open(directory: &Path) -> Result<Self, PlatformError> {
        let wrap = |action: &'static str, path: &Path| {
            let path = path.display().to_string();
            move |error: std::io::Error| PlatformError::Home { action, path, why: error.to_string() }
        };
        std::fs::create_dir_all(directory).map_err(wrap("make", directory))?;
        let directory = directory.canonicalize().map_err(wrap("find", directory))?;
        let home = Self { directory };
        let marker = home.directory.join("home.json");
        match std::fs::read_to_string(&marker) {
            Ok(text) => home.check_schema(&marker, &text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let beside = home.directory.join(format!("home.json.{}", std::process::id()));
                let text = format!("{{\"schema\":{SCHEMA}}}\n");
                std::fs::write(&beside, text).map_err(wrap("write to", &beside))?;
                std::fs::rename(&beside, &marker).map_err(wrap("write to", &marker))?;
            }
            Err(error) => return Err(wrap("read", &marker)(error)),
        }
        for folder in [home.models(), home.cache(), home.directory.join("index")] {
            std::fs::create_dir_all(&folder).map_err(wrap("make", &folder))?;
        }
        Ok(home)
    }

    fn check_schema(&self, marker: &Path, text: &str) -> Result<(), PlatformError> {
        let read: HomeFile = serde_json::from_str(text).map_err(|error| PlatformError::Home {
            action: "read",
            path: marker.display().to_string(),
            why: error.to_string(),
        })?;
        if read.schema > SCHEMA {
            return Err(PlatformError::NewerHome {
                path: self.directory.display().to_string(),
                found: read.schema,
                known: SCHEMA,
            });
        }
        Ok(())
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn state_database(&self) -> PathBuf {
        self.directory.join("state.db")
    }

    pub(crate) fn embedding_database(&self) -> PathBuf {
        self.cache().join("embeddings.db")
    }

    pub(crate) fn models(&self) -> PathBuf {
        self.directory.join("models")
    }

    /// What can be fetched or computed again.
    pub(crate) fn cache(&self) -> PathBuf {
        self.directory.join("cache")
    }

    /// The directory of one index of one collection.
    pub(crate) fn index(&self, place: &IndexPlace) -> PathBuf {
        self.directory.join("index").join(place.collection.as_str()).join(place.number.to_string())
    }

    /// Whether no process holds the home.
    pub(crate) fn is_free(&self) -> Result<bool, PlatformError> {
        let path = self.directory.join("home.lock");
        let Ok(file) = File::open(&path) else { return Ok(true) };
        match file.try_lock_shared() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(PlatformError::Home {
                action: "lock",
                path: path.display().to_string(),
                why: error.to_string(),
            }),
        }
    }

    /// Takes the home for this process, waiting a little for another to be through with it.
    pub(crate) async fn lock(&self) -> Result<HomeLock, PlatformError> {
        let path = self.directory.join("home.lock");
        let wrap = |error: std::io::Error| PlatformError::Home {
            action: "lock",
            path: path.display().to_string(),
            why: error.to_string(),
        };
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(wrap)?;
        let waiting = runtime::Stopwatch::start();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(wrap(error)),
                Err(TryLockError::WouldBlock) if waiting.elapsed_ms() > LOCK_WAIT.as_secs_f64() * 1e3 => {
                    return Err(self.in_use(&mut file));
                }
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_POLL).await,
            }
        }
        // The number is for people to read; the lock is the operating system's.
        file.set_len(0).and_then(|()| file.rewind()).map_err(wrap)?;
        write!(file, "{}", std::process::id()).map_err(wrap)?;
        Ok(HomeLock { _file: file })
    }

    fn in_use(&self, file: &mut File) -> PlatformError {
        let mut holder = String::new();
        let holder = match file.read_to_string(&mut holder) {
            Ok(_) if !holder.trim().is_empty() => format!(" (process {})", holder.trim()),
            _ => String::new(),
        };
        PlatformError::HomeInUse { path: self.directory.display().to_string(), holder }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_home_is_refused() {
        let place = tempfile::tempdir().unwrap();
        Home::open(place.path()).unwrap();
        Home::open(place.path()).unwrap();
        std::fs::write(place.path().join("home.json"), "{\"schema\":2,\"more\":true}").unwrap();
        let refused = Home::open(place.path()).unwrap_err();
        assert!(matches!(refused, PlatformError::NewerHome { found: 2, known: 1, .. }), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_process_holds_a_home() {
        let place = tempfile::tempdir().unwrap();
        let home = Home::open(place.path()).unwrap();
        let lock = home.lock().await.unwrap();
        let second = home.lock().await.unwrap_err();
        assert!(second.to_string().contains(&std::process::id().to_string()), "{second}");
        drop(lock);
        home.lock().await.unwrap();
    }
}
