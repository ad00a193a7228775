//! Nothing is skipped silently: a folder with one bad thing of each kind, and `documents problems` over it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use testkit::{Patou, write_files};

/// A workbook that lists two sheets and has the part of one.
const WORKBOOK: &[u8] = include_bytes!("data/broken_sheet.xlsx");
/// One of before 2007, whose second sheet lies beyond its end.
const OLD_WORKBOOK: &[u8] = include_bytes!("data/gone_sheet.xls");
/// 18 MB of one character, and a note.
const BOMB: &[u8] = include_bytes!("data/bomb.zip");
const SCANNED: &[u8] = include_bytes!("data/scanned.pdf");
const PICTURE: &[u8] = include_bytes!("data/picture.docx");
const WORDS: &[u8] = include_bytes!("../../provider/tests/data/words.png");
const LOCKED: &[u8] = include_bytes!("../../document/tests/data/aes_256.pdf");

/// A mail that carries these files.
fn mail(files: &[(&str, &[u8])]) -> String {
    let mut mail = "From: a@x\r\nTo: b@x\r\nSubject: Files\r\nMIME-Version: 1.0\r\n\
                    Content-Type: multipart/mixed; boundary=b\r\n\r\n\
                    --b\r\nContent-Type: text/plain\r\n\r\nsee the files\r\n"
        .to_owned();
    for (name, bytes) in files {
        let held = STANDARD.encode(bytes);
        mail += &format!(
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; \
             filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{held}\r\n"
        );
    }
    mail + "--b--\r\n"
}

#[test]
fn every_part_that_could_not_be_read_is_listed_with_the_reason() {
    let Some(models) = testkit::models() else { return };
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), Some(&models));
    let carried = mail(&[("report.docx", b"no package"), ("bomb.zip", BOMB), ("locked.pdf", LOCKED)]);
    let files = [
        ("in/broken_sheet.xlsx", WORKBOOK),
        ("in/gone_sheet.xls", OLD_WORKBOOK),
        ("in/scanned.pdf", SCANNED),
        ("in/picture.docx", PICTURE),
        ("in/words.png", WORDS),
        ("in/mail.eml", carried.as_bytes()),
        ("in/latin.txt", b"caf\xe9 by the sea"),
        ("patou.toml", b"[ocr]\nengine = \"off\"\n"),
    ];
    write_files(patou.home(), &files);
    let report = patou.json(0, &["ingest", "in"]);
    assert_eq!(report["failed"].as_array().unwrap().len(), 0, "{report}");

    let told = patou.json(0, &["documents", "problems"]);
    let text = |problem: &serde_json::Value, key: &str| problem[key].as_str().unwrap().to_owned();
    let problems: Vec<[String; 3]> = told["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| ["source", "place", "why"].map(|key| text(problem, key)))
        .collect();
    assert_eq!(report["problems"].as_u64(), Some(problems.len() as u64), "{report}");
    for [source, place, why] in [
        ["broken_sheet.xlsx", "sheet `Broken`", "has no part `xl/worksheets/sheet2.xml`"],
        ["gone_sheet.xls", "sheet `Gone`", "the file does not have it"],
        ["scanned.pdf", "page 1", "the page is a picture"],
        ["picture.docx", "picture `words.png`", "what is written in the picture was not read"],
        ["words.png", "the whole image", "optical character recognition"],
        ["mail.eml", "attachment `report.docx`", "its package cannot be opened"],
        ["mail.eml", "bomb.zip", "bytes"],
        ["mail.eml", "attachment `locked.pdf`", "is encrypted"],
        ["latin.txt", "byte 3", "read as Windows-1252"],
    ] {
        let found = problems.iter().any(|[own_source, own_place, own_why]| {
            own_source == source && own_place.contains(place) && own_why.contains(why)
        });
        assert!(found, "{source}, {place}: {why}\n{problems:#?}");
    }
    // What lies beside it is read all the same.
    for words in ["kept words", "older words", "see the files", "sea"] {
        let hits = patou.json(0, &["search", words, "--mode", "lexical"]);
        assert!(!hits["hits"].as_array().unwrap().is_empty(), "{words}: {hits}");
    }
}
