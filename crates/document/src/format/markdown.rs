//! Markdown: the stored text is the file's own text; blocks are found where CommonMark has them.
//!
//! The faithful whole is written anew in the one style that every other format comes in: headings with number
//! signs, code in fences, HTML as the Markdown that it says. What is not shown (comments, unused definitions of
//! links) is not in it.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, MetadataBlockKind, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use super::html::{Pictures, Syntax, page_with};
use super::{Entry, Read, front_matter};
use crate::model::cover;
use crate::{Block, BlockKind, Document, Extent, Format, Span};

/// Markdown.
pub(crate) const FORMAT: Entry = Entry {
    name: "markdown",
    endings: &["md", "markdown", "mdx"],
    names: &["readme"],
    prose: true,
    read: Read::Text(|text, context| {
        Ok(match context.extent {
            Extent::Whole => parse(normalised(&text)),
            Extent::MainContent => parse(text),
        })
    }),
};

/// Reads Markdown with its front matter.
pub(crate) fn parse(text: String) -> Document {
    let mut document = Document::new(Format(&FORMAT), text);
    let found = blocks(&document.text);
    document.blocks = found.blocks;
    if let Some(span) = found.front_matter {
        document.metadata = front_matter::parse(span.of(&document.text));
    }
    let named = document.metadata.get("title").and_then(Value::as_str).map(str::trim);
    let named = named.filter(|title| !title.is_empty()).map(str::to_owned);
    document.title = named.or_else(|| first_heading(&document.blocks));
    document
}

/// A text as any other format would be stored that says the same; front matter stays as it is.
fn normalised(text: &str) -> String {
    let mut front_matter = 0;
    let events = Parser::new_ext(text, options()).into_offset_iter();
    let events = events.map(|(event, range)| {
        if matches!(event, Event::End(TagEnd::MetadataBlock(_))) {
            front_matter = range.end;
        }
        event
    });
    let mut html = String::with_capacity(text.len() + text.len() / 2);
    pulldown_cmark::html::push_html(&mut html, events);
    let body = page_with(&html, Syntax::Html, Pictures::Linked).text;
    match text[..front_matter].trim() {
        "" => body,
        front => format!("{front}\n\n{body}"),
    }
}

/// What is read beyond CommonMark.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
}

/// The title of a text without front matter: its first heading of level 1, else its first heading.
pub(super) fn first_heading(blocks: &[Block]) -> Option<String> {
    let headings = || {
        blocks.iter().filter_map(|block| match block.kind {
            BlockKind::Heading { level } => Some((level, block.heading_path.last()?)),
            _ => None,
        })
    };
    let first = headings().find(|(level, _)| *level == 1).or_else(|| headings().next());
    first.map(|(_, title)| title.clone()).filter(|title| !title.is_empty())
}

pub(super) struct Blocks {
    pub blocks: Vec<Block>,
    /// The front matter without its fences.
    pub front_matter: Option<Span>,
}

/// The top-level blocks of a Markdown text.
pub(super) fn blocks(text: &str) -> Blocks {
    let mut reading = Reading {
        text,
        found: Blocks { blocks: Vec::new(), front_matter: None },
        path: Vec::new(),
        depth: 0,
        open: None,
        heading: None,
    };
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        reading.take(event, Span { start: range.start, end: range.end });
    }
    let Blocks { blocks, front_matter } = reading.found;
    Blocks { blocks: cover(text, blocks, &BlockKind::Paragraph), front_matter }
}

struct Reading<'a> {
    text: &'a str,
    found: Blocks,
    /// The headings that the next block stands under, with their levels.
    path: Vec<(u8, String)>,
    depth: usize,
    /// The top-level block being read.
    open: Option<(BlockKind, Span)>,
    /// The text of the heading being read.
    heading: Option<String>,
}

impl Reading<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Start(tag) => {
                if self.depth == 0 {
                    self.start(&tag, span);
                }
                self.depth += 1;
            }
            Event::End(tag) => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.end(tag);
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut self.heading {
                    heading.push_str(&text);
                }
                if matches!(self.open, Some((BlockKind::FrontMatter, _))) {
                    self.found.front_matter = Some(span);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut self.heading {
                    heading.push(' ');
                }
            }
            Event::Html(_) if self.depth == 0 => self.push(BlockKind::Html, span),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, span: Span) {
        let kind = match tag {
            Tag::Heading { level, .. } => {
                self.heading = Some(String::new());
                BlockKind::Heading { level: number(*level) }
            }
            Tag::List(_) => BlockKind::List,
            Tag::Table(_) => BlockKind::Table,
            Tag::BlockQuote(_) => BlockKind::Quote,
            Tag::HtmlBlock => BlockKind::Html,
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                let language = info.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase();
                BlockKind::Code { language }
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => BlockKind::Code { language: String::new() },
            Tag::MetadataBlock(MetadataBlockKind::YamlStyle) => BlockKind::FrontMatter,
            _ => BlockKind::Paragraph,
        };
        self.open = Some((kind, span));
    }

    fn end(&mut self, _tag: TagEnd) {
        let Some((kind, span)) = self.open.take() else { return };
        if let BlockKind::Heading { level } = kind {
            let title = self.heading.take().unwrap_or_default();
            let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
            self.path.retain(|(outer, _)| *outer < level);
            self.path.push((level, title));
        }
        self.push(kind, span);
    }

    fn push(&mut self, kind: BlockKind, span: Span) {
        let span = span.trimmed(self.text);
        if span.is_empty() {
            return;
        }
        let heading_path = self.path.iter().map(|(_, title)| title.clone()).collect();
        self.found.blocks.push(Block { kind, span, heading_path });
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str, &[&str])]) -> Document {
        let document = parse(text.to_owned());
        let found: Vec<_> = document
            .blocks
            .iter()
            .map(|block| {
                let kind = format!("{:?}", block.kind);
                let kind = kind.split([' ', '{']).next().unwrap().to_owned();
                (kind, block.span.of(&document.text).to_owned(), block.heading_path.clone())
            })
            .collect();
        let expect: Vec<_> = expect
            .iter()
            .map(|(kind, text, path)| {
                (kind.to_string(), text.to_string(), path.iter().map(ToString::to_string).collect())
            })
            .collect();
        assert_eq!(found, expect);
        document
    }

    #[test]
    fn blocks_stand_under_their_headings() {
        let document = check(
            "# Top *one*\n\nintro\ngoes on\n\n## In `ner`\n\n- a\n- b\n\n| x |\n|---|\n| 1 |\n\n# Next\n\n> said\n",
            &[
                ("Heading", "# Top *one*", &["Top one"]),
                ("Paragraph", "intro\ngoes on", &["Top one"]),
                ("Heading", "## In `ner`", &["Top one", "In ner"]),
                ("List", "- a\n- b", &["Top one", "In ner"]),
                ("Table", "| x |\n|---|\n| 1 |", &["Top one", "In ner"]),
                ("Heading", "# Next", &["Next"]),
                ("Quote", "> said", &["Next"]),
            ],
        );
        assert_eq!(document.title.as_deref(), Some("Top one"));
    }

    #[test]
    fn front_matter_is_metadata_and_no_heading_in_a_fence_counts() {
        let document = check(
            "---\ntitle: Named\ntags: [a]\n---\n\n```sh\n# not a heading\n```\n",
            &[
                ("FrontMatter", "---\ntitle: Named\ntags: [a]\n---", &[]),
                ("Code", "```sh\n# not a heading\n```", &[]),
            ],
        );
        assert_eq!(document.title.as_deref(), Some("Named"));
        assert_eq!(document.metadata["tags"], serde_json::json!(["a"]));
    }

    #[test]
    fn the_whole_is_in_one_style_and_the_stored_text_is_the_files_own() {
        let text = "---\ntitle: T\n---\nHead\n====\n\n_one_ two_three\ngoes on<br>x<!-- no -->\n\n    code\n\n\
                    ![a](b.png)\n\n- [x] done\n\n<table><tr><td>c<td>d</table>\n";
        let parsed = |extent| {
            let input = crate::Input { name: "a.md", bytes: text.as_bytes(), extent, passwords: &[] };
            crate::parse(&input).unwrap()
        };
        assert_eq!(parsed(Extent::MainContent).text, text);
        let whole = parsed(Extent::Whole);
        assert_eq!(
            whole.text,
            "---\ntitle: T\n---\n\n# Head\n\n*one* two\\_three goes on  \nx\n\n```\ncode\n```\n\n![a](b.png)\n\n\
             - [x] done\n\n| c | d |\n| - | - |"
        );
        assert_eq!(whole.title.as_deref(), Some("T"));
    }

    #[test]
    fn deep_nesting_is_survived() {
        parse(format!("{} deep", ">".repeat(20_000)));
        parse(format!("{} deep", "* ".repeat(5_000)));
        assert!(normalised(&format!("{} deep", ">".repeat(20_000))).contains("deep"));
    }
}
