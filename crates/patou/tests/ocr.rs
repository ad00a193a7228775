//! Pictures and locked files through the command line: read where somebody can read them, told where not.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests, with functions of their own"
)]

use serde_json::Value;
use testkit::{Patou, write_files};

const WORDS: &[u8] = include_bytes!("../../provider/tests/data/words.png");
/// A scanned page and a typed one.
const SCANNED: &[u8] = include_bytes!("data/scanned.pdf");
/// The same picture between two paragraphs.
const PICTURE: &[u8] = include_bytes!("data/picture.docx");
/// These open by `open sesame`.
const LETTER: &[u8] = include_bytes!("../../document/tests/data/agile.docx");
const ARCHIVE: &[u8] = include_bytes!("../../document/tests/data/aes.zip");
const LOCKED: &[u8] = include_bytes!("../../document/tests/data/aes_256.pdf");

/// Whether Tesseract is installed; on CI it has to be.
fn can_read(patou: &Patou) -> bool {
    let checks = patou.json(0, &["doctor"]);
    let found =
        checks["checks"].as_array().unwrap().iter().find(|check| check["name"] == "pictures").unwrap();
    let can = found["status"] == "ok";
    assert!(can || std::env::var_os("CI").is_none(), "{found}");
    can
}

fn home(models: bool) -> Option<Patou> {
    let models = if models { Some(testkit::models()?) } else { None };
    let patou = Patou::new(env!("CARGO_BIN_EXE_patou"), models.as_deref());
    let files =
        [("in/scanned.pdf", SCANNED), ("in/picture.docx", PICTURE), ("in/plain.md", b"# Plain\n\ntext")];
    write_files(patou.home(), &files);
    write_files(patou.home(), &[("words.png", WORDS), ("locked.pdf", LOCKED), ("locked.docx", LETTER)]);
    Some(patou)
}

fn configure(patou: &Patou, settings: &str) {
    write_files(patou.home(), &[("patou.toml", settings.as_bytes())]);
}

fn problems(patou: &Patou) -> Vec<String> {
    let told = patou.json(0, &["documents", "problems"]);
    let problems = told["problems"].as_array().unwrap_or_else(|| panic!("{told}"));
    problems.iter().map(Value::to_string).collect()
}

#[test]
fn pictures_are_read_where_they_stand() {
    let patou = home(false).unwrap();
    if !can_read(&patou) {
        return;
    }
    let text = |file: &str| patou.json(0, &["parse", file]);
    let picture = text("words.png");
    let words = "Orchard report for the autumn\n\nThe orchard gave 4127 crates of pears.\n\n\
                 Frost came late and did no harm.";
    assert_eq!((picture["text"].as_str(), &picture["problems"]), (Some(words), &serde_json::json!([])));
    let scanned = text("in/scanned.pdf");
    assert_eq!(scanned["problems"].as_array().unwrap().len(), 0, "{scanned}");
    assert_eq!(scanned["pages"].as_array().unwrap().len(), 2, "{scanned}");
    let text_of = scanned["text"].as_str().unwrap();
    assert!(text_of.find("4127 crates").unwrap() < text_of.find("typed page").unwrap(), "{text_of}");
    let word = text("in/picture.docx");
    let text_of = word["text"].as_str().unwrap();
    let places =
        ["Before the picture", "4127 crates", "After the picture"].map(|part| text_of.find(part).unwrap());
    assert!(places.is_sorted(), "{text_of}");
}

#[test]
fn without_a_reader_each_picture_says_how_to_mend_it() {
    let patou = home(false).unwrap();
    configure(&patou, "[ocr]\nprogram = \"no-such-program\"\n");
    for file in ["words.png", "in/scanned.pdf", "in/picture.docx"] {
        let parsed = patou.json(0, &["parse", file]);
        let [problem] = &parsed["problems"].as_array().unwrap()[..] else { panic!("{parsed}") };
        let why = problem["why"].as_str().unwrap();
        assert!(why.contains("`no-such-program` is not installed") && why.contains("tesseract-ocr"), "{why}");
        assert_eq!(problem["content_lost"], true);
    }
    let checks = patou.json(0, &["doctor"]);
    let found =
        checks["checks"].as_array().unwrap().iter().find(|check| check["name"] == "pictures").unwrap();
    assert!(
        found["status"] == "missing" && found["hint"].as_str().unwrap().contains("tesseract-ocr"),
        "{found}"
    );

    // A program that is there and fails is told page by page; the rest of the file is read.
    configure(&patou, "[ocr]\nengine = \"http\"\nendpoint = \"http://127.0.0.1:9/read\"\n");
    let parsed = patou.json(0, &["parse", "in/scanned.pdf"]);
    assert!(parsed["text"].as_str().unwrap().contains("typed page"));
    let [problem] = &parsed["problems"].as_array().unwrap()[..] else { panic!("{parsed}") };
    assert!(
        problem["place"] == "page 1" && problem["why"].as_str().unwrap().contains("cannot be reached"),
        "{problem}"
    );
}

#[test]
fn turning_recognition_on_reads_again_what_has_pictures_alone() {
    let Some(patou) = home(true) else { return };
    if !can_read(&patou) {
        return;
    }
    configure(&patou, "[ocr]\nengine = \"off\"\n");
    let report = patou.json(0, &["ingest", "in"]);
    assert_eq!((report["added"].as_u64(), report["problems"].as_u64()), (Some(3), Some(2)), "{report}");
    assert!(
        problems(&patou).iter().all(|problem| problem.contains("`ocr.engine` is `off`")),
        "{:?}",
        problems(&patou)
    );
    let again = patou.json(0, &["ingest", "in"]);
    assert_eq!(again["unchanged"], 3, "{again}");

    // A service that is away is asked again the next time.
    configure(&patou, "[ocr]\nengine = \"http\"\nendpoint = \"http://127.0.0.1:9/read\"\n");
    for _ in 0..2 {
        let away = patou.json(0, &["ingest", "in"]);
        assert_eq!((away["updated"].as_u64(), away["unchanged"].as_u64()), (Some(2), Some(1)), "{away}");
    }

    configure(&patou, "");
    let read = patou.json(0, &["ingest", "in"]);
    assert_eq!((read["updated"].as_u64(), read["unchanged"].as_u64()), (Some(2), Some(1)), "{read}");
    assert_eq!(problems(&patou), [""; 0]);
    let found = patou.json(0, &["search", "how many crates of pears", "--mode", "lexical"]);
    let hits = found["hits"].as_array().unwrap();
    assert!(hits.len() >= 2 && hits.iter().any(|hit| hit["page"] == 1), "{found}");
    let again = patou.json(0, &["ingest", "in"]);
    assert_eq!(again["unchanged"], 3, "{again}");
}

#[test]
fn locked_files_open_by_the_passwords_of_a_file() {
    let patou = home(false).unwrap();
    let refused = patou.fails(1, &["parse", "locked.pdf"]);
    assert!(refused.contains("encrypted") && refused.contains("ingest.passwords_file"), "{refused}");
    write_files(patou.home(), &[("passwords", b"wrong\r\n\nopen sesame\n")]);
    configure(&patou, "[ingest]\npasswords_file = \"passwords\"\n");
    for (file, text) in [("locked.pdf", "A locked page."), ("locked.docx", "A locked letter.")] {
        let parsed = patou.json(0, &["parse", file]);
        assert_eq!(parsed["text"].as_str().unwrap().trim(), text);
    }
    let shown = patou.run(&["config", "show"]);
    assert!(!String::from_utf8_lossy(&shown.stdout).contains("sesame"));
    configure(&patou, "[ingest]\npasswords_file = \"no-such-file\"\n");
    let missing = patou.fails(1, &["parse", "words.png"]);
    assert!(missing.contains("no-such-file"), "{missing}");
}

#[test]
fn locked_members_are_ingested_once_their_password_is_known() {
    let Some(patou) = home(true) else { return };
    write_files(patou.home(), &[("locked/letters.zip", ARCHIVE), ("locked/letter.docx", LETTER)]);
    let report = patou.json(1, &["ingest", "locked"]);
    let failed = report["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 2, "{report}");
    assert!(
        failed.iter().all(|failure| failure["error"].as_str().unwrap().contains("encrypted")),
        "{report}"
    );
    write_files(patou.home(), &[("passwords", b"open sesame")]);
    configure(&patou, "[ingest]\npasswords_file = \"passwords\"\n");
    let report = patou.json(0, &["ingest", "locked"]);
    assert_eq!(report["added"], 2, "{report}");
    let found = patou.json(0, &["search", "walnuts", "--mode", "lexical"]);
    assert_eq!(found["hits"][0]["source"], "letters.zip/letter.md", "{found}");
}
