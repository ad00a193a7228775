//! Rich text to blocks: groups and their state, character sets, destinations.
//!
//! Groups are a stack on the heap, to a depth; a file of nothing but braces is read in one pass.

mod destination;
mod state;

use std::collections::{BTreeMap, HashMap};

use encoding_rs::{Encoding, WINDOWS_1252};
use serde_json::Value;

use super::MARK;
use super::control::{Token, Tokens};
use super::page::{Block, Run, inline};
use crate::Problem;
pub(in crate::format) use destination::codepage;
use destination::{Destination, charset};
use state::State;

/// Groups nested deeper are read as if they were that deep.
const DEPTH_MAX: usize = 4096;

/// What a reader makes of rich text.
#[derive(Default)]
pub(super) struct Found {
    pub blocks: Vec<Block>,
    pub pictures: Vec<Picture>,
    pub metadata: BTreeMap<String, Value>,
    pub problems: Vec<Problem>,
    /// The page that the text was made of, where a mail program says so.
    pub packed_page: String,
}

/// A picture; `None` for a kind that nobody here reads.
#[derive(Default)]
pub(super) struct Picture {
    pub media_type: Option<&'static str>,
    pub bytes: Vec<u8>,
    half: Option<u8>,
}

/// A text beside the text: a note.
struct Aside {
    depth: usize,
    label: String,
    runs: Vec<Run>,
    item: Option<bool>,
}

pub(super) struct Reader<'a> {
    tokens: Tokens<'a>,
    found: Found,
    state: State,
    stack: Vec<State>,
    /// Groups beyond the deepest.
    too_deep: usize,
    default_encoding: &'static Encoding,
    fonts: HashMap<i32, &'static Encoding>,
    /// The heading level of each style that has one.
    styles: HashMap<i32, u8>,
    style_name: String,
    /// Bytes of text whose character may not be whole.
    pending: Vec<u8>,
    surrogate: Option<u16>,
    /// How many characters are still to be passed over after `\u`.
    skip: usize,
    runs: Vec<Run>,
    /// Whether the paragraph is an item, and whether it is numbered.
    item: Option<bool>,
    marker: String,
    cell: Vec<String>,
    row: Vec<String>,
    table: Vec<Vec<String>>,
    instruction: String,
    info: String,
    asides: Vec<Aside>,
    notes: Vec<Block>,
    hidden_chars: usize,
    is_packed_page: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            tokens: Tokens::new(bytes),
            found: Found::default(),
            state: State::default(),
            stack: Vec::new(),
            too_deep: 0,
            default_encoding: WINDOWS_1252,
            fonts: HashMap::new(),
            styles: HashMap::new(),
            style_name: String::new(),
            pending: Vec::new(),
            surrogate: None,
            skip: 0,
            runs: Vec::new(),
            item: None,
            marker: String::new(),
            cell: Vec::new(),
            row: Vec::new(),
            table: Vec::new(),
            instruction: String::new(),
            info: String::new(),
            asides: Vec::new(),
            notes: Vec::new(),
            hidden_chars: 0,
            is_packed_page: false,
        }
    }

    pub(super) fn read(mut self) -> Found {
        let mut deepest = false;
        while let Some(token) = self.tokens.next() {
            if !matches!(token, Token::Text(_) | Token::Hex(_)) {
                self.flush();
            }
            match token {
                Token::Open => {
                    self.skip = 0;
                    if self.stack.len() < DEPTH_MAX {
                        self.stack.push(self.state.clone())
                    } else {
                        self.too_deep += 1
                    }
                    deepest |= self.too_deep > 0;
                }
                Token::Close if self.stack.len() <= 1 && self.too_deep == 0 => {
                    self.close();
                    break;
                }
                Token::Close => self.close(),
                Token::Word(word, number) => self.word(word, number),
                Token::Symbol(symbol) => self.symbol(symbol),
                Token::Hex(byte) => self.bytes(&[byte]),
                Token::Text(bytes) => self.bytes(bytes),
                Token::Binary(bytes) => self.binary(bytes),
            }
        }
        self.finish(deepest)
    }

    fn finish(mut self, deepest: bool) -> Found {
        self.flush();
        let cut = !self.stack.is_empty();
        while !self.stack.is_empty() {
            self.close();
        }
        self.end_paragraph();
        self.end_table();
        self.found.blocks.append(&mut self.notes);
        let mut problem = |place: &str, why: String, content_lost| {
            let what = "rich text".to_owned();
            self.found.problems.push(Problem { place: place.into(), what, why, content_lost });
        };
        if self.hidden_chars > 0 {
            problem("hidden text", format!("{} hidden characters were left out", self.hidden_chars), true);
        }
        if cut {
            problem("the end", "it ends within a group; what there is was read".into(), true);
        }
        if deepest {
            problem("groups", format!("they are nested more than {DEPTH_MAX} deep"), false);
        }
        self.found
    }

    fn close(&mut self) {
        self.skip = 0;
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(outer) = self.stack.pop() else { return };
        let ended = std::mem::replace(&mut self.state, outer);
        if self.asides.last().is_some_and(|aside| aside.depth > self.stack.len()) {
            self.end_aside();
        }
        if ended.destination != self.state.destination {
            self.end_destination(&ended);
        }
    }

    /// What the end of a destination's group does.
    fn end_destination(&mut self, ended: &State) {
        match ended.destination {
            Destination::Marker => {
                let marker = std::mem::take(&mut self.marker);
                let numbered = marker.trim().chars().next().is_some_and(char::is_alphanumeric)
                    && marker.contains(['.', ')']);
                self.item = Some(numbered);
            }
            Destination::Style(style) => {
                let name = std::mem::take(&mut self.style_name);
                let name = name.trim().trim_end_matches(';').trim().to_lowercase();
                let level = match name.strip_prefix("heading ") {
                    Some(level) => level.parse().ok().filter(|level| (1..=9).contains(level)),
                    None => (name == "title").then_some(1),
                };
                if let Some(level) = level.or(ended.style_outline) {
                    self.styles.insert(style, level.min(6));
                }
            }
            Destination::Info(key) => {
                let text = std::mem::take(&mut self.info);
                let text = text.trim();
                let value = if key == "keywords" {
                    let words = text.split([',', ';']).map(str::trim).filter(|word| !word.is_empty());
                    Value::from(words.map(str::to_owned).collect::<Vec<_>>())
                } else {
                    Value::from(text)
                };
                if !text.is_empty() {
                    self.found.metadata.insert(key.to_owned(), value);
                }
            }
            Destination::Date(key, date) if date[0] > 0 => {
                let [year, month, day, hour, minute] = date;
                let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z");
                self.found.metadata.insert(key.to_owned(), Value::from(text));
            }
            Destination::Picture => {
                let number = self.found.pictures.len().saturating_sub(1);
                self.push_text(&format!("{MARK}{number}{MARK}"));
            }
            _ => {}
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        if skipped < bytes.len() {
            self.pending.extend_from_slice(&bytes[skipped..]);
        }
        if self.state.destination == Destination::Picture {
            self.flush();
        }
    }

    fn binary(&mut self, bytes: &[u8]) {
        if self.state.destination == Destination::Picture
            && let Some(picture) = self.found.pictures.last_mut()
        {
            picture.bytes.extend_from_slice(bytes);
        }
    }

    /// Decodes what is pending.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.pending);
        if self.state.destination == Destination::Picture {
            self.picture(&bytes);
            return;
        }
        let own = self.state.font.and_then(|font| self.fonts.get(&font)).copied();
        let encoding = own.unwrap_or(self.default_encoding);
        let text = encoding.decode_without_bom_handling(&bytes).0;
        self.text(&text);
    }

    fn picture(&mut self, digits: &[u8]) {
        let Some(picture) = self.found.pictures.last_mut() else { return };
        for digit in digits.iter().filter_map(|byte| (*byte as char).to_digit(16)) {
            let digit = u8::try_from(digit).unwrap_or_default();
            match picture.half.take() {
                Some(high) => picture.bytes.push(high * 16 + digit),
                None => picture.half = Some(digit),
            }
        }
    }

    /// A character given by its number.
    fn unicode(&mut self, number: i32) {
        let unit = u16::try_from(if number < 0 { number + 65536 } else { number }).unwrap_or(0xfffd);
        match (self.surrogate.take(), unit) {
            (None, 0xd800..=0xdbff) => self.surrogate = Some(unit),
            (Some(high), low) => {
                let text: String = char::decode_utf16([high, low]).map(|c| c.unwrap_or('\u{fffd}')).collect();
                self.text(&text);
            }
            (None, unit) => {
                let c = char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}');
                self.text(c.encode_utf8(&mut [0; 4]));
            }
        }
        self.skip = self.state.unicode_skip;
    }

    fn text(&mut self, text: &str) {
        match self.state.destination {
            Destination::Body => self.push_text(text),
            Destination::PageTag => self.found.packed_page.push_str(text),
            Destination::Marker => self.marker.push_str(text),
            Destination::Style(_) => self.style_name.push_str(text),
            Destination::Info(_) => self.info.push_str(text),
            Destination::Instruction => self.instruction.push_str(text),
            _ => {}
        }
    }

    /// Text of the body.
    fn push_text(&mut self, text: &str) {
        if self.state.destination != Destination::Body {
            return;
        }
        if self.is_packed_page {
            if !self.state.page_suppressed {
                self.found.packed_page.push_str(text);
            }
            return;
        }
        if self.state.hidden {
            self.hidden_chars += text.chars().filter(|c| !c.is_whitespace()).count();
            return;
        }
        if self.state.deleted {
            return;
        }
        let run = Run { text: String::new(), ..self.state.look.clone() };
        match self.runs.last_mut() {
            Some(last) if Run { text: String::new(), ..last.clone() } == run => last.text.push_str(text),
            _ => self.runs.push(Run { text: text.to_owned(), ..run }),
        }
    }

    fn end_paragraph(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        let item = self.item.take();
        if self.state.in_table && self.asides.is_empty() {
            if runs.iter().any(|run| !run.text.trim().is_empty()) {
                self.cell.push(inline(&runs, true));
            }
            return;
        }
        if self.asides.is_empty() {
            self.end_table();
        }
        if runs.iter().all(|run| run.text.trim().is_empty()) {
            return;
        }
        let level = self.state.outline.or_else(|| self.styles.get(&self.state.style?).copied());
        let block = match (level, item) {
            (_, Some(numbered)) => Block::Item(self.state.list_level, numbered, runs),
            (Some(level), None) => Block::Heading(level, runs),
            (None, None) => Block::Paragraph(runs),
        };
        self.found.blocks.push(block);
    }

    fn end_cell(&mut self) {
        self.state.in_table = true;
        self.end_paragraph();
        self.row.push(std::mem::take(&mut self.cell).join("<br>"));
    }

    fn end_row(&mut self) {
        if !self.cell.is_empty() {
            self.row.push(std::mem::take(&mut self.cell).join("<br>"));
        }
        if !self.row.is_empty() {
            self.table.push(std::mem::take(&mut self.row));
        }
    }

    fn end_table(&mut self) {
        self.end_row();
        if !self.table.is_empty() {
            self.found.blocks.push(Block::Table(std::mem::take(&mut self.table)));
        }
    }

    /// Begins a note: what follows in this group is read apart, and comes at the end.
    fn begin_aside(&mut self, kind: &str) {
        let label = format!("{kind}{}", self.notes.len() + self.asides.len() + 1);
        self.push_text(&format!("[{label}]"));
        let runs = std::mem::take(&mut self.runs);
        self.asides.push(Aside { depth: self.stack.len(), label, runs, item: self.item.take() });
    }

    fn end_aside(&mut self) {
        let Some(aside) = self.asides.pop() else { return };
        let mut runs = std::mem::replace(&mut self.runs, aside.runs);
        self.item = aside.item;
        if runs.iter().any(|run| !run.text.trim().is_empty()) {
            runs.insert(0, Run { text: format!("[{}] ", aside.label), ..Run::default() });
            self.notes.push(Block::Paragraph(runs));
        }
    }
}
