//! Members of ZIP files.

use std::io::Cursor;
use std::sync::Arc;

use zip::ZipArchive;
use zip::result::ZipError;

use super::ledger::{Admission, Ledger, refuse};
use super::{Member, MemberError, Refusal, Unpack, whole};

/// How often passwords are tried on all members of one archive: each costs a thousand hashes.
const ATTEMPTS_MAX: usize = 20_000;

/// Whether a ZIP file is one document: what Office, OpenDocument and EPUB files have in them.
pub(super) fn is_document(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"PK") {
        return false;
    }
    ZipArchive::new(Cursor::new(bytes)).is_ok_and(|archive| {
        ["[Content_Types].xml", "mimetype"].iter().any(|name| archive.index_for_name(name).is_some())
    })
}

/// A ZIP file being read in the order of its directory.
pub(super) struct Zipped<B: AsRef<[u8]>> {
    archive: ZipArchive<Cursor<B>>,
    next: usize,
    /// Whether it is still to be said that paths come twice.
    repeated: bool,
    /// What is tried on members that are encrypted.
    passwords: Arc<[String]>,
    /// The password that opened the member before.
    opened_by: usize,
    attempts_left: usize,
}

impl<B: AsRef<[u8]>> Zipped<B> {
    pub(super) fn open(bytes: B, passwords: Arc<[String]>) -> Result<Self, Refusal> {
        let archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| Refusal::Damaged(error.to_string()))?;
        let repeated = archive.has_duplicate_names();
        Ok(Self { archive, next: 0, repeated, passwords, opened_by: 0, attempts_left: ATTEMPTS_MAX })
    }

    /// One entry; `None` for what a folder does not show.
    fn entry(&mut self, place: usize, ledger: &mut Ledger) -> Option<Result<Member, MemberError>> {
        let fallback = format!("member {}", place + 1);
        let entry = match self.archive.by_index_data(place) {
            Ok(entry) => entry,
            Err(error) => return Some(Err(refuse(&fallback, refusal(&error)))),
        };
        if entry.is_dir() {
            return None;
        }
        let name = match entry.name() {
            Ok(name) => name.into_owned(),
            Err(error) => return Some(Err(refuse(&fallback, refusal(&error)))),
        };
        let kind = kind(entry.unix_mode());
        let encrypted = entry.encrypted();
        let path = match ledger.admit(&name) {
            Admission::Read(path) => path,
            Admission::Hidden => return None,
            Admission::Refused(error) => return Some(Err(error)),
        };
        if let Some(what) = kind {
            return Some(Err(refuse(&name, Refusal::NotAFile(what))));
        }
        let read = if encrypted {
            self.unlock(place, ledger)
        } else {
            match self.archive.by_index(place) {
                Ok(mut file) => ledger.read(&mut file),
                Err(error) => Err(refusal(&error)),
            }
        };
        Some(match read {
            Ok(bytes) => Ok(Member { path, bytes }),
            Err(refusal @ Refusal::TooMuch(_)) => Err(whole(refusal)),
            Err(refusal) => Err(refuse(&name, refusal)),
        })
    }
}

impl<B: AsRef<[u8]>> Zipped<B> {
    /// The bytes of an encrypted member, by the first password that opens it.
    fn unlock(&mut self, place: usize, ledger: &mut Ledger) -> Result<Vec<u8>, Refusal> {
        let passwords = Arc::clone(&self.passwords);
        let (count, first) = (passwords.len(), self.opened_by);
        for turn in (0..count).map(|turn| (first + turn) % count) {
            if self.attempts_left == 0 {
                break;
            }
            self.attempts_left -= 1;
            let read = match self.archive.by_index_decrypt(place, passwords[turn].as_bytes()) {
                Ok(mut file) => ledger.read(&mut file),
                Err(ZipError::InvalidPassword) => continue,
                Err(error) => return Err(refusal(&error)),
            };
            match read {
                // One in 256 wrong passwords of the older way is found out by what it unpacks to alone.
                Err(Refusal::Damaged(_)) => {}
                read => {
                    self.opened_by = turn;
                    return read;
                }
            }
        }
        Err(Refusal::Encrypted)
    }
}

impl<B: AsRef<[u8]>> Unpack for Zipped<B> {
    fn next(&mut self, ledger: &mut Ledger) -> Option<Result<Member, MemberError>> {
        while self.next < self.archive.len() {
            let place = self.next;
            self.next += 1;
            if let Err(error) = ledger.count() {
                return Some(Err(error));
            }
            if let Some(found) = self.entry(place, ledger) {
                return Some(found);
            }
        }
        // The directory is held by path: where one comes twice, what is read is the one that came last.
        std::mem::take(&mut self.repeated)
            .then(|| Err(refuse("members with the same path", Refusal::Duplicate)))
    }
}

fn refusal(error: &ZipError) -> Refusal {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Refusal::Encrypted,
        ZipError::CompressionMethodNotSupported(method) => Refusal::Method(method.to_string()),
        error => Refusal::Damaged(error.to_string()),
    }
}

/// What an entry of this Unix mode is, if not a file.
fn kind(mode: Option<u32>) -> Option<&'static str> {
    match mode? & 0o170_000 {
        0o120_000 => Some("a symbolic link"),
        0o020_000 | 0o060_000 => Some("a device"),
        0o010_000 => Some("a pipe"),
        0o140_000 => Some("a socket"),
        _ => None,
    }
}
