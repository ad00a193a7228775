//! Members of TAR files: POSIX ustar and pax, and GNU's long names, as POSIX.1-2017 (pax, "ustar Interchange
//! Format") and the GNU tar manual ("Basic Tar Format") describe them.
//!
//! Read from front to back, so that what is packed need never be whole in memory. Sparse files are refused.

use std::io::Read;

use super::ledger::{Admission, Ledger, refuse};
use super::{Member, MemberError, Refusal, Unpack, whole};

const BLOCK_BYTES: usize = 512;
/// Longer names and pax records are not believed.
const EXTENSION_BYTES_MAX: u64 = 1 << 20;

/// A TAR file being read.
pub(super) struct Tape<R> {
    reader: R,
    /// What has been said ahead of the next header.
    ahead: Ahead,
    /// What is left of the entry before: its bytes and its padding.
    rest: u64,
}

#[derive(Default)]
struct Ahead {
    path: Option<String>,
    size: Option<u64>,
    sparse: bool,
}

impl<R: Read> Tape<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, ahead: Ahead::default(), rest: 0 }
    }

    fn block(&mut self, ledger: &mut Ledger) -> Result<Option<[u8; BLOCK_BYTES]>, Refusal> {
        ledger.spend(BLOCK_BYTES as u64)?;
        let mut block = [0; BLOCK_BYTES];
        let mut had = 0;
        while had < BLOCK_BYTES {
            match self.reader.read(&mut block[had..]) {
                Ok(0) if had == 0 => return Ok(None),
                Ok(0) => return Err(Refusal::Damaged("it ends within a header".into())),
                Ok(count) => had += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Refusal::Damaged(error.to_string())),
            }
        }
        Ok(Some(block))
    }

    /// The next header; `None` after the last.
    fn header(&mut self, ledger: &mut Ledger) -> Result<Option<Header>, Refusal> {
        ledger.skip(&mut self.reader, std::mem::take(&mut self.rest))?;
        let Some(block) = self.block(ledger)? else {
            return Err(Refusal::Damaged("it ends without the mark of an end".into()));
        };
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        Header::of(&block).map(Some).ok_or_else(|| Refusal::Damaged("a header's checksum is wrong".into()))
    }

    /// What stands in an entry that speaks of the next one.
    fn extension(&mut self, size: u64, ledger: &mut Ledger) -> Result<Vec<u8>, Refusal> {
        if size > EXTENSION_BYTES_MAX {
            return Err(Refusal::TooMuch(format!("a member's name or attributes have {size} bytes")));
        }
        let bytes = ledger.read(&mut (&mut self.reader).take(size))?;
        if (bytes.len() as u64) < size {
            return Err(Refusal::Damaged("it ends within a member's name".into()));
        }
        self.rest = padding(size);
        Ok(bytes)
    }

    /// Takes one entry; `None` when it is none that a folder shows.
    fn entry(
        &mut self,
        header: Header,
        ledger: &mut Ledger,
    ) -> Result<Option<Result<Member, MemberError>>, Refusal> {
        match header.kind {
            b'L' => {
                let name = self.extension(header.size, ledger)?;
                self.ahead.path = Some(text(&name));
                return Ok(None);
            }
            b'x' => {
                let records = self.extension(header.size, ledger)?;
                self.ahead.take_pax(&records);
                return Ok(None);
            }
            b'K' | b'g' => {
                self.rest = header.size.saturating_add(padding(header.size));
                return Ok(None);
            }
            b'S' if header.continues => while self.block(ledger)?.is_some_and(|block| block[504] != 0) {},
            _ => {}
        }
        let Ahead { path, size, sparse } = std::mem::take(&mut self.ahead);
        let (name, size) = (path.unwrap_or(header.path), size.unwrap_or(header.size));
        self.rest = size.saturating_add(padding(size));
        if header.kind == b'5' || name.ends_with('/') {
            return Ok(None);
        }
        let path = match ledger.admit(&name) {
            Admission::Read(path) => path,
            Admission::Hidden => return Ok(None),
            Admission::Refused(error) => return Ok(Some(Err(error))),
        };
        let what = if sparse { Some("a sparse file") } else { kind(header.kind) };
        if let Some(what) = what {
            return Ok(Some(Err(refuse(&name, Refusal::NotAFile(what)))));
        }
        let mut content = (&mut self.reader).take(size);
        let read = ledger.read(&mut content);
        self.rest = content.limit().saturating_add(padding(size));
        match read {
            Ok(bytes) if (bytes.len() as u64) < size => {
                Err(Refusal::Damaged("it ends within a member".into()))
            }
            Ok(bytes) => Ok(Some(Ok(Member { path, bytes }))),
            Err(refusal @ Refusal::TooLarge(_)) => Ok(Some(Err(refuse(&name, refusal)))),
            Err(refusal) => Err(refusal),
        }
    }
}

impl<R: Read> Unpack for Tape<R> {
    fn next(&mut self, ledger: &mut Ledger) -> Option<Result<Member, MemberError>> {
        loop {
            if let Err(error) = ledger.count() {
                return Some(Err(error));
            }
            let found = match self.header(ledger) {
                Ok(None) => return None,
                Ok(Some(header)) => self.entry(header, ledger),
                Err(refusal) => Err(refusal),
            };
            match found {
                Ok(None) => {}
                Ok(Some(found)) => return Some(found),
                Err(refusal) => return Some(Err(whole(refusal))),
            }
        }
    }
}

struct Header {
    path: String,
    size: u64,
    kind: u8,
    /// Whether a sparse file's map goes on in the next block.
    continues: bool,
}

impl Header {
    /// Reads a header; `None` when its checksum is wrong.
    fn of(block: &[u8; BLOCK_BYTES]) -> Option<Self> {
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(place, byte)| if (148..156).contains(&place) { 32 } else { u64::from(*byte) })
            .sum();
        if number(&block[148..156]) != Some(sum) {
            return None;
        }
        let mut path = text(&block[..100]);
        let prefix = text(&block[345..500]);
        if block[257..263] == *b"ustar\0" && !prefix.is_empty() {
            path = format!("{prefix}/{path}");
        }
        Some(Self { path, size: number(&block[124..136])?, kind: block[156], continues: block[482] != 0 })
    }
}

impl Ahead {
    /// Takes what counts of pax records: `LENGTH KEY=VALUE\n` each.
    fn take_pax(&mut self, mut records: &[u8]) {
        while let Some(space) = records.iter().position(|byte| *byte == b' ') {
            let length = std::str::from_utf8(&records[..space]).ok().and_then(|digits| digits.parse().ok());
            let Some(record) = length.and_then(|length: usize| records.get(space + 1..length)) else {
                return;
            };
            records = &records[space + 1 + record.len()..];
            let record = String::from_utf8_lossy(record);
            let Some((key, value)) = record.trim_end_matches('\n').split_once('=') else { continue };
            match key {
                "path" => self.path = Some(value.to_owned()),
                "size" => self.size = value.parse().ok(),
                key if key.starts_with("GNU.sparse") => self.sparse = true,
                _ => {}
            }
        }
    }
}

/// A number of a header: octal digits, or GNU's base 256 where the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let mut value = u64::from(field[0] & 0x7f);
        for byte in &field[1..] {
            value = value.checked_mul(256)?.checked_add(u64::from(*byte))?;
        }
        return Some(value);
    }
    let digits = text(field);
    let digits = digits.trim_matches(' ');
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

/// A field of text up to its first zero byte.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK_BYTES as u64
}

/// What an entry of this type is, if not a file.
fn kind(flag: u8) -> Option<&'static str> {
    match flag {
        b'0' | 0 | b'7' => None,
        b'1' => Some("a hard link"),
        b'2' => Some("a symbolic link"),
        b'3' | b'4' => Some("a device"),
        b'6' => Some("a pipe"),
        b'S' => Some("a sparse file"),
        _ => Some("an entry of an unknown kind"),
    }
}
