//! reStructuredText as it is written, and what becomes of it.

use super::parse;

#[track_caller]
fn check(rst: &str, text: &str) {
    assert_eq!(parse(rst).text, text);
}

#[test]
fn headings_follow_the_order_of_their_lines() {
    check(
        "=====\nTitle\n=====\n\nSub\n---\n\ntext\n\nDeep\n~~~~\n\nBack\n----\n\n----\n",
        "# Title\n\n## Sub\n\ntext\n\n### Deep\n\n## Back\n\n---",
    );
    let document = parse("Named\n=====\n\n:Author: Ann\n:Date: 2026-03-02\n\ntext");
    assert_eq!((document.title.as_deref(), &document.metadata["author"]), (Some("Named"), &"Ann".into()));
    assert_eq!(document.metadata["created"], "2026-03-02");
}

#[test]
fn marks_within_lines() {
    check(
        "``a`b`` and `text <https://x.y>`_, Python_ and `the docs`__, :ref:`Title <x>`, :func:`~a.b`, |v|, [1]_ a\\ b snake_case\n\n\
         .. _Python: https://python.org\n.. |v| replace:: 1.2\n.. [1] A note.\n.. a comment\n   of two lines\n",
        "`` a`b `` and [text](https://x.y), [Python](https://python.org) and the docs, Title, `a.b`, 1.2, [^1] ab snake_case\n\n[^1]: A note."
            .replace("`` a`b ``", "``a`b``")
            .as_str(),
    );
}

#[test]
fn lists_and_literal_blocks() {
    check(
        "* one\n\n  more\n* two\n\n  - in\n\n1. first\n#. second\n",
        "- one\n\n  more\n\n- two\n\n  - in\n\n1. first\n2. second",
    );
    check(
        "Like this::\n\n  code\n    deeper\n\nterm\n  what it is\n\n  quote\n",
        "Like this:\n\n```\ncode\n  deeper\n```\n\n- **term**\n\n  what it is\n\n  quote",
    );
    check(
        "text\n\n  quoted\n\n>>> 1 + 1\n2\n\n| a\n| b\n",
        "text\n\n> quoted\n\n```python\n>>> 1 + 1\n2\n```\n\na\\\nb",
    );
}

#[test]
fn tables() {
    let table = "| A | B |\n| --- | --- |\n| 1 | two lines |\n| 3 |  |";
    check(
        "+---+------+\n| A | B    |\n+===+======+\n| 1 | two  |\n|   | lines|\n+---+------+\n| 3 |      |\n+---+------+\n",
        table,
    );
    check(
        "=== =====\nA   B\n=== =====\n1   two\n    lines\n=== =====\n\nend",
        "| A | B |\n| --- | --- |\n| 1   lines | two |\n\nend"
            .replace("1   lines | two", "1 | two lines")
            .as_str(),
    );
    check(
        ".. list-table:: Cap\n   :header-rows: 1\n\n   * - A\n     - B\n   * - 1\n     - two\n       lines\n",
        "**Cap**\n\n| A | B |\n| --- | --- |\n| 1 | two lines |",
    );
    check(
        ".. csv-table::\n   :header: A, B\n\n   1, \"x, y\"\n",
        "| A | B |\n| --- | --- |\n| 1 | \"x | y\" |".replace("\"x | y\"", "x, y").as_str(),
    );
}

#[test]
fn directives_keep_their_text() {
    check(
        ".. code-block:: python\n   :linenos:\n\n   a = 1\n\n.. note:: Mind\n   this.\n\n.. image:: a.png\n   :alt: Alt\n\n.. unheard:: Arg\n   :opt: x\n\n   Content *here*.\n\n.. py:function:: f(x)\n\n   Does.\n",
        "```python\na = 1\n```\n\n> **Note:** Mind\n>\n> this.\n\n![Alt](a.png)\n\nArg\n\nContent *here*.\n\n`f(x)`\n\nDoes.",
    );
    let document = parse(".. include:: other.rst\n");
    assert!(document.problems[0].content_lost && document.problems[0].why.contains("`other.rst`"));
}

#[test]
fn hostile_text_ends() {
    parse(&"> ".repeat(50_000));
    parse(&"* ".repeat(50_000));
    parse(&"`".repeat(200_000));
    parse(&"[a".repeat(100_000));
    parse(&(0..2_000).map(|n| format!("{}x\n", " ".repeat(n))).collect::<String>());
    parse(&"+-\n".repeat(10_000));
    parse(&"a\n=\n".repeat(20_000));
}
