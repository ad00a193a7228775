//! Charts within documents: a mark in the text, and the numbers that they show as a table.

use crate::compose::{block, lines, separate};
use crate::picture;
use crate::table::{Rows, Shape, Table};
use crate::{BlockKind, Document};

/// A chart.
pub(crate) struct Chart {
    pub title: Option<String>,
    /// Such as `Bar chart`.
    pub kind: &'static str,
    /// Its numbers, the first row the series' names.
    pub rows: Vec<Vec<String>>,
}

impl Chart {
    /// Writes it: title, mark, kind, numbers.
    pub(crate) fn write(&self, document: &mut Document, path: &[String]) {
        if let Some(title) = &self.title {
            block(document, path, BlockKind::Paragraph, &lines(title));
        }
        picture::mark(document, path);
        block(document, path, BlockKind::Paragraph, self.kind);
        if self.rows.len() > 1 {
            separate(document);
            let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
            let cells = self.rows.iter().map(Vec::len).sum();
            let shape = Shape { columns, rows: self.rows.len(), cells };
            let mut table = Table::new(document, path.to_vec(), shape, Rows::ApartWhenLong);
            for row in &self.rows {
                table.row(row.iter().map(String::as_str));
            }
            table.end();
        }
    }
}
