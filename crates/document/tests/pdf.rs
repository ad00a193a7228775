//! PDF files that the tests write themselves, whole, strange and broken; and real ones beside `pdftotext`.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::HashMap;
use std::fmt::Write as _;

use patou_document::{BlockKind, Document, Extent, Input, ParseError, parse};

/// Writes a PDF file of these objects, the first of which is object 1 and the catalog.
fn file(objects: &[String]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", index + 1).as_bytes());
    }
    let start = out.len();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        writeln!(table, "{place:010} 00000 n ").unwrap();
    }
    writeln!(table, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF", objects.len() + 1)
        .unwrap();
    out.extend_from_slice(table.as_bytes());
    out
}

fn stream(dictionary: &str, body: &str) -> String {
    format!("<<{dictionary}/Length {}>>\nstream\n{body}\nendstream", body.len())
}

/// A file of pages, each with these operators, and two fonts.
fn pages(contents: &[&str]) -> Vec<u8> {
    let kids: Vec<String> = (0..contents.len()).map(|page| format!("{} 0 R", 5 + 2 * page)).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!(
            "<</Type/Pages/Count {}/Kids[{}]/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R/B 4 0 R>>>>>>",
            contents.len(),
            kids.join(" ")
        ),
        "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>".to_owned(),
        "<</Type/Font/Subtype/Type1/BaseFont/Times-Bold/Encoding/WinAnsiEncoding>>".to_owned(),
    ];
    for (page, content) in contents.iter().enumerate() {
        objects.push(format!("<</Type/Page/Parent 2 0 R/Contents {} 0 R>>", 6 + 2 * page));
        objects.push(stream("", content));
    }
    file(&objects)
}

fn read(bytes: &[u8]) -> Result<Document, ParseError> {
    parse(&Input { name: "a.pdf", bytes, extent: Extent::Whole, passwords: &[] })
}

/// Words at places: `(x, y, size, text)`.
fn show(words: &[(i32, i32, i32, &str)]) -> String {
    words.iter().fold(String::new(), |mut out, (x, y, size, text)| {
        writeln!(out, "BT /F {size} Tf {x} {y} Td ({text}) Tj ET").unwrap();
        out
    })
}

#[test]
fn pages_keep_their_numbers_and_lines_their_boxes() {
    let first = show(&[(72, 700, 12, "The first page.")]);
    let bytes = pages(&[&first, "", &show(&[(72, 700, 12, "The third page.")])]);
    let document = read(&bytes).unwrap();
    assert_eq!(document.format.as_str(), "pdf");
    let texts: Vec<&str> = document.pages.iter().map(|page| page.span.of(&document.text).trim()).collect();
    assert_eq!(texts, ["The first page.", "", "The third page."]);
    assert_eq!(document.pages.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2, 3]);
    let area = document.areas[0];
    assert_eq!((area.page, area.span.of(&document.text)), (1, "The first page."));
    assert!((area.left - 72.0).abs() < 1.0 && area.top > 85.0 && area.bottom < 105.0, "{area:?}");
    assert!(document.problems.is_empty(), "{:?}", document.problems);
}

#[test]
fn gaps_are_spaces_and_hyphens_at_the_end_of_lines_go() {
    let content = "BT /F 12 Tf 72 700 Td [(Some)-300(words are exam)] TJ 0 -14 Td (plained, exam-) Tj \
                   0 -14 Td (ple.) Tj ET";
    assert_eq!(read(&pages(&[content])).unwrap().text.trim(), "Some words are exam plained, example.");
}

#[test]
fn two_columns_are_read_one_after_the_other() {
    let mut words = Vec::new();
    // Written row by row, as careless programs do.
    for row in 0..12 {
        words.push((60, 700 - row * 14, 10, "left words go on and on and on here"));
        words.push((330, 700 - row * 14, 10, "right words go on and on and on there"));
    }
    let text = read(&pages(&[&show(&words)])).unwrap().text;
    assert!(text.rfind("left").unwrap() < text.find("right").unwrap(), "{text}");
}

#[test]
fn headings_lists_and_tables_are_markdown() {
    let body =
        "Prose that is long enough to be the body of the page, with more words than its headings have.";
    let mut words = vec![(72, 740, 20, "A title"), (72, 700, 11, body), (72, 687, 11, body)];
    words.extend([(72, 640, 11, "\\225 one thing"), (72, 626, 11, "\\225 another thing")]);
    for (row, cells) in
        [["Name", "Dose", "Unit"], ["Alpha", "12", "mg"], ["Beta", "7", "ml"], ["Gamma", "9", "g"]]
            .iter()
            .enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            words.push((72 + 120 * column as i32, 580 - 16 * row as i32, 11, cell));
        }
    }
    let document = read(&pages(&[&show(&words)])).unwrap();
    let text = &document.text;
    assert!(text.contains("# A title\n"), "{text}");
    assert!(text.contains("- one thing\n- another thing"), "{text}");
    assert!(text.contains("| Name | Dose | Unit |\n| --- | --- | --- |\n| Alpha | 12 | mg |"), "{text}");
    assert_eq!(document.title.as_deref(), Some("A title"));
    assert!(document.blocks.iter().any(|block| block.kind == BlockKind::Table));
    assert!(
        document.blocks.iter().all(|block| block.heading_path.first().is_some_and(|own| own == "A title"))
    );
}

#[test]
fn ruled_cells_are_cells_though_their_words_stand_close() {
    let mut content = String::new();
    for x in [70, 120, 170] {
        writeln!(content, "{x} 640 m {x} 700 l S").unwrap();
    }
    for y in [640, 660, 680, 700] {
        writeln!(content, "70 {y} m 170 {y} l S").unwrap();
    }
    for (row, y) in [685, 665, 645].into_iter().enumerate() {
        content.push_str(&show(&[
            (72, y, 10, &format!("left of {row}")),
            (122, y, 10, &format!("right {row}")),
        ]));
    }
    let text = read(&pages(&[&content])).unwrap().text;
    assert!(text.contains("| left of 0 | right 0 |\n| --- | --- |\n| left of 1 | right 1 |"), "{text}");
}

#[test]
fn hidden_text_is_kept_and_said() {
    let content = "BT /F 12 Tf 72 700 Td (Seen.) Tj 3 Tr 0 -20 Td (No ink.) Tj 0 Tr 1 g 0 -20 Td (White.) Tj ET \
                   0 g BT /F 12 Tf 900 700 Td (Beside.) Tj ET BT /F 0.1 Tf 72 500 Td (Tiny.) Tj ET \
                   q 0 0 10 10 re W n BT /F 12 Tf 72 400 Td (Clipped.) Tj ET Q \
                   0 g 70 290 100 30 re f 1 g BT /F 12 Tf 72 300 Td (On black.) Tj ET";
    let document = read(&pages(&["", content])).unwrap();
    for word in ["Seen.", "No ink.", "White.", "Beside.", "Tiny.", "Clipped.", "On black."] {
        assert!(document.text.contains(word), "{word}: {}", document.text);
    }
    let hidden: Vec<&str> = document
        .problems
        .iter()
        .filter(|own| own.what == "hidden text")
        .map(|own| own.why.as_str())
        .collect();
    assert_eq!(hidden.len(), 5, "{hidden:?}");
    assert!(document.problems.iter().all(|own| own.place == "page 2" && !own.content_lost));
}

/// A file of one page that an image covers.
fn scanned(over: &str) -> Vec<u8> {
    file(&[
        "<</Type/Catalog/Pages 2 0 R>>".into(),
        "<</Type/Pages/Count 1/Kids[3 0 R]>>".into(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R\
         /Resources<</XObject<</I 5 0 R>>/Font<</F 6 0 R>>>>>>"
            .into(),
        stream("", &format!("q 600 0 0 800 0 0 cm /I Do Q {over}")),
        stream(
            "/Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray\
             /Filter/ASCIIHexDecode",
            "00ff00ff>",
        ),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".into(),
    ])
}

#[test]
fn a_scan_is_an_image_to_read_unless_somebody_has() {
    let document = read(&scanned("")).unwrap();
    assert_eq!(document.scans.len(), 1);
    assert_eq!((document.scans[0].media_type, document.scans[0].place.as_str()), ("image/png", "page 1"));
    assert!(document.scans[0].bytes.starts_with(b"\x89PNG"));
    assert!(document.problems.iter().any(|own| own.place == "page 1" && own.content_lost));

    let over = "BT 3 Tr /F 12 Tf 72 700 Td (Words that a machine has read on the page already.) Tj ET";
    let document = read(&scanned(over)).unwrap();
    assert!(document.text.contains("a machine has read"), "{}", document.text);
    assert!(document.scans.is_empty() && document.problems.is_empty(), "{:?}", document.problems);
}

#[test]
fn turned_text_and_turned_pages_are_read() {
    let up = "BT /F 12 Tf 0 1 -1 0 300 200 Tm (Words that run up the page) Tj ET";
    assert!(read(&pages(&[up])).unwrap().text.contains("Words that run up the page"));
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned()];
    objects.push("<</Type/Pages/Count 1/Kids[3 0 R]/Rotate 90/MediaBox[0 0 600 800]>>".into());
    objects.push("<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>".into());
    objects.push(stream("", up));
    objects.push("<</Type/Font/Subtype/Type1/BaseFont/Courier>>".into());
    let document = read(&file(&objects)).unwrap();
    assert!(document.text.contains("Words that run up the page"));
    let area = document.areas[0];
    assert!(area.right - area.left > 100.0 && area.bottom - area.top < 20.0, "{area:?}");
}

#[test]
fn fields_notes_links_and_metadata_are_kept() {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R/Lang(en-GB)/Outlines 7 0 R>>".to_owned(),
        "<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 600 800]>>".into(),
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>/Annots[\
         <</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.org/a)>>>>\
         <</Subtype/Text/Rect[0 0 9 9]/Contents(A note in the margin)>>\
         <</Subtype/Widget/FT/Tx/T(name)/V(Ada Lovelace)/Rect[0 0 9 9]>>\
         <</Subtype/Widget/FT/Tx/T(born)/Rect[10 10 110 30]/AP<</N 6 0 R>>>>]>>"
            .into(),
        stream("", &show(&[(72, 700, 12, "Chapter"), (72, 670, 12, "and its text.")])),
        "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>".into(),
        stream(
            "/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F 5 0 R>>>>",
            "BT /F 10 Tf 2 5 Td (in London) Tj ET",
        ),
        "<</First 8 0 R/Last 8 0 R>>".into(),
        "<</Title(Chapter)/Dest[3 0 R/Fit]>>".into(),
    ];
    let document = read(&file(&objects)).unwrap();
    for words in ["# Chapter", "and its text.", "A note in the margin", "Ada Lovelace", "in London"] {
        assert!(document.text.contains(words), "{words}: {}", document.text);
    }
    assert_eq!(document.metadata["links"], serde_json::json!(["https://example.org/a"]));
    assert_eq!(document.language.as_deref(), Some("en"));
}

#[test]
fn locked_files_open_by_either_password() {
    let files: [(&str, &[u8]); 4] = [
        ("rc4 40", include_bytes!("data/rc4_40.pdf")),
        ("rc4 128", include_bytes!("data/rc4_128.pdf")),
        ("aes 128", include_bytes!("data/aes_128.pdf")),
        ("aes 256", include_bytes!("data/aes_256.pdf")),
    ];
    for (name, bytes) in files {
        assert!(matches!(read(bytes), Err(ParseError::Locked { .. })), "{name}");
        for password in ["open sesame", "owner"] {
            let passwords = ["wrong".to_owned(), password.to_owned()];
            let input = Input { name: "a.pdf", bytes, extent: Extent::Whole, passwords: &passwords };
            let document = parse(&input).unwrap();
            assert_eq!(document.text.trim(), "A locked page.", "{name} by `{password}`");
            assert_eq!(document.title.as_deref(), Some("Locked title"), "{name}");
        }
    }
    assert_eq!(read(include_bytes!("data/aes_256_empty.pdf")).unwrap().text.trim(), "A locked page.");
}

#[test]
fn the_same_bytes_give_the_same_document() {
    let contents: Vec<String> =
        (0..150).map(|page| show(&[(72, 700, 12, &format!("Page {page}, its words."))])).collect();
    let contents: Vec<&str> = contents.iter().map(String::as_str).collect();
    let bytes = pages(&contents);
    let document = read(&bytes).unwrap();
    assert_eq!(document.pages.len(), 150);
    assert_eq!(document, read(&bytes).unwrap());
}

#[test]
fn what_looks_like_markdown_stays_text() {
    let lines = ["# 5 is a number", "1986. A great year", "| a bar", "- -", "a <b> in it", "* starred"];
    let words: Vec<_> =
        lines.iter().enumerate().map(|(row, text)| (72, 700 - 60 * row as i32, 11, *text)).collect();
    let document = read(&pages(&[&show(&words)])).unwrap();
    let kinds: Vec<&BlockKind> = document.blocks.iter().map(|block| &block.kind).collect();
    assert!(
        kinds.iter().all(|kind| matches!(kind, BlockKind::Paragraph | BlockKind::List)),
        "{kinds:?} in {}",
        document.text
    );
    assert!(
        document.text.contains("\\# 5 is a number") && document.text.contains("a \\<b> in it"),
        "{}",
        document.text
    );
}

#[test]
fn one_bad_page_is_a_problem_and_the_others_go_on() {
    let text = show(&[(72, 700, 12, "A good page.")]);
    let mut bytes = pages(&[&text, &text, &text]);
    // The second page's object is no page any more.
    let place = bytes.windows(7).position(|own| own == b"7 0 obj").unwrap();
    bytes[place + 8..place + 12].copy_from_slice(b"null");
    bytes[place + 12] = b' ';
    let end = place + 12 + bytes[place + 12..].windows(6).position(|own| own == b"endobj").unwrap();
    bytes[place + 12..end].fill(b' ');
    let document = read(&bytes).unwrap();
    assert_eq!(document.pages.len(), 3);
    assert_eq!(document.text.matches("A good page.").count(), 2);
    assert!(
        document.problems.iter().any(|own| own.place == "page 2" && own.content_lost),
        "{:?}",
        document.problems
    );
}

#[test]
fn a_broken_table_of_objects_is_made_anew() {
    let text = show(&[(72, 700, 12, "Found again.")]);
    let whole = pages(&[&text]);
    let cut = &whole[..whole.windows(4).position(|own| own == b"xref").unwrap()];
    assert!(read(cut).unwrap().text.contains("Found again."));
    let mut moved = whole.clone();
    moved.splice(9..9, *b"% a line that moves all that comes after it\n");
    assert!(read(&moved).unwrap().text.contains("Found again."));
    let mut late = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    late.extend_from_slice(&whole);
    assert!(read(&late).unwrap().text.contains("Found again."));
}

#[test]
fn what_goes_round_in_circles_ends() {
    // Pages that are their own parents, forms that draw each other, lengths that are their own lengths.
    let objects = [
        "<</Type/Catalog/Pages 2 0 R/Outlines 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R]/Parent 2 0 R/First 2 0 R/Next 2 0 R/Title(x)>>".into(),
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</X 5 0 R/Y 6 0 R>>>>>>".into(),
        stream("", "/X Do /Y Do"),
        stream("/Subtype/Form/Resources<</XObject<</Y 6 0 R>>>>", "/Y Do"),
        stream("/Subtype/Form/Resources<</XObject<</X 5 0 R>>>>", "/X Do"),
        "7 0 R".into(),
        "<</Length 8 0 R>>\nstream\n\nendstream".into(),
    ];
    let document = read(&file(&objects)).unwrap();
    assert_eq!(document.pages.len(), 1);
    assert!(document.problems.iter().any(|own| own.why == "a form calls itself"), "{:?}", document.problems);

    // Each form draws the next one twenty times: 20^10 in all.
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Count 1/Kids[3 0 R]>>".into(),
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>".into(),
        stream("", "/X Do"),
    ];
    for next in 6..16 {
        objects.push(stream(
            &format!("/Subtype/Form/Resources<</XObject<</X {next} 0 R>>>>"),
            &"/X Do ".repeat(20),
        ));
    }
    let document = read(&file(&objects)).unwrap();
    assert!(document.problems.iter().any(|own| own.content_lost), "{:?}", document.problems);
}

#[test]
fn a_tree_of_a_million_nodes_ends() {
    // A hundred kids, each with the same hundred kids, and so on: by their numbers, they are seen once.
    let kids = |number: usize| format!("{number} 0 R ").repeat(100);
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Kids[{}]>>", kids(3)),
        format!("<</Type/Pages/Kids[{}]>>", kids(4)),
        format!("<</Type/Pages/Kids[{}]>>", "<</Type/Page>>".repeat(120_000)),
    ];
    let document = read(&file(&objects)).unwrap();
    assert_eq!(document.pages.len(), 100_000);
    assert!(document.problems.iter().any(|own| own.what == "pages" && own.content_lost));
}

#[test]
fn no_change_of_a_byte_or_two_is_fatal() {
    let text = show(&[(72, 700, 12, "Some words of a page."), (72, 680, 12, "\\225 and an item")]);
    let seeds = [
        pages(&[&text, &text]),
        scanned("BT /F 12 Tf 72 700 Td [(W) -200 (ords)] TJ ET"),
        include_bytes!("data/aes_256_empty.pdf").to_vec(),
        include_bytes!("data/rc4_128.pdf").to_vec(),
    ];
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize % below
    };
    let pieces: [&[u8]; 12] = [
        b"<<",
        b">>",
        b"[",
        b"]",
        b" 0 R",
        b"endobj",
        b"stream\n",
        b"99999999999",
        b"-1",
        b"/Kids",
        b"(",
        b"/Filter/FlateDecode",
    ];
    let passwords = ["open sesame".to_owned()];
    let mut read_some = 0;
    for round in 0..800 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=next(4) {
            let place = next(bytes.len());
            match next(5) {
                0 => bytes[place] = next(256) as u8,
                1 => bytes[place] = b'0' + next(10) as u8,
                2 => bytes.truncate(place.max(20)),
                3 => {
                    bytes.splice(place..place, pieces[next(pieces.len())].iter().copied());
                }
                _ => {
                    let end = (place + next(40)).min(bytes.len());
                    bytes.drain(place..end);
                }
            }
        }
        let input = Input { name: "a.pdf", bytes: &bytes, extent: Extent::Whole, passwords: &passwords };
        if let Ok(document) = parse(&input) {
            read_some += usize::from(!document.text.trim().is_empty());
            for page in &document.pages {
                assert!(document.text.get(page.span.start..page.span.end).is_some());
            }
            for area in &document.areas {
                assert!(document.text.get(area.span.start..area.span.end).is_some(), "{area:?}");
            }
        }
    }
    assert!(read_some > 200, "{read_some} of 800 were read");
}

fn words(text: &str) -> HashMap<String, usize> {
    let mut words = HashMap::new();
    for word in
        text.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
    {
        *words.entry(word.to_owned()).or_default() += 1;
    }
    words
}

/// The share of the first one's words that the second one has.
#[expect(clippy::cast_precision_loss, reason = "no file has so many words")]
fn share(one: &HashMap<String, usize>, other: &HashMap<String, usize>) -> f64 {
    let common: usize =
        one.iter().map(|(word, count)| (*count).min(other.get(word).copied().unwrap_or(0))).sum();
    common as f64 / one.values().sum::<usize>().max(1) as f64
}

#[test]
#[expect(clippy::disallowed_methods, reason = "compares with a program")]
fn real_files_have_the_words_that_pdftotext_reads() {
    let Some(data) = testkit::shared_data() else { return };
    let mut below = Vec::new();
    let mut measured = 0;
    for entry in std::fs::read_dir(data.join("pdf")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "pdf") {
            continue;
        }
        let Ok(output) = std::process::Command::new("pdftotext").arg(&path).arg("-").output() else {
            assert!(std::env::var_os("CI").is_none(), "no `pdftotext`; on CI it has to be there");
            println!("skipped: there is no `pdftotext` (Debian's poppler-utils) to compare with");
            return;
        };
        let document = read(&std::fs::read(&path).unwrap()).unwrap();
        let expected = String::from_utf8_lossy(&output.stdout);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(document.pages.len(), expected.matches('\u{c}').count(), "{name}");
        let (ours, theirs) = (words(&document.text), words(&expected));
        let (recall, stray) = (share(&theirs, &ours), 1.0 - share(&ours, &theirs));
        println!("{name:32} pages {:3} recall {recall:.4} stray {stray:.4}", document.pages.len());
        if recall < RECALL_MIN || stray > STRAY_MAX {
            below.push(format!("{name}: recall {recall:.4}, stray {stray:.4}"));
        }
        measured += 1;
    }
    assert!(measured > 0 && below.is_empty(), "{below:#?}");
}

/// The least share of `pdftotext`'s words that every file has.
const RECALL_MIN: f64 = 0.98;
/// The largest share of a file's words that `pdftotext` has not.
const STRAY_MAX: f64 = 0.03;
