//! Lines of a page to paragraphs, list items and tables, in the order in which people read them.

use super::geometry::Rectangle;
use super::lines::Line;
use super::{order, table};

/// Lines further apart than the page's lines usually are by this are of two paragraphs,
const PITCH_SLACK: f32 = 1.22;
/// and so are lines further apart than this many font sizes.
const PITCHES: std::ops::RangeInclusive<f32> = 1.5..=2.7;
/// A page with fewer pairs of lines than this says too little of how it is set:
const PITCHES_MIN: usize = 3;
/// then it is taken to be set as most are.
const PITCH_USUAL: f32 = 1.3;
/// The share of a page's height that its edges have.
const EDGE: f32 = 0.085;
/// Parts of one row that are closer than this, in font sizes, belong together.
const TAB_MAX: f32 = 5.0;

/// A part of a page.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub area: Rectangle,
    /// The size of its font.
    pub size: f32,
    /// Whether it is bold throughout.
    pub bold: bool,
    /// Whether it stands at the page's upper or lower edge, as running titles and page numbers do.
    pub at_edge: bool,
}

/// What a part of a page is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Prose, a heading, or an item of a list, whose text starts with its marker.
    Lines(Vec<Line>),
    /// Rows of cells, each cell of lines.
    Table(Vec<Vec<Vec<Line>>>),
}

/// The parts of a page in reading order.
pub(super) fn parts(lines: Vec<Line>, rules: &[Rectangle], page: &Rectangle) -> Vec<Part> {
    let (across, turned): (Vec<Line>, Vec<Line>) =
        lines.into_iter().partition(|line| line.direction.0 > 0.99);
    let (tables, rest) = table::ruled(across, rules);
    let (more, rest) = table::aligned(rest);
    let mut parts: Vec<Part> = tables.into_iter().chain(more).filter_map(table_part).collect();
    let pitch_max = pitch_max(&rest);
    parts.extend(paragraphs(rest, pitch_max));
    let mut parts = merged(order::reading(parts), pitch_max);
    // Text that is turned stands beside the page's own, in the order of the file.
    parts.extend(turned_parts(turned, pitch_max));
    let edge = EDGE * page.height();
    for part in &mut parts {
        part.at_edge = part.area.bottom < page.top + edge || part.area.top > page.bottom - edge;
    }
    parts
}

/// Whether a line starts with the mark of a list's item.
pub(super) fn is_item(text: &str) -> bool {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return false };
    if is_bullet(first) {
        return characters.next().is_none_or(|c| c == ' ');
    }
    number_length(text).is_some()
}

/// Whether a character marks the items of lists.
pub(super) fn is_bullet(c: char) -> bool {
    matches!(
        c,
        '•' | '▪'
            | '■'
            | '□'
            | '●'
            | '○'
            | '◦'
            | '◆'
            | '➢'
            | '✓'
            | '‣'
            | '⁃'
            | '·'
            | '–'
            | '—'
            | '-'
            | '*'
    )
}

/// How many bytes the number before an item has: `1.`, `(a)`, `iv)`.
pub(super) fn number_length(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('(').unwrap_or(text);
    let opened = text.len() - inner.len();
    let own = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let number = &inner[..own];
    let counted = (1..=3).contains(&own) && number.bytes().all(|byte| byte.is_ascii_digit());
    let lettered = own == 1 && number.bytes().all(|byte| byte.is_ascii_alphabetic());
    let roman = (1..=4).contains(&own) && number.bytes().all(|byte| b"ivx".contains(&byte));
    let closed = match inner.as_bytes().get(own) {
        Some(b')') => true,
        Some(b'.') => opened == 0,
        _ => false,
    };
    let after = inner.get(own + 1..).unwrap_or_default();
    let apart = after.starts_with(' ') && !after.trim().is_empty();
    ((counted || lettered || roman) && closed && apart).then_some(opened + own + 1)
}

/// How far apart lines of one paragraph may be on a page, in font sizes: pages are set narrowly or widely.
fn pitch_max(lines: &[Line]) -> f32 {
    let mut pitches: Vec<f32> = lines
        .windows(2)
        .filter(|pair| (pair[0].size - pair[1].size).abs() < 0.5)
        .map(|pair| (pair[1].base - pair[0].base) / pair[0].size.max(1.0))
        .filter(|pitch| (0.8..3.0).contains(pitch))
        .collect();
    pitches.sort_by(f32::total_cmp);
    let usual = if pitches.len() < PITCHES_MIN { PITCH_USUAL } else { pitches[pitches.len() / 2] };
    (usual * PITCH_SLACK).clamp(*PITCHES.start(), *PITCHES.end())
}

fn table_part(rows: Vec<Vec<Vec<Line>>>) -> Option<Part> {
    let lines = || rows.iter().flatten().flatten();
    let area = lines().fold(Rectangle::EMPTY, |area, line| area.with(&line.area));
    let size = lines().next()?.size;
    Some(Part { kind: Kind::Table(rows), area, size, bold: false, at_edge: false })
}

fn part(lines: Vec<Line>) -> Option<Part> {
    let area = lines.iter().fold(Rectangle::EMPTY, |area, line| area.with(&line.area));
    let (size, bold) = (lines.first()?.size, lines.iter().all(|line| line.bold));
    Some(Part { kind: Kind::Lines(lines), area, size, bold, at_edge: false })
}

fn paragraphs(lines: Vec<Line>, pitch_max: f32) -> Vec<Part> {
    let mut found: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        match found.last_mut() {
            Some(open) if continues_row(open, &line) => extend_row(open, line),
            Some(open) if goes_on(open, &line, pitch_max) => open.push(line),
            _ => found.push(vec![line]),
        }
    }
    found.into_iter().filter_map(part).collect()
}

/// Whether a line is the next part of the row that a paragraph ends with, as after a tab.
fn continues_row(open: &[Line], line: &Line) -> bool {
    let Some(last) = open.last() else { return false };
    let gap = line.area.left - last.area.right;
    // A page's number may stand far to the right of the title that it belongs to.
    let number = line.text.len() <= 4 && line.text.bytes().all(|byte| byte.is_ascii_digit());
    let near = gap < TAB_MAX * last.size || (number && last.text.contains(char::is_alphabetic));
    (last.base - line.base).abs() < 0.3 * last.size && gap > -0.5 * last.size && near
}

fn extend_row(open: &mut [Line], line: Line) {
    if let Some(last) = open.last_mut() {
        last.text.push(' ');
        last.text.push_str(&line.text);
        last.area = last.area.with(&line.area);
        last.bold &= line.bold;
    }
}

/// Whether a line belongs to the paragraph before it.
fn goes_on(open: &[Line], line: &Line, pitch_max: f32) -> bool {
    let (Some(first), Some(last)) = (open.first(), open.last()) else { return false };
    let size = last.size.max(line.size);
    let pitch = line.base - last.base;
    let usual = open.get(1).map(|second| second.base - first.base);
    let near = match usual {
        Some(usual) => pitch > 0.3 * size && pitch < usual + 0.3 * size,
        None => pitch > 0.3 * size && pitch < pitch_max * size,
    };
    let same = (last.size - line.size).abs() < 0.1 * size && last.bold == line.bold;
    let led = last.text.contains("....") || last.text.contains(". . . .");
    if !near || !same || led || is_item(&line.text) {
        return false;
    }
    let overlap = last.area.right.min(line.area.right) - last.area.left.max(line.area.left);
    if overlap <= 0.0 {
        return false;
    }
    let body = &open[usize::from(open.len() > 1)..];
    let left = body.iter().map(|line| line.area.left).fold(f32::MAX, f32::min);
    let right = open.iter().map(|line| line.area.right).fold(f32::MIN, f32::max).max(line.area.right);
    let indented = open.len() > 1 && line.area.left > left + 0.8 * size;
    let short = last.area.right < right - 0.25 * (right - left);
    let ended = last.text.ends_with(['.', '!', '?', ':', ';']);
    let starts =
        line.text.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric() || c == '“' || c == '"');
    !(indented || (short && ended && starts))
}

/// Paragraphs that turn out to go on in the next part, as in files that have lines in any order.
fn merged(parts: Vec<Part>, pitch_max: f32) -> Vec<Part> {
    let mut done: Vec<Part> = Vec::with_capacity(parts.len());
    for own in parts {
        if let Kind::Lines(lines) = &own.kind
            && let Some(Part { kind: Kind::Lines(open), area, bold, .. }) = done.last_mut()
            && let Some(line) = lines.first()
        {
            if continues_row(open, line) && lines.len() == 1 {
                *area = area.with(&own.area);
                *bold &= own.bold;
                extend_row(open, line.clone());
                continue;
            }
            if goes_on(open, line, pitch_max) {
                *area = area.with(&own.area);
                open.extend(lines.iter().cloned());
                continue;
            }
        }
        done.push(own);
    }
    done
}

fn turned_parts(lines: Vec<Line>, pitch_max: f32) -> Vec<Part> {
    let mut found: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        let same = |open: &Vec<Line>| {
            open.last().is_some_and(|last| {
                let pitch = line.base - last.base;
                last.direction == line.direction && pitch > 0.0 && pitch < pitch_max * last.size
            })
        };
        match found.last_mut().filter(|open| same(open)) {
            Some(open) => open.push(line),
            None => found.push(vec![line]),
        }
    }
    found.into_iter().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_known_by_their_marks() {
        for text in ["• one", "- two", "1. three", "(a) four", "iv) five", "12) six"] {
            assert!(is_item(text), "{text}");
        }
        for text in ["-5 degrees", "2012 was", "a word", "1.5 mg", "e.g. this", "1."] {
            assert!(!is_item(text), "{text}");
        }
    }
}
