//! A sheet of a workbook, whatever its file format, and how it becomes Markdown: the tables on it, and what
//! floats over its cells, from top to bottom.
//!
//! Cells that touch are one table (see [`regions`]). What a sheet writes is bounded (see [`Pages`]), whatever its
//! cells' addresses say.

pub(crate) mod found;
pub(crate) mod numbers;
mod regions;
pub(crate) mod shared;

use crate::chart::Chart;
use crate::compose::{block, line, lines, separate};
use crate::picture::{self, Picture};
use crate::table::{Rows, Shape, Table};
use crate::{BlockKind, Document, Page, Problem, Span};
use regions::{Grid, Part};

/// Bytes of text that the sheets of a workbook may have together.
const TEXT_BYTES_MAX: usize = 128 << 20;
/// Empty cells that tables may have together, besides as many as eight times those that are not.
const EMPTY_CELLS_MAX: u64 = 1 << 22;
/// How many cells merged areas may cover together before they are cut to the cells that say something.
const MERGED_CELLS_MAX: u64 = 1 << 20;

/// The sheets of a workbook, written one after the other as pages, and what they may still write.
pub(crate) struct Pages<'d> {
    document: &'d mut Document,
    /// Whether each begins with a heading of its name.
    named: bool,
    text_bytes: usize,
    empty_cells: u64,
    merged_cells: u64,
    /// Of the sheet that is being written.
    rows_left_out: u64,
    listed: usize,
}

/// A rectangle of cells, 0-based, the last row and column within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub top: u32,
    pub left: u32,
    pub bottom: u32,
    pub right: u32,
}

/// Cells that are shown as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    pub range: Range,
    /// Whether each of the cells says what the first one says.
    pub repeats: bool,
}

/// Something that lies over the cells.
pub(crate) struct Float {
    /// The row at which it begins, 0-based.
    pub top: u32,
    pub content: Content,
}

/// What lies over cells.
pub(crate) enum Content {
    /// A picture, with its file where there is one that holds pixels.
    Picture(Option<Picture>),
    /// A chart and its numbers.
    Chart(Chart),
    /// A text box, a title.
    Text(String),
    /// What somebody noted on a cell.
    Comment { cell: String, author: String, text: String },
}

/// A cell that says something.
#[derive(Clone, Copy)]
struct Cell {
    row: u32,
    column: u32,
    start: u32,
    end: u32,
}

/// A sheet.
#[derive(Default)]
pub(crate) struct Sheet {
    pub name: String,
    pub merged: Vec<Merged>,
    pub floats: Vec<Float>,
    /// The text of all cells.
    text: String,
    cells: Vec<Cell>,
    /// Bytes of text that the sheets before it have.
    before: usize,
    /// Cells that found no room.
    lost: usize,
}

/// Something to be written, and the row at which it begins.
enum Item<'s> {
    Table(Part),
    Text(&'s str),
    Float(Content),
}

impl<'d> Pages<'d> {
    /// Begins to write sheets into a document.
    pub(crate) fn new(document: &'d mut Document, named: bool) -> Self {
        Self {
            document,
            named,
            text_bytes: TEXT_BYTES_MAX,
            empty_cells: EMPTY_CELLS_MAX,
            merged_cells: MERGED_CELLS_MAX,
            rows_left_out: 0,
            listed: 0,
        }
    }

    /// Writes a sheet as the next page.
    pub(crate) fn write(&mut self, mut sheet: Sheet) {
        let start = separate(self.document);
        let path = [sheet.heading()];
        if self.named {
            block(self.document, &path, BlockKind::Heading { level: 2 }, &format!("## {}", path[0]));
        }
        let floats = std::mem::take(&mut sheet.floats);
        let merged = sheet.fitting(&mut self.merged_cells);
        let grid = Grid { cells: &sheet.cells, merged: &merged };
        for (_, item) in items(&sheet, &grid, floats, &mut self.empty_cells) {
            match item {
                Item::Table(part) => sheet.table(self, &grid, &part),
                Item::Text(text) => block(self.document, &path, BlockKind::Paragraph, &lines(text)),
                Item::Float(content) => sheet.float(self.document, content),
            }
        }
        self.tell(&sheet);
        let end = self.document.text.trim_end().len().max(start);
        let number = u32::try_from(self.document.pages.len() + 1).unwrap_or(u32::MAX);
        self.document.pages.push(Page { number, span: Span { start, end } });
    }

    /// Tells what was left out of a sheet.
    fn tell(&mut self, sheet: &Sheet) {
        let mut tell = |count: u64, what: &str, why: &str, content_lost: bool| {
            if count > 0 {
                self.document.problems.push(sheet.problem(what, format!("{count} {why}"), content_lost));
            }
        };
        let over = format!("were left out: the text would be over {TEXT_BYTES_MAX} bytes");
        tell(sheet.lost as u64, "cells", &over, true);
        tell(std::mem::take(&mut self.rows_left_out), "rows", &over, true);
        let apart = "are too far apart for a table; they are listed one by one";
        tell(std::mem::take(&mut self.listed) as u64, "cells", apart, false);
    }
}

impl Range {
    fn cells(self) -> u64 {
        (u64::from(self.bottom - self.top) + 1) * (u64::from(self.right - self.left) + 1)
    }

    fn rows(self) -> usize {
        (self.bottom - self.top) as usize + 1
    }

    fn columns(self) -> usize {
        (self.right - self.left) as usize + 1
    }
}

impl Sheet {
    pub(crate) fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// The sheet after these: all of them together have room for so much text.
    pub(crate) fn beside(sheets: &[Self], name: String) -> Self {
        Self { before: sheets.iter().map(|sheet| sheet.text.len()).sum(), ..Self::new(name) }
    }

    /// Adds a cell. One that says nothing is left out; of two at the same place the later counts.
    pub(crate) fn push(&mut self, row: u32, column: u32, text: &str) {
        if text.is_empty() {
            return;
        }
        let start = self.text.len();
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(start + text.len())) else {
            self.lost += 1;
            return;
        };
        if self.before + end as usize > TEXT_BYTES_MAX {
            self.lost += 1;
            return;
        }
        self.text.push_str(text);
        self.cells.push(Cell { row, column, start, end });
    }

    /// How many cells it has.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// What a cell says.
    pub(crate) fn get(&self, row: u32, column: u32) -> &str {
        let found = self.cells.binary_search_by_key(&(row, column), |cell| (cell.row, cell.column));
        found.map_or("", |place| self.said(self.cells[place]))
    }

    /// Puts the cells in order, as they have to be before they are asked for.
    pub(crate) fn order(&mut self) {
        let place = |cell: &Cell| (cell.row, cell.column);
        if self.cells.is_sorted_by(|a, b| place(a) < place(b)) {
            return;
        }
        self.cells.reverse();
        self.cells.sort_by_key(place);
        self.cells.dedup_by_key(|cell| place(cell));
    }

    /// Forgets merged areas in whose rows no cell says anything: they part tables, and join none.
    pub(crate) fn part_at_blank_rows(&mut self) {
        let cells = &self.cells;
        self.merged.retain(|merged| {
            let below = cells.partition_point(|cell| cell.row < merged.range.top);
            cells.get(below).is_some_and(|cell| cell.row <= merged.range.bottom)
        });
    }

    /// A problem of this sheet.
    pub(crate) fn problem(&self, what: &str, why: String, content_lost: bool) -> Problem {
        Problem { place: format!("sheet `{}`", self.name), what: what.into(), why, content_lost }
    }

    fn said(&self, cell: Cell) -> &str {
        self.text.get(cell.start as usize..cell.end as usize).unwrap_or_default()
    }

    /// Merged areas as far as there is room for them: those that cover too many cells are cut to the cells
    /// that say something, or left out.
    fn fitting(&self, room: &mut u64) -> Vec<Merged> {
        let last_row = self.cells.last().map_or(0, |cell| cell.row);
        let last_column = self.cells.iter().map(|cell| cell.column).max().unwrap_or(0);
        let mut fitting = Vec::with_capacity(self.merged.len());
        for merged in &self.merged {
            let mut merged = *merged;
            if merged.range.cells() > *room {
                merged.range.bottom = merged.range.bottom.min(last_row).max(merged.range.top);
                merged.range.right = merged.range.right.min(last_column).max(merged.range.left);
            }
            if let Some(left) = room.checked_sub(merged.range.cells()) {
                *room = left;
                fitting.push(merged);
            }
        }
        fitting.sort_by_key(|merged| (merged.range.top, merged.range.left));
        fitting
    }

    /// What a table's first row says, if it is a title over the columns: one merged cell, and below it at
    /// least two cells of their own.
    fn title<'s>(&'s self, grid: &Grid<'_>, part: &Part) -> Option<&'s str> {
        let Range { top, left, .. } = part.range;
        if part.sparse || part.range.rows() < 2 || part.range.columns() < 2 {
            return None;
        }
        let says = |cell: &&Cell| !self.said(**cell).trim().is_empty();
        let mut first = grid.row_of(part.range, top).iter().filter(says);
        let title = first.next().filter(|title| title.column == left)?;
        let merged_at = |row: u32, column: u32| grid.merged_at(row, column).map(|merged| merged.range);
        let own = merged_at(top, left)?;
        if first.next().is_some() || own.rows() != 1 || own.columns() < 2 {
            return None;
        }
        let below = grid.row_of(part.range, top + 1).iter().filter(says);
        let headers =
            below.filter(|cell| merged_at(cell.row, cell.column).is_none_or(|own| own.columns() == 1));
        (headers.count() >= 2).then(|| self.said(*title))
    }

    fn table(&self, pages: &mut Pages<'_>, grid: &Grid<'_>, part: &Part) {
        separate(pages.document);
        if pages.text_bytes == 0 {
            pages.rows_left_out += part.range.rows() as u64;
            return;
        }
        if part.sparse {
            return self.listed(pages, grid, part);
        }
        let range = part.range;
        let cells = usize::try_from(range.cells()).unwrap_or(usize::MAX);
        let shape = Shape { columns: range.columns(), rows: range.rows(), cells };
        let start = pages.document.text.len();
        let mut table = Table::new(pages.document, vec![self.heading()], shape, Rows::ApartWhenLong);
        let mut said: Vec<&str> = Vec::with_capacity(range.columns());
        let mut open: Vec<(Merged, &str)> = Vec::new();
        let mut coming = grid.merged_from(range).peekable();
        let mut written = 0;
        for row in range.top..=range.bottom {
            said.clear();
            said.resize(range.columns(), "");
            while let Some(merged) = coming.next_if(|merged| merged.range.top <= row) {
                let text = self.get(merged.range.top, merged.range.left);
                if merged.repeats && !text.is_empty() {
                    open.push((*merged, text));
                }
            }
            open.retain(|(merged, _)| merged.range.bottom >= row);
            for (merged, text) in &open {
                for column in merged.range.left.max(range.left)..=merged.range.right.min(range.right) {
                    said[(column - range.left) as usize] = text;
                }
            }
            for cell in grid.row_of(range, row) {
                said[(cell.column - range.left) as usize] = self.said(*cell);
            }
            written += said.iter().map(|cell| cell.len() + 3).sum::<usize>();
            if written > pages.text_bytes {
                pages.text_bytes = 0;
                pages.rows_left_out += u64::from(range.bottom - row + 1);
                break;
            }
            table.row(said.iter().copied());
        }
        table.end();
        pages.text_bytes = pages.text_bytes.saturating_sub(pages.document.text.len() - start);
    }

    /// Cells that are too far from each other for a table, one a row.
    fn listed(&self, pages: &mut Pages<'_>, grid: &Grid<'_>, part: &Part) {
        let cells: Vec<&Cell> = grid.cells_in(part.range).collect();
        let shape = Shape { columns: 2, rows: cells.len() + 1, cells: 2 * cells.len() + 2 };
        let mut table = Table::new(pages.document, vec![self.heading()], shape, Rows::ApartWhenLong);
        table.row(["Cell", "Value"].into_iter());
        for &&cell in &cells {
            table.row([address(cell.row, cell.column).as_str(), self.said(cell)].into_iter());
        }
        table.end();
        pages.listed += cells.len();
    }

    fn float(&self, document: &mut Document, content: Content) {
        let path = [self.heading()];
        match content {
            Content::Picture(own) => picture::write(document, &path, &format!("sheet `{}`", self.name), own),
            Content::Chart(chart) => chart.write(document, &path),
            Content::Text(text) => block(document, &path, BlockKind::Paragraph, &lines(&text)),
            Content::Comment { cell, author, text } => {
                let by = if author.is_empty() { String::new() } else { format!(" ({author})") };
                let text = format!("> {cell}{by}: {}", line(&text));
                block(document, &path, BlockKind::Quote, &text);
            }
        }
    }

    fn heading(&self) -> String {
        line(&self.name)
    }
}

/// What is on a sheet, from top to bottom, with the rows at which it begins.
fn items<'s>(
    sheet: &'s Sheet,
    grid: &Grid<'_>,
    floats: Vec<Float>,
    empty_cells: &mut u64,
) -> Vec<(u32, Item<'s>)> {
    let parts = regions::parts(grid, empty_cells);
    let mut items = Vec::with_capacity(parts.len() + floats.len());
    for mut part in parts {
        if let Some(title) = sheet.title(grid, &part) {
            items.push((part.range.top, Item::Text(title)));
            part.range.top += 1;
        }
        items.push((part.range.top, Item::Table(part)));
    }
    items.extend(floats.into_iter().map(|float| (float.top, Item::Float(float.content))));
    items.sort_by_key(|(top, _)| *top);
    items
}

/// The address of a cell as users write it: `B3`.
pub(crate) fn address(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    format!("{}{}", letters.into_iter().collect::<String>(), u64::from(row) + 1)
}
