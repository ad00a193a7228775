//! Charts and formulas within OpenDocument files.

use super::blocks::Writer;
use crate::BlockKind;
use crate::chart::Chart;
use crate::compose::line;
use crate::xml::{self, Element, Token, Xml, local};

/// Classes of charts, and what such a chart is called.
const KINDS: [(&str, &str); 11] = [
    ("chart:bar", "Bar chart"),
    ("chart:line", "Line chart"),
    ("chart:circle", "Pie chart"),
    ("chart:ring", "Pie chart"),
    ("chart:scatter", "Scatter chart"),
    ("chart:area", "Area chart"),
    ("chart:bubble", "Bubble chart"),
    ("chart:radar", "Radar chart"),
    ("chart:filled-radar", "Radar chart"),
    ("chart:stock", "Stock chart"),
    ("chart:surface", "Surface chart"),
];
/// How many cells a chart's table may have.
const CELLS_MAX: usize = 1 << 18;

/// What is in an embedded object.
pub(super) enum Object {
    Chart(Chart),
    Formula(String),
}

/// Writes what an object shows; `false` when it is of another kind, and its picture has to stand for it.
pub(super) fn write(object: &Element, writer: &mut Writer<'_, '_>) -> bool {
    match read(object, writer.package.as_deref_mut()) {
        Some(Object::Chart(chart)) => {
            let path = writer.path();
            chart.write(writer.document, &path);
        }
        Some(Object::Formula(formula)) => writer.block(BlockKind::Paragraph, &format!("${formula}$")),
        None => return false,
    }
    true
}

/// Reads an object, in the file or beside it.
pub(super) fn read(object: &Element, package: Option<&mut crate::package::Package<'_>>) -> Option<Object> {
    if let Some(root) = object.elements().next() {
        return of(root);
    }
    let folder = object.attribute("xlink:href")?.trim_start_matches("./").trim_end_matches('/');
    let bytes = package?.read(&format!("{folder}/content.xml")).ok()??;
    let text = xml::decoded(bytes);
    let mut xml = Xml::new(&text);
    while let Ok(Some(token)) = xml.next() {
        if let Token::Start(tag) = token {
            return of(&xml.tree(&tag).ok()?);
        }
    }
    None
}

fn of(root: &Element) -> Option<Object> {
    if local(&root.name) == "math" {
        let written = root.descendants_local("annotation").into_iter().next().map(Element::text);
        let formula = line(&written.unwrap_or_else(|| root.text()));
        return (!formula.is_empty()).then_some(Object::Formula(formula));
    }
    let chart = root.descendants("chart:chart").into_iter().next()?;
    let kind = chart.attribute("chart:class").and_then(|class| KINDS.iter().find(|(name, _)| *name == class));
    let title = chart.descendants("chart:title").into_iter().next().map(|title| line(&title.text()));
    let rows = chart.descendants("table:table").into_iter().next().map(rows).unwrap_or_default();
    Some(Object::Chart(Chart {
        title: title.filter(|title| !title.is_empty()),
        kind: kind.map_or("Chart", |(_, kind)| kind),
        rows,
    }))
}

/// The rows of a chart's own table.
fn rows(table: &Element) -> Vec<Vec<String>> {
    let mut cells = 0;
    let mut rows = Vec::new();
    for row in table.descendants("table:table-row") {
        let own: Vec<String> = row
            .elements()
            .filter(|cell| cell.name == "table:table-cell")
            .map(|cell| line(&cell.descendants("text:p").first().map(|said| said.text()).unwrap_or_default()))
            .collect();
        cells += own.len();
        if cells > CELLS_MAX {
            break;
        }
        rows.push(own);
    }
    rows
}
