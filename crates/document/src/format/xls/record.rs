//! Records: a number, a length, and as many bytes; and texts, which may go on in the records that follow.

use encoding_rs::Encoding;

/// The kinds of records that are read (MS-XLS 2.3).
pub(super) mod kind {
    pub(in super::super) const FORMULA: u16 = 0x0006;
    pub(in super::super) const END: u16 = 0x000a;
    pub(in super::super) const NOTE: u16 = 0x001c;
    pub(in super::super) const SINCE_1904: u16 = 0x0022;
    pub(in super::super) const LOCKED: u16 = 0x002f;
    pub(in super::super) const CONTINUE: u16 = 0x003c;
    pub(in super::super) const CODEPAGE: u16 = 0x0042;
    pub(in super::super) const OBJECT: u16 = 0x005d;
    pub(in super::super) const COLUMNS: u16 = 0x007d;
    pub(in super::super) const SHEET: u16 = 0x0085;
    pub(in super::super) const RK_ROW: u16 = 0x00bd;
    pub(in super::super) const RICH_LABEL: u16 = 0x00d6;
    pub(in super::super) const STYLE: u16 = 0x00e0;
    pub(in super::super) const MERGED: u16 = 0x00e5;
    pub(in super::super) const STRINGS: u16 = 0x00fc;
    pub(in super::super) const SHARED_LABEL: u16 = 0x00fd;
    pub(in super::super) const TEXT: u16 = 0x01b6;
    pub(in super::super) const LINK: u16 = 0x01b8;
    pub(in super::super) const NUMBER: u16 = 0x0203;
    pub(in super::super) const LABEL: u16 = 0x0204;
    pub(in super::super) const TRUTH_OR_ERROR: u16 = 0x0205;
    pub(in super::super) const STRING: u16 = 0x0207;
    pub(in super::super) const ROW: u16 = 0x0208;
    pub(in super::super) const RK: u16 = 0x027e;
    pub(in super::super) const FORMAT: u16 = 0x041e;
    pub(in super::super) const BEGIN: u16 = 0x0809;
}

/// Records one after the other.
#[derive(Clone)]
pub(super) struct Records<'a> {
    rest: &'a [u8],
    /// Whether the last one had fewer bytes than it said.
    pub cut: bool,
}

/// A record.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub kind: u16,
    pub data: &'a [u8],
}

impl<'a> Records<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, cut: false }
    }

    /// What a record holds together with those that continue it.
    pub fn continued(&mut self, first: &'a [u8]) -> Pieces<'a> {
        let mut pieces = vec![first];
        while self.rest.first_chunk::<2>().is_some_and(|kind| u16::from_le_bytes(*kind) == kind::CONTINUE) {
            let Some(record) = self.next() else { break };
            pieces.push(record.data);
        }
        Pieces { pieces, piece: 0, at: 0 }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let (head, rest) = self.rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        self.cut |= length > rest.len();
        let (data, rest) = rest.split_at(length.min(rest.len()));
        self.rest = rest;
        Some(Record { kind: u16::from_le_bytes([head[0], head[1]]), data })
    }
}

impl<'a> Record<'a> {
    /// What stands at a place of its bytes.
    pub fn u16(&self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes(*self.data.get(at..)?.first_chunk()?))
    }

    pub fn u32(&self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(*self.data.get(at..)?.first_chunk()?))
    }

    pub fn f64(&self, at: usize) -> Option<f64> {
        Some(f64::from_le_bytes(*self.data.get(at..)?.first_chunk()?))
    }

    /// Its bytes from a place on.
    pub fn from(&self, at: usize) -> &'a [u8] {
        self.data.get(at..).unwrap_or_default()
    }
}

/// How texts are written.
#[derive(Clone, Copy)]
pub(super) enum Writing {
    /// Excel 97 and later: characters of UTF-16, of which those that fit are one byte each.
    Wide,
    /// Before: bytes in the workbook's code page.
    Bytes(&'static Encoding),
}

impl Writing {
    pub fn is_wide(self) -> bool {
        matches!(self, Self::Wide)
    }
}

/// What a record and those that continue it hold.
pub(super) struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl<'a> Pieces<'a> {
    /// What one record holds.
    pub fn of(data: &'a [u8]) -> Self {
        Self { pieces: vec![data], piece: 0, at: 0 }
    }

    /// What is left of the piece that is being read; of the next, where that one is at its end.
    fn rest(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.pieces.get(self.piece)?.get(self.at..).unwrap_or_default();
            if !rest.is_empty() {
                return Some(rest);
            }
            (self.piece, self.at) = (self.piece + 1, 0);
        }
    }

    pub fn u8(&mut self) -> Option<u8> {
        let byte = *self.rest()?.first()?;
        self.at += 1;
        Some(byte)
    }

    pub fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    pub fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    /// Goes over so many bytes; over fewer where there are not so many.
    pub fn skip(&mut self, mut count: usize) {
        while count > 0 {
            let Some(rest) = self.rest() else { return };
            let some = rest.len().min(count);
            (self.at, count) = (self.at + some, count - some);
        }
    }

    /// The text that begins here after its length, what belongs to it besides gone over; cut short where the bytes
    /// end. `None` where there is not even its head.
    pub fn text(&mut self, length: usize, writing: Writing) -> Option<String> {
        let encoding = match writing {
            Writing::Bytes(encoding) => encoding,
            Writing::Wide => {
                let flags = self.u8()?;
                let runs = if flags & 8 == 0 { 0 } else { usize::from(self.u16()?) * 4 };
                let more = if flags & 4 == 0 { 0 } else { self.u32()? as usize };
                let text = self.wide(length, flags & 1 == 1);
                self.skip(runs);
                self.skip(more);
                return Some(text);
            }
        };
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let Some(rest) = self.rest() else { break };
            let some = &rest[..rest.len().min(length - bytes.len())];
            bytes.extend_from_slice(some);
            self.at += some.len();
        }
        Some(plain(&encoding.decode_without_bom_handling(&bytes).0))
    }

    /// So many characters. Where they go on in another record, that one says anew how wide they are.
    pub fn wide(&mut self, mut length: usize, mut wide: bool) -> String {
        let mut units: Vec<u16> = Vec::new();
        while length > 0 {
            if self.pieces.get(self.piece).is_none_or(|piece| self.at >= piece.len()) {
                (self.piece, self.at) = (self.piece + 1, 0);
                let Some(flags) = self.pieces.get(self.piece).and_then(|piece| piece.first()) else { break };
                (wide, self.at) = (flags & 1 == 1, 1);
                continue;
            }
            let rest = &self.pieces[self.piece][self.at..];
            let size = if wide { 2 } else { 1 };
            let some = &rest[..rest.len().min(length * size) / size * size];
            if some.is_empty() {
                // Half a character at the end of a record.
                self.at = self.pieces[self.piece].len();
                continue;
            }
            if wide {
                units.extend(some.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)));
            } else {
                units.extend(some.iter().map(|byte| u16::from(*byte)));
            }
            (self.at, length) = (self.at + some.len(), length - some.len() / size);
        }
        plain(&String::from_utf16_lossy(&units))
    }
}

/// A text without characters that are none.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
