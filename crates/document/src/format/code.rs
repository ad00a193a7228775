//! Source code: the stored text is the file; blocks are what its grammar has at the top, else lines.

use tree_sitter::{Node, Parser};

use super::{Entry, Read};
use crate::model::cover;
use crate::{Block, BlockKind, Document, Format, Span};

/// Rust.
pub(crate) const RUST: Entry = entry("rust", &["rs"]);
/// Python.
pub(crate) const PYTHON: Entry = entry("python", &["py"]);
/// JavaScript, with JSX.
pub(crate) const JAVASCRIPT: Entry = entry("javascript", &["js", "mjs", "cjs", "jsx"]);
/// TypeScript.
pub(crate) const TYPESCRIPT: Entry = entry("typescript", &["ts", "mts"]);
/// TypeScript with JSX.
pub(crate) const TSX: Entry = entry("tsx", &["tsx"]);
/// Go.
pub(crate) const GO: Entry = entry("go", &["go"]);
/// Java.
pub(crate) const JAVA: Entry = entry("java", &["java"]);
/// C.
pub(crate) const C: Entry = entry("c", &["c", "h"]);
/// HCL, the language of Terraform.
pub(crate) const HCL: Entry = entry("hcl", &["hcl", "tf", "tfvars"]);
/// YAML.
pub(crate) const YAML: Entry = entry("yaml", &["yaml", "yml"]);
/// A language without a grammar here: cut at lines.
pub(crate) const OTHER: Entry = Entry {
    names: &["dockerfile", "makefile", "jenkinsfile"],
    ..entry(
        "code",
        &[
            "toml",
            "ini",
            "cfg",
            "conf",
            "properties",
            "xml",
            "sql",
            "sh",
            "bash",
            "ps1",
            "bicep",
            "cpp",
            "cc",
            "hpp",
            "cs",
            "kt",
            "swift",
            "rb",
            "php",
            "lua",
            "r",
            "scala",
            "css",
            "proto",
            "graphql",
        ],
    )
};

/// A language by its name and file name endings.
const fn entry(name: &'static str, endings: &'static [&'static str]) -> Entry {
    Entry {
        name,
        endings,
        names: &[],
        prose: false,
        read: Read::Text(|text, context| Ok(parse(text, context.format))),
    }
}

/// Larger files are cut at blank lines: a grammar takes its time.
const GRAMMAR_BYTES_MAX: usize = 1 << 20;
/// Definitions longer than this are cut at their members too.
const MEMBER_BYTES_MIN: usize = 2000;

/// Reads source code.
pub(crate) fn parse(text: String, language: Format) -> Document {
    let mut document = Document::new(language, text);
    let spans = grammar(language)
        .filter(|_| document.text.len() <= GRAMMAR_BYTES_MAX)
        .and_then(|grammar| definitions(&document.text, &grammar))
        .unwrap_or_else(|| line_groups(&document.text));
    let kind = BlockKind::Code { language: language.as_str().to_owned() };
    let blocks = spans
        .into_iter()
        .map(|(span, heading_path)| Block { kind: kind.clone(), span, heading_path })
        .collect();
    document.blocks = cover(&document.text, blocks, &kind);
    document
}

/// The grammars. To add one: a line here, one in the list of formats.
fn grammar(language: Format) -> Option<tree_sitter::Language> {
    Some(match language.as_str() {
        "rust" => tree_sitter_rust::LANGUAGE.into(),
        "python" => tree_sitter_python::LANGUAGE.into(),
        "javascript" => tree_sitter_javascript::LANGUAGE.into(),
        "typescript" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        "go" => tree_sitter_go::LANGUAGE.into(),
        "java" => tree_sitter_java::LANGUAGE.into(),
        "c" => tree_sitter_c::LANGUAGE.into(),
        "hcl" => tree_sitter_hcl::LANGUAGE.into(),
        "yaml" => tree_sitter_yaml::LANGUAGE.into(),
        _ => return None,
    })
}

type Found = Vec<(Span, Vec<String>)>;

/// What stands at the top of the file, comments going with what follows them, small neighbours together.
fn definitions(text: &str, grammar: &tree_sitter::Language) -> Option<Found> {
    let mut parser = Parser::new();
    parser.set_language(grammar).ok()?;
    let tree = parser.parse(text, None)?;
    let mut found = Found::new();
    collect(text, top(tree.root_node()), &[], &mut found);
    (!found.is_empty()).then_some(found)
}

/// The node whose children are the definitions: grammars wrap them once or twice.
fn top(root: Node<'_>) -> Node<'_> {
    let mut node = root;
    while node.named_child_count() == 1
        && let Some(child) = node.named_child(0)
        && matches!(child.kind(), "body" | "document" | "block_node" | "block_mapping" | "stream")
    {
        node = child;
    }
    node
}

fn collect(text: &str, node: Node<'_>, path: &[String], found: &mut Found) {
    let mut cursor = node.walk();
    let mut start = None;
    for child in node.named_children(&mut cursor) {
        let begin = *start.get_or_insert(child.start_byte());
        if child.kind().contains("comment") {
            continue;
        }
        start = None;
        let own = named(text, child, path);
        let members = body(child).filter(|_| child.end_byte() - begin > MEMBER_BYTES_MIN && path.is_empty());
        match members {
            Some(members) if members.named_child_count() > 1 => {
                push(text, Span { start: begin, end: members.start_byte() + 1 }, &own, found);
                collect(text, members, &own, found);
                let close = members.end_byte().saturating_sub(1);
                push(text, Span { start: close, end: child.end_byte() }, &own, found);
            }
            _ => push(text, Span { start: begin, end: child.end_byte() }, &own, found),
        }
    }
    if let Some(begin) = start {
        push(text, Span { start: begin, end: node.end_byte() }, path, found);
    }
}

/// The part of a definition that holds its members.
fn body(node: Node<'_>) -> Option<Node<'_>> {
    let inner = node.child_by_field_name("definition").unwrap_or(node);
    inner.child_by_field_name("body").filter(|body| body.is_named())
}

fn named(text: &str, node: Node<'_>, path: &[String]) -> Vec<String> {
    let inner =
        node.child_by_field_name("definition").or(node.child_by_field_name("declaration")).unwrap_or(node);
    let name = ["name", "type", "key"].iter().find_map(|field| inner.child_by_field_name(field));
    let name = name.and_then(|name| text.get(name.byte_range())).filter(|name| !name.contains('\n'));
    path.iter().cloned().chain(name.map(str::to_owned)).collect()
}

/// Adds a span, from the start of its line where only white space is before it.
fn push(text: &str, span: Span, path: &[String], found: &mut Found) {
    let mut span = span.trimmed(text);
    if span.is_empty() {
        return;
    }
    let line = text[..span.start].rfind('\n').map_or(0, |place| place + 1);
    let after = found.last().map_or(0, |(last, _)| last.end);
    if line >= after && text[line..span.start].trim().is_empty() {
        span.start = line;
    }
    found.push((span, path.to_vec()));
}

/// Groups of lines between blank lines.
fn line_groups(text: &str) -> Found {
    super::text::paragraphs(text).into_iter().map(|block| (block.span, Vec::new())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: &'static Entry, text: &str, expect: &[(&str, &[&str])]) {
        let document = parse(text.to_owned(), Format(language));
        let found: Vec<_> =
            document.blocks.iter().map(|block| (block.span.of(text), block.heading_path.clone())).collect();
        let expect: Vec<_> = expect
            .iter()
            .map(|(text, path)| (*text, path.iter().map(ToString::to_string).collect::<Vec<_>>()))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn definitions_with_their_comments_and_names() {
        check(
            &RUST,
            "use a::b;\n\n/// Doc.\nfn one() {\n    1\n}\n\nstruct Two;\n",
            &[("use a::b;", &[]), ("/// Doc.\nfn one() {\n    1\n}", &["one"]), ("struct Two;", &["Two"])],
        );
        check(
            &PYTHON,
            "import x\n\n# why\ndef f(a):\n    return a\n",
            &[("import x", &["x"]), ("# why\ndef f(a):\n    return a", &["f"])],
        );
        check(
            &GO,
            "package p\n\nfunc F() int {\n\treturn 1\n}\n",
            &[("package p", &[]), ("func F() int {\n\treturn 1\n}", &["F"])],
        );
    }

    #[test]
    fn every_grammar_loads() {
        for (language, text) in [
            (&JAVASCRIPT, "function f() {}\nconst a = 1;\n"),
            (&TYPESCRIPT, "interface A { x: number }\nfunction f(): void {}\n"),
            (&TSX, "const a = <b/>;\nfunction f() {}\n"),
            (&JAVA, "class A { int x; }\nclass B {}\n"),
            (&C, "int a;\nint main(void) { return 0; }\n"),
            (&HCL, "variable \"a\" {}\nresource \"b\" \"c\" {\n  x = 1\n}\n"),
            (&YAML, "a: 1\nb:\n  c: 2\n"),
        ] {
            assert_eq!(parse(text.to_owned(), Format(language)).blocks.len(), 2, "{}", language.name);
        }
    }

    #[test]
    fn what_has_no_grammar_is_cut_at_blank_lines() {
        check(&OTHER, "a = 1\nb = 2\n\n[c]\n", &[("a = 1\nb = 2", &[]), ("[c]", &[])]);
    }
}
