//! Separated values: stored as a Markdown table, each row a passage with the header.

use super::{Entry, Read};
use crate::{Block, BlockKind, Document, Format, Problem, Span};

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

/// Reads separated values. The first row is the header.
pub(crate) fn parse(text: &str) -> Document {
    let mut document = Document::new(Format(&FORMAT), String::with_capacity(text.len() + text.len() / 4));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut columns = 0;
    let mut uneven = 0;
    for row in 1.. {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(true) => {
                if columns == 0 {
                    columns = record.len();
                    header(&mut document, &record);
                } else {
                    push_row(&mut document, &record, columns, BlockKind::Row);
                }
                if record.len() != columns {
                    uneven += 1;
                    if uneven <= ROW_PROBLEMS_MAX {
                        document.problems.push(uneven_row(row, record.len(), columns));
                    }
                }
            }
            Err(error) => {
                document.problems.push(Problem {
                    place: format!("row {row}"),
                    what: "row".into(),
                    why: format!("it cannot be read: {error}"),
                    content_lost: true,
                });
                break;
            }
        }
    }
    if uneven > ROW_PROBLEMS_MAX {
        let why = format!("{} more rows have other than {columns} cells", uneven - ROW_PROBLEMS_MAX);
        document.problems.push(Problem {
            place: "rows".into(),
            what: "row".into(),
            why,
            content_lost: false,
        });
    }
    document
}

fn uneven_row(row: usize, cells: usize, columns: usize) -> Problem {
    Problem {
        place: format!("row {row}"),
        what: "row".into(),
        why: format!("it has {cells} cells where the header has {columns}; all were kept"),
        content_lost: false,
    }
}

fn header(document: &mut Document, record: &csv::StringRecord) {
    push_row(document, record, record.len(), BlockKind::TableHeader);
    document.text.push('|');
    for _ in 0..record.len() {
        document.text.push_str(" --- |");
    }
    document.text.push('\n');
}

fn push_row(document: &mut Document, record: &csv::StringRecord, columns: usize, kind: BlockKind) {
    let start = document.text.len();
    let text = &mut document.text;
    text.push('|');
    for cell in record.iter().chain(std::iter::repeat_n("", columns.saturating_sub(record.len()))) {
        text.push(' ');
        for c in cell.trim().chars() {
            match c {
                '\n' => text.push(' '),
                '|' => text.push_str("\\|"),
                c => text.push(c),
            }
        }
        text.push_str(" |");
    }
    let span = Span { start, end: text.len() };
    text.push('\n');
    document.blocks.push(Block { kind, span, heading_path: Vec::new() });
}

/// The separator that gives the most even rows: it is in the first line, and most lines have as many.
fn separator(text: &str) -> u8 {
    let mut end = text.len().min(SNIFF_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let lines: Vec<&str> = text[..end].lines().filter(|line| !line.trim().is_empty()).take(50).collect();
    let even = |separator: u8| {
        let count = |line: &str| outside_quotes(line, separator);
        let first = lines.first().map_or(0, |line| count(line));
        let same = lines.iter().filter(|line| count(line) == first).count();
        if first == 0 { (0, 0) } else { (same, first) }
    };
    let mut best = (SEPARATORS[0], (0, 0));
    for separator in SEPARATORS {
        let score = even(separator);
        if score > best.1 {
            best = (separator, score);
        }
    }
    best.0
}

fn outside_quotes(line: &str, separator: u8) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for byte in line.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            byte if byte == separator && !quoted => count += 1,
            _ => {}
        }
    }
    count
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
        let document = check("a,b\n1\n1,2,3\n\n", "| a | b |\n| --- | --- |\n| 1 |  |\n| 1 | 2 | 3 |\n");
        assert_eq!(document.problems.len(), 2);
        assert!(document.problems.iter().all(|problem| !problem.content_lost));
    }

    #[test]
    fn a_million_columns_are_kept() {
        let row = vec!["x"; 1_000_000].join(",");
        let document = parse(&format!("{row}\n{row}\n"));
        assert_eq!(document.blocks.len(), 2);
        assert_eq!(document.text.matches('x').count(), 2_000_000);
    }
}
