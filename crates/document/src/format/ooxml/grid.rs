//! The cells of a table in their rows and columns, where cells may span several of both.

use std::mem;

/// How many columns a table has at most; further cells go into the last.
const COLUMNS_MAX: usize = 256;

/// A table being filled, row by row.
pub(crate) struct Grid {
    rows: Vec<Vec<String>>,
    /// How many bytes may still be written more than once, because cells span others.
    room: usize,
}

impl Grid {
    /// An empty table that may repeat so many bytes.
    pub(crate) fn new(room: usize) -> Self {
        Self { rows: Vec::new(), room }
    }

    /// Begins the next row.
    pub(crate) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// Puts a cell's text in the row begun last, from a column on and over so many of them.
    pub(crate) fn put(&mut self, column: usize, span: usize, text: &str) {
        let mut first = column.min(COLUMNS_MAX - 1);
        let mut end = column.saturating_add(span.max(1)).clamp(first + 1, COLUMNS_MAX);
        let Some(row) = self.rows.last_mut() else { return };
        let cells = end.saturating_sub(row.len() + 1);
        let cost = cells * mem::size_of::<String>() + (end - first - 1) * text.len();
        if cost > self.room {
            self.room = 0;
            first = row.len().min(COLUMNS_MAX - 1);
            end = first + 1;
        } else {
            self.room -= cost;
        }
        if row.len() < end {
            row.resize(end, String::new());
        }
        if column > first && !row[first].is_empty() {
            row[first].push(' ');
            row[first].push_str(text);
            return;
        }
        for cell in &mut row[first..end] {
            text.clone_into(cell);
        }
    }

    /// Puts the text above a cell into it, over so many columns.
    pub(crate) fn continue_down(&mut self, column: usize, span: usize) {
        let above = self.rows.len().checked_sub(2).and_then(|row| self.rows[row].get(column));
        let mut text = above.cloned().unwrap_or_default();
        if text.len() > self.room {
            self.room = 0;
            text.clear();
        }
        self.room -= text.len();
        self.put(column, span, &text);
    }

    /// The rows, and how much room is left: none where text was left out.
    pub(crate) fn finish(self) -> (Vec<Vec<String>>, usize) {
        (self.rows, self.room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_repeat_their_text_within_bounds() {
        let mut grid = Grid::new(1 << 10);
        grid.row();
        grid.put(0, 2, "wide");
        grid.put(2, 1, "tall");
        grid.row();
        grid.put(0, 1, "a");
        grid.put(1, 1, "b");
        grid.continue_down(2, 1);
        let (rows, room) = grid.finish();
        assert!(room > 0);
        assert_eq!(rows, [["wide", "wide", "tall"], ["a", "b", "tall"]]);
        let mut grid = Grid::new(4 << 20);
        grid.row();
        grid.put(3, usize::MAX, &"x".repeat(1 << 10));
        for _ in 0..100 {
            grid.row();
            grid.continue_down(3, usize::MAX);
        }
        let (rows, room) = grid.finish();
        assert_eq!(room, 0);
        let bytes: usize = rows.iter().flatten().map(String::len).sum();
        assert!(bytes < 5 << 20, "{bytes}");
        let mut grid = Grid::new(1 << 20);
        grid.row();
        grid.put(usize::MAX, 1, "a");
        grid.put(usize::MAX, 1, "b");
        assert_eq!(grid.finish().0[0].last().unwrap(), "a b");
    }
}
