//! Which parts of a document are its headings, and of which level: by its bookmarks, by numbers before them, by
//! the sizes and weights of fonts.

use std::collections::{HashMap, HashSet};

use super::layout::{Kind, Part, is_bullet, number_length};
use super::outline::Bookmark;

/// A heading has no more lines,
const LINES_MAX: usize = 3;
/// and no more characters.
const CHARACTERS_MAX: usize = 200;
/// A font larger than the body's by this is a heading's.
const LARGER: f32 = 1.12;
/// What stands on more pages than this at one height is a running title.
const RUNNING_PAGES: usize = 3;
/// Levels that sizes may give.
const SIZES_MAX: usize = 4;

/// What is known of all pages together.
pub(super) struct Headings {
    body: f32,
    body_bold: bool,
    /// Larger sizes that headings have, largest first, in tenths of points.
    sizes: Vec<i32>,
    running: HashSet<String>,
    bookmarks: HashMap<String, Vec<(u32, u8)>>,
}

impl Headings {
    /// Looks at all pages.
    pub(super) fn of(pages: &[Vec<Part>], bookmarks: &[Bookmark]) -> Self {
        let mut weights: HashMap<(i32, bool), usize> = HashMap::new();
        let mut places: HashMap<String, HashSet<usize>> = HashMap::new();
        for (page, parts) in pages.iter().enumerate() {
            for part in parts {
                let Kind::Lines(lines) = &part.kind else { continue };
                for line in lines {
                    *weights.entry((tenths(line.size), line.bold)).or_default() += line.text.len();
                }
                if lines.len() <= LINES_MAX {
                    places.entry(plain(&part_text(part))).or_default().insert(page);
                }
            }
        }
        let body = weights.iter().max_by_key(|((size, bold), count)| (**count, -*size, *bold));
        let (body, body_bold) = body.map_or((100, false), |((size, bold), _)| (*size, *bold));
        let running =
            places.into_iter().filter(|(_, pages)| pages.len() > RUNNING_PAGES).map(|(text, _)| text);
        let mut known: HashMap<String, Vec<(u32, u8)>> = HashMap::new();
        for bookmark in bookmarks {
            known.entry(words(&bookmark.title)).or_default().push((bookmark.page, bookmark.depth));
        }
        let mut found = Self {
            body: body as f32 / 10.0,
            body_bold,
            sizes: Vec::new(),
            running: running.collect(),
            bookmarks: known,
        };
        let mut sizes: Vec<i32> = pages
            .iter()
            .flatten()
            .filter(|part| found.is_candidate(part) && part.size >= found.body * LARGER)
            .map(|part| tenths(part.size))
            .collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        // Sizes that differ by less than half a point are one.
        sizes.dedup_by(|next, kept| *kept - *next < 5);
        found.sizes = sizes;
        found
    }

    /// The level of a part that is a heading.
    pub(super) fn level(&self, part: &Part, page: u32) -> Option<u8> {
        if !self.is_candidate(part) {
            return None;
        }
        let text = part_text(part);
        let larger = part.size >= self.body * LARGER;
        let bolder = part.bold && !self.body_bold && part.size >= self.body * 0.93;
        let marked = self.bookmarks.get(&words(&text)).and_then(|marks| {
            let near = marks.iter().find(|(own, _)| own.abs_diff(page) <= 1);
            near.map(|(_, depth)| *depth)
        });
        if let Some(depth) = marked {
            return Some((depth + 1).min(6));
        }
        // A number at the end is that of the page which a table of contents leads to.
        let listed = numbered_depth(&text).is_some() && text.ends_with(|c: char| c.is_ascii_digit());
        if (!larger && (!bolder || part.at_edge)) || listed {
            return None;
        }
        if let Some(depth) = numbered_depth(&text) {
            return Some(depth.min(6));
        }
        // An item of a list is no heading, however it is set.
        if number_length(&text).is_some() && !part.bold {
            return None;
        }
        if !larger && (text.ends_with(['.', ',', ';', ':']) || number_length(&text).is_some()) {
            return None;
        }
        let place =
            self.sizes.iter().position(|size| tenths(part.size) > size - 5).unwrap_or(self.sizes.len());
        Some((place.min(SIZES_MAX) + 1) as u8)
    }

    fn is_candidate(&self, part: &Part) -> bool {
        let Kind::Lines(lines) = &part.kind else { return false };
        if lines.len() > LINES_MAX || lines.iter().any(|line| line.direction.0 < 0.99) {
            return false;
        }
        let text = part_text(part);
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let led = text.contains("...") || text.contains(". . ") || text.contains("____");
        text.chars().count() <= CHARACTERS_MAX
            && letters >= 2
            && !led
            && !text.starts_with(is_bullet)
            && !self.running.contains(&plain(&text))
    }
}

/// A part's text in one line.
pub(super) fn part_text(part: &Part) -> String {
    match &part.kind {
        Kind::Lines(lines) => lines
            .iter()
            .map(|line| line.text.trim())
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        Kind::Table(_) => String::new(),
    }
}

/// How deep a number before a heading goes: `2.3.1 Title` is 3.
fn numbered_depth(text: &str) -> Option<u8> {
    let (number, title) = text.split_once(' ')?;
    let parts: Vec<&str> = number.trim_end_matches('.').split('.').collect();
    let counted =
        parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    let titled = title.chars().find(|c| !c.is_whitespace()).is_some_and(char::is_uppercase);
    let listed = title.matches(',').count() > 2;
    (counted && titled && !listed && !title.ends_with(['.', ';', ','])).then_some(parts.len() as u8)
}

fn tenths(size: f32) -> i32 {
    (size * 10.0).round() as i32
}

/// A text without its digits, which change from page to page.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// A text's words alone, in lower case.
fn words(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
