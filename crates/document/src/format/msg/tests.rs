//! Messages, sound and hostile, built here.

use std::io::{Cursor, Write};

use cfb::CompoundFile;
use proptest::prelude::*;

use crate::{Document, Extent, Input, ParseError, parse};

type File = CompoundFile<Cursor<Vec<u8>>>;

fn stream(file: &mut File, path: &str, bytes: &[u8]) {
    file.create_stream(path).unwrap().write_all(bytes).unwrap();
}

fn text(file: &mut File, base: &str, number: u16, text: &str) {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    stream(file, &format!("{base}/__substg1.0_{number:04X}001F"), &wide);
}

/// The stream of fixed properties: a head, and numbers with their values.
fn fixed(file: &mut File, base: &str, head: usize, values: &[(u16, u64)]) {
    let mut bytes = vec![0; head];
    for (number, value) in values {
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&number.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    stream(file, &format!("{base}/__properties_version1.0"), &bytes);
}

fn message() -> Vec<u8> {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    fixed(&mut file, "", 32, &[(0x0039, (1_772_442_000 + 11_644_473_600) * 10_000_000), (0x3ffd, 1251)]);
    text(&mut file, "", 0x0037, "Report ä");
    text(&mut file, "", 0x0c1a, "Ann Smith");
    text(&mut file, "", 0x5d01, "a@example.org");
    stream(&mut file, "/__substg1.0_1035001E", b"<1@x>");
    let page = b"<html><body><p>Some <b>bold</b> words</p></body></html>";
    stream(&mut file, "/__substg1.0_10130102", page);
    for (number, name, kind) in [(0, "Bob", 1), (1, "Cid", 2)] {
        let base = format!("/__recip_version1.0_#0000000{number}");
        file.create_storage(&base).unwrap();
        fixed(&mut file, &base, 8, &[(0x0c15, kind)]);
        text(&mut file, &base, 0x3001, name);
        text(&mut file, &base, 0x39fe, &format!("{name}@x"));
    }
    let base = "/__attach_version1.0_#00000000";
    file.create_storage(base).unwrap();
    fixed(&mut file, base, 8, &[]);
    text(&mut file, base, 0x3707, "r.csv");
    stream(&mut file, &format!("{base}/__substg1.0_37010102"), b"a,b");
    let base = "/__attach_version1.0_#00000001";
    let inner = format!("{base}/__substg1.0_3701000D");
    file.create_storage(base).unwrap();
    fixed(&mut file, base, 8, &[]);
    file.create_storage(&inner).unwrap();
    fixed(&mut file, &inner, 24, &[(0x0e06, (1_772_442_000 + 11_644_473_600) * 10_000_000)]);
    text(&mut file, &inner, 0x0037, "Within");
    text(&mut file, &inner, 0x0c1a, "Smith, Dan");
    text(&mut file, &inner, 0x0c1f, "d@x");
    let rich = b"{\\rtf1\\ansi rich \\b text}";
    let mut packed = vec![0, 0, 0, 0, u8::try_from(rich.len()).unwrap(), 0, 0, 0];
    packed.extend_from_slice(b"MELA\0\0\0\0");
    packed.extend_from_slice(rich);
    stream(&mut file, &format!("{inner}/__substg1.0_10090102"), &packed);
    let deep = format!("{inner}/__attach_version1.0_#00000000");
    file.create_storage(&deep).unwrap();
    fixed(&mut file, &deep, 8, &[]);
    text(&mut file, &deep, 0x3707, "n.txt");
    stream(&mut file, &format!("{deep}/__substg1.0_37010102"), b"note");
    file.into_inner().into_inner()
}

fn read(name: &str, bytes: &[u8]) -> Result<Document, ParseError> {
    parse(&Input { name, bytes, extent: Extent::Whole, passwords: &[] })
}

#[test]
fn a_message_is_a_mail_and_what_it_carries() {
    let document = read("no-ending", &message()).unwrap();
    assert_eq!(
        document.text,
        "# Report ä\n\n- From: Ann Smith <a@example.org>\n- To: Bob <Bob@x>\n- Cc: Cid <Cid@x>\n\
         - Date: 2026-03-02T09:00:00Z\n\nSome **bold** words"
    );
    assert_eq!(
        (document.title.as_deref(), &document.metadata["message_id"]),
        (Some("Report ä"), &"<1@x>".into())
    );
    let names: Vec<_> = document.attachments.iter().map(|carried| carried.name.as_str()).collect();
    assert_eq!(names, ["r.csv", "Within.eml"]);
    assert_eq!(document.attachments[0].bytes, b"a,b");
    let inner = read("Within.eml", &document.attachments[1].bytes).unwrap();
    assert_eq!(
        inner.text,
        "# Within\n\n- From: Smith, Dan <d@x>\n- Date: 2026-03-02T09:00:00Z\n\nrich **text**"
    );
    assert_eq!(
        (inner.attachments[0].name.as_str(), &inner.attachments[0].bytes[..]),
        ("n.txt", &b"note"[..])
    );
    assert!(document.problems.is_empty() && inner.problems.is_empty());
}

#[test]
fn other_compound_files_are_no_messages() {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    stream(&mut file, "/WordDocument", b"x");
    let bytes = file.into_inner().into_inner();
    assert!(matches!(read("a.msg", &bytes), Err(ParseError::Damaged { .. })));
    assert!(matches!(read("a.msg", b"text"), Err(ParseError::Damaged { .. })));
    assert!(matches!(read("a.doc", &bytes), Err(ParseError::UnknownFormat { .. })));
}

#[test]
fn cyclic_chains_end() {
    let sound = message();
    // Every entry of every table that says where to go on is made to lead to each of a few sectors.
    for target in [0u32, 1, 2, 3, 5] {
        for at in (512..sound.len().min(512 * 4)).step_by(4) {
            let mut bytes = sound.clone();
            bytes[at..at + 4].copy_from_slice(&target.to_le_bytes());
            let _ = read("a.msg", &bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_messages_are_survived(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..16),
        keep in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let mut bytes = message();
        for (place, value) in cuts {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if !whole {
            bytes.truncate(keep.index(bytes.len()));
        }
        let _ = read("a.msg", &bytes);
    }
}
