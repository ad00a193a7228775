//! Tables in texts and on pages, and what cells say, there and in sheets.

use std::borrow::Cow;

use super::blocks::Writer;
use super::inline;
use super::lists;
use super::styles::Styles;
use crate::calendar::{duration, number};
use crate::compose::{line, separate};
use crate::table::{Rows, Shape, Table};
use crate::xml::Element;

/// How many columns and cells a table may have.
const COLUMNS_MAX: usize = 16_384;
const CELLS_MAX: usize = 1 << 20;

/// A cell of a table.
#[derive(Clone, Debug, Default)]
struct Cell {
    text: String,
    /// How many rows and columns it covers, itself included, and whether each of them says what it says.
    rows: usize,
    columns: usize,
    repeats: bool,
}

/// The cells of a table with their places, and how far they reach.
#[derive(Default)]
struct Grid {
    cells: Vec<(usize, usize, Cell)>,
    row: usize,
    left_out: usize,
}

impl Writer<'_, '_> {
    /// Writes a table, from its first to its last row and column that say something.
    pub(super) fn table(&mut self, element: &Element) {
        let mut grid = Grid::default();
        let mut nested = Vec::new();
        grid.rows(element, self, &mut nested);
        if grid.left_out > 0 {
            let why = format!("{} cells were left out, over the limit of {CELLS_MAX}", grid.left_out);
            self.problem("table", &why, true);
        }
        let rows = grid.filled();
        if !rows.is_empty() {
            separate(self.document);
            let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
            let shape = Shape { columns, rows: rows.len(), cells: rows.iter().map(Vec::len).sum() };
            let path = self.path();
            let mut table = Table::new(self.document, path, shape, Rows::ApartWhenLong);
            for row in &rows {
                table.row(row.iter().copied());
            }
            table.end();
        }
        // Pictures, notes and tables within cells follow the table.
        for cell in nested {
            self.within_cell(cell);
        }
    }

    fn within_cell(&mut self, cell: &Element) {
        for child in cell.elements() {
            match child.name.as_str() {
                "text:p" | "text:h" => {
                    let inline = inline::read(child, self.styles, self.next_note());
                    self.hanging(vec![inline]);
                }
                "text:list" => {
                    let lines = lists::read(child, self, None);
                    self.hanging(lines.frames);
                }
                "table:table" => self.table(child),
                "office:annotation" => self.element(child),
                name if name.starts_with("draw:") => self.frame(child),
                _ => self.within_cell(child),
            }
        }
    }
}

impl Grid {
    fn rows<'e>(&mut self, element: &'e Element, writer: &Writer<'_, '_>, nested: &mut Vec<&'e Element>) {
        for child in element.elements() {
            match child.name.as_str() {
                "table:table-row" => {
                    let start = self.cells.len();
                    let row = self.row;
                    self.cells_of(child, writer, nested);
                    let says = self.cells[start..].iter().any(|(_, _, cell)| !cell.text.is_empty());
                    let repeated = attribute(child, "table:number-rows-repeated");
                    let copies: Vec<_> = self.cells[start..].to_vec();
                    for copy in 1..if says { repeated } else { 1 } {
                        if self.cells.len() + copies.len() > CELLS_MAX {
                            self.left_out += (repeated - copy).saturating_mul(copies.len());
                            break;
                        }
                        let copied =
                            copies.iter().map(|(_, column, cell)| (row + copy, *column, cell.clone()));
                        self.cells.extend(copied);
                    }
                    self.row = row.saturating_add(repeated);
                }
                "table:table-header-rows" | "table:table-rows" | "table:table-row-group" => {
                    self.rows(child, writer, nested);
                }
                _ => {}
            }
        }
    }

    fn cells_of<'e>(&mut self, row: &'e Element, writer: &Writer<'_, '_>, nested: &mut Vec<&'e Element>) {
        let mut column = 0usize;
        for element in row.elements() {
            let repeated = attribute(element, "table:number-columns-repeated");
            if element.name == "table:table-cell" {
                let cell = Cell {
                    text: said(element, writer),
                    rows: attribute(element, "table:number-rows-spanned"),
                    columns: attribute(element, "table:number-columns-spanned"),
                    repeats: plain(element),
                };
                if element.elements().any(|child| child.name != "text:p" || child.elements().next().is_some())
                {
                    nested.push(element);
                }
                let says = !cell.text.is_empty();
                for place in column..column.saturating_add(repeated).min(COLUMNS_MAX) {
                    if says && self.cells.len() < CELLS_MAX {
                        self.cells.push((self.row, place, cell.clone()));
                    } else if says {
                        self.left_out += 1;
                    }
                }
            }
            column = column.saturating_add(repeated);
        }
    }

    /// The rows from the first to the last that says something, as wide as they all are together.
    fn filled(&self) -> Vec<Vec<&str>> {
        let columns = || self.cells.iter().map(|(_, column, _)| *column);
        let rows = || self.cells.iter().map(|(row, _, _)| *row);
        let (Some(top), Some(bottom), Some(left)) = (rows().min(), rows().max(), columns().min()) else {
            return Vec::new();
        };
        let ends = self.cells.iter().map(|(_, column, cell)| column + cell.columns - 1);
        // A cell that covers others reaches as far as the table does.
        let right = columns().max().unwrap_or(left).max(ends.max().unwrap_or(left).min(COLUMNS_MAX));
        let width = right - left + 1;
        if (bottom - top + 1).saturating_mul(width) > 8 * CELLS_MAX {
            let each = self.cells.iter().map(|(_, _, cell)| vec![cell.text.as_str()]);
            return each.collect();
        }
        let mut filled = vec![vec![""; width]; bottom - top + 1];
        for (row, column, cell) in &self.cells {
            let (rows, columns) = if cell.repeats { (cell.rows, cell.columns) } else { (1, 1) };
            for row in filled.iter_mut().skip(row - top).take(rows) {
                for place in row.iter_mut().skip(column - left).take(columns) {
                    if place.is_empty() {
                        *place = &cell.text;
                    }
                }
            }
        }
        filled
    }
}

/// What a cell of a sheet says.
pub(super) fn said_in_sheet(cell: &Element, styles: &Styles) -> String {
    let paragraphs: Vec<&Element> = cell.elements().filter(|child| child.name == "text:p").collect();
    if paragraphs.len() <= 1
        && let Some(value) = value(cell)
    {
        return value;
    }
    let texts = paragraphs.into_iter().map(|paragraph| inline::plain(paragraph, styles));
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Whether a cell holds one value, or a line of text that is its value: such a cell says it for all it covers.
pub(super) fn plain(cell: &Element) -> bool {
    let mut children = cell.elements();
    let single = children.next().is_none_or(|child| child.name == "text:p") && children.next().is_none();
    single && cell.attribute("office:value-type").is_some()
}

fn value(cell: &Element) -> Option<String> {
    typed(&|name| cell.attribute(name).map(Cow::Borrowed))
}

/// What a cell's type says of its value; `None` for text, which its paragraphs say.
pub(super) fn typed<'c>(attribute: &dyn Fn(&str) -> Option<Cow<'c, str>>) -> Option<String> {
    let said = |name: &str| attribute(name).filter(|value| !value.trim().is_empty());
    match &*attribute("office:value-type")? {
        "float" | "percentage" | "currency" => {
            let mut text = number(&said("office:value")?);
            if text.ends_with(".0") {
                text.truncate(text.len() - 2);
            }
            Some(text)
        }
        "date" => {
            let date = said("office:date-value")?;
            let date = date.trim();
            Some(date.split('.').next().unwrap_or(date).replace('T', " "))
        }
        "time" => {
            let written = said("office:time-value")?;
            Some(length(written.trim()).and_then(duration).unwrap_or_else(|| written.trim().to_owned()))
        }
        "boolean" => {
            Some(if said("office:boolean-value")?.trim() == "true" { "True" } else { "False" }.to_owned())
        }
        _ => None,
    }
}

/// The seconds of a length of time such as `PT01H30M00S`.
fn length(written: &str) -> Option<f64> {
    let (sign, rest) = written.strip_prefix('-').map_or((1.0, written), |rest| (-1.0, rest));
    let mut seconds = 0.0;
    let mut digits = String::new();
    let mut in_time = false;
    for c in rest.strip_prefix('P')?.chars() {
        let unit = match c {
            'T' => {
                in_time = true;
                continue;
            }
            'D' => 86_400.0,
            'H' => 3_600.0,
            'M' if in_time => 60.0,
            'S' => 1.0,
            '0'..='9' | '.' | ',' => {
                digits.push(if c == ',' { '.' } else { c });
                continue;
            }
            _ => return None,
        };
        seconds += digits.parse::<f64>().ok()? * unit;
        digits.clear();
    }
    Some(sign * seconds)
}

/// What a cell of a table in a text says, on one line.
fn said(cell: &Element, writer: &Writer<'_, '_>) -> String {
    if plain(cell)
        && let Some(value) = value(cell)
    {
        return value;
    }
    let mut parts: Vec<String> = Vec::new();
    within(cell, writer, &mut parts);
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

fn within(cell: &Element, writer: &Writer<'_, '_>, parts: &mut Vec<String>) {
    for child in cell.elements() {
        match child.name.as_str() {
            "text:p" | "text:h" => {
                parts.push(line(&inline::read(child, writer.styles, writer.next_note()).text))
            }
            "text:list" => {
                parts
                    .extend(lists::read(child, writer, None).text.lines().map(|item| item.trim().to_owned()));
            }
            "table:table" | "office:annotation" => {}
            name if name.starts_with("draw:") => {}
            _ => within(child, writer, parts),
        }
    }
}

/// A number of times, at least one.
fn attribute(element: &Element, name: &str) -> usize {
    element.attribute(name).and_then(|times| times.parse().ok()).unwrap_or(1).clamp(1, 1 << 24)
}
