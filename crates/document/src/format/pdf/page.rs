//! One page: its operators run, its lines found and laid out, and what is wrong with it said.

use super::content::{Run, Shared};
use super::layout::{self, Part};
use super::lines;
use super::marks::{Hidden, Picture};
use super::notes::{self, Notes};
use super::object::{Dictionary, Object};
use super::scan;
use super::tree::PageObject;
use crate::Problem;

/// More streams of one page are not read.
const STREAMS_MAX: usize = 10_000;
/// All of them together unpack to no more bytes.
const BYTES_MAX: usize = 128 << 20;
/// A page on which more glyphs than this stand for nobody knows what, says so.
const UNKNOWN_MIN: usize = 1;

/// What was read of a page.
pub(super) struct ReadPage {
    /// Its parts in reading order.
    pub parts: Vec<Part>,
    /// What lies on it.
    pub notes: Notes,
    /// The picture that it is, if it is one.
    pub scan: Option<Picture>,
    /// What could not be read; whoever knows the page's number fills in the place.
    pub problems: Vec<Problem>,
    /// What it cost: bytes, operators and glyphs, roughly by the time they take.
    pub cost: usize,
    /// How many bytes of text it has.
    pub text_bytes: usize,
}

/// Reads a page.
pub(super) fn read(shared: &Shared<'_, '_>, page: &PageObject) -> ReadPage {
    let mut problems = Vec::new();
    let mut run = Run::new(shared, page.area, page.to_page);
    let mut notes = Notes::default();
    let mut cost = 1000;
    match &page.dictionary {
        None => problems.push(problem("page", "the file has nothing where the page should be", true)),
        Some(dictionary) => {
            let bytes = contents(shared, dictionary, &mut problems);
            cost += bytes.len();
            run.run(&bytes, &page.resources);
            notes = notes::read(&mut run, shared.file, dictionary);
        }
    }
    cost += run.spent();
    let mut marks = run.marks;
    for what in marks.left_out.drain(..) {
        problems.push(problem("content", what, true));
    }
    let picture = scan::covering(&marks, &page.area).cloned();
    // The text under a scan is drawn without ink so that the picture shows; it is what the page says.
    if picture.is_some() {
        for glyph in &mut marks.glyphs {
            glyph.hidden = glyph.hidden.filter(|why| !matches!(why, Hidden::Invisible | Hidden::White));
        }
    }
    for (why, characters) in lines::hidden(&marks) {
        let why = format!("{characters} characters are not to be seen on the page: {}", why.why());
        problems.push(problem("hidden text", &why, false));
    }
    if marks.unknown_glyphs >= UNKNOWN_MIN {
        let why = format!("{} glyphs stand for characters that the file does not name", marks.unknown_glyphs);
        problems.push(problem("text", &why, true));
    }
    let scan = picture.filter(|_| scan::is_bare(&marks));
    let parts = layout::parts(lines::lines(&marks), &marks.rules, &page.area);
    ReadPage { parts, notes, scan, problems, cost, text_bytes: marks.text.len() }
}

/// The page's operators: one stream, or several that go on where the one before ends.
fn contents(shared: &Shared<'_, '_>, dictionary: &Dictionary, problems: &mut Vec<Problem>) -> Vec<u8> {
    let file = shared.file;
    let list = match file.get(dictionary, b"Contents") {
        Object::Null => Vec::new(),
        Object::Array(parts) => parts.to_vec(),
        other => vec![other],
    };
    let mut bytes = Vec::new();
    let (mut missing, mut cut) = (false, list.len() > STREAMS_MAX);
    for part in list.iter().take(STREAMS_MAX) {
        let own = file.resolve(part);
        let Some(stream) = own.stream() else {
            missing = true;
            continue;
        };
        let decoded = file.decode(stream);
        cut |= decoded.cut || decoded.image.is_some();
        if bytes.len() + decoded.bytes.len() > BYTES_MAX {
            cut = true;
            break;
        }
        bytes.extend_from_slice(&decoded.bytes);
        bytes.push(b'\n');
    }
    if missing {
        problems.push(problem("content", "a part of the page is missing in the file", true));
    }
    if cut {
        problems.push(problem("content", "a part of the page is damaged or too large", true));
    }
    bytes
}

fn problem(what: &str, why: &str, content_lost: bool) -> Problem {
    Problem { place: String::new(), what: what.into(), why: why.into(), content_lost }
}
