//! Separated values: stored as a Markdown table, each row a passage with the header.

use super::{Entry, Read};
use crate::table::{Rows, Shape, Table};
use crate::{Document, Format, Problem};

/// Comma-, semicolon-, tab- or bar-separated values.
pub(crate) const FORMAT: Entry = Entry {
    name: "csv",
    endings: &["csv", "tsv"],
    names: &[],
    prose: false,
    read: Read::Text(|text, _| Ok(parse(&text))),
};

/// The separators that are told apart, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many bytes are looked at to find the separator.
const SNIFF_BYTES: usize = 16 << 10;
/// Problems with rows are told one by one up to this many, then counted.
const ROW_PROBLEMS_MAX: usize = 20;

/// Reads separated values. The first row is the header; every row is as wide as the widest.
pub(crate) fn parse(text: &str) -> Document {
    let mut document = Document::new(Format(&FORMAT), String::with_capacity(text.len() + text.len() / 4));
    let (named, text) = named_separator(text);
    let separator = named.unwrap_or_else(|| separator(text));
    let shape = shape(text, separator);
    let mut table = Table::new(&mut document, Vec::new(), shape, Rows::Apart);
    let mut reader = reader(text, separator);
    let mut record = csv::StringRecord::new();
    let mut problems = Vec::new();
    let mut columns = 0;
    let mut uneven = 0;
    for row in 1.. {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(true) => {
                table.row(record.iter());
                columns = if columns == 0 { record.len() } else { columns };
                if record.len() != columns {
                    uneven += 1;
                    if uneven <= ROW_PROBLEMS_MAX {
                        problems.push(uneven_row(row, record.len(), columns));
                    }
                }
            }
            Err(error) => {
                let why = format!("it cannot be read: {error}");
                problems.push(Problem { content_lost: true, ..about_row(format!("row {row}"), why) });
                break;
            }
        }
    }
    table.end();
    if uneven > ROW_PROBLEMS_MAX {
        let why = format!("{} more rows have other than {columns} cells", uneven - ROW_PROBLEMS_MAX);
        problems.push(about_row("rows".into(), why));
    }
    document.problems = problems;
    document
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes())
}

/// How large the table will be.
fn shape(text: &str, separator: u8) -> Shape {
    let mut reader = reader(text, separator);
    let mut record = csv::ByteRecord::new();
    let mut shape = Shape { columns: 0, rows: 0, cells: 0 };
    while let Ok(true) = reader.read_byte_record(&mut record) {
        shape.columns = shape.columns.max(record.len());
        shape.rows += 1;
        shape.cells += record.len();
    }
    shape
}

fn uneven_row(row: usize, cells: usize, columns: usize) -> Problem {
    let why = format!("it has {cells} cells where the header has {columns}; all were kept");
    about_row(format!("row {row}"), why)
}

fn about_row(place: String, why: String) -> Problem {
    Problem { place, what: "row".into(), why, content_lost: false }
}

/// The separator that a first line such as `sep=;` names, which is none of the rows, and the text of the rows.
fn named_separator(text: &str) -> (Option<u8>, &str) {
    let named = text.split_once('\n').and_then(|(first, rest)| {
        let mut bytes = first.trim_end_matches('\r').strip_prefix("sep=")?.bytes();
        let separator = bytes.next().filter(u8::is_ascii)?;
        bytes.next().is_none().then_some((Some(separator), rest))
    });
    named.unwrap_or((None, text))
}

/// The separator that gives the most even rows: most rows have as many of it, and they have many.
fn separator(text: &str) -> u8 {
    let rows = separators_by_row(text);
    let even = |separator: usize| {
        let mut counts: Vec<usize> =
            rows.iter().map(|row| row[separator]).filter(|count| *count > 0).collect();
        counts.sort_unstable();
        let runs = counts.chunk_by(|a, b| a == b).map(|run| (run.len(), run[0]));
        runs.max().unwrap_or((0, 0))
    };
    let mut best = (SEPARATORS[0], (0, 0));
    for (place, separator) in SEPARATORS.into_iter().enumerate() {
        let score = even(place);
        if score > best.1 {
            best = (separator, score);
        }
    }
    best.0
}

/// How many of each separator the first rows have, outside quotes; rows without any are left out.
fn separators_by_row(text: &str) -> Vec<[usize; SEPARATORS.len()]> {
    let mut rows = Vec::new();
    let mut row = [0; SEPARATORS.len()];
    let mut quoted = false;
    for byte in text.bytes().take(SNIFF_BYTES) {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => rows.push(std::mem::take(&mut row)),
            byte if !quoted => {
                if let Some(place) = SEPARATORS.iter().position(|separator| *separator == byte) {
                    row[place] += 1;
                }
            }
            _ => {}
        }
    }
    if text.len() <= SNIFF_BYTES || rows.is_empty() {
        rows.push(row);
    }
    rows.retain(|row| row.iter().any(|count| *count > 0));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) -> Document {
        let document = parse(text);
        assert_eq!(document.text, expect);
        document
    }

    #[test]
    fn every_separator_gives_the_same_table() {
        let expect = "| a | b |\n| --- | --- |\n| 1 | x, y |\n";
        for text in ["a,b\n1,\"x, y\"\n", "a;b\n1;x, y\n", "a\tb\n1\tx, y\n", "a|b\n1|x, y\n"] {
            let document = check(text, expect);
            assert_eq!(document.blocks[1].span.of(&document.text), "| 1 | x, y |");
        }
    }

    #[test]
    fn uneven_rows_are_kept_and_told() {
        let expect = "| a | b |  |\n| --- | --- | --- |\n| 1 |  |  |\n| 1 | 2 | 3 |\n";
        let document = check("a,b\n1\n1,2,3\n\n", expect);
        assert_eq!(document.problems.len(), 2);
        assert!(document.problems.iter().all(|problem| !problem.content_lost));
    }

    #[test]
    fn a_separator_is_found_below_a_title_and_beside_others() {
        check("Report\na;b\n1;2,5\n", "| Report |  |\n| --- | --- |\n| a | b |\n| 1 | 2,5 |\n");
        check(
            "n;size (w, h);p\nA;1,5;2\n",
            "| n | size (w, h) | p |\n| --- | --- | --- |\n| A | 1,5 | 2 |\n",
        );
        check("\"a\n;;;;\",b\n1,2\n", "| a ;;;; | b |\n| --- | --- |\n| 1 | 2 |\n");
    }

    #[test]
    fn short_rows_beside_a_huge_one_are_not_padded() {
        let text = format!("{}\n{}", vec!["x"; 100_000].join(","), "y\n".repeat(100_000));
        assert!(parse(&text).text.len() < 4 << 20);
    }

    #[test]
    fn a_million_columns_are_kept() {
        let row = vec!["x"; 1_000_000].join(",");
        let document = parse(&format!("{row}\n{row}\n"));
        assert_eq!(document.blocks.len(), 2);
        assert_eq!(document.text.matches('x').count(), 2_000_000);
    }
}
