//! Which cells of a sheet are one table: those that touch, by a side, directly or through others.
//!
//! Works on runs of cells in a row, and so in time that grows with the cells there are, whatever their addresses.

use super::{Cell, Merged, Range};

/// A table is written cell by cell when it has more empty cells than this for each that is not.
const EMPTY_SHARE_MAX: u64 = 8;

/// The cells of a sheet, in order of rows and columns, and its merged areas, in order of their first cells.
pub(super) struct Grid<'a> {
    pub cells: &'a [Cell],
    pub merged: &'a [Merged],
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub range: Range,
    /// Whether its cells are too far from each other to be written as a table.
    pub sparse: bool,
}

/// Neighbouring cells of one row.
#[derive(Clone, Copy)]
struct Run {
    row: u32,
    left: u32,
    right: u32,
}

/// The tables in the order of their first cells. The rectangle around touching cells is a table, with all cells in
/// it; cells that are in an earlier table begin none. Tables with many empty cells take them from `empty_cells`.
pub(super) fn parts(grid: &Grid<'_>, empty_cells: &mut u64) -> Vec<Part> {
    let runs = runs(grid);
    let groups = Groups::of(&runs);
    let around = groups.ranges(&runs);
    let mut parts = Vec::new();
    let mut seen = vec![false; grid.cells.len()];
    let mut run = 0;
    // Each table marks what it covers. Tables that overlap again and again are cut short by this.
    let mut steps = 16 * grid.cells.len() as u64 + (1 << 20);
    for (place, cell) in grid.cells.iter().enumerate() {
        while run + 1 < runs.len() && (runs[run].row, runs[run].right) < (cell.row, cell.column) {
            run += 1;
        }
        if seen[place] {
            continue;
        }
        let range = around[groups.root(run)];
        let own = Range { top: cell.row, left: cell.column, bottom: cell.row, right: cell.column };
        let cost = mark(grid, range, &mut seen, steps);
        let Some((filled, cost)) = cost else {
            // Too many overlap: each of the cells that are left is a part of its own.
            seen[place] = true;
            parts.push(Part { range: own, sparse: false });
            continue;
        };
        steps = steps.saturating_sub(cost);
        let empty = range.cells().saturating_sub(filled.saturating_mul(EMPTY_SHARE_MAX));
        let left = empty_cells.checked_sub(empty);
        *empty_cells = left.unwrap_or(*empty_cells);
        parts.push(Part { range, sparse: left.is_none() });
    }
    parts
}

impl<'a> Grid<'a> {
    /// The cells of a row within a range.
    pub(super) fn row_of(&self, range: Range, row: u32) -> &'a [Cell] {
        let start = self.cells.partition_point(|cell| (cell.row, cell.column) < (row, range.left));
        let length =
            self.cells[start..].partition_point(|cell| cell.row == row && cell.column <= range.right);
        &self.cells[start..start + length]
    }

    /// All cells within a range.
    pub(super) fn cells_in(&self, range: Range) -> Within<'a, Cell> {
        Within { items: self.cells, place_of: |cell| (cell.row, cell.column), range, next: 0 }
    }

    /// The merged area that begins at a cell.
    pub(super) fn merged_at(&self, row: u32, column: u32) -> Option<Merged> {
        let found =
            self.merged.binary_search_by_key(&(row, column), |merged| (merged.range.top, merged.range.left));
        found.ok().map(|place| self.merged[place])
    }

    /// The merged areas that begin in a range, in order of rows.
    pub(super) fn merged_from(&self, range: Range) -> Within<'a, Merged> {
        Within {
            items: self.merged,
            place_of: |merged| (merged.range.top, merged.range.left),
            range,
            next: 0,
        }
    }
}

/// Those of ordered things that are at a place within a range. Rows' ends are leapt over.
pub(super) struct Within<'a, T> {
    items: &'a [T],
    place_of: fn(&T) -> (u32, u32),
    range: Range,
    next: usize,
}

impl<'a, T> Iterator for Within<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        let Range { top, left, bottom, right } = self.range;
        let (items, place_of) = (self.items, self.place_of);
        let leap =
            |from: usize, to: (u32, u32)| from + items[from..].partition_point(|item| place_of(item) < to);
        if self.next == 0 {
            self.next = leap(0, (top, left));
        }
        loop {
            let item = items.get(self.next)?;
            let (row, column) = place_of(item);
            if row > bottom {
                return None;
            }
            if column < left {
                self.next = leap(self.next, (row, left));
            } else if column > right {
                self.next = leap(self.next, (row.saturating_add(1), left));
            } else {
                self.next += 1;
                return Some(item);
            }
        }
    }
}

/// Marks the cells within a range as seen; gives how many there are, and what it cost; `None` when it would cost
/// more than `most`.
fn mark(grid: &Grid<'_>, range: Range, seen: &mut [bool], most: u64) -> Option<(u64, u64)> {
    let mut within = grid.cells_in(range);
    let mut filled = 0;
    while within.next().is_some() {
        seen[within.next - 1] = true;
        filled += 1;
        if filled > most {
            return None;
        }
    }
    Some((filled, filled + range.rows() as u64))
}

/// The runs of cells that are there, or are within a merged area, in order.
fn runs(grid: &Grid<'_>) -> Vec<Run> {
    let cells = grid.cells.iter().map(|cell| Run { row: cell.row, left: cell.column, right: cell.column });
    let merged = grid.merged.iter().flat_map(|merged| {
        let Range { top, left, bottom, right } = merged.range;
        (top..=bottom).map(move |row| Run { row, left, right })
    });
    let mut all: Vec<Run> = cells.chain(merged).collect();
    if !grid.merged.is_empty() {
        all.sort_unstable_by_key(|run| (run.row, run.left));
    }
    all.dedup_by(|next, run| {
        let touch = next.row == run.row && next.left <= run.right.saturating_add(1);
        if touch {
            run.right = run.right.max(next.right);
        }
        touch
    });
    all
}

/// Which runs belong together: each points at another of its group, the first at itself.
struct Groups(Vec<u32>);

impl Groups {
    fn of(runs: &[Run]) -> Self {
        let mut groups = Self((0..).take(runs.len()).collect());
        let mut above = 0;
        for below in 0..runs.len() {
            let Run { row, left, right } = runs[below];
            // A run ends before this one begins, or lies more than a row above it: it touches none that follow.
            while above < below && (runs[above].row.saturating_add(1), runs[above].right) < (row, left) {
                above += 1;
            }
            let mut touching = above;
            while touching < below
                && runs[touching].row.saturating_add(1) == row
                && runs[touching].left <= right
            {
                groups.join(touching, below);
                touching += 1;
            }
            // The last one may touch the next run of this row too.
            above = above.max(touching.saturating_sub(1));
        }
        // A run points at an earlier one, which points at its root by now.
        for run in 0..runs.len() {
            groups.0[run] = groups.0[groups.0[run] as usize];
        }
        groups
    }

    fn root(&self, run: usize) -> usize {
        self.0[run] as usize
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.shortened(a), self.shortened(b));
        let (first, second) = (a.min(b), a.max(b));
        if let Ok(first) = u32::try_from(first) {
            self.0[second] = first;
        }
    }

    /// The root, with the way to it halved.
    fn shortened(&mut self, mut run: usize) -> usize {
        while self.0[run] as usize != run {
            self.0[run] = self.0[self.0[run] as usize];
            run = self.0[run] as usize;
        }
        run
    }

    /// The rectangle around each group, at the place of its root.
    fn ranges(&self, runs: &[Run]) -> Vec<Range> {
        let own = |run: &Run| Range { top: run.row, left: run.left, bottom: run.row, right: run.right };
        let mut ranges: Vec<Range> = runs.iter().map(own).collect();
        for (place, run) in runs.iter().enumerate() {
            let range = &mut ranges[self.root(place)];
            range.top = range.top.min(run.row);
            range.left = range.left.min(run.left);
            range.bottom = range.bottom.max(run.row);
            range.right = range.right.max(run.right);
        }
        ranges
    }
}
