//! A chart's cached data as a table: categories down, series across.

use super::xml::{Element, Xml};

/// How many points of a series are read.
const POINTS_MAX: usize = 16_000;
/// How many series of a chart are read.
const SERIES_MAX: usize = 255;
/// How many cells the table of a chart has at most.
const CELLS_MAX: usize = 100_000;

/// What a chart shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Chart {
    pub title: String,
    /// `Bar chart`, `Line chart` and the like.
    pub kind: &'static str,
    /// What its categories are.
    pub categories: String,
    /// Its data; the first row names the series.
    pub rows: Vec<Vec<String>>,
}

#[derive(Default)]
struct Series {
    name: Vec<String>,
    categories: Vec<String>,
    values: Vec<String>,
}

/// Reads the part of a chart.
pub(crate) fn read(xml: &mut Xml<'_>) -> Chart {
    let mut chart = Chart { kind: "Other chart", ..Chart::default() };
    let mut series = Vec::new();
    let Some(root) = xml.root() else { return chart };
    while let Some(part) = xml.child(root.inner) {
        if part.name() != "chart" {
            continue;
        }
        while let Some(part) = xml.child(part.inner) {
            match part.name() {
                "title" => chart.title = title(xml, &part),
                "plotArea" => plots(xml, &part, &mut chart, &mut series),
                _ => {}
            }
        }
    }
    chart.rows = rows(&series);
    chart
}

fn plots(xml: &mut Xml<'_>, area: &Element<'_>, chart: &mut Chart, series: &mut Vec<Series>) {
    let mut known = false;
    while let Some(plot) = xml.child(area.inner) {
        if matches!(plot.name(), "catAx" | "dateAx") && chart.categories.is_empty() {
            while let Some(part) = xml.child(plot.inner) {
                if part.name() == "title" {
                    chart.categories = title(xml, &part);
                }
            }
        }
        if !plot.name().ends_with("Chart") {
            continue;
        }
        if !known {
            chart.kind = match plot.name() {
                "barChart" | "bar3DChart" => "Bar chart",
                "lineChart" | "line3DChart" => "Line chart",
                "pieChart" | "pie3DChart" | "doughnutChart" => "Pie chart",
                "scatterChart" => "Scatter chart",
                _ => "Other chart",
            };
            known = true;
        }
        while let Some(part) = xml.child(plot.inner) {
            if part.name() == "ser" && series.len() < SERIES_MAX {
                series.push(one_series(xml, &part));
            }
        }
    }
}

fn one_series(xml: &mut Xml<'_>, element: &Element<'_>) -> Series {
    let mut series = Series::default();
    while let Some(part) = xml.child(element.inner) {
        match part.name() {
            "tx" => series.name = cached(xml, &part),
            "cat" | "xVal" => series.categories = cached(xml, &part),
            "val" | "yVal" => series.values = cached(xml, &part),
            _ => {}
        }
    }
    series
}

/// The points below an element, by their indexes. Of labels with several levels, the innermost are read.
fn cached(xml: &mut Xml<'_>, element: &Element<'_>) -> Vec<String> {
    let mut points = Vec::new();
    let mut levels = 0;
    let mut open = vec![element.inner];
    while let Some(inner) = open.last().copied() {
        let Some(part) = xml.child(inner) else {
            open.pop();
            continue;
        };
        match part.name() {
            "lvl" => {
                levels += 1;
                if levels == 1 {
                    open.push(part.inner);
                }
            }
            "pt" => {
                let index = part.number("idx").and_then(|index| usize::try_from(index).ok());
                let index = index.unwrap_or(points.len());
                let mut value = String::new();
                while let Some(own) = xml.child(part.inner) {
                    value = xml.text(own.inner);
                }
                if index < POINTS_MAX {
                    points.resize(points.len().max(index + 1), String::new());
                    points[index] = number(&value);
                }
            }
            "v" if points.is_empty() => points.push(xml.text(part.inner)),
            "f" | "formatCode" => {}
            _ => open.push(part.inner),
        }
    }
    points
}

/// A value as one would write it: `4.4` where the cache has `4.4000000000000004`, `2` for `2.0`.
fn number(value: &str) -> String {
    match value.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => number.to_string(),
        _ => value.to_owned(),
    }
}

fn title(xml: &mut Xml<'_>, element: &Element<'_>) -> String {
    let mut words = String::new();
    let mut open = vec![element.inner];
    while let Some(inner) = open.last().copied() {
        let Some(part) = xml.child(inner) else {
            open.pop();
            continue;
        };
        match part.name() {
            "t" | "v" => words.push_str(&xml.text(part.inner)),
            "p" if !words.is_empty() => {
                words.push(' ');
                open.push(part.inner);
            }
            "f" => {}
            _ => open.push(part.inner),
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rows(series: &[Series]) -> Vec<Vec<String>> {
    let categories =
        series.iter().map(|own| &own.categories[..]).find(|own| !own.is_empty()).unwrap_or_default();
    let longest = series.iter().map(|own| own.values.len()).max().unwrap_or(0).max(categories.len());
    if longest == 0 {
        return Vec::new();
    }
    let mut header = vec![String::new()];
    header.extend(series.iter().map(|own| own.name.first().cloned().unwrap_or_default()));
    let mut rows = vec![header];
    for point in 0..longest {
        let category = categories.get(point).map_or("", String::as_str);
        let values = series.iter().map(|own| own.values.get(point).map_or("", String::as_str));
        let row: Vec<String> = std::iter::once(category).chain(values).map(str::to_owned).collect();
        if row.iter().any(|cell| !cell.is_empty()) && (rows.len() + 1) * row.len() <= CELLS_MAX {
            rows.push(row);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_points_are_a_table() {
        let text = "<c:chartSpace><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>The </a:t></a:r><a:r><a:t>title</a:t>\
            </a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:f>S!A1</c:f>\
            <c:strCache><c:ptCount val='1'/><c:pt idx='0'><c:v>One</c:v></c:pt></c:strCache></c:strRef></c:tx>\
            <c:cat><c:strRef><c:strCache><c:pt idx='0'><c:v>a</c:v></c:pt><c:pt idx='1'><c:v>b</c:v></c:pt></c:strCache>\
            </c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>General</c:formatCode><c:pt idx='1'>\
            <c:v>4.4000000000000004</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea>\
            </c:chart></c:chartSpace>";
        let chart = read(&mut Xml::new(text));
        assert_eq!((chart.title.as_str(), chart.kind), ("The title", "Bar chart"));
        assert_eq!(chart.rows, [vec!["", "One"], vec!["a", ""], vec!["b", "4.4"]]);
    }

    #[test]
    fn a_far_index_makes_no_large_table() {
        let text = "<c><chart><plotArea><pieChart><ser><val><pt idx='999999999'><v>1</v></pt></val></ser></pieChart>\
            </plotArea></chart></c>";
        assert!(read(&mut Xml::new(text)).rows.is_empty());
    }
}
