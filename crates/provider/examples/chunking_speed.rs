//! How many megabytes (10⁶ bytes) of text are parsed and chunked in a second of one processor.
//!
//! `chunking_speed FOLDER [MODEL_DIR]` reads the files of FOLDER and prints a line for each strategy, sized by
//! characters, by bytes, and, given the model's folder, by its tokens. `benches/chunking` and `benches/peers` run it.

#![expect(clippy::print_stdout, reason = "an example prints")]
#![expect(clippy::disallowed_methods, reason = "an example reads files")]

use std::error::Error;
use std::path::Path;

use document::{Chunking, Document, Extent, Input, Strategy, chunk, parse};
use patou_provider::MiniLmTokenizer;

const STRATEGIES: [&str; 5] = ["heading", "recursive", "fixed", "sentence", "code"];
/// Each figure is the best of so many runs.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("usage: chunking_speed FOLDER [MODEL_DIR]")?;
    let mut files = Vec::new();
    gather(Path::new(folder), &mut files)?;
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{} files, {:.2} MB", files.len(), megabytes(bytes));

    let documents: Vec<Document> = files.iter().filter_map(|(name, bytes)| read(name, bytes)).collect();
    let rate = rate(bytes, || files.iter().filter_map(|(name, bytes)| read(name, bytes)).count())?;
    println!("{:48} {rate:>8.1} MB/s", "parse");

    let characters = |text: &str| text.chars().count();
    measure("characters", &documents, (2000, 200), characters)?;
    measure("characters", &documents, (2000, 0), characters)?;
    measure("bytes", &documents, (2000, 200), str::len)?;
    if let Some(model) = arguments.get(1) {
        let tokenizer = MiniLmTokenizer::open(&Path::new(model).join("tokenizer.json"))?;
        measure("MiniLM tokens", &documents, (510, 64), |text| tokenizer.count(text))?;
    }
    Ok(())
}

fn measure(
    counted: &str,
    documents: &[Document],
    (max_tokens, overlap_tokens): (usize, usize),
    count: impl Fn(&str) -> usize,
) -> Result<(), Box<dyn Error>> {
    let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
    for name in STRATEGIES {
        let chunking = Chunking { strategy: name.parse::<Strategy>()?, max_tokens, overlap_tokens };
        let work = || documents.iter().map(|document| chunk(document, &chunking, &count).len()).sum();
        let what = format!("{name:9} {max_tokens} {counted}, overlap {overlap_tokens}");
        println!("{what:48} {:>8.1} MB/s {:>8} chunks", rate(bytes, work)?, work());
    }
    Ok(())
}

/// Megabytes per second of processor time, the best of some rounds.
fn rate(bytes: usize, work: impl Fn() -> usize) -> Result<f64, Box<dyn Error>> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let before = cpu_seconds()?;
        std::hint::black_box(work());
        best = best.min(cpu_seconds()? - before);
    }
    Ok(megabytes(bytes) / best)
}

/// Processor time of this thread, as Linux counts it: what else the machine does is not in it.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(counted.split(' ').next().unwrap_or_default().parse::<f64>()? / 1e9)
}

fn read(name: &str, bytes: &[u8]) -> Option<Document> {
    parse(&Input { name, bytes, extent: Extent::MainContent, passwords: &[] }).ok()
}

fn gather(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, files)?;
        } else {
            files.push((path.display().to_string(), std::fs::read(&path)?));
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a size to show")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
