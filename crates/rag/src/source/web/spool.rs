//! What was fetched, until it is read: one temporary file that nobody else sees and that goes by itself.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Named bytes in a temporary file.
pub(super) struct Spool {
    file: File,
    length: u64,
    places: HashMap<String, (u64, usize)>,
}

impl Spool {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, length: 0, places: HashMap::new() })
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.places.clear();
        self.length = 0;
        self.file.set_len(0)
    }

    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(bytes)?;
        self.places.insert(name.to_owned(), (self.length, bytes.len()));
        self.length += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "nothing was fetched under that name");
        let (start, length) = *self.places.get(name).ok_or_else(missing)?;
        let mut bytes = vec![0; length];
        self.file.seek(SeekFrom::Start(start))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
