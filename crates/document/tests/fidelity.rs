//! How alike what `parse` reads and what is expected of it are, by format, on real files.
//!
//! `cargo test -p patou-document --test fidelity -- --nocapture` prints every file's figures.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that prints what it measures")]
#![expect(clippy::disallowed_methods, reason = "files to read are opened here")]

use std::path::{Path, PathBuf};

use patou_document::{Extent, Input, parse};
use testkit::{cell_similarity, heading_similarity, word_similarity};

/// The least mean similarity of words, table cells and headings that a format's files must have. A figure that
/// was reached is kept: raise these when they rise.
const FLOORS: &[(&str, f64, f64, f64)] = &[
    ("csv", 0.99, 0.99, 0.0),
    ("docx", 0.99, 0.99, 0.99),
    ("epub", 0.95, 0.0, 0.95),
    ("html", 0.95, 0.98, 0.98),
    ("md", 0.97, 0.97, 0.97),
    ("odf", 0.95, 0.98, 0.98),
    ("pptx", 0.96, 0.99, 0.99),
    ("xlsx", 0.99, 0.99, 0.97),
];

struct Figures {
    words: Vec<f64>,
    cells: Vec<f64>,
    headings: Vec<f64>,
}

#[test]
fn every_format_is_as_faithful_as_it_was() {
    let Some(data) = testkit::shared_data() else { return };
    let mut below = Vec::new();
    for (folder, words, cells, headings) in FLOORS {
        let found = measure(&data.join("parse").join(folder));
        for (what, figures, floor) in [
            ("words", found.words, words),
            ("cells", found.cells, cells),
            ("headings", found.headings, headings),
        ] {
            let mean = mean(&figures);
            println!("{folder:6} {what:9} {mean:.3} of {} files (at least {floor:.2})", figures.len());
            if !figures.is_empty() && mean < *floor {
                below.push(format!("{folder}: {what} {mean:.3} < {floor}"));
            }
        }
    }
    assert!(below.is_empty(), "{below:#?}");
}

fn measure(folder: &Path) -> Figures {
    let mut figures = Figures { words: Vec::new(), cells: Vec::new(), headings: Vec::new() };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let expected = folder.join(format!("{name}.expected.md"));
        let Ok(expected) = std::fs::read_to_string(expected) else { continue };
        let bytes = std::fs::read(&file).unwrap();
        let input = Input { name: &name, bytes: &bytes, extent: Extent::Whole, passwords: &[] };
        let text = parse(&input).map(|document| document.text).unwrap_or_else(|error| {
            println!("{name}: {error}");
            String::new()
        });
        let words = word_similarity(&text, &expected);
        let cells = cell_similarity(&text, &expected);
        let headings = heading_similarity(&text, &expected);
        println!("  {name:44} words {words:.3} cells {cells:.3?} headings {headings:.3?}");
        figures.words.push(words);
        figures.cells.extend(cells);
        figures.headings.extend(headings);
    }
    figures
}

#[expect(clippy::cast_precision_loss, reason = "a handful of files")]
fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len().max(1) as f64
}
