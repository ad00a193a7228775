//! How fast PDF files are read, and how much of their words, as one line of JSON for each file.
//!
//! `cargo run --release -p patou-document --example pdf_speed -- [--write FOLDER] FILE...`
//!
//! `--write` puts each file's text into a folder, for a comparison of words.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "an example that measures and prints")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use patou_document::{Extent, Input, parse};

/// Each file is read so often; the fastest counts, as what else the machine does only slows.
const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut folder = None;
    if files.first().is_some_and(|first| first.as_os_str() == "--write") {
        folder = files.get(1).cloned();
        files.drain(..2.min(files.len()));
    }
    for file in &files {
        measure(file, folder.as_deref())?;
    }
    Ok(())
}

fn measure(file: &Path, folder: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let input = Input { name: &name, bytes: &bytes, extent: Extent::Whole, passwords: &[] };
    let mut fastest = f64::MAX;
    let mut document = parse(&input)?;
    for _ in 1..ROUNDS {
        let start = Instant::now();
        document = parse(&input)?;
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    if let Some(folder) = folder {
        std::fs::write(folder.join(format!("{name}.txt")), &document.text)?;
    }
    let line = serde_json::json!({
        "file": name,
        "pages": document.pages.len(),
        "problems": document.problems.len(),
        "first_problem": document.problems.first(),
        "seconds": fastest,
    });
    println!("{line}");
    Ok(())
}
