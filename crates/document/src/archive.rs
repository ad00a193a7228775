//! Archives as folders: the members of ZIP and TAR files, the file that a gzip file holds, the mails of a mailbox.
//!
//! Members come one at a time and are unpacked as they are asked for, under limits. A path that leads anywhere
//! but down, a link, a device and what is encrypted are refused one by one. What an archive within an archive
//! holds is the caller's to ask, and how deep.

mod ledger;
mod mailbox;
mod tape;
mod zipped;

use std::io::{Cursor, Read};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use ledger::Ledger;

/// How much an archive may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all members together, unpacked.
    pub unpacked_bytes_max: u64,
    /// Bytes of one member, unpacked.
    pub member_bytes_max: u64,
    /// How many members there may be, directories counted.
    pub members_max: usize,
    /// How many times the archive's own size its members may come to; an archive that unpacks to less than
    /// 16 MiB is not held to it.
    pub ratio_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked_bytes_max: 2 << 30,
            member_bytes_max: 256 << 20,
            members_max: 200_000,
            ratio_max: 200,
        }
    }
}

/// A file of an archive.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path in the archive: relative, with `/`, no `.` and no `..`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Member({}, {} bytes)", self.path, self.bytes.len())
    }
}

/// A member that could not be read, or, where its path is empty, why the rest of the archive could not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{refusal}")]
pub struct MemberError {
    /// Its path as the archive has it, made printable; empty when it is about the archive as a whole.
    pub path: String,
    /// Why.
    #[source]
    pub refusal: Refusal,
}

/// Why a member, or an archive, is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its path is absolute, leads up, or is none that every system understands alike.
    #[error("its path does not lead to a place within the archive")]
    UnsafePath,
    /// A member before it has the same path.
    #[error("another member has the same path, and that one was read")]
    Duplicate,
    /// It is encrypted.
    #[error("it is encrypted, and no password that was given opens it")]
    Encrypted,
    /// It is a link, a device or the like; what it is.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// It is packed in a way that is not read here.
    #[error("it is packed by method {0}, which is not read here")]
    Method(String),
    /// It has too many bytes.
    #[error("it unpacks to more than {0} bytes")]
    TooLarge(u64),
    /// The archive goes over a limit, and the rest of it is not read; which limit.
    #[error("{0}; the rest of the archive was not read")]
    TooMuch(String),
    /// It is damaged; how.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

impl Refusal {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnsafePath | Self::NotAFile(_) => {
                "unpack the archive where that is safe, and ingest the folder"
            }
            Self::Duplicate => "pack the archive anew with each path once",
            Self::Encrypted => {
                "name a file with its password in `ingest.passwords_file`, or unpack it and ingest the folder"
            }
            Self::Method(_) => "pack it anew with deflate, which every tool does unless told otherwise",
            Self::TooLarge(_) | Self::TooMuch(_) => "split it, or unpack it and ingest the folder",
            Self::Damaged(_) => "mend the archive, or get it anew",
        }
    }
}

/// Whether a file of this name is an archive, unless its bytes say otherwise.
pub fn is_archive_name(name: &str) -> bool {
    kind_of(name).is_some()
}

/// Whether a file is an archive: by its name, unless its bytes are a document that happens to be packed as one.
pub fn is_archive(name: &str, bytes: &[u8]) -> bool {
    kind_of(name).is_some_and(|kind| !matches!(kind, Kind::Zip) || !zipped::is_document(bytes))
}

/// The members of an archive, unpacked one at a time; `None` when the file is no archive: by its name, or because
/// it is a document that happens to be packed as one, as Office files are.
///
/// `passwords` are tried on members that are encrypted. After an error whose path is empty nothing follows. Directories, and what a folder would hide (names that
/// begin with a dot, `__MACOSX`), are passed over.
pub fn members<'a, B>(name: &str, bytes: B, limits: Limits, passwords: &Arc<[String]>) -> Option<Members<'a>>
where
    B: AsRef<[u8]> + Send + 'a,
{
    if !is_archive(name, bytes.as_ref()) {
        return None;
    }
    let kind = kind_of(name)?;
    let ledger = Ledger::new(limits, bytes.as_ref().len() as u64);
    let unpack: Box<dyn Unpack + Send + 'a> = match kind {
        Kind::Zip => match zipped::Zipped::open(bytes, Arc::clone(passwords)) {
            Ok(zipped) => Box::new(zipped),
            Err(refusal) => Box::new(Unreadable(Some(refusal))),
        },
        Kind::Tar => Box::new(tape::Tape::new(Cursor::new(bytes))),
        Kind::TarGzip => Box::new(tape::Tape::new(MultiGzDecoder::new(Cursor::new(bytes)))),
        Kind::Gzip => {
            let base = name.rsplit(['/', '\\', '#']).next().unwrap_or(name);
            let inner = base.rsplit_once('.').map_or("content", |(stem, _)| stem);
            Box::new(Single { name: Some(inner.to_owned()), reader: MultiGzDecoder::new(Cursor::new(bytes)) })
        }
        Kind::Mailbox => Box::new(mailbox::Mailbox::new(bytes)),
    };
    Some(Members { unpack, ledger, done: false })
}

/// The members of an archive, as they come.
pub struct Members<'a> {
    unpack: Box<dyn Unpack + Send + 'a>,
    ledger: Ledger,
    done: bool,
}

impl Members<'_> {
    /// How many bytes have been unpacked so far, those of members that were refused counted.
    pub fn unpacked_bytes(&self) -> u64 {
        self.ledger.spent()
    }
}

impl Iterator for Members<'_> {
    type Item = Result<Member, MemberError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let found = self.unpack.next(&mut self.ledger);
        self.done = match &found {
            None => true,
            Some(Ok(_)) => false,
            Some(Err(error)) => error.path.is_empty(),
        };
        found
    }
}

/// One kind of archive being read.
trait Unpack {
    /// The next member; an error with an empty path is the last.
    fn next(&mut self, ledger: &mut Ledger) -> Option<Result<Member, MemberError>>;
}

#[derive(Clone, Copy)]
enum Kind {
    Zip,
    Tar,
    TarGzip,
    Gzip,
    Mailbox,
}

fn kind_of(name: &str) -> Option<Kind> {
    let name = name.rsplit(['/', '\\', '#']).next().unwrap_or(name).to_ascii_lowercase();
    let kinds = [
        (".zip", Kind::Zip),
        (".tar.gz", Kind::TarGzip),
        (".tgz", Kind::TarGzip),
        (".tar", Kind::Tar),
        (".gz", Kind::Gzip),
        (".mbox", Kind::Mailbox),
    ];
    let found = kinds.into_iter().find(|(ending, _)| name.len() > ending.len() && name.ends_with(ending));
    found.map(|(_, kind)| kind)
}

fn whole(refusal: Refusal) -> MemberError {
    MemberError { path: String::new(), refusal }
}

/// An archive that cannot be opened.
struct Unreadable(Option<Refusal>);

impl Unpack for Unreadable {
    fn next(&mut self, _ledger: &mut Ledger) -> Option<Result<Member, MemberError>> {
        self.0.take().map(|refusal| Err(whole(refusal)))
    }
}

/// The one file that a gzip file holds.
struct Single<R> {
    name: Option<String>,
    reader: R,
}

impl<R: Read> Unpack for Single<R> {
    fn next(&mut self, ledger: &mut Ledger) -> Option<Result<Member, MemberError>> {
        let path = self.name.take()?;
        Some(match ledger.read(&mut self.reader) {
            Ok(bytes) => Ok(Member { path, bytes }),
            Err(refusal) => Err(whole(refusal)),
        })
    }
}

#[cfg(test)]
mod tests;
