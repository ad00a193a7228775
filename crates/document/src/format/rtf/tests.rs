//! Rich text, sound and hostile, written out here.

use proptest::prelude::*;

use super::to_html;
use crate::{Document, Extent, Input, parse};

fn read(rtf: &str) -> Document {
    parse(&Input { name: "a.rtf", bytes: rtf.as_bytes(), extent: Extent::Whole, passwords: &[] }).unwrap()
}

fn check(rtf: &str, text: &str) -> Document {
    let document = read(rtf);
    assert_eq!(document.text, text);
    document
}

#[test]
fn headings_paragraphs_and_looks() {
    let document = check(
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}}
{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s7 Heading 2;}}
{\info{\title Named \'e4}{\author Ann}{\creatim\yr2026\mo3\dy2\hr9\min5}}
\pard\s1 Top\par\pard\plain plain {\b bold} and {\i it}\'e4 \u8364?uro\line next\par
\pard\s7 Second\par\pard {\f1 \'cf\'f0\'e8} {\v hidden}{\deleted gone}end\par}",
        "# Top\n\nplain **bold** and *it*ä €uro  \nnext\n\n## Second\n\nПри end",
    );
    assert_eq!(document.title.as_deref(), Some("Named ä"));
    assert_eq!(
        (&document.metadata["author"], &document.metadata["created"]),
        (&"Ann".into(), &"2026-03-02T09:05:00Z".into())
    );
    assert_eq!(document.problems[0].why, "6 hidden characters were left out");
}

#[test]
fn lists_tables_links_and_notes() {
    let document = read(
        r#"{\rtf1\ansi \pard{\listtext\bullet\tab}\ls1 one\par{\listtext\bullet\tab}\ls1\ilvl1 deeper\par{\listtext 1.\tab}\ls2\ilvl0 first\par
\pard See {\field{\*\fldinst{HYPERLINK "https://x.example/a"}}{\fldrslt{the page}}}{\footnote\pard note}.\par
\trowd\cellx1\cellx2\pard\intbl A\cell B|\cell\row\trowd\pard\intbl 1\par 2\cell\b x\cell\row\pard after{\*\unknown gone}\par}"#,
    );
    let text = &document.text;
    assert!(text.contains("one") && text.contains("deeper") && text.contains("first"), "{text}");
    assert!(text.contains("See [the page](https://x.example/a)") && text.ends_with("note"), "{text}");
    assert!(text.contains("| A") && text.contains("after") && !text.contains("gone"), "{text}");
    assert!(document.blocks.iter().any(|block| block.kind == crate::BlockKind::Table), "{text}");
}

#[test]
fn pictures_are_scans_where_they_stand() {
    let document = read(
        r"{\rtf1 before\par{\*\shppict{\pict\pngblip\picw1 89504e47}}{\nonshppict{\pict\wmetafile8 00}}\par after {\pict\wmetafile8 0102}\par}",
    );
    assert_eq!(document.scans.len(), 1, "{document:?}");
    assert_eq!(document.scans[0].bytes, b"\x89PNG");
    assert!(document.text[document.scans[0].at..].starts_with("<!-- image -->"), "{}", document.text);
    assert_eq!(document.problems.len(), 2, "{:?}", document.problems);
}

#[test]
fn a_packed_page_comes_out_as_it_was() {
    let html = to_html(
        br"{\rtf1\ansi\fromhtml1 \deff0{\fonttbl{\f0 Arial;}}{\*\htmltag64 <html><body>}\htmlrtf {\htmlrtf0 {\*\htmltag84 <b>}\htmlrtf {\b \htmlrtf0 bold \'e4{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0 \htmlrtf\par\htmlrtf0 {\*\htmltag58 </body></html>}}}",
    );
    assert_eq!(html, "<html><body><b>bold ä</b></body></html>");
}

#[test]
fn hostile_text_ends() {
    let open = read(&format!("{{\\rtf1 a{}b", "{".repeat(2_000_000)));
    assert!(
        open.text.contains('a') && open.text.contains('b') && open.problems.len() == 2,
        "{:?}",
        open.problems
    );
    assert_eq!(read(&format!("{{\\rtf1 a{}b", "}".repeat(1_000_000))).text, "a");
    read(&format!("{{\\rtf1 {}", "{\\footnote x".repeat(100_000)));
    read(&format!("{{\\rtf1 {}", "\\trowd\\intbl a\\cell".repeat(100_000)));
    read(r"{\rtf1 \bin99999999999 x\u999999 \u-70000 \uc99999 \'zz \'4");
    read("{\\rtf1 \\u55357?\\u56832? \\u55357 x");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_controls_are_survived(
        rtf in "(\\{|\\}|\\\\(par|cell|row|trowd|intbl|pard|b0?|v|u-?[0-9]{1,6}|uc[0-9]|bin[0-9]|pict|pngblip|fonttbl|stylesheet|s[0-9]|footnote|field|fldinst|fldrslt|listtext|\\*|'[0-9a-z]{2}|info|title|creatim|yr[0-9]|fromhtml1|htmlrtf0?|shptxt) ?|[ a-zé]){0,60}",
    ) {
        let document = read(&format!("{{\\rtf1 {rtf}"));
        for block in &document.blocks {
            prop_assert!(document.text.get(block.span.start..block.span.end).is_some());
        }
    }
}
