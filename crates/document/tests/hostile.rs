//! Damaged and hostile files: no panic, nothing without bound, and every promise of a document kept. The seeds are
//! the examples; `fuzz/` does the same for as long as one likes.

#![expect(clippy::unwrap_used, reason = "a test")]
#![expect(clippy::disallowed_methods, reason = "the examples are read here")]

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patou_document::{Chunking, Extent, Input, Limits, chunk, members, parse};
use proptest::prelude::Rng;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// How often each seed is damaged.
const ROUNDS: usize = 60;
/// Larger seeds and parts are cut to this many bytes, so that rounds stay short.
const SEED_BYTES_MAX: usize = 16 << 10;

fn examples() -> Vec<PathBuf> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let (mut found, mut folders) = (Vec::new(), vec![examples]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn check(name: &str, bytes: &[u8]) {
    for extent in [Extent::Whole, Extent::MainContent] {
        let Ok(document) = parse(&Input { name, bytes, extent, passwords: &[] }) else { continue };
        assert_eq!(document.faults(), Vec::<String>::new(), "{name} {extent:?}");
        for chunk in chunk(&document, &Chunking::default(), |text| text.len().div_ceil(4)) {
            assert!(
                document.text.get(chunk.span.start..chunk.span.end).is_some(),
                "{name}: {:?}",
                chunk.span
            );
        }
    }
    for member in members(name, bytes, Limits::default(), &Arc::from(["open sesame".to_owned()]))
        .into_iter()
        .flatten()
        .take(100)
        .flatten()
    {
        assert!(!member.path.starts_with('/') && !member.path.split('/').any(|part| part == ".."));
    }
}

/// Damages bytes in one of the ways that files are damaged, or that somebody damages them.
fn damage(bytes: &mut Vec<u8>, rng: &mut TestRng) {
    let mut below = |most: usize| rng.next_u64() as usize % most.max(1);
    let length = bytes.len();
    let (from, to) = (below(length), below(length));
    let (from, to) = (from.min(to), from.max(to));
    match below(7) {
        0 => bytes.truncate(from),
        1 => bytes[from..to.min(from + 8)].iter_mut().for_each(|byte| *byte ^= 0x55),
        2 => drop(bytes.drain(from..to)),
        3 => {
            let piece = bytes[from..to.min(from + 512)].to_vec();
            let times = 1 + below(40);
            bytes.splice(from..from, piece.iter().copied().cycle().take(piece.len() * times));
        }
        4 => {
            let number: &[u8] =
                [&b"-1"[..], b"0", b"65536", b"4294967296", b"99999999999999999999"][below(5)];
            bytes.splice(from..from, number.iter().copied());
        }
        5 => {
            let mark = [b'<', b'>', b'(', b'{', b'[', b'\\', b'"', b'\n', 0, 0xff][below(10)];
            bytes.splice(from..from, std::iter::repeat_n(mark, 1 + below(3000)));
        }
        _ => {
            let (first, second) = (bytes[..from].to_vec(), bytes[from..].to_vec());
            *bytes = [second, first].concat();
        }
    }
}

/// The package with one part's bytes replaced; the parts are stored, so that what is damaged is what is read.
fn with_part(package: &[u8], place: usize, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(package)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut held = Vec::new();
        part.read_to_end(&mut held).unwrap();
        writer.start_file(part.name().unwrap(), stored).unwrap();
        writer.write_all(if index == place { bytes } else { &held }).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn parts(package: &[u8]) -> Vec<Vec<u8>> {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(package)) else { return Vec::new() };
    (0..archive.len())
        .map(|index| {
            let mut held = Vec::new();
            archive.by_index(index).unwrap().read_to_end(&mut held).unwrap();
            held.truncate(SEED_BYTES_MAX);
            held
        })
        .collect()
}

#[test]
fn damaged_examples_of_every_format_are_survived() {
    let mut rng =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
            .new_rng();
    for path in examples() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let whole = std::fs::read(&path).unwrap();
        check(&name, &whole);
        let parts = parts(&whole);
        for round in 0..ROUNDS {
            let mut bytes = whole.clone();
            if parts.is_empty() || round % 4 == 0 {
                bytes.truncate(SEED_BYTES_MAX.max(whole.len().min(4 * SEED_BYTES_MAX)));
                (0..=round % 3).for_each(|_| damage(&mut bytes, &mut rng));
            } else {
                let place = rng.next_u64() as usize % parts.len();
                let mut part = parts[place].clone();
                (0..=round % 3).for_each(|_| damage(&mut part, &mut rng));
                bytes = with_part(&whole, place, &part);
            }
            check(&name, &bytes);
        }
    }
}
