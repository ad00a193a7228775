//! PDF: text by where it stands on its pages, stored as Markdown; pages are read in parallel.
//!
//! A page that cannot be read is a problem with its number, and the others go on. Whatever a file says, time and
//! memory are bounded: every loop over what it says has a limit, named where it is.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use self::content::Shared;
use self::file::File;
use self::fonts::Fonts;
use self::heading::Headings;
use self::layout::Part;
use self::page::ReadPage;
use self::write::Writer;
use super::{Context, Damage, Entry, Read, markdown};
use crate::{Document, Problem, Scan};

mod content;
mod crypt;
mod file;
mod filter;
mod font;
mod fonts;
mod geometry;
mod heading;
mod layout;
mod lexer;
mod lines;
mod marks;
mod metadata;
mod notes;
mod object;
mod order;
mod outline;
mod page;
mod scan;
mod strings;
mod table;
mod tree;
mod write;
mod xref;

/// PDF.
pub(crate) const FORMAT: Entry =
    Entry { name: "pdf", endings: &["pdf"], names: &[], prose: true, read: Read::Bytes { sniff, read } };

/// So many pages are read before what they cost is counted.
const PAGES_AT_ONCE: usize = 64;
/// What all pages together may cost, as pages count it; a file may have this for each of its bytes beside.
const COST_MAX: usize = 2 << 30;
const COST_PER_BYTE: usize = 400;
/// Bytes of text that a document may have.
const TEXT_BYTES_MAX: usize = 128 << 20;
/// Bytes that the images of scanned pages may have together.
const SCAN_BYTES_MAX: usize = 512 << 20;
/// Links that are kept.
const LINKS_MAX: usize = 1000;

fn sniff(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().starts_with(b"%PDF-")
}

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    let file = File::open(bytes, context.passwords)?;
    let tree = tree::pages(&file);
    let (mut pages, parts) = read_pages(&file, &tree, bytes.len());
    let numbers: HashMap<u32, u32> = (1u32..).zip(&tree.list).map(|(page, own)| (own.number, page)).collect();
    let headings = Headings::of(&parts, &outline::bookmarks(&file, &numbers));
    let mut document = Document::new(context.format, String::new());
    let mut scans = Scans { file: &file, bytes_left: SCAN_BYTES_MAX, found: Vec::new() };
    let mut problems = Vec::new();
    let mut writer = Writer::new(&mut document);
    for (number, (page, parts)) in (1u32..).zip(pages.iter_mut().zip(&parts)) {
        writer.start_page(number);
        let place = format!("page {number}");
        if let Some(picture) = &page.scan {
            problems.push(scans.take(&place, writer.place(), picture));
        }
        parts.iter().for_each(|part| writer.part(part, &headings));
        page.notes.texts.iter().for_each(|text| writer.aside(text));
        writer.end_page();
        let own = page.problems.drain(..);
        problems.extend(own.map(|problem| Problem { place: place.clone(), ..problem }));
    }
    problems.extend(left_out(pages.len(), &tree));
    document.problems = problems;
    document.scans = scans.found;
    let links: BTreeSet<&str> = pages.iter().flat_map(|page| &page.notes.links).map(String::as_str).collect();
    if !links.is_empty() {
        document.metadata.insert("links".into(), links.into_iter().take(LINKS_MAX).collect());
    }
    metadata::read(&file, &mut document);
    document.blocks = markdown::blocks(&document.text).blocks;
    document.title = document.title.take().or_else(|| markdown::first_heading(&document.blocks));
    Ok(document)
}

/// Reads pages, some at once, until all are read or they have cost what a file may cost.
fn read_pages(file: &File<'_>, tree: &tree::Pages, file_bytes: usize) -> (Vec<ReadPage>, Vec<Vec<Part>>) {
    let fonts = Fonts::default();
    let layers_off = outline::layers_off(file);
    let shared = Shared { file, fonts: &fonts, layers_off: &layers_off };
    let cost_max = COST_MAX.saturating_add(file_bytes.saturating_mul(COST_PER_BYTE));
    let (mut pages, mut parts) = (Vec::with_capacity(tree.list.len()), Vec::with_capacity(tree.list.len()));
    let (mut cost, mut text_bytes) = (0usize, 0usize);
    for wave in tree.list.chunks(PAGES_AT_ONCE) {
        if cost > cost_max || text_bytes > TEXT_BYTES_MAX {
            break;
        }
        let read: Vec<ReadPage> = wave.par_iter().map(|own| page::read(&shared, own)).collect();
        for mut page in read {
            cost = cost.saturating_add(page.cost);
            text_bytes = text_bytes.saturating_add(page.text_bytes);
            parts.push(std::mem::take(&mut page.parts));
            pages.push(page);
        }
    }
    (pages, parts)
}

/// What is said of pages that were not even tried.
fn left_out(read: usize, tree: &tree::Pages) -> Option<Problem> {
    let why = if read < tree.list.len() {
        format!("the file asks for more work than a file may; only its first {read} pages were read")
    } else if tree.cut {
        format!("the file has more pages than a file may; only its first {read} were read")
    } else {
        return None;
    };
    Some(Problem { place: format!("after page {read}"), what: "pages".into(), why, content_lost: true })
}

/// Makes files of the images of scanned pages.
struct Scans<'f, 'a> {
    file: &'f File<'a>,
    bytes_left: usize,
    found: Vec<Scan>,
}

impl Scans<'_, '_> {
    fn take(&mut self, place: &str, at: usize, picture: &marks::Picture) -> Problem {
        let image = scan::image_file(self.file, picture).filter(|(_, bytes)| bytes.len() <= self.bytes_left);
        let why = match &image {
            Some(_) => "the page is a picture, and nobody has read what it shows",
            None => "the page is a picture of a kind that cannot be taken out",
        };
        if let Some((media_type, bytes)) = image {
            self.bytes_left -= bytes.len();
            self.found.push(Scan { place: place.to_owned(), at, media_type, bytes });
        }
        Problem { place: place.to_owned(), what: "scanned page".into(), why: why.into(), content_lost: true }
    }
}
