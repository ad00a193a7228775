//! Where a PDF file's objects are: its cross-reference tables and streams, or a search for the objects themselves.

use std::collections::{HashMap, HashSet};

use super::filter;
use super::lexer::{Lexer, is_space};
use super::object::{Dictionary, Object};

/// More objects than this are not listed.
const OBJECTS_MAX: usize = 2_000_000;
/// Bytes that all streams which are read here may unpack to together.
const STREAM_BYTES_MAX: usize = 256 << 20;
/// Tables that follow one another.
const SECTIONS_MAX: usize = 1000;
/// How often over a search may read the file's own bytes, where objects seem to hold each other.
const READINGS_MAX: usize = 4;

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Entry {
    /// At a place in the file.
    At(usize),
    /// In an object stream.
    Within {
        /// The stream's number.
        stream: u32,
        /// Its place among the stream's objects.
        index: u32,
    },
}

/// Where all objects are.
#[derive(Default)]
pub(super) struct Table {
    /// By object number.
    pub entries: HashMap<u32, Entry>,
    /// The file's own dictionary.
    pub trailer: Dictionary,
    /// Whether it was made by looking through the whole file, so that looking again finds nothing more.
    pub whole: bool,
}

/// Reads the tables, newest first; `None` when the chain of them is broken.
pub(super) fn read(bytes: &[u8]) -> Option<Table> {
    let tail = bytes.len().saturating_sub(2048);
    let keyword = tail + memchr::memmem::rfind(bytes.get(tail..)?, b"startxref")?;
    let mut next = Lexer::of_file(bytes, keyword + 9).object().integer();
    let mut table = Table::default();
    let mut listing = Listing { entries: HashMap::new(), free: HashSet::new(), left: STREAM_BYTES_MAX };
    let mut seen = HashSet::new();
    let mut newest = true;
    while let Some(place) = next.and_then(|place| usize::try_from(place).ok()) {
        if place >= bytes.len() || seen.len() > SECTIONS_MAX || !seen.insert(place) {
            break;
        }
        let Some(trailer) = section(bytes, place, &mut listing) else {
            if newest {
                return None;
            }
            break;
        };
        if let Some(hybrid) = trailer.get(b"XRefStm").integer().and_then(|place| usize::try_from(place).ok())
            && seen.insert(hybrid)
        {
            section(bytes, hybrid, &mut listing);
        }
        next = trailer.get(b"Prev").integer();
        if newest || table.trailer.len() == 0 {
            table.trailer = trailer;
        }
        newest = false;
    }
    table.entries = listing.entries;
    (!matches!(table.trailer.get(b"Root"), Object::Null)).then_some(table)
}

/// Looks for objects through the whole file; the last of a number counts.
pub(super) fn search(bytes: &[u8]) -> Option<Table> {
    let mut table = Table { whole: true, ..Table::default() };
    let mut streams = Vec::new();
    let mut catalog = None;
    let mut readings = bytes.len().saturating_mul(READINGS_MAX);
    let mut left = STREAM_BYTES_MAX;
    for keyword in memchr::memmem::find_iter(bytes, b"obj") {
        let Some(place) = head_before(bytes, keyword) else { continue };
        let Some((number, _, mut lexer)) = object_head(bytes, place) else { continue };
        if table.entries.len() >= OBJECTS_MAX {
            break;
        }
        table.entries.insert(number, Entry::At(place));
        let rest = lexer.rest();
        let near = &rest[..rest.len().min(512)];
        let says = |what: &[u8]| memchr::memmem::find(near, what).is_some();
        if readings == 0 || !(says(b"ObjStm") || says(b"XRef") || says(b"Catalog")) {
            continue;
        }
        let from = lexer.place;
        let object = lexer.object();
        readings = readings.saturating_sub(lexer.place - from);
        let Some(dictionary) = object.dictionary() else { continue };
        match dictionary.get(b"Type").name() {
            Some(b"ObjStm") => streams.push((number, place)),
            Some(b"XRef") if !matches!(dictionary.get(b"Root"), Object::Null) => {
                table.trailer = dictionary.clone();
            }
            Some(b"Catalog") => catalog = Some(number),
            _ => {}
        }
    }
    find_trailer(bytes, readings, &mut table);
    for (number, place) in streams {
        list_object_stream(bytes, (number, place), &mut table, &mut left);
    }
    if matches!(table.trailer.get(b"Root"), Object::Null) {
        let root = (
            b"Root"[..].into(),
            Object::Reference(catalog.or_else(|| catalog_within(bytes, &table, &mut left))?),
        );
        table.trailer = Dictionary::new(vec![root]);
    }
    Some(table)
}

/// Takes the last trailer that names a catalog, as long as there are bytes that may be read.
fn find_trailer(bytes: &[u8], mut readings: usize, table: &mut Table) {
    for keyword in memchr::memmem::find_iter(bytes, b"trailer") {
        if readings == 0 {
            break;
        }
        let mut lexer = Lexer::of_file(bytes, keyword + 7);
        let object = lexer.object();
        readings = readings.saturating_sub(lexer.place - keyword);
        if let Some(dictionary) = object.dictionary().filter(|own| !matches!(own.get(b"Root"), Object::Null))
        {
            table.trailer = dictionary.clone();
        }
    }
}

/// Reads `12 0 obj` at a place: the number, the generation and what reads on.
pub(super) fn object_head(bytes: &[u8], place: usize) -> Option<(u32, u16, Lexer<'_>)> {
    let mut lexer = Lexer::of_file(bytes, place);
    let number = u32::try_from(lexer.object().integer()?).ok()?;
    let generation = u16::try_from(lexer.object().integer()?).ok()?;
    lexer.take_word(b"obj").then_some((number, generation, lexer))
}

/// Where the two numbers before `obj` start.
fn head_before(bytes: &[u8], keyword: usize) -> Option<usize> {
    let mut place = keyword;
    for _ in 0..2 {
        let back = |place: usize, of: fn(u8) -> bool| {
            let within = bytes.get(place.saturating_sub(24)..place).unwrap_or_default();
            place - within.iter().rev().take_while(|byte| of(**byte)).count()
        };
        let end = back(place, is_space);
        let start = back(end, |byte| byte.is_ascii_digit());
        if start == end {
            return None;
        }
        place = start;
    }
    Some(place)
}

/// What is known of objects while tables are read, newest first.
struct Listing {
    entries: HashMap<u32, Entry>,
    free: HashSet<u32>,
    /// Bytes that may still be unpacked.
    left: usize,
}

impl Listing {
    /// Adds an object, or that there is none of its number, unless a newer table has said so.
    fn add(&mut self, number: u32, entry: Option<Entry>) {
        if self.free.contains(&number) || self.entries.len() + self.free.len() >= OBJECTS_MAX {
            return;
        }
        match entry {
            Some(entry) => {
                self.entries.entry(number).or_insert(entry);
            }
            None if !self.entries.contains_key(&number) => {
                self.free.insert(number);
            }
            None => {}
        }
    }
}

/// One table or stream; its trailer.
fn section(bytes: &[u8], place: usize, listing: &mut Listing) -> Option<Dictionary> {
    let mut lexer = Lexer::of_file(bytes, place);
    if lexer.take_word(b"xref") { plain(&mut lexer, listing) } else { packed(bytes, place, listing) }
}

fn plain(lexer: &mut Lexer<'_>, listing: &mut Listing) -> Option<Dictionary> {
    loop {
        if lexer.take_word(b"trailer") {
            return lexer.object().dictionary().cloned();
        }
        let mut first = u32::try_from(lexer.object().integer()?).ok()?;
        let count = u32::try_from(lexer.object().integer()?).ok()?;
        for index in 0..count {
            lexer.skip_space();
            if !lexer.rest().first().is_some_and(u8::is_ascii_digit) {
                break;
            }
            let place = usize::try_from(lexer.object().integer()?).ok()?;
            let generation = lexer.object().integer()?;
            let used = lexer.take_word(b"n");
            if !used && !lexer.take_word(b"f") {
                return None;
            }
            // Some writers count from 1 although their first entry is the free one that has to be 0.
            if index == 0 && first == 1 && !used && generation == 65_535 {
                first = 0;
            }
            listing.add(first.checked_add(index)?, used.then_some(Entry::At(place)));
        }
    }
}

fn packed(bytes: &[u8], place: usize, listing: &mut Listing) -> Option<Dictionary> {
    let (_, _, mut lexer) = object_head(bytes, place)?;
    let object = lexer.object();
    let dictionary = object.dictionary().filter(|own| own.get(b"Type").name() == Some(b"XRef"))?;
    let widths: Vec<usize> = integers(dictionary.get(b"W"));
    let &[kind, second, third] = widths.get(..3)? else { return None };
    let width = kind.checked_add(second)?.checked_add(third).filter(|width| (1..=24).contains(width))?;
    let unpacked = unpack(bytes, &mut lexer, dictionary, &mut listing.left)?;
    let mut ranges = integers(dictionary.get(b"Index"));
    if ranges.is_empty() {
        ranges = vec![0, usize::try_from(dictionary.get(b"Size").integer()?).ok()?];
    }
    let mut rows = unpacked.chunks_exact(width);
    for range in ranges.chunks_exact(2) {
        for number in range[0]..range[0].saturating_add(range[1]) {
            let (Some(row), Ok(number)) = (rows.next(), u32::try_from(number)) else { break };
            let field = |from: usize, length: usize| {
                row[from..from + length].iter().fold(0usize, |value, byte| value << 8 | usize::from(*byte))
            };
            let (place, index) = (field(kind, second), field(kind + second, third));
            match if kind == 0 { 1 } else { field(0, kind) } {
                0 => listing.add(number, None),
                1 => listing.add(number, Some(Entry::At(place))),
                2 => listing.add(number, Some(Entry::Within { stream: place as u32, index: index as u32 })),
                _ => {}
            }
        }
    }
    Some(dictionary.clone())
}

/// The bytes of a stream that is read before references can be followed.
fn unpack(bytes: &[u8], lexer: &mut Lexer<'_>, dictionary: &Dictionary, left: &mut usize) -> Option<Vec<u8>> {
    if *left == 0 || !lexer.take_word(b"stream") {
        return None;
    }
    let rest = lexer.rest();
    let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
    let start = bytes.len() - rest.len();
    let length = dictionary.get(b"Length").integer().and_then(|length| usize::try_from(length).ok());
    let raw = match length.and_then(|length| bytes.get(start..start.checked_add(length)?)) {
        Some(raw) => raw,
        None => &rest[..memchr::memmem::find(rest, b"endstream").unwrap_or(rest.len())],
    };
    let unpacked = filter::decode_alone(dictionary, raw, *left).bytes.into_owned();
    *left = left.saturating_sub(unpacked.len());
    Some(unpacked)
}

/// Lists the objects of an object stream that are nowhere else; an encrypted one gives none.
fn list_object_stream(bytes: &[u8], (number, place): (u32, usize), table: &mut Table, left: &mut usize) {
    if !matches!(table.trailer.get(b"Encrypt"), Object::Null) {
        return;
    }
    let Some((_, _, mut lexer)) = object_head(bytes, place) else { return };
    let object = lexer.object();
    let Some(dictionary) = object.dictionary() else { return };
    let Some(unpacked) = unpack(bytes, &mut lexer, dictionary, left) else { return };
    let count = dictionary.get(b"N").integer().unwrap_or(0);
    let mut lexer = Lexer::of_content(&unpacked);
    for index in 0..count {
        let (Some(own), Some(_)) = (lexer.object().integer(), lexer.object().integer()) else { break };
        let Ok(own) = u32::try_from(own) else { continue };
        if table.entries.len() >= OBJECTS_MAX {
            break;
        }
        let entry = Entry::Within { stream: number, index: index as u32 };
        let known = table.entries.entry(own).or_insert(entry);
        if matches!(known, Entry::Within { .. }) {
            *known = entry;
        }
    }
}

/// The catalog, when it stands in an object stream and no trailer names it.
fn catalog_within(bytes: &[u8], table: &Table, left: &mut usize) -> Option<u32> {
    let mut holders: Vec<(u32, u32)> = table
        .entries
        .iter()
        .filter_map(|(number, entry)| match entry {
            Entry::Within { stream, .. } => Some((*stream, *number)),
            Entry::At(_) => None,
        })
        .collect();
    holders.sort_unstable();
    holders.dedup_by_key(|(stream, _)| *stream);
    holders.into_iter().take(1000).find_map(|(stream, _)| {
        let Some(Entry::At(place)) = table.entries.get(&stream) else { return None };
        let (_, _, mut lexer) = object_head(bytes, *place)?;
        let object = lexer.object();
        let dictionary = object.dictionary()?;
        let unpacked = unpack(bytes, &mut lexer, dictionary, left)?;
        let first = usize::try_from(dictionary.get(b"First").integer()?).ok()?;
        let mut lexer = Lexer::of_content(&unpacked);
        (0..dictionary.get(b"N").integer()?).find_map(|_| {
            let number = u32::try_from(lexer.object().integer()?).ok()?;
            let offset = usize::try_from(lexer.object().integer()?).ok()?;
            let own = Lexer::of_file(&unpacked, first.checked_add(offset)?).object();
            (own.dictionary()?.get(b"Type").name()? == b"Catalog").then_some(number)
        })
    })
}

fn integers(object: &Object) -> Vec<usize> {
    let whole = |object: &Object| usize::try_from(object.integer()?).ok();
    object.array().unwrap_or_default().iter().filter_map(whole).collect()
}
