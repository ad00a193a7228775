//! What an archive has used up of its limits, and which paths it has had.

use std::collections::HashSet;
use std::io::Read;

use super::{Limits, MemberError, Refusal, whole};

/// An archive that unpacks to less may be packed as tightly as it likes.
const RATIO_FREE_BYTES: u64 = 16 << 20;
/// The longest path, in bytes.
const PATH_BYTES_MAX: usize = 4096;
/// How much of a path that is refused is shown, in characters.
const SHOWN_CHARS_MAX: usize = 200;

/// What is left of an archive's limits.
pub(super) struct Ledger {
    limits: Limits,
    /// Bytes that all members may have together, by size and by ratio.
    allowed: u64,
    left: u64,
    members: usize,
    seen: HashSet<String>,
}

/// What becomes of a member, by its path.
pub(super) enum Admission {
    /// It is read, under this path.
    Read(String),
    /// A folder would not show it.
    Hidden,
    /// It is not read.
    Refused(MemberError),
}

impl Ledger {
    pub(super) fn new(limits: Limits, packed_bytes: u64) -> Self {
        let by_ratio = packed_bytes.saturating_mul(limits.ratio_max).max(RATIO_FREE_BYTES);
        let allowed = limits.unpacked_bytes_max.min(by_ratio);
        Self { limits, allowed, left: allowed, members: 0, seen: HashSet::new() }
    }

    /// How many bytes have been unpacked.
    pub(super) fn spent(&self) -> u64 {
        self.allowed - self.left
    }

    /// Counts one more entry of any kind.
    ///
    /// # Errors
    ///
    /// When there are too many; nothing may follow.
    pub(super) fn count(&mut self) -> Result<(), MemberError> {
        self.members += 1;
        let most = self.limits.members_max;
        if self.members > most {
            return Err(whole(Refusal::TooMuch(format!("it has more than {most} members"))));
        }
        Ok(())
    }

    /// Whether a member of this path is to be read.
    pub(super) fn admit(&mut self, path: &str) -> Admission {
        let refused = |refusal| Admission::Refused(refuse(path, refusal));
        let Some(parts) = safe_parts(path) else { return refused(Refusal::UnsafePath) };
        if parts.iter().any(|part| part.starts_with('.') || *part == "__MACOSX") {
            return Admission::Hidden;
        }
        let plain = parts.join("/");
        if self.seen.insert(plain.clone()) { Admission::Read(plain) } else { refused(Refusal::Duplicate) }
    }

    /// All that a reader has, within the limits.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooLarge`], [`Refusal::TooMuch`], or [`Refusal::Damaged`] with what the reader says.
    pub(super) fn read(&mut self, reader: &mut dyn Read) -> Result<Vec<u8>, Refusal> {
        let member_max = self.limits.member_bytes_max;
        let most = self.left.min(member_max);
        let mut bytes = Vec::new();
        let read = reader.take(most + 1).read_to_end(&mut bytes);
        let had = bytes.len() as u64;
        let over = had > most;
        self.left = self.left.saturating_sub(had);
        if over && most == member_max {
            return Err(Refusal::TooLarge(member_max));
        }
        if over {
            return Err(self.too_much());
        }
        read.map(|_| bytes).map_err(|error| Refusal::Damaged(error.to_string()))
    }

    /// Reads past `count` bytes.
    ///
    /// # Errors
    ///
    /// As [`Ledger::read`].
    pub(super) fn skip(&mut self, reader: &mut dyn Read, count: u64) -> Result<(), Refusal> {
        let most = self.left.min(count);
        let skipped = std::io::copy(&mut reader.take(most), &mut std::io::sink())
            .map_err(|error| Refusal::Damaged(error.to_string()))?;
        self.left -= skipped;
        if skipped < count && most < count {
            return Err(self.too_much());
        }
        if skipped < count {
            return Err(Refusal::Damaged("it ends within a member".into()));
        }
        Ok(())
    }

    /// Counts bytes that were unpacked and belong to no member.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooMuch`] when that is more than there may be.
    pub(super) fn spend(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| self.too_much())?;
        Ok(())
    }

    fn too_much(&self) -> Refusal {
        Refusal::TooMuch(format!("it unpacks to more than {} bytes", self.allowed))
    }
}

/// Why the member of this path is not read.
pub(super) fn refuse(path: &str, refusal: Refusal) -> MemberError {
    let shown: String = path.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    // An empty path would speak of the archive as a whole.
    let path = if shown.is_empty() { "a member without a name".to_owned() } else { shown };
    MemberError { path, refusal }
}

/// The parts of a path that leads down and nowhere else, on every system.
fn safe_parts(path: &str) -> Option<Vec<&str>> {
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    if path.starts_with('/') || drive || path.len() > PATH_BYTES_MAX {
        return None;
    }
    if path.contains(|c: char| c == '\\' || c.is_control()) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (!parts.is_empty() && !parts.contains(&"..")).then_some(parts)
}
