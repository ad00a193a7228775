//! Pages as they are stored.

use super::*;

fn check(html: &str, expect: &str) {
    assert_eq!(page(html, Syntax::Html).text, expect);
}

#[test]
fn a_page_is_its_markdown() {
    let html = "<!doctype html><html lang=\"en-GB\"><head><title>A &amp; B</title><style>x{}</style>\
                <meta name=author content=Ann><meta name=keywords content='bees, pollen'></head>\
                <body><h1>Head</h1><p>See <a href=\"/x\">the link</a>.</p><script>no()</script></body></html>";
    let document = parse(html, Extent::Whole);
    assert_eq!(document.text, "# Head\n\nSee [the link](/x).");
    assert_eq!(document.title.as_deref(), Some("A & B"));
    assert_eq!(document.language.as_deref(), Some("en"));
    assert_eq!(document.blocks[1].heading_path, ["Head"]);
    assert_eq!(document.metadata["author"], "Ann");
    assert_eq!(document.metadata["keywords"], serde_json::json!(["bees", "pollen"]));
    assert!(document.problems.is_empty());
}

#[test]
fn main_content_leaves_navigation_out() {
    let body =
        "Bees fly from flower to flower, and with them goes the pollen that plants wait for. ".repeat(12);
    let html = format!(
        "<html><head><title>Bees</title></head><body><nav><a href=a>Home</a> <a href=b>Shop</a></nav>\
         <article><h1>Bees</h1><p>{body}</p><p>{body}</p></article><footer>Copyright nobody</footer></body></html>"
    );
    let main = parse(&html, Extent::MainContent).text;
    assert!(main.contains("pollen") && !main.contains("Shop") && !main.contains("Copyright"), "{main}");
    let whole = parse(&html, Extent::Whole).text;
    assert!(whole.contains("Shop") && whole.contains("Copyright"));
}

#[test]
fn emphasis_and_breaks_are_kept() {
    check(
        "<p> This is <b>bold</b>, <i>so</i> <s>not</s>\n<code>a|b</code><br>x<sup>2</sup> H<sub>2</sub>O 1<sup>st</sup></p>",
        "This is **bold**, *so* ~~not~~ `a|b`  \nx^2 H2O 1st",
    );
    check("<p><b>all <i>of it</i></b>", "**all** ***of it***");
    check("a<div>b</div>c<p>d<br><br>e", "a\n\nb\n\nc\n\nd  \ne");
    check("<a href=/x><div>block</div></a> <a href=y><h2>Head</h2></a>", "[block](/x)\n\n## [Head](y)");
    check("<p>1. not a list</p><p># no head</p>", "1\\. not a list\n\n\\# no head");
}

#[test]
fn lists_and_definitions_are_nested() {
    check(
        "<ul><li>a<ul><li>b<ol><li>c</ol></ul><li><p>d</p><p>e</p></ul>",
        "- a\n    - b\n        1. c\n- d\n\n    e",
    );
    check("<ol start=9><li>a<li>b</ol><p>c", "9. a\n10. b\n\nc");
    check("<ul><li><ul><li>inner</ul></li></ul>", "- inner");
    check("<ul><li>a</li><ul><li>b</ul><li></ul>", "- a\n    - b");
    check(
        "<dl><dt>T</dt><dd>d</dd><dt>U<dd><dl><dt>V<dd>w</dl></dl>",
        "- **T**\n    - d\n- **U**\n    - **V**\n        - w",
    );
    check("<ul><li>a<pre>x\n y</pre><li>b</ul>", "- a\n\n    ```\n    x\n     y\n    ```\n- b");
}

#[test]
fn tables_are_grids() {
    check(
        "<table><caption>Cap</caption><tr><th>A<th colspan=2>B<tr><td rowspan=2>1<td>2<td><ul><li>x<li>y|z</ul>\
         <tr><td><p>3</p><p>4</p><td></table>after",
        "Cap\n\n| A | B | B |\n| - | - | - |\n| 1 | 2 | - x - y\\|z |\n| 1 | 3 4 |  |\n\nafter",
    );
    check("<table role=presentation><tr><td><h1>A</h1><td>b</table>", "# A\n\nb");
    check(
        "<table>stray<tr><td>a<td><table><tr><td>b<td>c</table></table>",
        "stray\n\n| a | b c |\n| - | - |",
    );
}

#[test]
fn code_quotations_and_pictures_are_blocks() {
    check("<pre><code class='language-rust'>fn\n  a()\n</code></pre>", "```rust\nfn\n  a()\n```");
    check("<blockquote><p>a</p><blockquote>b</blockquote></blockquote>", "> a\n>\n> > b");
    check("<p>see <img src=x alt='a  bee'> it</p>", "see it\n\na bee\n\n<!-- image -->");
    check(
        "<figure><img alt=x><figcaption>Bees <b>fly</b></figcaption></figure>",
        "Bees **fly**\n\n<!-- image -->",
    );
    check("<details><summary>More</summary>text</details>", "More\n\ntext");
    check("<math><mi>x</mi><annotation encoding='application/x-tex'>x^2_a</annotation></math>", "$x^2_a$");
    check("<p>Name <input value=Ann> <input type=checkbox checked> yes", "Name Ann [x] yes");
}

#[test]
fn hidden_text_is_read_and_told() {
    let html = "<p>seen</p>\n<div style='display: none'>a <span hidden>b</span></div>\n<p style='font-size:0px'>c</p>\
                <p aria-hidden=true>d</p><i hidden></i><p style='color:#fff'>e</p>";
    let document = parse(html, Extent::Whole);
    assert_eq!(document.text, "seen\n\na b\n\nc\n\nd\n\ne");
    let told: Vec<_> =
        document.problems.iter().map(|problem| (problem.place.as_str(), problem.content_lost)).collect();
    assert_eq!(told, [("line 2", false), ("line 3", false), ("line 3", false), ("line 3", false)]);
}

#[test]
fn a_page_says_its_encoding() {
    let bytes = b"<html><meta charset=iso-8859-2><body>\xb3ka";
    let input = crate::Input { name: "a.html", bytes, extent: Extent::Whole, passwords: &[] };
    assert_eq!(crate::parse(&input).unwrap().text, "łka");
}

#[test]
fn hostile_pages_end() {
    let deep = format!("{}deep <b>words</b>{}", "<div><ul><li>".repeat(300_000), "</div>".repeat(50_000));
    let document = parse(&deep, Extent::MainContent);
    assert!(document.text.contains("deep words"), "{}", document.text);
    assert_eq!(document.problems.len(), 1);

    let attributes = format!("<p {}>x", "a='1' b=2 ".repeat(100_000));
    assert_eq!(parse(&attributes, Extent::MainContent).text, "x");
    assert!(parse(&format!("<p a={}>x", "y".repeat(1 << 20)), Extent::MainContent).text.ends_with('x'));
    let spans = "<tr><td colspan=1000000 rowspan=1000000>x".repeat(20_000);
    let document = parse(&format!("<table>{spans}"), Extent::Whole);
    assert!(document.text.len() < 4 << 20, "{}", document.text.len());
    assert!(document.problems.iter().any(|problem| problem.what == "tables"));
    for flood in [
        "&amp;",
        "&",
        "<",
        "<a \"",
        "<a <b='",
        "<!--",
        "</",
        "<p",
        "<![CDATA[",
        "<b>",
        "<title>",
        "]]>",
        "<td>",
    ] {
        let document = parse(&flood.repeat(100_000), Extent::MainContent);
        assert!(document.text.len() < 2 << 20);
    }
}
