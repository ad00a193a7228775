//! Tables of reStructuredText: grids, and simple ones.

use super::super::markup;
use super::{Place, Reading};

impl Reading {
    /// A table that begins here; gives where it ends.
    pub(super) fn table(&mut self, place: Place<'_>, out: &mut Vec<String>) -> Option<usize> {
        let Place { lines, at, depth } = place;
        let line = lines[at];
        let grid = line.len() > 2 && line.starts_with("+-") && line.chars().all(|c| "+-=".contains(c));
        let simple = line.contains("= =") && line.chars().all(|c| c == '=' || c == ' ');
        let (end, rows) = if grid {
            let own = |line: &&str| line.starts_with('+') || line.starts_with('|');
            let end = at + lines[at..].iter().take_while(|line| own(line)).count();
            (end, grid_rows(&lines[at..end]))
        } else if simple {
            simple_rows(lines, at)
        } else {
            return None;
        };
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| self.cell(cell, depth)).collect()).collect();
        out.push(markup::table(&rows));
        Some(end)
    }

    /// A cell's blocks on one line.
    pub(super) fn cell(&mut self, text: &str, depth: usize) -> String {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let lines = super::dedent(&lines);
        markup::one_line(&self.blocks(&lines, depth + 1).join(" "))
    }
}

/// The rows of a grid. A cell that spans others is that of the first; columns are where the first line has them.
fn grid_rows(lines: &[&str]) -> Vec<Vec<String>> {
    let first: Vec<char> = lines[0].chars().collect();
    let bars: Vec<usize> = first.iter().enumerate().filter(|(_, c)| **c == '+').map(|(at, _)| at).collect();
    let columns = bars.len().saturating_sub(1);
    let mut rows = Vec::new();
    let mut row = vec![String::new(); columns];
    for line in &lines[1..] {
        let chars: Vec<char> = line.chars().collect();
        let ends_row = line.starts_with('+') && chars.iter().all(|c| "+-=| ".contains(*c));
        if ends_row {
            if row.iter().any(|cell| !cell.trim().is_empty()) {
                rows.push(std::mem::replace(&mut row, vec![String::new(); columns]));
            }
            continue;
        }
        let mut column = 0;
        while column < columns {
            // A cell goes on to the next bar that stands in this line.
            let last = (column + 1..columns)
                .find(|next| matches!(chars.get(bars[*next]), Some('|' | '+')))
                .unwrap_or(columns);
            let text: String = chars.iter().take(bars[last]).skip(bars[column] + 1).collect();
            row[column].push_str(text.trim_end().strip_prefix(' ').unwrap_or(text.trim_end()));
            row[column].push('\n');
            column = last;
        }
    }
    if row.iter().any(|cell| !cell.trim().is_empty()) {
        rows.push(row);
    }
    rows
}

/// The rows of a simple table and where it ends.
fn simple_rows(lines: &[&str], at: usize) -> (usize, Vec<Vec<String>>) {
    let border =
        |line: &str| !line.is_empty() && line.starts_with('=') && line.chars().all(|c| c == '=' || c == ' ');
    let bounds = starts(lines[at]);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut end = at + 1;
    while end < lines.len() {
        let line = lines[end];
        end += 1;
        if border(line) {
            if lines.get(end).is_none_or(|line| line.is_empty()) {
                break;
            }
            continue;
        }
        if line.is_empty() || (line.starts_with('-') && line.chars().all(|c| c == '-' || c == ' ')) {
            continue;
        }
        let chars: Vec<char> = line.chars().collect();
        let cells: Vec<String> = bounds
            .iter()
            .enumerate()
            .map(|(number, start)| {
                let until = bounds.get(number + 1).copied().unwrap_or(usize::MAX);
                chars.iter().take(until).skip(*start).collect::<String>().trim().to_owned()
            })
            .collect();
        match rows.last_mut() {
            // A row whose first cell is empty goes on with the one before.
            Some(last) if cells[0].is_empty() => {
                for (cell, more) in last.iter_mut().zip(cells) {
                    if !more.is_empty() {
                        cell.push('\n');
                        cell.push_str(&more);
                    }
                }
            }
            _ => rows.push(cells),
        }
    }
    (end, rows)
}

/// Where the columns of a simple table begin.
fn starts(border: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut before = ' ';
    for (at, c) in border.chars().enumerate() {
        if c == '=' && before == ' ' {
            starts.push(at);
        }
        before = c;
    }
    starts
}
