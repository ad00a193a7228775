//! What a parser makes of bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Format;

/// A half-open range of byte offsets into a stored text, on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The text at this span; empty when the span is not within `text` on character boundaries.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// The span without the white space at its ends.
    pub(crate) fn trimmed(self, text: &str) -> Self {
        let own = self.of(text);
        let start = self.start + (own.len() - own.trim_start().len());
        Self { start, end: (start + own.trim().len()).max(start) }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading of level 1 to 6.
    Heading {
        /// 1 is the outermost.
        level: u8,
    },
    /// Prose.
    Paragraph,
    /// A list with all its items.
    List,
    /// A table with all its rows.
    Table,
    /// The header of a table whose rows are blocks of their own.
    TableHeader,
    /// One row of a table; a passage of its own.
    Row,
    /// Source code, or a fenced block.
    Code {
        /// What the fence or the file says it is; empty when it does not.
        language: String,
    },
    /// A quotation.
    Quote,
    /// HTML within Markdown.
    Html,
    /// A record of a structured file.
    Record,
    /// Metadata ahead of the text; not a passage.
    FrontMatter,
}

/// A part of the stored text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Where it is.
    pub span: Span,
    /// The headings it stands under, outermost first; a heading is under itself.
    pub heading_path: Vec<String>,
}

/// A page of the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// 1-based.
    pub number: u32,
    /// Its text.
    pub span: Span,
}

/// Where a part of the stored text stands on a page of the original, in points (1/72 inch) from the page's
/// upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// What stands there.
    pub span: Span,
    /// The page, 1-based.
    pub page: u32,
    /// The left edge.
    pub left: f32,
    /// The upper edge.
    pub top: f32,
    /// The right edge.
    pub right: f32,
    /// The lower edge.
    pub bottom: f32,
}

/// An image that may hold text: a scanned page, or a picture.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// Where in the original, as problems say it.
    pub place: String,
    /// Where its text belongs in the stored text.
    pub at: usize,
    /// `image/png`, `image/jpeg` and the like.
    pub media_type: &'static str,
    /// The image file.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// A file within the file: a document of its own.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// Its name, which says what it is; unique within its document.
    pub name: String,
    /// Its bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// Something that could not be read. A document with problems is still a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where in the original.
    pub place: String,
    /// What it is about.
    pub what: String,
    /// Why it could not be read.
    pub why: String,
    /// Whether content is missing from the stored text.
    pub content_lost: bool,
}

/// A document as it was read. What is written of it and read again has neither images nor attachments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What it was read as.
    pub format: Format,
    /// The stored text; every span points into it.
    pub text: String,
    /// What it says it is called.
    pub title: Option<String>,
    /// ISO 639-1 code of its natural language, where that is plain.
    pub language: Option<String>,
    /// Its parts, in order, not overlapping.
    pub blocks: Vec<Block>,
    /// Its pages; empty for formats without pages.
    pub pages: Vec<Page>,
    /// Where lines or blocks stand on their pages, by their spans' starts; empty for formats without a layout.
    pub areas: Vec<Area>,
    /// Images whose text is not in the stored text. Each is a problem too, until somebody reads it.
    #[serde(skip_deserializing)]
    pub scans: Vec<Scan>,
    /// Files that it carries.
    #[serde(skip_deserializing)]
    pub attachments: Vec<Attachment>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What it says about itself: `author`, `created`, `modified`, `subject`, `keywords` (a list), and what else
    /// it names. Dates are ISO 8601.
    pub metadata: BTreeMap<String, serde_json::Value>,
}

impl Document {
    /// A document of `text` with nothing else known yet.
    pub(crate) fn new(format: Format, text: String) -> Self {
        Self {
            format,
            text,
            title: None,
            language: None,
            blocks: Vec::new(),
            pages: Vec::new(),
            areas: Vec::new(),
            scans: Vec::new(),
            attachments: Vec::new(),
            problems: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scan({}, {} bytes at {})", self.place, self.bytes.len(), self.at)
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attachment({}, {} bytes)", self.name, self.bytes.len())
    }
}

/// Makes blocks cover their text: those that overlap an earlier one are cut, and what is between two of
/// them and not white space becomes a block under the same headings as the one before.
pub(crate) fn cover(text: &str, blocks: Vec<Block>, filler: &BlockKind) -> Vec<Block> {
    let mut covered: Vec<Block> = Vec::with_capacity(blocks.len());
    let mut end = 0;
    let fill = |covered: &mut Vec<Block>, start: usize, end: usize| {
        let span = Span { start, end }.trimmed(text);
        if !span.is_empty() {
            let heading_path = covered.last().map(|block| block.heading_path.clone()).unwrap_or_default();
            covered.push(Block { kind: filler.clone(), span, heading_path });
        }
    };
    for mut block in blocks {
        block.span.start = block.span.start.max(end);
        block.span = block.span.trimmed(text);
        if !block.span.is_empty() {
            fill(&mut covered, end, block.span.start);
            end = block.span.end;
            covered.push(block);
        }
    }
    fill(&mut covered, end, text.len());
    covered
}
