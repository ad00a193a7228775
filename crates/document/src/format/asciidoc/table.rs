//! Tables of AsciiDoc.

use super::super::markup;
use super::{Ahead, Place, Reading};

/// How often a cell may be repeated.
const REPEATS_MAX: usize = 64;

impl Reading {
    /// A table; its first line is the one that delimits it.
    pub(super) fn table(&mut self, place: &Place<'_>, ahead: &Ahead, out: &mut Vec<String>) {
        let (head, lines) = (place.lines[0], &place.lines[1..]);
        let format = ahead.named.get("format").map_or("", String::as_str);
        let separator = match (head.chars().next(), format) {
            (Some(','), _) | (_, "csv") => Some(b','),
            (Some(':'), _) | (_, "dsv") => Some(b':'),
            (_, "tsv") => Some(b'\t'),
            _ => None,
        };
        let rows = match separator {
            Some(separator) => markup::csv_rows(&lines.join("\n"), separator),
            None => {
                let sign = if head.starts_with('!') { '!' } else { '|' };
                let cells = cells(lines, sign);
                let first = lines
                    .iter()
                    .find(|line| !line.is_empty())
                    .map_or(1, |line| self::cells(&[line], sign).len());
                let columns = ahead.named.get("cols").map_or(first, |cols| columns(cols)).max(1);
                cells.chunks(columns).map(<[String]>::to_vec).collect()
            }
        };
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| self.inline(&markup::one_line(cell))).collect())
            .collect();
        if !rows.is_empty() {
            out.push(markup::table(&rows));
        }
    }
}

/// How many columns a specification names: `1,2`, `3*`, `2*,1`.
fn columns(specification: &str) -> usize {
    let count =
        |part: &str| part.split_once('*').and_then(|(count, _)| count.trim().parse().ok()).unwrap_or(1usize);
    specification.split([',', ';']).map(count).map(|count| count.min(REPEATS_MAX)).sum()
}

/// The cells of lines, each as often as it stands.
fn cells(lines: &[&str], sign: char) -> Vec<String> {
    let mut cells: Vec<String> = Vec::new();
    let mut repeats = 1;
    let mut begun = false;
    for line in lines {
        let mut text = String::new();
        let mut escaped = false;
        for c in line.chars() {
            match c {
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                c if c == sign && !escaped => {
                    let ahead = specification(&mut text);
                    if begun {
                        push(&mut cells, &text, repeats);
                    }
                    (repeats, begun) = (ahead, true);
                    text.clear();
                    cells.extend(std::iter::repeat_n(String::new(), repeats));
                    continue;
                }
                c => {
                    if escaped && c != sign {
                        text.push('\\');
                    }
                    text.push(c);
                }
            }
            escaped = false;
        }
        if begun {
            push(&mut cells, &text, repeats);
        }
    }
    cells
}

/// Adds text to the last cell, and to those that repeat it.
fn push(cells: &mut [String], text: &str, repeats: usize) {
    let start = cells.len().saturating_sub(repeats);
    for cell in &mut cells[start..] {
        if !cell.is_empty() {
            cell.push('\n');
        }
        cell.push_str(text.trim());
    }
}

/// Takes what is said of the next cell off the end of a text; gives how often that cell stands.
fn specification(text: &mut String) -> usize {
    let start = text.rfind(' ').map_or(0, |at| at + 1);
    let word = &text[start..];
    let known = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || ".+*<>^aehlmsd".contains(c));
    let sign = known.then(|| word.find(['+', '*'])).flatten();
    // A lone letter is a style where nothing but space is before it, or after a sign.
    let style = known
        && (sign.is_some()
            || word.starts_with(['<', '>', '^', '.'])
            || (start == 0 || text[..start].trim().is_empty()));
    if !style || word.chars().all(|c| c.is_ascii_digit()) {
        return 1;
    }
    let count = sign.and_then(|at| word[..at].split('.').next()?.parse::<usize>().ok()).unwrap_or(1);
    text.truncate(start);
    count.clamp(1, REPEATS_MAX)
}
