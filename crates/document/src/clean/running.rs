//! Lines that stand at the top or the bottom of page after page, and page numbers: all but the first of each go.

use std::collections::HashMap;

use super::Edit;
use crate::{Document, Span};

/// Fewer pages say nothing about what is repeated.
const PAGES_MIN: usize = 3;
/// How many lines from a page's edge are looked at.
const LINES_FROM_EDGE: usize = 3;
/// Longer lines are no headers, in bytes.
const LINE_BYTES_MAX: usize = 200;
/// How far from where it mostly is a running line may stand, in points.
const SHIFT_MAX: f32 = 20.0;
/// How many of a line's numbers are looked at.
const NUMBERS_MAX: usize = 4;
/// A line runs when it is on at least this part of the pages: one in so many. Left and right pages may differ.
const ONE_PAGE_IN: usize = 3;

/// What a line says that numbers its page.
const PAGE_WORDS: [&str; 7] = ["page", "seite", "pagina", "página", "strona", "стр", "第"];

/// A line near a page's edge.
struct Line<'a> {
    /// Its place in the document's pages.
    page: usize,
    span: Span,
    text: &'a str,
    /// What it is as often as it is repeated: without case, and with every number alike.
    shape: String,
    /// Its numbers that a page may have.
    numbers: Vec<i64>,
    /// Whether nothing on the page is further out.
    outermost: bool,
    /// How far down the page it is, in points.
    top: f32,
}

/// An edit for each line that goes.
pub(super) fn edits(document: &Document) -> Vec<Edit> {
    if document.pages.len() < PAGES_MIN || document.areas.is_empty() {
        return Vec::new();
    }
    let mut edits = Vec::new();
    for edge in [Edge::Top, Edge::Bottom] {
        let mut shapes: HashMap<&str, Vec<&Line<'_>>> = HashMap::new();
        let lines = edge_lines(document, edge);
        for line in &lines {
            shapes.entry(&line.shape).or_default().push(line);
        }
        for lines in shapes.into_values() {
            edits.extend(
                going(&lines, edge, document).into_iter().map(|span| without_line(&document.text, span)),
            );
        }
    }
    // The lines of a short page are near both its edges.
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    edits.dedup_by_key(|edit| edit.span);
    edits
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Top,
    Bottom,
}

fn edge_lines(document: &Document, edge: Edge) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    for (page, own) in document.pages.iter().enumerate() {
        let text = own.span.of(&document.text);
        let lines = text.split('\n').map(|line| {
            let start = own.span.start + (line.as_ptr() as usize - text.as_ptr() as usize);
            Span { start, end: start + line.len() }.trimmed(&document.text)
        });
        let lines = lines.filter(|span| span.start < span.end);
        let near: Vec<Span> = match edge {
            Edge::Top => lines.take(LINES_FROM_EDGE).collect(),
            Edge::Bottom => {
                let all: Vec<Span> = lines.collect();
                all[all.len().saturating_sub(LINES_FROM_EDGE)..].to_vec()
            }
        };
        let outermost = if edge == Edge::Top { near.first() } else { near.last() }.copied();
        let lines = near.into_iter().filter_map(|span| line(document, span, page));
        found.extend(lines.map(|line| Line { outermost: Some(line.span) == outermost, ..line }));
    }
    found
}

/// A line that may be a running one; a table's rows never are.
fn line(document: &Document, span: Span, page: usize) -> Option<Line<'_>> {
    let own = span.of(&document.text);
    if own.len() > LINE_BYTES_MAX || own.starts_with('|') || own.starts_with("```") || own.starts_with("<!--")
    {
        return None;
    }
    let mut shape = String::with_capacity(own.len());
    for c in own.chars() {
        match c {
            c if c.is_ascii_digit() && shape.ends_with('0') => {}
            c if c.is_ascii_digit() => shape.push('0'),
            c => shape.extend(c.to_lowercase()),
        }
    }
    let digits = own.split(|c: char| !c.is_ascii_digit()).filter(|digits| (1..7).contains(&digits.len()));
    let numbers = digits.filter_map(|digits| digits.parse().ok()).take(NUMBERS_MAX).collect();
    let after = document.areas.partition_point(|area| area.span.end <= span.start);
    let area = document.areas.get(after).filter(|area| area.span.start < span.end)?;
    Some(Line { page, span, text: own, shape, numbers, outermost: false, top: area.top })
}

/// Which lines of one shape go.
fn going(lines: &[&Line<'_>], edge: Edge, document: &Document) -> Vec<Span> {
    let letters = lines.first().is_some_and(|line| line.text.chars().any(char::is_alphabetic));
    let mut going = Vec::new();
    if letters {
        let mut same: HashMap<&str, Vec<&Line<'_>>> = HashMap::new();
        for line in lines {
            same.entry(line.text).or_default().push(line);
        }
        let running = same.into_values().filter_map(|lines| running(&lines, document));
        going.extend(running.flat_map(|lines| lines.into_iter().skip(1)));
    }
    // Lines that differ by a number run when the number counts pages. Unless they say so, or end their pages, it
    // may as well count questions or lessons.
    let says_page = lines.first().is_some_and(|line| PAGE_WORDS.iter().any(|word| line.shape.contains(word)));
    let ends_page = edge == Edge::Bottom && lines.iter().all(|line| line.outermost);
    if letters && !says_page && !ends_page {
        return going;
    }
    for index in 0..NUMBERS_MAX {
        let mut steps: HashMap<i64, Vec<&Line<'_>>> = HashMap::new();
        for line in lines {
            let page = document.pages.get(line.page).map_or(0, |page| i64::from(page.number));
            if let Some(number) = line.numbers.get(index) {
                steps.entry(number - page).or_default().push(line);
            }
        }
        let running = steps.into_values().filter_map(|lines| running(&lines, document));
        going.extend(running.flat_map(|lines| lines.into_iter().skip(usize::from(letters))));
    }
    going
}

/// The lines that are at one height on enough pages, in order.
fn running<'l>(lines: &[&Line<'l>], document: &Document) -> Option<Vec<Span>> {
    let mut tops: Vec<f32> = lines.iter().map(|line| line.top).collect();
    tops.sort_by(f32::total_cmp);
    let middle = *tops.get(tops.len() / 2)?;
    let near: Vec<Span> =
        lines.iter().filter(|line| (line.top - middle).abs() <= SHIFT_MAX).map(|line| line.span).collect();
    (near.len() >= PAGES_MIN && near.len() * ONE_PAGE_IN >= document.pages.len()).then_some(near)
}

/// Takes a line out with the line ends before it, so that what is around it stays apart.
fn without_line(text: &str, span: Span) -> Edit {
    let before = text[..span.start].trim_end_matches([' ', '\t', '\n']).len();
    let after = text[span.end..].len() - text[span.end..].trim_start_matches([' ', '\t', '\n']).len();
    let (start, end) = if before == 0 { (0, span.end + after) } else { (before, span.end) };
    Edit { span: Span { start, end }, with: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::text;
    use crate::{Area, Page};

    /// A document whose lines stand one under the other, 20 points apart, and whose pages are as given.
    fn document(pages: &[String]) -> Document {
        let mut document = text::parse(pages.join("\n\n"));
        let mut start = 0;
        for (number, page) in (1..).zip(pages) {
            document.pages.push(Page { number, span: Span { start, end: start + page.len() } });
            let mut at = start;
            for (down, line) in (0u8..).zip(page.split('\n')) {
                let top = f32::from(down) * 20.0;
                let span = Span { start: at, end: at + line.len() };
                if !line.is_empty() {
                    document.areas.push(Area {
                        span,
                        page: number,
                        left: 0.0,
                        top,
                        right: 1.0,
                        bottom: top + 10.0,
                    });
                }
                at += line.len() + 1;
            }
            start += page.len() + 2;
        }
        document
    }

    fn check(pages: &[String], expect: &str) {
        let mut document = document(pages);
        let edits = edits(&document);
        document.edit(edits);
        assert_eq!(document.text, expect);
        for page in &document.pages {
            assert!(document.text.get(page.span.start..page.span.end).is_some());
        }
    }

    #[test]
    fn headers_footers_and_page_numbers_go_after_the_first() {
        let pages: Vec<String> = (1..=4)
            .map(|n| format!("ANNUAL REPORT\n\nLesson {n}\n\nmore text, {}\n\n{}", "x".repeat(n), n + 6))
            .collect();
        check(
            &pages,
            "ANNUAL REPORT\n\nLesson 1\n\nmore text, x\n\nLesson 2\n\nmore text, xx\n\n\
             Lesson 3\n\nmore text, xxx\n\nLesson 4\n\nmore text, xxxx",
        );
    }

    #[test]
    fn what_differs_or_stands_elsewhere_stays() {
        let pages: Vec<String> =
            (1..=4).map(|n| format!("Section {}\n\nbody {}", n * n, "y".repeat(n))).collect();
        check(&pages, &pages.join("\n\n"));
        let pages: Vec<String> = (0..3).map(|n| format!("| a |\n{}same line", "\n".repeat(n * 3))).collect();
        check(&pages, &pages.join("\n\n"));
        check(&pages[..2], &pages[..2].join("\n\n"));
    }
}
