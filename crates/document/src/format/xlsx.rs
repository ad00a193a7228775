//! Workbooks as Excel writes them (`.xlsx`, `.xlsm`, their templates): each sheet a page, its tables as Markdown.
//!
//! Owns how a workbook's parts hang together. Macros are no part of the text; formulas give the values that were
//! stored for them.

mod cells;
mod chart;
mod comments;
mod drawing;
mod formats;
mod strings;

use std::collections::HashMap;

use super::{Context, Damage, Entry, Read};
use crate::chart::Chart;
use crate::locked::is_locked;
use crate::package::Package;
use crate::package::properties;
use crate::package::relations::Relations;
use crate::sheet::numbers::Formats;
use crate::sheet::shared::Strings;
use crate::sheet::{Content, Float, Pages, Range, Sheet};
use crate::xml::{self, Token, Xml};
use crate::{Attachment, Document, Problem};

/// Workbooks.
pub(crate) const FORMAT: Entry = Entry {
    name: "xlsx",
    endings: &["xlsx", "xlsm", "xltx", "xltm"],
    names: &[],
    prose: false,
    read: Read::Bytes { sniff, read },
};

/// How many sheets a workbook may have.
const SHEETS_MAX: usize = 4096;
/// Where files within a workbook are.
const EMBEDDED: &str = "xl/embeddings/";
/// How an old binary Office file begins; encrypted packages are within one.
const COMPOUND: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// What all sheets of a workbook share.
struct Workbook {
    strings: Strings,
    formats: Formats,
    /// Sheets as the workbook lists them.
    sheets: Vec<Listed>,
}

/// A sheet as the workbook lists it.
struct Listed {
    name: String,
    hidden: bool,
    /// Its part, if the workbook says which.
    part: Option<String>,
}

/// A chart on a sheet that is read when all sheets are.
struct Plotted {
    sheet: usize,
    top: u32,
    chart: chart::Plot,
}

fn sniff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK")
        && Package::open(bytes).is_ok_and(|package| package.names().any(|name| name == "xl/workbook.xml"))
}

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    if bytes.starts_with(&COMPOUND) {
        return Err(compound(bytes));
    }
    let mut package = Package::open(bytes)?;
    let mut document = Document::new(context.format, String::new());
    let workbook = workbook(&mut package, &mut document)?;
    let (sheets, plotted) = sheets(&mut package, &workbook, &mut document)?;
    let sheets = with_charts(sheets, plotted);
    let mut pages = Pages::new(&mut document, true);
    sheets.into_iter().for_each(|sheet| pages.write(sheet));
    document.text.truncate(document.text.trim_end().len());
    embedded(&mut package, &mut document)?;
    for part in ["docProps/app.xml", "docProps/core.xml"] {
        if let Ok(Some(bytes)) = package.read(part) {
            properties::read(&xml::decoded(bytes), &mut document);
        }
    }
    Ok(document)
}

/// What a compound file says: an encrypted package, or a workbook of before 2007.
fn compound(bytes: &[u8]) -> Damage {
    if is_locked(bytes) {
        return Damage::Locked;
    }
    Damage::Broken("it is a binary file of an older Excel; saved as .xlsx it can be read".into())
}

fn workbook(package: &mut Package<'_>, document: &mut Document) -> Result<Workbook, Damage> {
    let roots = Relations::of(package, "").parts("officeDocument");
    let part = roots.into_iter().next().unwrap_or_else(|| "xl/workbook.xml".into());
    let text = xml::decoded(package.require(&part)?);
    let relations = Relations::of(package, &part);
    let mut xml = Xml::new(&text);
    let mut sheets = Vec::new();
    let mut since_1904 = false;
    loop {
        match xml.next() {
            Ok(Some(Token::Start(tag))) => match tag.local() {
                "workbookPr" => since_1904 = tag.says("date1904"),
                "sheet" if sheets.len() < SHEETS_MAX => sheets.push(Listed {
                    name: tag.attribute("name").unwrap_or_default().into_owned(),
                    hidden: tag
                        .attribute("state")
                        .is_some_and(|state| state.to_lowercase().contains("hidden")),
                    part: tag.attribute("id").and_then(|id| relations.part(&id)).map(str::to_owned),
                }),
                "sheet" => return Err(Damage::TooMuch(format!("it has more than {SHEETS_MAX} sheets"))),
                _ => {}
            },
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(why) if sheets.is_empty() => {
                return Err(Damage::Broken(format!("its list of sheets: {why}")));
            }
            Err(why) => {
                document.problems.push(lost("the list of sheets", "sheets", why));
                break;
            }
        }
    }
    let shared = optional(package, &relations, "sharedStrings", document)?;
    let styles = optional(package, &relations, "styles", document)?;
    let strings = strings::read(&shared, document);
    let formats = formats::read(&styles, since_1904);
    Ok(Workbook { strings, formats, sheets })
}

/// The part of a kind that a workbook may have; empty when it has none.
fn optional(
    package: &mut Package<'_>,
    relations: &Relations,
    kind: &str,
    document: &mut Document,
) -> Result<String, Damage> {
    let Some(part) = relations.parts(kind).into_iter().next() else { return Ok(String::new()) };
    match package.read(&part) {
        Ok(bytes) => Ok(bytes.map(xml::decoded).unwrap_or_default()),
        Err(Damage::Broken(why)) => {
            document.problems.push(lost(&format!("part `{part}`"), kind, why));
            Ok(String::new())
        }
        Err(damage) => Err(damage),
    }
}

fn sheets(
    package: &mut Package<'_>,
    workbook: &Workbook,
    document: &mut Document,
) -> Result<(Vec<Sheet>, Vec<Plotted>), Damage> {
    let mut sheets = Vec::with_capacity(workbook.sheets.len());
    let mut plotted = Vec::new();
    let mut read: HashMap<&str, usize> = HashMap::new();
    for (number, listed) in workbook.sheets.iter().enumerate() {
        let mut sheet = Sheet::beside(&sheets, listed.name.clone());
        if listed.hidden {
            document.problems.push(sheet.problem("sheet", "it is hidden; it was read".into(), false));
        }
        let Some(part) = listed.part.as_deref() else {
            document.problems.push(sheet.problem(
                "sheet",
                "the workbook does not say where it is".into(),
                true,
            ));
            sheets.push(sheet);
            continue;
        };
        if let Some(first) = read.insert(part, number) {
            let why = format!("it is the same part as sheet {}; it was read once", first + 1);
            document.problems.push(sheet.problem("sheet", why, false));
            sheets.push(sheet);
            continue;
        }
        match package.read(part) {
            Ok(Some(bytes)) => {
                let text = xml::decoded(bytes);
                let links = cells::read(&text, workbook, &mut sheet, document);
                let relations = Relations::of(package, part);
                let leads = |(place, id): &(Range, String)| {
                    (place.top, place.left, relations.outside(id).unwrap_or_default())
                };
                document.problems.extend(sheet.links_unsaid(links.iter().map(leads)));
                for (top, chart) in around(package, &relations, &mut sheet, document) {
                    plotted.push(Plotted { sheet: number, top, chart });
                }
            }
            Ok(None) => {
                let why = format!("the package has no part `{part}`");
                document.problems.push(sheet.problem("sheet", why, true));
            }
            Err(Damage::Locked) => return Err(Damage::Locked),
            Err(Damage::Broken(why) | Damage::TooMuch(why)) => {
                document.problems.push(sheet.problem("sheet", why, true));
            }
        }
        sheets.push(sheet);
    }
    Ok((sheets, plotted))
}

/// Reads what lies around a sheet's cells: pictures, text boxes, comments. Gives the charts.
fn around(
    package: &mut Package<'_>,
    relations: &Relations,
    sheet: &mut Sheet,
    document: &mut Document,
) -> Vec<(u32, chart::Plot)> {
    let mut charts = Vec::new();
    for part in relations.parts("drawing") {
        charts.extend(drawing::read(package, &part, sheet, document));
    }
    comments::read(package, relations, sheet, document);
    charts
}

/// The sheets with their charts, whose numbers stand on any of them.
fn with_charts(mut sheets: Vec<Sheet>, plotted: Vec<Plotted>) -> Vec<Sheet> {
    let mut cells_left = chart::CELLS_MAX;
    let charts: Vec<(usize, u32, Chart)> = plotted
        .into_iter()
        .map(|plotted| (plotted.sheet, plotted.top, plotted.chart.chart(&sheets, &mut cells_left)))
        .collect();
    for (sheet, top, chart) in charts {
        if let Some(sheet) = sheets.get_mut(sheet) {
            sheet.floats.push(Float { top, content: Content::Chart(chart) });
        }
    }
    sheets
}

/// Takes the files within the workbook: documents of their own. Objects of other applications cannot be read.
fn embedded(package: &mut Package<'_>, document: &mut Document) -> Result<(), Damage> {
    let parts: Vec<String> = package.names().filter(|name| name.starts_with(EMBEDDED)).collect();
    for part in parts {
        let name = part.trim_start_matches(EMBEDDED).to_owned();
        let known = !name.to_ascii_lowercase().ends_with(".bin") && !name.contains('/');
        match package.read(&part) {
            Ok(Some(bytes)) if known => document.attachments.push(Attachment { name, bytes }),
            Ok(_) => {
                let why = "an object of another application cannot be read".to_owned();
                document.problems.push(lost(&format!("part `{part}`"), "embedded file", why));
            }
            Err(Damage::Broken(why)) => {
                document.problems.push(lost(&format!("part `{part}`"), "embedded file", why));
            }
            Err(damage) => return Err(damage),
        }
    }
    Ok(())
}

fn lost(place: &str, what: &str, why: String) -> Problem {
    Problem { place: place.into(), what: what.into(), why, content_lost: true }
}
