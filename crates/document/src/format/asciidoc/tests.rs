//! AsciiDoc as it is written, and what becomes of it.

use super::parse;

#[track_caller]
fn check(asciidoc: &str, text: &str) {
    assert_eq!(parse(asciidoc).text, text);
}

#[test]
fn header_headings_and_attributes() {
    let document = parse(
        "// comment\n= The *Title*\nAnn Smith <a@x>\nv1, 2026\n:product: Patou\n:keywords: a, b\n\nUse {product}, {unknown}.\n\n[[id]]\n== Sub\n\n=== Deep\n",
    );
    assert_eq!(document.text, "# The **Title**\n\nUse Patou, {unknown}.\n\n## Sub\n\n### Deep");
    assert_eq!(
        (&document.metadata["author"], &document.metadata["revision"]),
        (&"Ann Smith <a@x>".into(), &"v1, 2026".into())
    );
    assert_eq!(document.title.as_deref(), Some("The **Title**"));
}

#[test]
fn marks_within_lines() {
    check(
        "*bold* _it_ `mo_no` `+x+` #mark# **un**bound snake_case_here 2 * 3 * 4 https://x.y[the page] link:a.html[A^] <<ref,shown>> xref:b[B] kbd:[Ctrl] image:i.png[Alt] word.footnote:[why] +\nnext",
        "**bold** *it* `mo_no` `x` mark **un**bound snake_case_here 2 * 3 * 4 [the page](https://x.y) [A](a.html) shown B Ctrl ![Alt](i.png) word. (why)\\\nnext",
    );
}

#[test]
fn delimited_blocks_and_admonitions() {
    check(
        ".Listing\n[source,rust]\n----\nfn main() {}\n----\n\nNOTE: Mind this.\n\n[WARNING]\n====\nHot.\n\nVery.\n====\n\n[quote, Ann]\n____\nSaid.\n____\n\n....\nliteral\n....\n\n////\ngone\n////\n\n literal too\n\n```sh\nls\n```\n\n'''\n",
        "**Listing**\n\n```rust\nfn main() {}\n```\n\n> **Note:** Mind this.\n\n> **Warning:** Hot.\n>\n> Very.\n\n> Said.\n>\n> — Ann\n\n```\nliteral\n```\n\n```\nliteral too\n```\n\n```sh\nls\n```\n\n---"
            .replace("```\nliteral too", "```\n literal too").as_str(),
    );
}

#[test]
fn lists() {
    check(
        "* one\n** deeper\nmore\n* two\n+\n----\ncode\n----\n\n. first\n. second\n\nTerm:: what it is\nOther::\n  said below\n",
        "- one\n    - deeper\n      more\n- two\n\n  ```\n  code\n  ```\n    1. first\n    2. second\n        - **Term**\n\n          what it is\n        - **Other**\n\n          said below",
    );
}

#[test]
fn tables() {
    let table = "| A | B |\n| --- | --- |\n| 1 | two \\| |\n| 3 | 3 |";
    check("[cols=\"1,1\"]\n|===\n|A |B\n\n|1\n|two \\|\n2*|3\n|===\n", table);
    check("|===\n|A |B\n|1 |two \\|\n2+|3\n|===\n", table);
    check(",===\nA,B\n1,\"x, y\"\n,===\n", "| A | B |\n| --- | --- |\n| 1 | x, y |");
}

#[test]
fn what_another_file_holds_is_told() {
    let document = parse("text\n\ninclude::other.adoc[]\n");
    assert!(document.problems[0].content_lost && document.problems[0].why.contains("`other.adoc`"));
}

#[test]
fn hostile_text_ends() {
    parse(&"*".repeat(100_000));
    parse(&"*a ".repeat(50_000));
    parse(&"* a\n".repeat(20_000));
    parse(&"====\n".repeat(10_001));
    parse(&(4..500).map(|n| format!("{}\n", "=".repeat(n))).collect::<String>());
    parse(&"|===\n99*|\n".repeat(5_000));
    parse(&"<<".repeat(100_000));
}
