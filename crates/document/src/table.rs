//! Tables as Markdown: one writer for every format that has rows and cells.
//!
//! A long table gives a header and a block for each row, so that rows are passages of their own; a short one
//! is one block.

use crate::{Block, BlockKind, Document, Span};

/// A table of more bytes is long: it would not fit into one chunk.
const SHORT_BYTES_MAX: usize = 1600;
/// Rows are made as wide as the widest while this many empty cells, and as many as there are others, suffice.
const PADDING_CELLS_MAX: usize = 1 << 20;

/// How a table becomes blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Each row is a block.
    Apart,
    /// Each row is a block when the table is long.
    ApartWhenLong,
}

/// How large a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Cells of the widest row.
    pub columns: usize,
    /// How many rows there are.
    pub rows: usize,
    /// How many cells there are.
    pub cells: usize,
}

/// A table being written at the end of a document's text. The first row is its header.
pub(crate) struct Table<'a> {
    document: &'a mut Document,
    heading_path: Vec<String>,
    blocks: Rows,
    columns: usize,
    /// Where each row is.
    rows: Vec<Span>,
}

impl<'a> Table<'a> {
    /// Begins a table.
    pub(crate) fn new(
        document: &'a mut Document,
        heading_path: Vec<String>,
        shape: Shape,
        blocks: Rows,
    ) -> Self {
        let all = shape.columns.saturating_mul(shape.rows);
        let padded = all.saturating_sub(shape.cells) <= PADDING_CELLS_MAX.max(shape.cells);
        let columns = if padded { shape.columns } else { 0 };
        Self { document, heading_path, blocks, columns, rows: Vec::with_capacity(shape.rows.min(1 << 16)) }
    }

    /// Writes a row.
    pub(crate) fn row<'t>(&mut self, cells: impl Iterator<Item = &'t str>) {
        let start = self.document.text.len();
        let text = &mut self.document.text;
        text.push('|');
        let mut written = 0;
        for cell in cells {
            push_cell(text, cell);
            written += 1;
        }
        for _ in written..self.columns {
            text.push_str("  |");
        }
        self.rows.push(Span { start, end: text.len() });
        text.push('\n');
        if self.rows.len() == 1 {
            text.push('|');
            for _ in 0..written.max(self.columns) {
                text.push_str(" --- |");
            }
            text.push('\n');
        }
    }

    /// Ends the table: its blocks are in the document.
    pub(crate) fn end(self) {
        let (Some(first), Some(last)) = (self.rows.first(), self.rows.last()) else { return };
        let text = &self.document.text;
        let whole = Span { start: first.start, end: text.trim_end().len() };
        let apart = match self.blocks {
            Rows::Apart => true,
            Rows::ApartWhenLong => self.rows.len() > 1 && whole.end - whole.start > SHORT_BYTES_MAX,
        };
        if !apart {
            let block = Block { kind: BlockKind::Table, span: whole, heading_path: self.heading_path };
            self.document.blocks.push(block);
            return;
        }
        debug_assert!(last.end <= text.len());
        let kinds = std::iter::once(BlockKind::TableHeader).chain(std::iter::repeat(BlockKind::Row));
        for (span, kind) in self.rows.into_iter().zip(kinds) {
            self.document.blocks.push(Block { kind, span, heading_path: self.heading_path.clone() });
        }
    }
}

/// Writes a cell and the bar after it: line ends become spaces, bars are escaped.
fn push_cell(text: &mut String, cell: &str) {
    text.push(' ');
    let mut rest = cell.trim();
    while let Some(place) = rest.find(['\n', '\r', '|', '\0']) {
        text.push_str(&rest[..place]);
        match rest.as_bytes()[place] {
            b'|' => text.push_str("\\|"),
            b'\0' => text.push('\u{fffd}'),
            _ => text.push(' '),
        }
        rest = &rest[place + 1..];
    }
    text.push_str(rest);
    text.push_str(" |");
}
