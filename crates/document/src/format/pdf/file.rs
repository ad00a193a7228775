//! A PDF file's objects by number: found through its cross-reference tables, through object streams, or, where
//! the tables lie, by looking for them. Bounded in time and memory, whatever refers to whatever.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::crypt::Crypt;
use super::filter::{self, Decoded};
use super::lexer::Lexer;
use super::object::{Dictionary, Object, Stream};
use super::xref::{self, Entry, Table};
use crate::format::Damage;

/// A way to find where objects are; `None` where the file has none of the kind.
type TableReader = fn(&[u8]) -> Option<Table>;

/// References that lead to references, and lengths that stand elsewhere, are followed so far.
const STEPS_MAX: u8 = 16;
/// How many bytes the object streams of a file may unpack to together.
const OBJECT_STREAM_BYTES_MAX: usize = 256 << 20;
/// How many bytes all font programs and maps of a file may unpack to together.
const FONT_BYTES_MAX: usize = 1 << 30;
/// How many bytes any other stream may unpack to.
pub(super) const STREAM_BYTES_MAX: usize = 64 << 20;

/// A file whose objects can be asked for, from many threads at once.
pub(super) struct File<'a> {
    bytes: &'a [u8],
    table: Table,
    crypt: Option<Crypt>,
    /// Objects found by looking through the whole file, the first time that the tables turn out to be wrong.
    found: OnceLock<HashMap<u32, Entry>>,
    ends: OnceLock<Vec<usize>>,
    unpacked: Mutex<Unpacked>,
    font_bytes_left: AtomicUsize,
}

#[derive(Default)]
struct Unpacked {
    streams: HashMap<u32, Option<Arc<ObjectStream>>>,
    bytes: usize,
}

struct ObjectStream {
    bytes: Vec<u8>,
    /// Object numbers and where they start, in the order of the stream.
    offsets: Vec<(u32, usize)>,
}

impl<'a> File<'a> {
    /// Opens a file, with the empty password first, then the others.
    ///
    /// # Errors
    ///
    /// [`Damage`] when it is no PDF file, has no pages, or no password opens it.
    pub(super) fn open(bytes: &'a [u8], passwords: &[String]) -> Result<Self, Damage> {
        let start = &bytes[..bytes.len().min(1024)];
        let header = memchr::memmem::find(start, b"%PDF-").unwrap_or(0);
        let bytes = &bytes[header..];
        // Looking through the whole file is for files whose tables are wrong.
        let tables: [TableReader; 2] = [xref::read, xref::search];
        let encrypted = |table: &Table| !matches!(table.trailer.get(b"Encrypt"), Object::Null);
        let mut locked = false;
        for table in tables.into_iter().filter_map(|read| read(bytes)) {
            let encrypted = encrypted(&table);
            let mut file = Self {
                bytes,
                table,
                crypt: None,
                found: OnceLock::new(),
                ends: OnceLock::new(),
                unpacked: Mutex::default(),
                font_bytes_left: AtomicUsize::new(FONT_BYTES_MAX),
            };
            if encrypted {
                match Crypt::open(&file, passwords) {
                    Some(crypt) => file.crypt = Some(crypt),
                    None => {
                        locked = true;
                        continue;
                    }
                }
                // Nothing that was read without the key may stay.
                file.unpacked = Mutex::default();
            }
            if file.get(&file.catalog(), b"Pages").dictionary().is_some() {
                return Ok(file);
            }
        }
        if locked { Err(Damage::Locked) } else { Err(Damage::Broken("it has no page tree".into())) }
    }

    /// The file's own dictionary.
    pub(super) fn trailer(&self) -> &Dictionary {
        &self.table.trailer
    }

    /// What everything else hangs on.
    pub(super) fn catalog(&self) -> Dictionary {
        self.get(&self.table.trailer, b"Root").dictionary().cloned().unwrap_or_default()
    }

    /// What stands under a name, wherever it is.
    pub(super) fn get(&self, dictionary: &Dictionary, name: &[u8]) -> Object {
        self.resolve(dictionary.get(name))
    }

    /// The object itself, where a reference stands.
    pub(super) fn resolve(&self, object: &Object) -> Object {
        self.resolve_within(object, STEPS_MAX)
    }

    /// What a stream holds, its filters undone as far as they are not an image's.
    pub(super) fn decode(&self, stream: &Stream) -> Decoded<'a> {
        self.decode_within(stream, STREAM_BYTES_MAX)
    }

    /// As [`File::decode`], up to a number of bytes.
    pub(super) fn decode_within(&self, stream: &Stream, bytes_max: usize) -> Decoded<'a> {
        let bytes: &'a [u8] = self.bytes;
        let raw = bytes.get(stream.start..stream.end).unwrap_or_default();
        match self.crypt.as_ref().and_then(|crypt| crypt.stream(self, stream, raw)) {
            Some(plain) => filter::decode(self, &stream.dictionary, &plain, bytes_max).into_owned(),
            None => filter::decode(self, &stream.dictionary, raw, bytes_max),
        }
    }

    /// What a part of a font holds; `None` when the file's fonts have taken all that they may.
    pub(super) fn decode_font(&self, stream: &Stream, bytes_max: usize) -> Option<Vec<u8>> {
        let left = self.font_bytes_left.load(Ordering::Relaxed);
        if left == 0 {
            return None;
        }
        let bytes = self.decode_within(stream, bytes_max.min(left)).bytes.into_owned();
        let take = |left: usize| Some(left.saturating_sub(bytes.len()));
        let _ = self.font_bytes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        Some(bytes)
    }

    /// Every object's number, in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.table.entries.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    fn resolve_within(&self, object: &Object, steps: u8) -> Object {
        match object {
            Object::Reference(number) => match steps.checked_sub(1) {
                Some(steps) => match self.load(*number, steps) {
                    object @ Object::Reference(_) => self.resolve_within(&object, steps),
                    object => object,
                },
                None => Object::Null,
            },
            other => other.clone(),
        }
    }

    fn load(&self, number: u32, steps: u8) -> Object {
        let listed = self.table.entries.get(&number);
        let object = match listed {
            Some(entry) => self.load_entry(number, *entry, steps),
            None => None,
        };
        if let Some(object) = object {
            return object;
        }
        if listed.is_none() && self.table.whole {
            return Object::Null;
        }
        let found = self
            .found
            .get_or_init(|| xref::search(self.bytes).map(|table| table.entries).unwrap_or_default());
        found.get(&number).and_then(|entry| self.load_entry(number, *entry, steps)).unwrap_or(Object::Null)
    }

    fn load_entry(&self, number: u32, entry: Entry, steps: u8) -> Option<Object> {
        match entry {
            Entry::At(place) => self.read_at(number, place, steps),
            Entry::Within { stream, index } => {
                let holder = self.object_stream(stream, steps)?;
                let own = holder.offsets.get(index as usize).filter(|(own, _)| *own == number);
                let (_, place) = own.or_else(|| holder.offsets.iter().find(|(own, _)| *own == number))?;
                Some(Lexer::of_file(&holder.bytes, *place).object())
            }
        }
    }

    /// The object at a place, if it is the one of that number.
    fn read_at(&self, number: u32, place: usize, steps: u8) -> Option<Object> {
        let (own, generation, mut lexer) = xref::object_head(self.bytes, place)?;
        if own != number {
            return None;
        }
        let object = lexer.object();
        let object = match object {
            Object::Dictionary(dictionary) if lexer.take_word(b"stream") => {
                let (start, end) = self.stream_bounds(&lexer, &dictionary, steps);
                Object::Stream(Stream { dictionary, start, end, number, generation })
            }
            other => other,
        };
        Some(match &self.crypt {
            Some(crypt) => crypt.object(number, generation, object),
            None => object,
        })
    }

    /// Where a stream's bytes start and end: where its length says, if `endstream` is there.
    fn stream_bounds(&self, lexer: &Lexer<'_>, dictionary: &Dictionary, steps: u8) -> (usize, usize) {
        let start = match lexer.rest() {
            [b'\r', b'\n', ..] => lexer.place + 2,
            [b'\n' | b'\r', ..] => lexer.place + 1,
            _ => lexer.place,
        };
        let length = self.resolve_within(dictionary.get(b"Length"), steps).integer();
        if let Some(length) = length.and_then(|length| usize::try_from(length).ok())
            && let Some(end) = start.checked_add(length).filter(|end| *end <= self.bytes.len())
            && Lexer::of_file(self.bytes, end).take_word(b"endstream")
        {
            return (start, end);
        }
        let ends = self.ends.get_or_init(|| memchr::memmem::find_iter(self.bytes, b"endstream").collect());
        let end = ends.get(ends.partition_point(|end| *end < start)).copied().unwrap_or(self.bytes.len());
        let line_end = match self.bytes.get(start..end) {
            Some([.., b'\r', b'\n']) => 2,
            Some([.., b'\n' | b'\r']) => 1,
            _ => 0,
        };
        (start, end - line_end)
    }

    fn object_stream(&self, number: u32, steps: u8) -> Option<Arc<ObjectStream>> {
        {
            let unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = unpacked.streams.get(&number) {
                return known.clone();
            }
            if unpacked.bytes > OBJECT_STREAM_BYTES_MAX {
                return None;
            }
        }
        let read = self.read_object_stream(number, steps).map(Arc::new);
        let mut unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        unpacked.bytes += read.as_ref().map_or(0, |stream| stream.bytes.len());
        let kept = read.filter(|_| unpacked.bytes <= OBJECT_STREAM_BYTES_MAX);
        unpacked.streams.entry(number).or_insert(kept).clone()
    }

    fn read_object_stream(&self, number: u32, steps: u8) -> Option<ObjectStream> {
        // An object stream stands in the file itself, never in another one.
        let at = |entries: &HashMap<u32, Entry>| match entries.get(&number) {
            Some(Entry::At(place)) => Some(*place),
            _ => None,
        };
        let place = at(&self.table.entries)?;
        let object = self.read_at(number, place, steps.checked_sub(1)?)?;
        let stream = object.stream()?;
        let bytes = self.decode(stream).bytes.into_owned();
        let count = stream.dictionary.get(b"N").integer()?;
        let first = usize::try_from(stream.dictionary.get(b"First").integer()?).ok()?;
        let mut lexer = Lexer::of_content(bytes.get(..first)?);
        let mut offsets = Vec::new();
        for _ in 0..count {
            let (Some(number), Some(offset)) = (lexer.object().integer(), lexer.object().integer()) else {
                break;
            };
            let (Ok(number), Ok(offset)) = (u32::try_from(number), usize::try_from(offset)) else { continue };
            offsets.push((number, first.saturating_add(offset)));
        }
        Some(ObjectStream { bytes, offsets })
    }
}
