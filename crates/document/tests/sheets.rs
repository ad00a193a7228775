//! Sheets and OpenDocument files made here, sound, damaged and hostile: what they become, and that they stay
//! within bounds.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use patou_document::{BlockKind, Chunking, Document, Extent, Input, ParseError, chunk, parse};
use proptest::prelude::*;

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let packed = zip::write::SimpleFileOptions::default();
    for (name, text) in parts {
        writer.start_file(*name, if *name == "mimetype" { stored } else { packed }).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A workbook of sheets (name and state, what is in the worksheet element), and other parts.
fn workbook(sheets: &[(&str, &str)], others: &[(&str, &str)]) -> Vec<u8> {
    let (mut list, mut relations) = (String::new(), String::new());
    let mut parts = Vec::new();
    for (number, (name, content)) in (1..).zip(sheets) {
        write!(list, "<sheet name={name} sheetId='{number}' r:id='r{number}'/>").unwrap();
        write!(
            relations,
            "<Relationship Id='r{number}' Type='t/worksheet' Target='worksheets/s{number}.xml'/>"
        )
        .unwrap();
        parts.push((format!("xl/worksheets/s{number}.xml"), format!("<worksheet>{content}</worksheet>")));
    }
    relations.push_str(
        "<Relationship Id='a' Type='t/sharedStrings' Target='strings.xml'/>\
         <Relationship Id='b' Type='t/styles' Target='styles.xml'/>",
    );
    parts.push(("xl/workbook.xml".into(), format!("<workbook><sheets>{list}</sheets></workbook>")));
    parts.push(("xl/_rels/workbook.xml.rels".into(), format!("<Relationships>{relations}</Relationships>")));
    let own = parts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    package(&own.chain(others.iter().copied()).collect::<Vec<_>>())
}

fn opendocument(kind: &str, content: &str) -> Vec<u8> {
    package(&[
        ("mimetype", &format!("application/vnd.oasis.opendocument.{kind}")),
        ("content.xml", &format!("<office:document-content>{content}</office:document-content>")),
    ])
}

fn ods(rows: &str) -> Vec<u8> {
    let table = format!("<table:table table:name='S'>{rows}</table:table>");
    opendocument(
        "spreadsheet",
        &format!("<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"),
    )
}

fn odt(content: &str) -> Vec<u8> {
    opendocument("text", &format!("<office:body><office:text>{content}</office:text></office:body>"))
}

fn read(name: &str, bytes: &[u8]) -> Result<Document, ParseError> {
    parse(&Input { name, bytes, extent: Extent::Whole, passwords: &[] })
}

fn sound(name: &str, bytes: &[u8]) -> Document {
    let document = read(name, bytes).unwrap();
    assert_eq!(document.faults(), Vec::<String>::new());
    document
}

fn check(name: &str, bytes: &[u8], expect: &str) -> Document {
    let document = sound(name, bytes);
    assert_eq!(document.text, expect);
    document
}

fn problems(document: &Document) -> Vec<(&str, bool)> {
    document.problems.iter().map(|problem| (problem.what.as_str(), problem.content_lost)).collect()
}

fn text_cell(address: &str, text: &str) -> String {
    format!("<c r='{address}' t='inlineStr'><is><t>{text}</t></is></c>")
}

#[test]
fn cells_that_touch_are_a_table_and_a_merged_title_stands_above_it() {
    let cells: String =
        [("A1", "Title"), ("A2", "a"), ("B2", "b|c"), ("A3", "1"), ("E1", "alone"), ("B5", "x"), ("B6", "y")]
            .map(|(address, text)| text_cell(address, text))
            .concat();
    let sheet = format!("<sheetData>{cells}</sheetData><mergeCells><mergeCell ref='A1:B1'/></mergeCells>");
    let document = check(
        "a.xlsm",
        &workbook(&[("'One'", &sheet)], &[]),
        "## One\n\nTitle\n\n| alone |\n| --- |\n\n| a | b\\|c |\n| --- | --- |\n| 1 |  |\n\n| x |\n| --- |\n| y |",
    );
    assert_eq!(document.pages.len(), 1);
    assert!(document.blocks.iter().all(|block| block.heading_path == ["One"]));
}

#[test]
fn values_are_what_was_stored_for_them() {
    let styles = "<s><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></s>";
    let strings = "<sst><si><t>shared</t></si></sst>";
    let row = "<sheetData><row><c t='s'><v>0</v></c><c s='1'><v>44067</v></c><c t='b'><v>1</v></c>\
               <c t='e'><v>#DIV/0!</v></c><c><f>A1*2</f><v>0.25</v></c><c><f>B1</f></c><c t='s'><v>7</v></c></row>\
               <row hidden='1'><c><v>5</v></c></row></sheetData>";
    let document = check(
        "a.xlsx",
        &workbook(&[("'S' state='hidden'", row)], &[("xl/strings.xml", strings), ("xl/styles.xml", styles)]),
        "## S\n\n| shared | 2020-08-24 00:00:00 | True | #DIV/0! | 0.25 | =B1 |\n| --- | --- | --- | --- | --- | --- |\n\
         | 5 |  |  |  |  |  |",
    );
    let expect = [("sheet", false), ("rows", false), ("cells", true), ("cells", true)];
    assert_eq!(problems(&document), expect);
}

#[test]
fn merged_cells_say_it_for_each_and_cyclic_parts_are_read_once() {
    let cells = format!("<sheetData>{}{}</sheetData>", text_cell("A1", "m"), text_cell("C2", "n"));
    let merged = "<mergeCells><mergeCell ref='A1:B2'/><mergeCell ref='A1:B2'/></mergeCells>";
    let sheet = format!("{cells}{merged}");
    let mut bytes = workbook(&[("'S'", &sheet), ("'T'", "")], &[]);
    check("a.xlsx", &bytes, "## S\n\n| m | m |  |\n| --- | --- | --- |\n| m | m | n |\n\n## T");
    // Both sheets are the same part, which refers to itself as its drawing.
    let relations = "<Relationships><Relationship Id='r1' Type='t/worksheet' Target='s.xml'/>\
                     <Relationship Id='r2' Type='t/worksheet' Target='../xl/s.xml'/></Relationships>";
    let itself = "<Relationships><Relationship Id='r1' Type='t/drawing' Target='s.xml'/>\
                  <Relationship Id='r2' Type='t/comments' Target='s.xml'/></Relationships>";
    bytes = package(&[
        (
            "xl/workbook.xml",
            "<w><sheet name='A' r:id='r1'/><sheet name='B' r:id='r2'/><sheet name='C' r:id='r9'/></w>",
        ),
        ("xl/_rels/workbook.xml.rels", relations),
        ("xl/s.xml", &format!("<worksheet>{cells}</worksheet>")),
        ("xl/_rels/s.xml.rels", itself),
    ]);
    let document = sound("a.xlsx", &bytes);
    assert_eq!(document.pages.len(), 3);
    assert_eq!(problems(&document), [("sheet", false), ("sheet", true)]);
}

#[test]
fn rows_of_long_sheets_are_passages_with_the_header_of_their_own_table() {
    let mut rows = String::new();
    for (start, header) in [(1, "first"), (102, "second")] {
        rows.push_str(&text_cell(&format!("A{start}"), header));
        for row in start + 1..start + 100 {
            rows.push_str(&text_cell(&format!("A{row}"), &format!("a value in row {row}")));
        }
    }
    let document = sound("a.xlsx", &workbook(&[("'S'", &format!("<sheetData>{rows}</sheetData>"))], &[]));
    let rows = document.blocks.iter().filter(|block| block.kind == BlockKind::Row).count();
    assert_eq!(rows, 198);
    let chunks = chunk(&document, &Chunking::default(), |text| text.split_whitespace().count());
    let of = |text: &str| chunks.iter().find(|chunk| chunk.indexed_text(&document).contains(text)).unwrap();
    assert!(of("row 50 ").context.contains("| first |"), "{:?}", of("row 50 "));
    assert!(of("row 150 ").context.contains("| second |"), "{:?}", of("row 150 "));
    assert_eq!(of("row 150 ").page, Some(1));
}

#[test]
fn pictures_charts_boxes_and_comments_are_where_they_lie() {
    let sheet = format!("<sheetData>{}{}</sheetData>", text_cell("A5", "x"), text_cell("B5", "3"));
    let anchor = |row: u32, content: &str| {
        format!(
            "<xdr:oneCellAnchor><xdr:from><xdr:row>{row}</xdr:row></xdr:from>{content}</xdr:oneCellAnchor>"
        )
    };
    let drawing = format!(
        "<d>{}{}{}</d>",
        anchor(0, "<xdr:pic><a:blip r:embed='r1'/></xdr:pic>"),
        anchor(9, "<xdr:graphicFrame><c:chart r:id='r2'/></xdr:graphicFrame>"),
        anchor(
            20,
            "<xdr:grpSp><xdr:sp><xdr:txBody><a:p><a:r><a:t>in a box</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:grpSp>"
        ),
    );
    let chart = "<c:chartSpace><c:chart><c:title><a:t>Title</a:t></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:v>n</c:v>\
                 </c:tx><c:cat><c:f>S!$A$5</c:f></c:cat><c:val><c:f>'S'!$B$5:$B$5</c:f></c:val></c:ser></c:barChart>\
                 </c:plotArea></c:chart></c:chartSpace>";
    let comments = "<comments><authors><author>Ann</author></authors><commentList><comment ref='B5' authorId='0'><text>\
                    <r><t>look here</t></r></text></comment></commentList></comments>";
    let document = check(
        "a.xlsx",
        &workbook(
            &[("'S'", &sheet)],
            &[
                (
                    "xl/worksheets/_rels/s1.xml.rels",
                    "<Relationships><Relationship Id='r1' Type='t/drawing' Target='../d.xml'/>\
                  <Relationship Id='r2' Type='t/comments' Target='../c.xml'/></Relationships>",
                ),
                ("xl/d.xml", &drawing),
                (
                    "xl/_rels/d.xml.rels",
                    "<Relationships><Relationship Id='r1' Type='t/image' Target='i.png'/>\
                  <Relationship Id='r2' Type='t/chart' Target='chart.xml'/></Relationships>",
                ),
                ("xl/i.png", "pixels"),
                ("xl/chart.xml", chart),
                ("xl/c.xml", comments),
            ],
        ),
        "## S\n\n<!-- image -->\n\n| x | 3 |\n| --- | --- |\n\nTitle\n\n<!-- image -->\n\nBar chart\n\n|  | n |\n| --- | --- |\n\
         | x | 3 |\n\nin a box\n\n> B5 (Ann): look here",
    );
    assert_eq!((document.scans.len(), document.scans[0].bytes.as_slice()), (1, &b"pixels"[..]));
    assert!(document.text[document.scans[0].at..].starts_with("<!-- image -->"));
}

#[test]
fn what_lies_about_its_size_stays_small() {
    let far = format!(
        "<dimension ref='A1:XFD1048576'/><sheetData>{}{}{}</sheetData>\
         <mergeCells><mergeCell ref='A1:XFD1048576'/><mergeCell ref='B2:XFE99999999999'/></mergeCells>",
        text_cell("A1", "first"),
        text_cell("XFD1048576", "last"),
        text_cell("ZZZZZZZ99999999999", "beyond"),
    );
    let document = sound("a.xlsx", &workbook(&[("'S'", &far)], &[]));
    assert!(document.text.len() < 4096, "{}", document.text.len());
    assert!(document.text.contains("last") && document.text.contains("beyond"));
    let bomb = "<table:table-row table:number-rows-repeated='1048576'><table:table-cell \
                table:number-columns-repeated='16384'/></table:table-row><table:table-row><table:table-cell \
                table:number-columns-repeated='16000'/><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>";
    let document = sound("a.ods", &ods(&bomb.replace("1048576", "1000000")));
    assert_eq!(document.text, "| x |\n| --- |");
    let document = sound("a.ods", &ods(bomb));
    assert_eq!(
        problems(&document),
        [("cells", true), ("the whole document", false)][..1]
            .to_vec()
            .into_iter()
            .chain([("no text", false)])
            .collect::<Vec<_>>()
    );
}

#[test]
fn cells_far_apart_are_listed() {
    let mut cells = String::new();
    for place in 1..3000 {
        cells.push_str(&text_cell(&format!("A{place}"), "down"));
    }
    for _ in 0..3000 {
        cells.push_str("<c t='str'><v>right</v></c>");
    }
    let document = sound("a.xlsx", &workbook(&[("'S'", &format!("<sheetData>{cells}</sheetData>"))], &[]));
    assert!(document.text.contains("| Cell | Value |") && document.text.contains("| DKJ2999 | right |"));
    assert_eq!(problems(&document), [("cells", false)]);
    assert_eq!(document.text.matches("down").count() + document.text.matches("right").count(), 5999);
}

#[test]
fn cells_repeated_without_end_are_cut_and_told() {
    let cell = "<table:table-cell office:value-type='float' office:value='7' table:number-columns-repeated='16384'/>";
    let row = format!("<table:table-row table:number-rows-repeated='1048576'>{cell}</table:table-row>");
    let document = sound("a.ods", &ods(&row));
    assert!(document.problems.iter().any(|problem| problem.what == "cells" && problem.content_lost));
    assert!(document.text.len() < 256 << 20);
    let cell =
        "<table:table-cell table:number-columns-repeated='16384'><text:p>7</text:p></table:table-cell>";
    let row = format!("<table:table-row table:number-rows-repeated='99999999'>{cell}</table:table-row>");
    let document = sound("a.odt", &odt(&format!("<table:table>{row}</table:table>")));
    assert!(document.problems.iter().any(|problem| problem.what == "table" && problem.content_lost));
}

#[test]
fn a_string_that_is_shared_too_often_stops_at_the_limit() {
    let strings = format!("<sst><si><t>{}</t></si></sst>", "word ".repeat(8_000));
    let cells = "<c t='s'><v>0</v></c>".repeat(1_000);
    let rows = format!("<row>{cells}</row>").repeat(20);
    let sheet = format!("<sheetData>{rows}</sheetData>");
    let document = sound("a.xlsx", &workbook(&[("'S'", &sheet)], &[("xl/strings.xml", &strings)]));
    assert!(document.text.len() <= 129 << 20);
    assert!(document.problems.iter().any(|problem| problem.content_lost));
}

#[test]
fn a_million_strings_and_a_sheet_cut_off_are_read_as_far_as_they_go() {
    let strings = format!("<sst>{}", "<si><t>s</t></si>".repeat(1_000_000));
    let sheet = "<sheetData><row><c t='s'><v>999999</v></c><c><v>4";
    let bytes = workbook(&[("'S'", sheet)], &[("xl/strings.xml", &strings)]);
    let document = check("a.xlsx", &bytes, "## S\n\n| s |\n| --- |");
    assert_eq!(problems(&document), [("cells", true), ("cells", true)]);
}

#[test]
fn locked_files_say_so() {
    let mut compound = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    compound.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(matches!(read("a.xlsx", &compound), Err(ParseError::Locked { .. })));
    assert!(matches!(read("a.xlsx", &compound[..9]), Err(ParseError::Damaged { .. })));
    let manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>";
    let bytes = package(&[
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", "\u{1}\u{2}"),
    ]);
    assert!(matches!(read("a", &bytes), Err(ParseError::Locked { .. })));
}

#[test]
fn texts_have_headings_lists_notes_and_links() {
    let styles = "<office:automatic-styles><text:list-style style:name='L'><text:list-level-style-number text:level='1' \
                  style:num-suffix='.'/></text:list-style><style:style style:name='B' style:family='text'>\
                  <style:text-properties fo:font-weight='bold'/></style:style></office:automatic-styles>";
    let content = "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>\
        </text:changed-region></text:tracked-changes>\
        <text:p text:style-name='Title'>T</text:p><text:h text:outline-level='1'>H</text:h>\
        <text:p>a<text:s text:c='2'/><text:span text:style-name='B'>bold </text:span>\
        <text:a xlink:href='http://a/b c'>link</text:a><text:note><text:note-citation>1</text:note-citation>\
        <text:note-body><text:p>said below</text:p></text:note-body></text:note></text:p>\
        <text:list text:style-name='L'><text:list-item><text:p>one</text:p></text:list-item></text:list>\
        <text:list><text:list-item><text:list><text:list-item><text:p>within</text:p></text:list-item></text:list>\
        </text:list-item><text:list-item><text:p>two</text:p></text:list-item></text:list>\
        <text:p># no heading<office:annotation><dc:creator>Ann</dc:creator><text:p>why</text:p></office:annotation></text:p>\
        <table:table><table:table-row><table:table-cell table:number-columns-spanned='2'><text:p>k</text:p></table:table-cell>\
        <table:covered-table-cell/></table:table-row><table:table-row><table:table-cell office:value-type='percentage' \
        office:value='0.25'><text:p>25 %</text:p></table:table-cell><table:table-cell><text:list><text:list-item>\
        <text:p>p</text:p></text:list-item></text:list></table:table-cell></table:table-row></table:table>";
    let bytes = opendocument(
        "text",
        &format!("{styles}<office:body><office:text>{content}</office:text></office:body>"),
    );
    let document = check(
        "a.odt",
        &bytes,
        "# T\n\n## H\n\na  **bold** [link](http://a/b%20c)[^1]\n\n1. one\n\n    - within\n2. two\n\n\\# no heading\n\n> Ann: why\n\n\
         | k |  |\n| --- | --- |\n| 0.25 | - p |\n\n[^1]: said below",
    );
    assert_eq!(document.title.as_deref(), Some("T"));
    assert_eq!(problems(&document), [("tracked changes", false)]);
    assert_eq!(document.blocks.last().unwrap().heading_path, ["T", "H"]);
}

#[test]
fn pages_have_titles_shapes_and_notes_and_flat_files_are_read() {
    let body = "<office:body><office:presentation><draw:page draw:name='p1'><draw:frame presentation:class='title'>\
        <draw:text-box><text:p>First</text:p></draw:text-box></draw:frame><draw:g><draw:rect><text:p>boxed</text:p></draw:rect>\
        </draw:g><presentation:notes><draw:frame><draw:text-box><text:p>to say</text:p></draw:text-box></draw:frame>\
        </presentation:notes></draw:page><draw:page draw:name='Second'/></office:presentation></office:body>";
    let expect = "# First\n\nboxed\n\n> to say\n\n# Second";
    let document = check("a.odp", &opendocument("presentation", body), expect);
    assert_eq!(document.pages.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2]);
    let flat = format!(
        "<?xml version='1.0'?>\n<office:document office:mimetype=\"application/vnd.oasis.opendocument.presentation\">\
         <office:meta><dc:creator>Ann</dc:creator></office:meta>{body}</office:document>"
    );
    let document = check("unnamed", flat.as_bytes(), expect);
    assert_eq!(document.metadata["author"], "Ann");
}

#[test]
fn blank_merged_cells_join_a_table_or_part_two() {
    let blank = "<table:table-cell table:number-columns-spanned='2'/><table:covered-table-cell/>";
    let said = "<table:table-cell><text:p>x</text:p></table:table-cell>";
    let row = |cells: &str| format!("<table:table-row>{cells}</table:table-row>");
    let joined = row(&format!("{said}{blank}{said}"));
    check("a.ods", &ods(&joined), "| x |  |  | x |\n| --- | --- | --- | --- |");
    let parted = [row(said), row(blank), row(said)].concat();
    check("a.ods", &ods(&parted), "| x |\n| --- |\n\n| x |\n| --- |");
}

#[test]
fn what_is_beside_the_text_is_kept_or_told() {
    let sheet = "<sheetData><c t='str'><v>a@b.c</v></c></sheetData><hyperlinks><hyperlink ref='A1' r:id='r1'/>\
                 <hyperlink ref='A1' r:id='r2'/></hyperlinks>";
    let links = "<Relationships><Relationship Id='r1' Type='t/hyperlink' Target='mailto:a@b.c' TargetMode='External'/>\
                 <Relationship Id='r2' Type='t/hyperlink' Target='http://d/' TargetMode='External'/></Relationships>";
    let others = [
        ("xl/worksheets/_rels/s1.xml.rels", links),
        ("xl/embeddings/Plan.docx", "a file"),
        ("xl/embeddings/oleObject1.bin", "an object"),
    ];
    let document = sound("a.xlsx", &workbook(&[("'S'", sheet)], &others));
    assert_eq!((document.attachments.len(), document.attachments[0].name.as_str()), (1, "Plan.docx"));
    assert_eq!(problems(&document), [("links", true), ("embedded file", true)]);
    let styles = "<office:master-styles><style:master-page><style:header><text:p>Top</text:p></style:header>\
                  <style:footer><text:p>Page 1</text:p></style:footer></style:master-page></office:master-styles>";
    let content = "<d><office:body><office:text><text:p>x</text:p></office:text></office:body></d>";
    let bytes = package(&[("content.xml", content), ("styles.xml", styles)]);
    let document = check("a.odt", &bytes, "x");
    assert_eq!(
        (&document.metadata["page_header"], &document.metadata["page_footer"]),
        (&"Top".into(), &"Page 1".into())
    );
}

#[test]
fn sheets_of_opendocument_say_their_values() {
    let cell = |kind: &str, value: &str| {
        format!(
            "<table:table-cell office:value-type='{kind}' {value}><text:p>shown</text:p></table:table-cell>"
        )
    };
    let row = [
        cell("float", "office:value='5.0'"),
        cell("date", "office:date-value='2020-08-24T10:00:00'"),
        cell("time", "office:time-value='PT01H30M00S'"),
        cell("boolean", "office:boolean-value='true'"),
        cell("string", "table:number-columns-spanned='2' calcext:value-type='string'"),
    ]
    .concat();
    let rows = format!(
        "<table:table-row table:visibility='collapse'>{row}<table:covered-table-cell/></table:table-row>"
    );
    let expect =
        "| 5 | 2020-08-24 10:00:00 | 1:30:00 | True | shown | shown |\n| --- | --- | --- | --- | --- | --- |";
    let document = check("a.ods", &ods(&rows), expect);
    assert_eq!((document.title.as_deref(), problems(&document)), (Some("S"), vec![("rows", false)]));
}

/// Pieces of which worksheets are made, sound and not.
const SHEET: &str = "<row>|<row r='3'>|<row r='1048576' hidden='1'>|</row>|<c>|<c r='B2' t='s'>|<c r='XFD9' t='inlineStr'>|\
    <c r='A99999999999'>|<c r='AAAAAAAA1' s='99'>|</c>|<v>1</v>|<v>-1e400</v>|<v>&amp;&#0;&#x10FFFF;&bad;</v>|<is><t>t</t></is>|\
    <f>A1</f>|<mergeCell ref='A1:C4'/>|<mergeCell ref='C3:A1'/>|<mergeCell ref='A1:XFD1048576'/>|<mergeCell ref='x'/>|\
    <col min='1' max='99999999' hidden='1'/>|<col min='9' max='2' hidden='1'/>|text|<![CDATA[x]]>|<!-- c -->|<sheetData>|</sheetData>|<|>|&|'";
/// Pieces of which OpenDocument content is made.
const CONTENT: &str = "<text:p>|</text:p>|<text:h text:outline-level='99'>|</text:h>|<text:list>|</text:list>|<text:list-item>|\
    </text:list-item>|<table:table>|</table:table>|<table:table-row>|<table:table-row table:number-rows-repeated='1048576'>|\
    </table:table-row>|<table:table-cell>|<table:table-cell table:number-columns-repeated='16384' office:value-type='float' \
    office:value='1'>|<table:table-cell table:number-columns-spanned='99999' table:number-rows-spanned='0'>|</table:table-cell>|\
    <table:covered-table-cell/>|<draw:frame>|</draw:frame>|<draw:text-box>|</draw:text-box>|<draw:object xlink:href='.'/>|\
    <draw:image xlink:href='content.xml'/>|<text:note>|<text:note-body>|</text:note-body>|</text:note>|<office:annotation>|\
    </office:annotation>|<draw:page>|</draw:page>|<presentation:notes>|</presentation:notes>|<text:s text:c='9999999'/>|\
    <text:line-break/>|word|**|# |- |<text:section>|</text:section>|<text:span text:style-name='x'>|</text:span>|\u{0}|\u{1F600}";

fn pieces(of: &'static str) -> impl Strategy<Value = String> {
    let pieces: Vec<&str> = of.split('|').collect();
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

fn survive(name: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(document) = read(name, bytes) {
        prop_assert_eq!(document.faults(), Vec::<String>::new());
        prop_assert!(document.text.len() < 64 << 20);
        if document.text.len() < 1 << 16 {
            chunk(&document, &Chunking::default(), |text| text.len().div_ceil(4));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_worksheet_is_survived(content in pieces(SHEET), cut in 0usize..4000) {
        survive("a.xlsx", &workbook(&[("'S'", &content)], &[("xl/strings.xml", "<sst><si><t>a</t></si><si>")]))?;
        let whole = workbook(&[("'S'", &content)], &[("xl/styles.xml", &content)]);
        survive("a.xlsx", &whole[..cut.min(whole.len())])?;
    }

    #[test]
    fn any_table_covers_its_cells(
        places in prop::collection::vec((0u32..12, 0u32..12), 1..60),
        merged in prop::collection::vec((0u32..12, 0u32..12, 0u32..3, 0u32..3), 0..4),
    ) {
        let name = |row: u32, column: u32| format!("{}{}", char::from(b'A' + u8::try_from(column).unwrap()), row + 1);
        let cells: String = places.iter().map(|(row, column)| text_cell(&name(*row, *column), &format!("v{row}x{column}"))).collect();
        let areas: String = merged.iter().map(|(row, column, height, width)| {
            format!("<mergeCell ref='{}:{}'/>", name(*row, *column), name(row + height, column + width))
        }).collect();
        let document = sound("a.xlsx", &workbook(&[("'S'", &format!("{cells}{areas}"))], &[]));
        for (row, column) in places {
            prop_assert!(document.text.contains(&format!("v{row}x{column}")), "{}", document.text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_opendocument_content_is_survived(content in pieces(CONTENT)) {
        survive("a.odt", &odt(&content))?;
        survive("a.ods", &ods(&content.replace("1048576", "4096")))?;
        let body = format!("<office:body><office:presentation>{content}</office:presentation></office:body>");
        survive("a.odp", &opendocument("presentation", &body))?;
    }
}

#[test]
fn a_workbook_of_before_2007_is_tables_with_dates_and_a_title() {
    let bytes = include_bytes!("../../../examples/corpus/more/eclipses.xls");
    let document =
        parse(&Input { name: "eclipses.xls", bytes, extent: Extent::Whole, passwords: &[] }).unwrap();
    assert_eq!(
        document.text,
        "## Eclipses\n\nSolar eclipses of the sixties\n\n| Date | Kind | Longest, minutes |\n| --- | --- | --- |\n\
         | 1961-02-15 00:00:00 | total | 2.75 |\n| 1966-05-20 00:00:00 | annular | 0.1 |\n\
         | 1968-09-22 00:00:00 | total | 0.67 |\n\n## Saros\n\n| Series | Years between two |\n| --- | --- |\n\
         | 120 | 18.03 |\n| 139 | 18.03 |"
    );
    assert_eq!((document.pages.len(), document.problems.len()), (2, 0), "{:?}", document.problems);
}
