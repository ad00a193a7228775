//! PowerPoint files as they are read, whole and broken.

use super::super::ooxml::tests::{read, survives};
use crate::Document;

const LAYOUT: &str = "<p:sldLayout xmlns:p='p'><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph idx='1'/></p:nvPr></p:nvSpPr>\
    <p:spPr><a:xfrm><a:off x='0' y='9000000'/></a:xfrm></p:spPr></p:sp></p:spTree></p:cSld></p:sldLayout>";
const MASTER: &str = "<p:sldMaster xmlns:p='p'><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph type='title'/></p:nvPr></p:nvSpPr>\
    <p:spPr><a:xfrm><a:off x='0' y='1'/></a:xfrm></p:spPr></p:sp></p:spTree></p:cSld><p:txStyles><p:bodyStyle>\
    <a:lvl1pPr><a:buChar char='-'/></a:lvl1pPr></p:bodyStyle></p:txStyles></p:sldMaster>";
const NOTES: &str = "<p:notes xmlns:p='p'><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph type='sldNum'/></p:nvPr></p:nvSpPr><p:txBody>\
    <a:p><a:r><a:t>7</a:t></a:r></a:p></p:txBody></p:sp><p:sp><p:nvSpPr><p:nvPr><p:ph type='body' idx='1'/></p:nvPr></p:nvSpPr>\
    <p:txBody><a:p><a:r><a:t>say this</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:notes>";
const COMMENTS: &str =
    "<p:cmLst xmlns:p='p'><p:cm authorId='3' dt='2024-01-02T03:04:05'><p:text>said</p:text></p:cm></p:cmLst>";
const DIAGRAM: &str = "<d:dataModel xmlns:d='d'><d:ptLst><d:pt><d:t><a:p><a:r><a:t>Step</a:t></a:r></a:p></d:t></d:pt></d:ptLst></d:dataModel>";

fn parts<'a>(slide: &'a str, image: &'a [u8]) -> Vec<(&'a str, &'a [u8])> {
    vec![
        ("[Content_Types].xml", b"<Types/>" as &[u8]),
        ("_rels/.rels", b"<Relationships><Relationship Id='a' Type='o/officeDocument' Target='ppt/presentation.xml'/></Relationships>"),
        ("ppt/presentation.xml", b"<p:presentation xmlns:p='p' xmlns:r='r'><p:sldIdLst><p:sldId id='256' r:id='r2'/>\
            <p:sldId id='257' r:id='r1'/></p:sldIdLst></p:presentation>"),
        ("ppt/_rels/presentation.xml.rels", b"<Relationships><Relationship Id='r2' Type='o/slide' Target='slides/slide1.xml'/>\
            <Relationship Id='r3' Type='o/commentAuthors' Target='authors.xml'/></Relationships>"),
        ("ppt/authors.xml", b"<p:cmAuthorLst xmlns:p='p'><p:cmAuthor id='3' name='Ann'/></p:cmAuthorLst>"),
        ("ppt/slides/slide1.xml", slide.as_bytes()),
        ("ppt/slides/_rels/slide1.xml.rels", b"<Relationships><Relationship Id='l' Type='o/slideLayout' Target='../layout.xml'/>\
            <Relationship Id='n' Type='o/notesSlide' Target='../notes.xml'/><Relationship Id='c' Type='o/comments' Target='../comments.xml'/>\
            <Relationship Id='i' Type='o/image' Target='../media/i.png'/><Relationship Id='d' Type='o/diagramData' Target='../diagram.xml'/>\
            <Relationship Id='u' Type='o/hyperlink' Target='https://a.b/' TargetMode='External'/></Relationships>"),
        ("ppt/layout.xml", LAYOUT.as_bytes()),
        ("ppt/_rels/layout.xml.rels", b"<Relationships><Relationship Id='m' Type='o/slideMaster' Target='master.xml'/></Relationships>"),
        ("ppt/master.xml", MASTER.as_bytes()),
        ("ppt/notes.xml", NOTES.as_bytes()),
        ("ppt/comments.xml", COMMENTS.as_bytes()),
        ("ppt/diagram.xml", DIAGRAM.as_bytes()),
        ("ppt/media/i.png", image),
    ]
}

fn slide(shapes: &str) -> String {
    format!(
        "<p:sld xmlns:p='p' xmlns:a='a' xmlns:r='r' show='0'><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
    )
}

fn show(shapes: &str) -> Document {
    let image = super::super::ooxml::picture_tests::png(200, 100);
    read("a.pptx", &parts(&slide(shapes), &image)).unwrap()
}

fn shape(placeholder: &str, y: i64, paragraphs: &str) -> String {
    let place = if y < 0 { String::new() } else { format!("<a:xfrm><a:off x='0' y='{y}'/></a:xfrm>") };
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id='1' name='x'/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:spPr>{place}</p:spPr>\
         <p:txBody><a:bodyPr/><a:lstStyle/>{paragraphs}</p:txBody></p:sp>"
    )
}

fn p(properties: &str, text: &str) -> String {
    format!("<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>")
}

fn all() -> String {
    let number = "<a:pPr><a:buAutoNum type='arabicPeriod' startAt='3'/></a:pPr>";
    let table = "<p:graphicFrame><p:xfrm><a:off x='0' y='6000000'/></p:xfrm><a:graphic><a:graphicData><a:tbl>\
        <a:tr><a:tc gridSpan='2'><a:txBody><a:p><a:r><a:t>wide</a:t></a:r></a:p></a:txBody></a:tc><a:tc hMerge='1'/></a:tr>\
        <a:tr><a:tc><a:txBody><a:p><a:r><a:t>a</a:t></a:r></a:p></a:txBody></a:tc><a:tc/></a:tr></a:tbl></a:graphicData></a:graphic>\
        </p:graphicFrame>";
    let diagram = "<p:graphicFrame><p:xfrm><a:off x='0' y='7000000'/></p:xfrm><a:graphic><a:graphicData><d:relIds r:dm='d'/>\
        </a:graphicData></a:graphic></p:graphicFrame>";
    let picture = "<p:pic><p:blipFill><a:blip r:embed='i'/></p:blipFill><p:spPr><a:xfrm><a:off x='0' y='5000000'/></a:xfrm></p:spPr></p:pic>";
    let group = format!(
        "<p:grpSp><p:grpSpPr><a:xfrm><a:off x='0' y='3000000'/></a:xfrm></p:grpSpPr>{}{}</p:grpSp>",
        shape("", 900, &p("", "below")),
        shape("", 100_000, &p("", "above").replace("above", "lower"))
    );
    [
        shape("<p:ph idx='1'/>", -1, &format!("{}{}", p("", "item"), p("<a:pPr lvl='1'/>", "deeper"))),
        table.to_owned(),
        diagram.to_owned(),
        picture.to_owned(),
        group,
        shape("", 2_000_000, &format!("{}{}{}", p("", "plain"), p(number, "x"), p(number, "y"))),
        shape("<p:ph type='title'/>", -1, &p("", "The title")),
        shape("<p:ph type='ftr' idx='11'/>", 1, &p("", "foot")),
    ]
    .concat()
}

#[test]
fn a_slide_is_read_as_it_is_seen() {
    let document = show(&all());
    assert_eq!(
        document.text,
        "# The title\n\nplain\n\n3. x\n4. y\n\nbelow\n\nlower\n\n<!-- image -->\n\n| wide | wide |\n| - | - |\n| a |  |\n\n\
         Step\n\n- item\n    - deeper\n\n> Notes: say this\n\n> Comment by Ann, 2024-01-02: said"
    );
    assert_eq!(document.pages.len(), 2);
    assert_eq!(document.pages[0].span.of(&document.text), document.text);
    assert_eq!(document.title.as_deref(), Some("The title"));
    assert_eq!(document.metadata["footers"], serde_json::json!(["foot"]));
    assert_eq!(document.metadata["links"], serde_json::json!(["https://a.b/"]));
    assert_eq!(document.scans.len(), 1);
    let what: Vec<_> =
        document.problems.iter().map(|problem| (problem.what.as_str(), problem.content_lost)).collect();
    assert_eq!(what, [("hidden slide", false), ("picture", true), ("a slide", true)]);
}

#[test]
fn groups_are_read_to_a_depth() {
    let deep = format!(
        "{}{}{}",
        "<p:grpSp>".repeat(3_000),
        shape("", 0, &p("", "deep")),
        "</p:grpSp>".repeat(3_000)
    );
    let document = show(&format!("{deep}{}", shape("", 5, &p("", "after"))));
    assert!(document.text.contains("after") && !document.text.contains("deep"));
    assert!(document.problems.iter().any(|problem| problem.content_lost && problem.why.contains("nested")));
}

#[test]
fn any_damage_is_survived() {
    let image = super::super::ooxml::picture_tests::png(200, 100);
    survives("a.pptx", &parts(&slide(&all()), &image));
}
