//! ZIP files that hold the parts of one document, read under limits: what Office, OpenDocument and EPUB files
//! are.
//!
//! A part is unpacked when it is asked for, and all parts together come to a bounded number of bytes, whatever
//! the file says they have.

pub(crate) mod properties;
pub(crate) mod relations;

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::format::Damage;

/// How many bytes all parts that are read may have together.
const UNPACKED_BYTES_MAX: u64 = 512 << 20;
/// How many parts a package may have.
const PARTS_MAX: usize = 100_000;

/// A package whose parts are being read.
pub(crate) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    bytes_left: u64,
}

impl<'a> Package<'a> {
    /// Opens a package.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the bytes are no ZIP file, or one of too many parts.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Damage> {
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| Damage::Broken(format!("its package cannot be opened: {error}")))?;
        if archive.len() > PARTS_MAX {
            let why = format!("it has {} parts, over the limit of {PARTS_MAX}", archive.len());
            return Err(Damage::TooMuch(why));
        }
        Ok(Self { archive, bytes_left: UNPACKED_BYTES_MAX })
    }

    /// The names of its parts, in the order of the package.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()))
    }

    /// The bytes of a part; `None` when there is no part of that name.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the part is encrypted, damaged, or takes the package over its limit.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, Damage> {
        let name = name.trim_start_matches('/');
        let part = match self.archive.by_name(name) {
            Ok(part) => part,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::UnsupportedArchive(why)) if why == ZipError::PASSWORD_REQUIRED => {
                return Err(Damage::Locked);
            }
            Err(error) => return Err(damaged(name, &error)),
        };
        let mut bytes = Vec::new();
        part.take(self.bytes_left + 1).read_to_end(&mut bytes).map_err(|error| damaged(name, &error))?;
        self.bytes_left = self.bytes_left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            Damage::TooMuch(format!("its parts unpack to more than {UNPACKED_BYTES_MAX} bytes"))
        })?;
        Ok(Some(bytes))
    }

    /// A part that has to be there.
    ///
    /// # Errors
    ///
    /// As [`Package::read`], and when there is no such part.
    pub(crate) fn require(&mut self, name: &str) -> Result<Vec<u8>, Damage> {
        self.read(name)?.ok_or_else(|| Damage::Broken(format!("it has no part `{name}`")))
    }
}

fn damaged(name: &str, error: &dyn std::fmt::Display) -> Damage {
    Damage::Broken(format!("its part `{name}` cannot be read: {error}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use super::*;

    /// A package of these parts.
    pub(crate) fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn parts_are_read_by_name_and_damage_is_told() {
        let mut bytes = package(&[("a/b.xml", b"<b/>"), ("c", b"")]);
        let mut read = Package::open(&bytes).unwrap();
        assert_eq!(read.names().collect::<Vec<_>>(), ["a/b.xml", "c"]);
        assert_eq!(read.read("/a/b.xml").unwrap().unwrap(), b"<b/>");
        assert_eq!(read.read("none").unwrap(), None);
        assert!(matches!(read.require("none"), Err(Damage::Broken(_))));
        bytes.truncate(bytes.len() / 2);
        assert!(matches!(Package::open(&bytes), Err(Damage::Broken(_))));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bytes = package(&[("bomb", &vec![0; 64 << 20])]);
        let mut read = Package::open(&bytes).unwrap();
        read.bytes_left = 1 << 20;
        assert!(matches!(read.read("bomb"), Err(Damage::TooMuch(_))));
    }
}
