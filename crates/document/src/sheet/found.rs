//! What is to be told of a sheet's cells and links.

use super::Sheet;
use crate::{Document, Problem};

/// How many of each were met.
#[derive(Default)]
pub(crate) struct Found {
    pub hidden_rows: usize,
    pub hidden_columns: usize,
    /// Cells that refer to strings that are not there.
    pub unknown_strings: usize,
    /// Cells without an address.
    pub misplaced: usize,
    /// Formulas without a value.
    pub without_value: usize,
    /// Cells beyond those that are read.
    pub left_out: usize,
    /// Records that are cut off.
    pub damaged: usize,
}

impl Found {
    /// Adds it to the document's problems; `cells_max` is how many cells are read.
    pub(crate) fn tell(&self, sheet: &Sheet, cells_max: usize, document: &mut Document) {
        let mut tell = |count: usize, what: &str, why: &str, lost: bool| {
            if count > 0 {
                document.problems.push(sheet.problem(what, format!("{count} {why}"), lost));
            }
        };
        tell(self.hidden_rows, "rows", "are hidden; they were read", false);
        tell(self.hidden_columns, "columns", "are hidden; they were read", false);
        tell(self.unknown_strings, "cells", "refer to strings that the workbook does not have", true);
        tell(
            self.misplaced,
            "cells",
            "have no address within a sheet; they were put after those before",
            false,
        );
        let why = "have a formula without a stored value; the formula stands for it";
        tell(self.without_value, "cells", why, true);
        tell(self.damaged, "records", "are cut off", true);
        tell(self.left_out, "cells", &format!("were left out, over the limit of {cells_max}"), true);
    }
}

impl Sheet {
    /// The problem that some links lead where their cells do not say: rows, columns and addresses.
    pub(crate) fn links_unsaid<'a>(
        &self,
        links: impl Iterator<Item = (u32, u32, &'a str)>,
    ) -> Option<Problem> {
        let said = |(row, column, address): &(u32, u32, &str)| {
            let address = address.trim_start_matches("mailto:").trim_end_matches('/');
            self.get(*row, *column).contains(address)
        };
        let count = links.filter(|link| !said(link)).count();
        let why = format!("{count} lead to addresses that are not in the text");
        (count > 0).then(|| self.problem("links", why, true))
    }
}
