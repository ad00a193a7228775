//! What every target does with its bytes: parse, cut into chunks, and hold the result to what documents promise.

use std::io::{Cursor, Read, Write};

use patou_document::{Chunking, Extent, Input, Limits, chunk, members, parse};

/// Bytes as a file of this name.
pub fn whole(name: &str, bytes: &[u8]) {
    for extent in [Extent::Whole, Extent::MainContent] {
        let Ok(document) = parse(&Input { name, bytes, extent, passwords: &[] }) else { continue };
        let faults = document.faults();
        assert!(faults.is_empty(), "{name}: {faults:?}");
        let chunks = chunk(&document, &Chunking::default(), |text| text.len().div_ceil(4));
        for chunk in chunks {
            assert!(document.text.get(chunk.span.start..chunk.span.end).is_some(), "{name}: {:?}", chunk.span);
        }
    }
}

/// Bytes as an archive of this name: its members are unpacked, and what cannot be is told.
pub fn archive(name: &str, bytes: &[u8]) {
    for member in members(name, bytes, Limits::default(), &std::sync::Arc::from(["open sesame".to_owned()])).into_iter().flatten().take(1000).flatten() {
        assert!(!member.path.starts_with('/') && !member.path.split('/').any(|part| part == ".."));
    }
}

/// A package such as `base` in which one part is replaced: the first byte says which, the rest is what it holds.
/// A mutated ZIP file would fail at its checksums and never reach the parser.
pub fn part(name: &str, base: &[u8], bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let Ok(mut package) = zip::ZipArchive::new(Cursor::new(base)) else { return };
    let replaced = usize::from(*which) % package.len().max(1);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for index in 0..package.len() {
        let Ok(mut part) = package.by_index(index) else { return };
        let mut held = Vec::new();
        let part_name = part.name().map(|name| name.into_owned()).unwrap_or_default();
        if part.read_to_end(&mut held).is_err() || writer.start_file(part_name, stored).is_err() {
            return;
        }
        let held = if index == replaced { rest } else { &held };
        if writer.write_all(held).is_err() {
            return;
        }
    }
    if let Ok(package) = writer.finish() {
        whole(name, &package.into_inner());
    }
}

/// Bytes as the only stream of a compound file.
pub fn compound(name: &str, bytes: &[u8]) -> Vec<u8> {
    let Ok(mut file) = cfb::CompoundFile::create(Cursor::new(Vec::new())) else { return Vec::new() };
    if file.create_stream(name).and_then(|mut stream| stream.write_all(bytes)).is_err() {
        return Vec::new();
    }
    file.into_inner().into_inner()
}

/// Bytes as a text that is scanned, cleaned and redacted: spans are within it, and a stream comes out as a whole does.
pub fn guard(bytes: &[u8]) {
    use patou_guard::{Egress, Guard, Kind, Policy, StreamRedactor, Style, Tier};
    let text = String::from_utf8_lossy(bytes);
    let guard = Guard::default();
    for kind in [Kind::Prompt, Kind::Document, Kind::Output] {
        for finding in guard.scan(kind, &text).findings {
            assert!(text.get(finding.span.clone()).is_some(), "{}: {:?}", finding.detector, finding.span);
        }
    }
    let egress = Egress::new(["docs.house.example".to_owned()]);
    let cleaned = egress.clean(&text);
    assert!(!cleaned.contains("http://evil"), "{cleaned:?}");
    let mut stream = StreamRedactor::new(Style::Mask, Policy::built_in(Kind::Output), Tier::All);
    for piece in text.split_inclusive(' ') {
        stream.push(piece);
    }
    stream.finish();
}
