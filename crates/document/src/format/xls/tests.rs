//! Workbooks, sound and hostile, built here.

use std::io::{Cursor, Write};

use cfb::CompoundFile;
use proptest::prelude::*;

use crate::{Document, Extent, Input, ParseError, detect, parse};

/// Records one after the other.
#[derive(Clone, Default)]
struct Stream(Vec<u8>);

impl Stream {
    fn record(&mut self, kind: u16, data: &[u8]) -> &mut Self {
        self.0.extend_from_slice(&kind.to_le_bytes());
        self.0.extend_from_slice(&u16::try_from(data.len()).unwrap().to_le_bytes());
        self.0.extend_from_slice(data);
        self
    }

    fn begin(&mut self, kind: u16) -> &mut Self {
        self.record(0x0809, &[words(&[0x0600, kind, 0, 0]), vec![0; 8]].concat())
    }

    fn end(&mut self) -> &mut Self {
        self.record(0x000a, &[])
    }

    fn cell(&mut self, kind: u16, place: [u16; 3], value: &[u8]) -> &mut Self {
        self.record(kind, &[words(&place), value.to_vec()].concat())
    }
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A text behind a length of two bytes and its flags.
fn text(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = u16::try_from(units.len()).unwrap().to_le_bytes().to_vec();
    bytes.push(1);
    bytes.extend(words(&units));
    bytes
}

/// A workbook of these sheets: name, visibility, kind, records between their begin and end.
fn workbook(head: &Stream, sheets: &[(&str, u8, u8, Stream)]) -> Vec<u8> {
    let globals = |starts: &[usize]| {
        let mut stream = Stream::default();
        stream.begin(0x0005);
        stream.0.extend_from_slice(&head.0);
        for ((name, state, kind, _), start) in sheets.iter().zip(starts) {
            let start = u32::try_from(*start).unwrap().to_le_bytes();
            let name = [&[u8::try_from(name.len()).unwrap(), 0][..], name.as_bytes()].concat();
            stream.record(0x0085, &[&start[..], &[*state, *kind], &name].concat());
        }
        stream.end();
        stream
    };
    let mut starts = vec![globals(&vec![0; sheets.len()]).0.len()];
    for (_, _, _, records) in sheets {
        starts.push(starts.last().unwrap() + records.0.len());
    }
    let mut stream = globals(&starts);
    sheets.iter().for_each(|(_, _, _, records)| stream.0.extend_from_slice(&records.0));
    file("/Workbook", &stream.0)
}

fn file(name: &str, stream: &[u8]) -> Vec<u8> {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream(name).unwrap().write_all(stream).unwrap();
    file.into_inner().into_inner()
}

fn read(bytes: &[u8]) -> Result<Document, ParseError> {
    let document = parse(&Input { name: "a.xls", bytes, extent: Extent::Whole, passwords: &[] });
    if let Ok(document) = &document {
        assert_eq!(document.faults(), Vec::<String>::new());
        assert_eq!(document.format.as_str(), "xls");
    }
    document
}

fn problems(document: &Document) -> Vec<String> {
    let told = |p: &crate::Problem| format!("{}: {}: {} ({})", p.place, p.what, p.why, p.content_lost);
    document.problems.iter().map(told).collect()
}

/// Styles: a number, a date, a format of the workbook's own. Strings, of which the last goes on in another record.
fn head() -> Stream {
    let mut head = Stream::default();
    head.record(0x041e, &[words(&[164]), text("yyyy\"d\"")].concat());
    for format in [0u16, 14, 164] {
        head.record(0x00e0, &[words(&[0, format]), vec![0; 16]].concat());
    }
    let strings = [
        &8u32.to_le_bytes()[..],
        &3u32.to_le_bytes(),
        &text("Moon"),
        &[4, 0, 8, 1, 0],
        b"Ri|e",
        &[0; 4],
        &[6, 0, 0],
        b"go",
    ]
    .concat();
    head.record(0x00fc, &strings);
    head.record(0x003c, &[&[1][..], &words(&"ne ☾".encode_utf16().collect::<Vec<_>>())].concat());
    head
}

#[test]
fn cells_of_every_kind_say_what_they_showed() {
    let mut sheet = Stream::default();
    sheet
        .begin(0x0010)
        .record(0x0208, &[words(&[1, 0, 5, 0, 0, 0]), vec![0x20, 0, 0, 0]].concat())
        .cell(0x00fd, [0, 0, 0], &0u32.to_le_bytes())
        .cell(0x00fd, [0, 1, 0], &1u32.to_le_bytes())
        .cell(0x00fd, [0, 2, 0], &2u32.to_le_bytes())
        .cell(0x00fd, [0, 3, 0], &9u32.to_le_bytes())
        .cell(0x0203, [1, 0, 0], &2.5f64.to_le_bytes())
        .cell(0x0203, [1, 1, 1], &44_067.0f64.to_le_bytes())
        .cell(0x027e, [1, 2, 2], &(44_067u32 << 2 | 2).to_le_bytes())
        .record(
            0x00bd,
            &[words(&[1, 3, 0]), (12_345u32 << 2 | 3).to_le_bytes().to_vec(), words(&[3])].concat(),
        )
        .cell(0x0205, [2, 0, 0], &[1, 0])
        .cell(0x0205, [2, 1, 0], &[7, 1])
        .cell(0x0006, [2, 2, 0], &[&[0, 0, 0, 0, 0, 0, 0xff, 0xff][..], &[0; 8]].concat())
        .record(0x0207, &text("said"))
        .cell(0x0006, [2, 3, 0], &[&7.0f64.to_le_bytes()[..], &[0; 8]].concat())
        .cell(0x0204, [3, 0, 0], &text("over\r\ntwo"))
        .record(0x00e5, &words(&[1, 3, 3, 0, 1]))
        .end();
    let document = read(&workbook(&head(), &[("Moons", 0, 0, sheet)])).unwrap();
    let text = &document.text;
    for row in [
        "| Moon | Ri\\|e | gone ☾ |",
        "| 2.5 | 2020-08-24 00:00:00 | 2020-08-24 00:00:00 | 123.45 |",
        "| True | #DIV/0! | said | 7 |",
    ] {
        assert!(text.contains(row), "{row}\n{text}");
    }
    assert!(text.starts_with("## Moons\n"), "{text}");
    assert!(text.contains("| over two | over two |"), "merged: {text}");
    assert_eq!(
        problems(&document),
        [
            "sheet `Moons`: rows: 1 are hidden; they were read (false)",
            "sheet `Moons`: cells: 1 refer to strings that the workbook does not have (true)",
        ]
    );
}

#[test]
fn sheets_are_pages_and_what_lies_over_them_is_told() {
    let mut first = Stream::default();
    let address: Vec<u8> = words(&"https://x.example/\0".encode_utf16().collect::<Vec<_>>());
    let web = [0xe0, 0xc9, 0xea, 0x79, 0xf9, 0xba, 0xce, 0x11, 0x8c, 0x82, 0, 0xaa, 0, 0x4b, 0xa9, 0x0b];
    let object = |kind: u16, number: u16| [words(&[0x15, 0x12, kind, number]), vec![0; 14]].concat();
    let long = |text: &str| {
        [vec![0; 10], u16::try_from(text.len()).unwrap().to_le_bytes().to_vec(), vec![0; 6]].concat()
    };
    first
        .begin(0x0010)
        .cell(0x0204, [0, 0, 0], &text("one"))
        .record(0x005d, &object(0x19, 7))
        .record(0x01b6, &long("noted"))
        .record(0x003c, b"\0noted")
        .record(0x005d, &object(6, 8))
        .record(0x01b6, &long("boxed"))
        .record(0x003c, b"\0box")
        .record(0x003c, b"\0ed")
        .record(0x005d, &object(8, 9))
        .begin(0x0020)
        .cell(0x0204, [0, 0, 0], &text("of the chart"))
        .end()
        .record(0x001c, &[words(&[0, 0, 0, 7]), text("Ann")].concat())
        .record(
            0x01b8,
            &[
                vec![0; 24],
                web.to_vec(),
                u32::try_from(address.len()).unwrap().to_le_bytes().to_vec(),
                address,
            ]
            .concat(),
        )
        .end();
    let mut second = Stream::default();
    second.begin(0x0010).cell(0x0204, [0, 0, 0], &text("two")).end();
    let mut chart = Stream::default();
    chart.begin(0x0020).end();
    let mut cut = Stream::default();
    cut.begin(0x0010).cell(0x0204, [0, 0, 0], &text("three")).cell(0x0203, [1, 0, 0], &[1]);
    let sheets = [
        ("A", 0, 0, first),
        ("B", 2, 0, second),
        ("C", 0, 2, chart),
        ("M", 0, 6, Stream::default()),
        ("D", 0, 0, cut),
    ];
    let document = read(&workbook(&Stream::default(), &sheets)).unwrap();
    assert_eq!(document.pages.len(), 4);
    let text = &document.text;
    for said in ["## A", "one", "> A1 (Ann): noted", "boxed", "## B", "two", "## D", "three"] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert!(!text.contains("of the chart"));
    assert_eq!(
        problems(&document),
        [
            "sheet `A`: links: 1 lead to addresses that are not in the text (true)",
            "sheet `A`: charts: 1 cannot be read (true)",
            "sheet `A`: pictures: 1 cannot be read (true)",
            "sheet `B`: sheet: it is hidden; it was read (false)",
            "sheet `C`: chart: it cannot be read (true)",
            "sheet `D`: cells: the sheet breaks off (true)",
            "sheet `D`: records: 1 are cut off (true)",
        ]
    );
}

#[test]
fn excel_5_wrote_bytes_of_a_code_page() {
    let mut stream = Stream::default();
    stream.record(0x0809, &words(&[0x0500, 5, 0, 0])).record(0x0042, &words(&[1251]));
    let start = stream.0.len() + 4 + 6 + 2 + 4;
    let start = u32::try_from(start).unwrap().to_le_bytes();
    stream.record(0x0085, &[&start[..], &[0, 0, 1], b"\xcb"].concat()).end();
    stream.record(0x0809, &words(&[0x0500, 0x10, 0, 0]));
    stream.cell(0x0204, [0, 0, 0], b"\x04\0\xcb\xf3\xed\xe0");
    stream.record(0x001c, &[words(&[0, 0, 2]), b"ok".to_vec()].concat()).end();
    let document = read(&file("/Book", &stream.0)).unwrap();
    assert!(document.text.contains("## Л") && document.text.contains("Луна"), "{}", document.text);
    assert!(document.text.contains("> A1: ok"), "{}", document.text);
    assert_eq!(problems(&document), Vec::<String>::new());
}

#[test]
fn what_is_no_workbook_or_locked_says_so() {
    let mut locked = Stream::default();
    locked.record(0x002f, &[0; 6]);
    let locked = workbook(&locked, &[("A", 0, 0, Stream::default())]);
    assert!(matches!(read(&locked), Err(ParseError::Locked { .. })));
    assert!(matches!(read(&file("/Other", b"x")), Err(ParseError::Damaged { .. })));
    assert!(matches!(read(&file("/Workbook", b"x")), Err(ParseError::Damaged { .. })));
    assert!(matches!(read(b"x"), Err(ParseError::Damaged { .. })));
    let sound = workbook(&head(), &[("A", 0, 0, Stream::default())]);
    assert_eq!(detect("a.bin", &sound).map(|format| format.as_str()), Some("xls"));
    let mut everywhere = Stream::default();
    everywhere.begin(0x0010).cell(0x0204, [0, 0, 0], &text("once")).end();
    let mut bytes = workbook(&Stream::default(), &[("A", 0, 0, everywhere), ("B", 0, 0, Stream::default())]);
    let second = bytes.windows(2).rposition(|name| name == b"\x01\0").unwrap();
    let first: Vec<u8> = bytes[second - 16..second - 12].to_vec();
    bytes[second - 6..second - 2].copy_from_slice(&first);
    let document = read(&bytes).unwrap();
    assert_eq!(document.text.matches("once").count(), 1, "{}", document.text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_records_are_survived(
        head in proptest::collection::vec((any::<u16>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..12),
        sheet in proptest::collection::vec(
            (
                prop_oneof![
                    Just(0x06u16), Just(0x1c), Just(0x3c), Just(0x5d), Just(0x7d), Just(0xbd), Just(0xe5), Just(0xfc),
                    Just(0xfd), Just(0x1b6), Just(0x1b8), Just(0x203), Just(0x204), Just(0x205), Just(0x207),
                    Just(0x208), Just(0x27e), Just(0x809), Just(0x0a), any::<u16>(),
                ],
                proptest::collection::vec(any::<u8>(), 0..40),
            ),
            0..40,
        ),
    ) {
        let mut first = Stream::default();
        for (kind, data) in &head {
            first.record(*kind, data);
        }
        let mut second = Stream::default();
        second.begin(0x0010);
        for (kind, data) in &sheet {
            second.record(*kind, data);
        }
        let _ = read(&workbook(&first, &[("A", 0, 0, second)]));
        let _ = read(&file("/Workbook", &first.0));
    }
}
