//! Charts as the tables of numbers that they show.

use super::cells::parse_range;
use crate::chart::Chart;
use crate::sheet::{Range, Sheet};
use crate::xml::{Element, local};

/// How many cells the tables of all charts of a workbook may have.
pub(super) const CELLS_MAX: usize = 1 << 20;

/// How many points of a series are read where they are stored.
const POINTS_MAX: usize = 100_000;
/// How many columns of categories within categories are read, less one.
const LEVELS_MAX: u32 = 7;

/// Elements of plots, and what such a chart is called.
const KINDS: [(&str, &str); 16] = [
    ("barChart", "Bar chart"),
    ("bar3DChart", "Bar chart"),
    ("lineChart", "Line chart"),
    ("line3DChart", "Line chart"),
    ("pieChart", "Pie chart"),
    ("pie3DChart", "Pie chart"),
    ("ofPieChart", "Pie chart"),
    ("doughnutChart", "Pie chart"),
    ("scatterChart", "Scatter chart"),
    ("areaChart", "Area chart"),
    ("area3DChart", "Area chart"),
    ("bubbleChart", "Bubble chart"),
    ("radarChart", "Radar chart"),
    ("stockChart", "Stock chart"),
    ("surfaceChart", "Surface chart"),
    ("surface3DChart", "Surface chart"),
];

/// A chart whose numbers have not been looked up yet.
pub(super) struct Plot {
    title: Option<String>,
    kind: &'static str,
    categories: Option<Source>,
    /// The series: name and numbers.
    series: Vec<(Option<Source>, Option<Source>)>,
}

/// Where numbers or names stand: cells, and what they said when the file was written.
struct Source {
    cells: Option<String>,
    stored: Vec<String>,
}

impl Plot {
    /// Reads a chart's part.
    pub(super) fn of(chart: &Element) -> Self {
        let area = first(chart, "plotArea");
        let plots: Vec<&Element> = area
            .into_iter()
            .flat_map(Element::elements)
            .filter(|plot| KINDS.iter().any(|(name, _)| local(&plot.name) == *name))
            .collect();
        let kind = plots.first().and_then(|plot| {
            KINDS.iter().find(|(name, _)| local(&plot.name) == *name).map(|(_, kind)| *kind)
        });
        let title = first(chart, "chart").and_then(|chart| child(chart, "title")).and_then(title);
        let mut categories = None;
        let mut series = Vec::new();
        for own in plots.iter().flat_map(|plot| plot.elements()).filter(|own| local(&own.name) == "ser") {
            let source = |names: [&str; 2]| names.iter().find_map(|name| child(own, name)).map(Source::of);
            if categories.is_none() {
                categories = source(["cat", "xVal"]);
            }
            series.push((source(["tx", "tx"]), source(["val", "yVal"])));
        }
        Self { title, kind: kind.unwrap_or("Chart"), categories, series }
    }

    /// The chart with its numbers, as far as `cells_left` allows.
    pub(super) fn chart(self, sheets: &[Sheet], cells_left: &mut usize) -> Chart {
        let room = *cells_left / (self.series.len() + 1);
        let said = |source: Option<&Source>| source.map_or_else(Vec::new, |source| source.said(sheets, room));
        let categories = said(self.categories.as_ref());
        let series: Vec<(String, Vec<String>)> = self
            .series
            .iter()
            .map(|(name, numbers)| (said(name.as_ref()).join(" "), said(numbers.as_ref())))
            .collect();
        let length = series.iter().map(|(_, numbers)| numbers.len()).max().unwrap_or(0).max(categories.len());
        *cells_left = cells_left.saturating_sub(length * (series.len() + 1));
        let mut rows = Vec::new();
        if !series.is_empty() && length > 0 {
            let names = series.iter().map(|(name, _)| name.clone());
            rows.push(std::iter::once(String::new()).chain(names).collect());
        }
        for place in 0..length {
            let category = categories.get(place).cloned().unwrap_or_default();
            let numbers = series.iter().map(|(_, numbers)| numbers.get(place).cloned().unwrap_or_default());
            rows.push(std::iter::once(category).chain(numbers).collect());
        }
        Chart { title: self.title, kind: self.kind, rows }
    }
}

impl Source {
    fn of(element: &Element) -> Self {
        let cells = element.descendants_local("f").first().map(|formula| formula.text());
        let mut stored: Vec<String> = Vec::new();
        for point in element.descendants_local("pt") {
            let place = point.attribute_local("idx").and_then(|place| place.parse().ok());
            let place = place.unwrap_or(stored.len());
            if place < POINTS_MAX {
                stored.resize(stored.len().max(place + 1), String::new());
                stored[place] = child(point, "v").map(Element::text).unwrap_or_default();
            }
        }
        if stored.is_empty() && cells.is_none() {
            stored.extend(child(element, "v").map(Element::text));
        }
        Self { cells, stored }
    }

    /// What its cells say, else what was stored; at most `most`.
    fn said(&self, sheets: &[Sheet], most: usize) -> Vec<String> {
        let cells = self.cells.as_deref().and_then(|cells| {
            let (name, range) = cells.rsplit_once('!')?;
            let name = name.trim();
            let name = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')).unwrap_or(name);
            let name = name.replace("''", "'");
            let sheet = sheets.iter().find(|sheet| sheet.name == name)?;
            Some(cells_of(sheet, parse_range(range)?, most))
        });
        let cells = cells.filter(|cells| cells.iter().any(|cell| !cell.is_empty()));
        cells.unwrap_or_else(|| self.stored.iter().take(most).cloned().collect())
    }
}

/// What the cells of a range say, one after the other; of a block of them, a row's cells together.
fn cells_of(sheet: &Sheet, range: Range, most: usize) -> Vec<String> {
    let rows = range.top..=range.bottom;
    if range.top < range.bottom && range.left < range.right {
        let columns = range.left..=range.right.min(range.left.saturating_add(LEVELS_MAX));
        let row = |row| {
            let cells = columns.clone().map(|column| sheet.get(row, column));
            cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" ")
        };
        return rows.take(most).map(row).collect();
    }
    let cells = rows.flat_map(|row| (range.left..=range.right).map(move |column| (row, column)));
    cells.take(most).map(|(row, column)| sheet.get(row, column).to_owned()).collect()
}

/// The text of a title: what is written in it, or in the cell it shows.
fn title(title: &Element) -> Option<String> {
    let written = title.descendants_local("t");
    let shown = title.descendants_local("v");
    let parts = if written.is_empty() { shown } else { written };
    let text: String = parts.into_iter().map(Element::text).collect();
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn child<'e>(element: &'e Element, name: &str) -> Option<&'e Element> {
    element.elements().find(|child| local(&child.name) == name)
}

fn first<'e>(element: &'e Element, name: &str) -> Option<&'e Element> {
    element.descendants_local(name).into_iter().next()
}
