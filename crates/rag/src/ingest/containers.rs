//! Files that hold documents: archives, which are folders, and what mails carry.
//!
//! Every document within comes out under a source that names the way to it: `a.zip/inner/b.md`,
//! `mail.eml#report.pdf`. Archives within archives are opened to a depth, and all together unpack to a bounded
//! number of bytes. What cannot be read is told one by one.

use std::collections::VecDeque;
use std::sync::Arc;

use document::{Limits, Members, Problem};

use crate::extraction::Passwords;
use crate::source::ItemFailure;

/// How deep archives are opened within archives.
const ARCHIVES_DEPTH_MAX: usize = 4;
/// How deep mails are read within mails.
pub(super) const ATTACHMENTS_DEPTH_MAX: usize = 8;
/// How many bytes one file's archives may unpack to, all together.
const UNPACKED_BYTES_MAX: u64 = 4 << 30;

/// What a container holds.
pub(super) enum Found {
    /// A file that is none itself, by its source.
    File { source: String, bytes: Vec<u8> },
    /// One that cannot be read.
    Failed(ItemFailure),
}

/// Files whose archives are being opened.
pub(super) struct Unpacking {
    files: VecDeque<(String, Vec<u8>)>,
    /// The archives that are open, outermost first, by their sources.
    open: Vec<(String, Members<'static>)>,
    bytes_left: u64,
    passwords: Arc<[String]>,
}

impl Unpacking {
    /// Opens what is an archive of these files, by these passwords where it is locked; the others come out as they
    /// are.
    pub(super) fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>, passwords: &Passwords) -> Self {
        let (files, passwords) = (files.into_iter().collect(), passwords.shared());
        Self { files, open: Vec::new(), bytes_left: UNPACKED_BYTES_MAX, passwords }
    }

    /// Opens a file if it is an archive, else hands it on.
    fn enter(&mut self, source: String, bytes: Vec<u8>) -> Option<Found> {
        if !document::is_archive(&source, &bytes) {
            return Some(Found::File { source, bytes });
        }
        if self.open.len() >= ARCHIVES_DEPTH_MAX {
            let error = format!("archives are nested more than {ARCHIVES_DEPTH_MAX} deep");
            let hint = "unpack the outer archive, and ingest the folder".to_owned();
            return Some(Found::Failed(ItemFailure { source, error, hint }));
        }
        let members = document::members(&source, bytes, Limits::default(), &self.passwords)?;
        self.open.push((source, members));
        None
    }

    /// Counts what has been unpacked; a failure when it is more than there may be.
    fn spend(&mut self, bytes: u64) -> Option<Found> {
        match self.bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.bytes_left = left;
                None
            }
            None => {
                let (source, _) = self.open.drain(..).next()?;
                self.files.clear();
                let error = format!("its archives unpack to more than {UNPACKED_BYTES_MAX} bytes together");
                let hint = "split it, or unpack it and ingest the folder".to_owned();
                Some(Found::Failed(ItemFailure { source, error, hint }))
            }
        }
    }
}

impl Iterator for Unpacking {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let Some((source, members)) = self.open.last_mut() else {
                let (source, bytes) = self.files.pop_front()?;
                if let Some(found) = self.enter(source, bytes) {
                    return Some(found);
                }
                continue;
            };
            let before = members.unpacked_bytes();
            let found = members.next();
            let spent = members.unpacked_bytes() - before;
            let entered = match found {
                None => {
                    self.open.pop();
                    None
                }
                Some(Ok(member)) => {
                    let source = format!("{source}/{}", member.path);
                    self.enter(source, member.bytes)
                }
                Some(Err(error)) => {
                    let path = if error.path.is_empty() { String::new() } else { format!("/{}", error.path) };
                    Some(Found::Failed(ItemFailure {
                        source: format!("{source}{path}"),
                        error: format!("cannot unpack it: {error}"),
                        hint: error.refusal.hint().to_owned(),
                    }))
                }
            };
            if let Some(found) = self.spend(spent).or(entered) {
                return Some(found);
            }
        }
    }
}

/// What could not be read of a mail's attachments, as a problem of the mail.
pub(super) fn problem(mail: &str, failure: ItemFailure) -> Problem {
    let within = failure.source.strip_prefix(mail).unwrap_or(&failure.source);
    Problem {
        place: format!("attachment `{}`", within.trim_start_matches('#')),
        what: "attachment".into(),
        why: failure.error,
        content_lost: true,
    }
}
