//! Tables: their cells in a grid, spans repeated, as Markdown.

use std::rc::Rc;

use super::tree::{Id, Tree};

/// A cell takes at most this many columns, as in browsers.
const COLUMNS_SPANNED_MAX: usize = 1000;
/// Nor more rows than this.
const ROWS_SPANNED_MAX: usize = 65_534;
/// Short rows are filled up while the whole table has at most this many cells, or four times as many as the page
/// has written.
const FILLED_CELLS_MAX: usize = 10_000;

/// What is in a table, by its place.
#[derive(Default)]
pub(super) struct Parts {
    pub captions: Vec<Id>,
    /// The cells of each row.
    pub rows: Vec<Vec<Id>>,
    /// What stands where no cell is.
    pub strays: Vec<Id>,
}

pub(super) fn parts(tree: &Tree<'_>, table: Id) -> Parts {
    let mut parts = Parts::default();
    for child in tree.children(table) {
        match tree.name(child) {
            "thead" | "tbody" | "tfoot" => {
                for row in tree.children(child) {
                    if tree.name(row) == "tr" {
                        parts.rows.push(cells(tree, row, &mut parts.strays));
                    } else {
                        parts.strays.push(row);
                    }
                }
            }
            "tr" => {
                let row = cells(tree, child, &mut parts.strays);
                parts.rows.push(row);
            }
            "td" | "th" => match parts.rows.last_mut() {
                Some(row) => row.push(child),
                None => parts.rows.push(vec![child]),
            },
            "caption" => parts.captions.push(child),
            "colgroup" | "col" => {}
            _ => parts.strays.push(child),
        }
    }
    parts.rows.retain(|row| !row.is_empty());
    parts
}

fn cells(tree: &Tree<'_>, row: Id, strays: &mut Vec<Id>) -> Vec<Id> {
    let (cells, others): (Vec<Id>, Vec<Id>) =
        tree.children(row).partition(|child| matches!(tree.name(*child), "td" | "th"));
    strays.extend(others);
    cells
}

/// Whether a table only arranges blocks on the page: it says so, has one cell, or has one column of blocks.
pub(super) fn is_layout(tree: &Tree<'_>, table: Id, rows: &[Vec<Id>]) -> bool {
    let role = tree.attribute(table, "role");
    if role.is_some_and(|role| role.eq_ignore_ascii_case("presentation") || role.eq_ignore_ascii_case("none"))
    {
        return true;
    }
    let cells = || rows.iter().flatten().copied();
    if cells().any(|cell| tree.name(cell) == "th") {
        return false;
    }
    let has_blocks = |cell: Id| tree.children(cell).any(|child| tree.has_block(child));
    cells().count() == 1 || (rows.iter().all(|row| row.len() == 1) && cells().any(has_blocks))
}

/// How many more bytes may be spent on repeating cells.
pub(super) struct Allowance {
    pub bytes: usize,
    /// Whether something was not repeated for want of bytes.
    pub exceeded: bool,
}

impl Allowance {
    fn take(&mut self, bytes: usize) -> bool {
        let enough = bytes <= self.bytes;
        if enough {
            self.bytes -= bytes;
        } else {
            self.exceeded = true;
        }
        enough
    }
}

/// One cell with what it spans.
pub(super) struct Cell {
    pub text: String,
    pub columns: usize,
    pub rows: usize,
}

impl Cell {
    pub(super) fn new(tree: &Tree<'_>, id: Id, text: String) -> Self {
        let span = |name: &str, max: usize| {
            tree.attribute(id, name).and_then(|value| value.parse().ok()).unwrap_or(1usize).clamp(1, max)
        };
        Self { text, columns: span("colspan", COLUMNS_SPANNED_MAX), rows: span("rowspan", ROWS_SPANNED_MAX) }
    }
}

/// A cell from a row above that goes on.
struct GoesOn {
    text: Rc<str>,
    rows_left: usize,
}

/// The table as Markdown, a line a row; empty when no cell has text.
pub(super) fn markdown(rows: Vec<Vec<Cell>>, allowance: &mut Allowance) -> String {
    if rows.iter().flatten().all(|cell| cell.text.is_empty()) {
        return String::new();
    }
    let written: usize = rows.iter().map(Vec::len).sum();
    let rows = expanded(rows, allowance);
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let filled = columns.saturating_mul(rows.len()) <= FILLED_CELLS_MAX.max(written * 4);
    let header_columns = if filled { columns } else { rows.first().map_or(0, Vec::len) };
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        out.push('|');
        let fill = if filled || number == 0 { header_columns.saturating_sub(row.len()) } else { 0 };
        for cell in row.iter().map(AsRef::as_ref).chain(std::iter::repeat_n("", fill)) {
            out.extend([" ", cell, " |"]);
        }
        out.push('\n');
        if number == 0 {
            out.push('|');
            out.push_str(&" - |".repeat(header_columns));
            out.push('\n');
        }
    }
    out.pop();
    out
}

/// The rows with spanning cells in each place they span, as far as the allowance goes.
fn expanded(rows: Vec<Vec<Cell>>, allowance: &mut Allowance) -> Vec<Vec<Rc<str>>> {
    let mut above: Vec<Option<GoesOn>> = Vec::new();
    rows.into_iter().map(|row| line(row, &mut above, allowance)).collect()
}

/// A row with what goes on from the rows above.
fn line(row: Vec<Cell>, above: &mut Vec<Option<GoesOn>>, allowance: &mut Allowance) -> Vec<Rc<str>> {
    let empty: Rc<str> = "".into();
    let mut line: Vec<Rc<str>> = Vec::with_capacity(row.len());
    let mut cells = row.into_iter();
    loop {
        let column = line.len();
        if let Some(from_above) = above.get_mut(column).and_then(Option::take) {
            if allowance.take(from_above.text.len() + 3) {
                line.push(Rc::clone(&from_above.text));
                let rows_left = from_above.rows_left - 1;
                above[column] = (rows_left > 0).then_some(GoesOn { rows_left, ..from_above });
            } else {
                above.clear();
            }
            continue;
        }
        let Some(cell) = cells.next() else {
            // Where something further right goes on, the columns before it are empty.
            if above.iter().skip(column).any(Option::is_some) && allowance.take(3) {
                line.push(Rc::clone(&empty));
                continue;
            }
            return line;
        };
        place(&cell, &mut line, above, allowance);
    }
}

/// Puts a cell in its first column and the others that it spans.
fn place(cell: &Cell, line: &mut Vec<Rc<str>>, above: &mut Vec<Option<GoesOn>>, allowance: &mut Allowance) {
    let text: Rc<str> = cell.text.as_str().into();
    for number in 0..cell.columns {
        if number > 0 && !allowance.take(text.len() + 3) {
            return;
        }
        let column = line.len();
        if cell.rows > 1 {
            if above.len() <= column {
                above.resize_with(column + 1, || None);
            }
            above[column] = Some(GoesOn { text: Rc::clone(&text), rows_left: cell.rows - 1 });
        }
        line.push(Rc::clone(&text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, columns: usize, rows: usize) -> Cell {
        Cell { text: text.into(), columns, rows }
    }

    #[test]
    fn spans_are_repeated() {
        let rows = vec![
            vec![cell("a", 1, 2), cell("b", 2, 1)],
            vec![cell("c", 1, 1), cell("d", 1, 3)],
            vec![cell("e", 1, 1)],
            vec![cell("f", 1, 1)],
        ];
        let mut allowance = Allowance { bytes: 1000, exceeded: false };
        assert_eq!(
            markdown(rows, &mut allowance),
            "| a | b | b |\n| - | - | - |\n| a | c | d |\n| e |  | d |\n| f |  | d |"
        );
        assert!(!allowance.exceeded);
    }

    #[test]
    fn a_bomb_of_spans_keeps_each_cell_once() {
        let rows: Vec<Vec<Cell>> = (0..1000).map(|_| vec![cell("x", 1000, 65_534)]).collect();
        let mut allowance = Allowance { bytes: 10_000, exceeded: false };
        let text = markdown(rows, &mut allowance);
        assert!(allowance.exceeded && text.len() < 100_000, "{}", text.len());
        assert!(text.lines().count() == 1001 && text.lines().all(|line| line.contains(['x', '-'])));
    }
}
