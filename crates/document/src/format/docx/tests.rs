//! Word files as they are read, whole and broken.

use super::super::ooxml::tests::{read, survives};
use crate::Document;

const STYLES: &str = "<w:styles xmlns:w='w'>\
    <w:style w:type='paragraph' w:styleId='Heading1'><w:name w:val='heading 1'/><w:pPr><w:outlineLvl w:val='0'/></w:pPr></w:style>\
    <w:style w:type='paragraph' w:styleId='Own'><w:name w:val='Own'/><w:basedOn w:val='Heading1'/></w:style>\
    <w:style w:type='paragraph' w:styleId='Title'><w:name w:val='Title'/></w:style>\
    <w:style w:type='paragraph' w:styleId='Code'><w:name w:val='Source Code'/></w:style></w:styles>";
const NUMBERING: &str = "<w:numbering xmlns:w='w'><w:abstractNum w:abstractNumId='1'>\
    <w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%1.'/></w:lvl>\
    <w:lvl w:ilvl='1'><w:numFmt w:val='bullet'/><w:lvlText w:val='-'/></w:lvl></w:abstractNum>\
    <w:num w:numId='7'><w:abstractNumId w:val='1'/></w:num></w:numbering>";
const RELATIONSHIPS: &str = "<Relationships>\
    <Relationship Id='s' Type='o/styles' Target='styles.xml'/><Relationship Id='n' Type='o/numbering' Target='numbering.xml'/>\
    <Relationship Id='f' Type='o/footnotes' Target='footnotes.xml'/><Relationship Id='c' Type='o/comments' Target='comments.xml'/>\
    <Relationship Id='h' Type='o/header' Target='header1.xml'/><Relationship Id='i' Type='o/image' Target='media/i.png'/>\
    <Relationship Id='e' Type='o/package' Target='embeddings/e.xlsx'/><Relationship Id='g' Type='o/chart' Target='chart.xml'/>\
    <Relationship Id='l' Type='o/hyperlink' Target='https://a.b/c_d' TargetMode='External'/></Relationships>";
const FOOTNOTES: &str = "<w:footnotes xmlns:w='w'><w:footnote w:type='separator' w:id='0'><w:p><w:r><w:t>x</w:t></w:r></w:p></w:footnote>\
    <w:footnote w:id='2'><w:p><w:r><w:t>the note</w:t></w:r></w:p></w:footnote></w:footnotes>";
const COMMENTS: &str = "<w:comments xmlns:w='w'><w:comment w:id='0' w:author='Ann' w:date='2024-01-02T03:04:05Z'>\
    <w:p><w:r><w:t>said</w:t></w:r></w:p></w:comment></w:comments>";
const HEADER: &str = "<w:hdr xmlns:w='w'><w:p><w:r><w:t>on every page</w:t></w:r></w:p></w:hdr>";
const CHART: &str = "<c:chartSpace xmlns:c='c'><c:chart><c:plotArea><c:pieChart><c:ser><c:val><c:numLit><c:pt idx='0'>\
    <c:v>2.0</c:v></c:pt></c:numLit></c:val></c:ser></c:pieChart></c:plotArea></c:chart></c:chartSpace>";

fn parts<'a>(document: &'a str, image: &'a [u8]) -> Vec<(&'a str, &'a [u8])> {
    vec![
        ("[Content_Types].xml", b"<Types/>" as &[u8]),
        (
            "_rels/.rels",
            b"<Relationships><Relationship Id='a' Type='o/officeDocument' Target='word/document.xml'/>\
            <Relationship Id='b' Type='o/core-properties' Target='docProps/core.xml'/></Relationships>",
        ),
        ("docProps/core.xml", b"<cp><title>Named</title><creator>Ann</creator></cp>"),
        ("word/document.xml", document.as_bytes()),
        ("word/_rels/document.xml.rels", RELATIONSHIPS.as_bytes()),
        ("word/styles.xml", STYLES.as_bytes()),
        ("word/numbering.xml", NUMBERING.as_bytes()),
        ("word/footnotes.xml", FOOTNOTES.as_bytes()),
        ("word/comments.xml", COMMENTS.as_bytes()),
        ("word/header1.xml", HEADER.as_bytes()),
        ("word/chart.xml", CHART.as_bytes()),
        ("word/media/i.png", image),
        ("word/embeddings/e.xlsx", b"PK"),
    ]
}

fn document(body: &str) -> String {
    format!("<w:document xmlns:w='w' xmlns:r='r'><w:body>{body}</w:body></w:document>")
}

fn word(body: &str) -> Document {
    let image = super::super::ooxml::picture_tests::png(200, 100);
    read("a.docx", &parts(&document(body), &image)).unwrap()
}

/// The text that a body makes, before the comment that every file here has.
fn check(body: &str, expect: &str) {
    let text = word(body).text;
    let (own, rest) = text.split_once("[^1]: the note").unwrap();
    assert!(rest.ends_with("Comment by Ann, 2024-01-02: said"));
    assert_eq!(own.trim_end(), expect);
}

fn p(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn styled(style: &str, text: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val='{style}'/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn item(level: u8, text: &str) -> String {
    format!(
        "<w:p><w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='7'/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
    )
}

#[test]
fn styles_lists_and_code_are_markdown() {
    let body = [
        styled("Title", "Top"),
        styled("Own", "Under"),
        p("a_b &lt;c&gt;"),
        item(0, "one"),
        item(1, "deeper"),
        item(0, "two"),
        styled("Code", "x = 1"),
        styled("Code", "  y"),
        p("# end"),
    ];
    check(
        &body.concat(),
        "# Top\n\n## Under\n\na\\_b &lt;c&gt;\n\n1. one\n    - deeper\n2. two\n\n```\nx = 1\n  y\n```\n\n\\# end",
    );
}

#[test]
fn changes_links_and_fields_are_followed() {
    check(
        "<w:p><w:ins><w:r><w:t>kept</w:t></w:r></w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>\
         <w:hyperlink r:id='l'><w:r><w:t> here</w:t></w:r></w:hyperlink><w:hyperlink w:anchor='x'><w:r><w:t> there</w:t></w:r>\
         </w:hyperlink><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> HYPERLINK \"http://f/\" </w:instrText></w:r>\
         <w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t> field</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>\
         <w:r><w:footnoteReference w:id='2'/></w:r></w:p>",
        "kept [here](https://a.b/c_d) there [field](http://f/)[^1]",
    );
}

#[test]
fn cells_span_and_nest() {
    let row = |cells: &[&str]| format!("<w:tr>{}</w:tr>", cells.concat());
    let cell = |properties: &str, text: &str| format!("<w:tc><w:tcPr>{properties}</w:tcPr>{text}</w:tc>");
    let inner = format!("<w:tbl>{}</w:tbl>", row(&[&cell("", &p("i")), &cell("", &p("ii"))]));
    let rows = [
        row(&[
            &cell("<w:gridSpan w:val='2'/>", &p("wide")),
            &cell("<w:vMerge w:val='restart'/>", &p("tall")),
        ]),
        row(&[
            &cell("", &p("a|b")),
            &cell("", &format!("{}{inner}<w:p/>", p("n"))),
            &cell("<w:vMerge/>", "<w:p/>"),
        ]),
    ];
    check(
        &format!("<w:tbl>{}</w:tbl>{}", rows.concat(), p("after")),
        "| wide | wide | tall |\n| - | - | - |\n| a&#124;b | n  i ii | tall |\n\nafter",
    );
    check(
        &format!(
            "<w:tbl><w:tblGrid><w:gridCol/></w:tblGrid>{}</w:tbl>",
            row(&[&cell("", &styled("Own", "Head"))])
        ),
        "## Head",
    );
}

#[test]
fn drawings_come_before_their_paragraph_once() {
    let shape = |inner: &str| {
        format!(
            "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{inner}</w:drawing></mc:Choice>\
             <mc:Fallback><w:pict>{inner}</w:pict></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>around</w:t></w:r></w:p>"
        )
    };
    check(
        &shape(&format!("<wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx>", p("boxed"))),
        "boxed\n\n<!-- image -->\n\naround",
    );
    check(
        &shape("<c:chart r:id='g'/>"),
        "<!-- image -->\n\nPie chart\n\n|  |  |\n| - | - |\n|  | 2 |\n\naround",
    );
    let body = shape("<a:blip r:embed='i'/>");
    check(&body, "<!-- image -->\n\naround");
    let document = word(&body);
    assert_eq!(document.scans.len(), 1);
    assert_eq!((document.scans[0].media_type, document.scans[0].at), ("image/png", 22));
    assert_eq!(document.problems[0].place, document.scans[0].place);
    assert_eq!(document.attachments[0].name, "e.xlsx");
    assert_eq!(document.metadata["headers"], serde_json::json!(["on every page"]));
    assert_eq!(document.title.as_deref(), Some("Named"));
}

#[test]
fn pages_hidden_text_and_formulas_are_told() {
    let formula = "<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>";
    let document = word(&format!(
        "{}<w:p><w:r><w:br w:type='page'/><w:rPr/></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>second</w:t></w:r></w:p>\
         <w:p>{formula}</w:p><w:p><w:r><w:t>in </w:t></w:r>{formula}</w:p>",
        p("first")
    ));
    assert!(document.text.starts_with("first\n\nsecond\n\n$$x$$\n\nin $x$\n\n"), "{}", document.text);
    let pages: Vec<_> = document.pages.iter().map(|page| page.span.of(&document.text).len()).collect();
    assert_eq!((pages.len(), pages[0]), (2, 5));
    assert_eq!(
        document
            .problems
            .iter()
            .filter(|problem| problem.what == "hidden text" && !problem.content_lost)
            .count(),
        1
    );
}

#[test]
fn depth_and_damage_are_problems() {
    let deep =
        format!("{}{}{}", "<w:tbl><w:tr><w:tc>".repeat(300), p("deep"), "</w:tc></w:tr></w:tbl>".repeat(300));
    let document = word(&format!("{}{deep}{}", p("before"), p("after")));
    assert!(document.text.starts_with("before") && document.text.contains("after"));
    assert!(document.problems.iter().any(|problem| problem.content_lost && problem.why.contains("nested")));
    let image = [];
    let cut = super::tests::document(&p("before")).replace("</w:body>", "<w:p><w:r><w:t>cut");
    let cut = cut.trim_end_matches("</w:document>");
    let document = read("a.docx", &parts(cut, &image)).unwrap();
    assert!(document.text.starts_with("before\n\ncut"), "{}", document.text);
    assert!(
        document
            .problems
            .iter()
            .any(|problem| problem.content_lost && problem.why.contains("cannot be read on"))
    );
    let wide = format!(
        "<w:tr>{}</w:tr>",
        "<w:tc><w:tcPr><w:gridSpan w:val='99999999'/></w:tcPr><w:p/></w:tc>".repeat(50)
    );
    assert!(word(&format!("<w:tbl>{}</w:tbl>", wide.repeat(50))).text.len() < 1 << 20);
}

#[test]
fn any_damage_is_survived() {
    let body = [
        styled("Title", "Top"),
        item(0, "one"),
        item(1, "two"),
        format!("<w:tbl><w:tr><w:tc>{}</w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>", p("cell é")),
        "<w:p><w:r><w:drawing><a:blip r:embed='i'/><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></w:drawing>\
         </w:r><w:hyperlink r:id='l'><w:r><w:t>link</w:t></w:r></w:hyperlink><m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num>\
         </m:f></m:oMath><w:r><w:footnoteReference w:id='2'/><w:lastRenderedPageBreak/><w:t>end</w:t></w:r></w:p>"
            .into(),
    ];
    let image = super::super::ooxml::picture_tests::png(200, 100);
    survives("a.docx", &parts(&document(&body.concat()), &image));
}
