//! Filling chunks: sections in, chunks out.

use std::collections::VecDeque;

use super::context::{Context, FIRST_LINE_BYTES_MAX};
use super::grain::{Grain, Unit};
use super::{Chunk, Chunking, Joining, Section};
use crate::{Document, Span};

/// A section of fewer tokens is tiny, unless chunks are small themselves.
const TINY_TOKENS: usize = 48;
/// The share of a chunk that its context may take.
const CONTEXT_SHARE: usize = 3;
/// Two pieces side by side may have a token more than apart.
const JOIN_TOKENS: usize = 1;

pub(super) struct Packer<'a> {
    pub document: &'a Document,
    pub chunking: &'a Chunking,
    pub count: &'a dyn Fn(&str) -> usize,
}

/// A unit with its tokens.
#[derive(Clone, Copy)]
struct Piece {
    unit: Unit,
    tokens: usize,
}

/// A section whose pieces are counted.
struct Counted<'d> {
    section: Section<'d>,
    pieces: Vec<Piece>,
    tokens: usize,
}

impl<'a> Packer<'a> {
    pub(super) fn pack(&self, sections: Vec<Section<'a>>) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let mut held: Option<Counted<'a>> = None;
        for section in sections {
            let next = self.counted(section);
            held = Some(match held.take() {
                Some(before) if self.join(&before, &next) => joined(before, next),
                Some(before) => {
                    self.section(before, &mut chunks);
                    next
                }
                None => next,
            });
        }
        if let Some(last) = held {
            self.section(last, &mut chunks);
        }
        chunks
    }

    fn counted(&self, section: Section<'a>) -> Counted<'a> {
        let pieces: Vec<Piece> = section.units.iter().map(|unit| self.piece(*unit)).collect();
        let tokens = pieces.iter().map(|piece| piece.tokens + JOIN_TOKENS).sum();
        Counted { section, pieces, tokens }
    }

    fn piece(&self, unit: Unit) -> Piece {
        Piece { unit, tokens: (self.count)(unit.span.of(&self.document.text)) }
    }

    /// Whether a tiny section goes with the one that follows: the two fit one chunk.
    fn join(&self, before: &Counted<'_>, next: &Counted<'_>) -> bool {
        let tiny = TINY_TOKENS.min(self.chunking.max_tokens / 4);
        let room = self.chunking.max_tokens - self.chunking.max_tokens / CONTEXT_SHARE;
        before.section.joining == Joining::WhenTiny
            && next.section.joining == Joining::WhenTiny
            && (before.tokens < tiny || next.tokens < tiny)
            && before.tokens + next.tokens <= room
    }

    fn section(&self, counted: Counted<'_>, chunks: &mut Vec<Chunk>) {
        let mut filling = Filling {
            packer: self,
            section: &counted.section,
            chunks,
            span: None,
            tokens: 0,
            told: Told::default(),
            together: String::new(),
        };
        let mut queue: VecDeque<Piece> = counted.pieces.into();
        while let Some(piece) = queue.pop_front() {
            for finer in filling.take(piece).into_iter().rev() {
                queue.push_front(finer);
            }
        }
        filling.flush();
    }

    fn context(&self, section: &Section<'_>, text: &str) -> String {
        let context = Context {
            title: self.document.title.as_deref(),
            heading_path: section.heading_path,
            header: section.header,
        };
        context.before(text, self.chunking.max_tokens / CONTEXT_SHARE, self.count)
    }

    /// The page that a byte of the text is on. Pages are in order.
    fn page(&self, at: usize) -> Option<u32> {
        let pages = &self.document.pages;
        let after = pages.partition_point(|page| page.span.start <= at);
        pages[..after].last().filter(|page| at < page.span.end).map(|page| page.number)
    }
}

/// Two sections as one, under the headings that both have.
fn joined<'d>(mut before: Counted<'d>, next: Counted<'d>) -> Counted<'d> {
    let paths = before.section.heading_path.iter().zip(next.section.heading_path);
    let common = paths.take_while(|(a, b)| a == b).count();
    before.section.heading_path = &before.section.heading_path[..common];
    before.section.units.extend(next.section.units);
    before.pieces.extend(next.pieces);
    before.tokens += next.tokens;
    before
}

/// The chunk that is being filled.
struct Filling<'a, 'b> {
    packer: &'b Packer<'a>,
    section: &'b Section<'b>,
    chunks: &'b mut Vec<Chunk>,
    span: Option<Span>,
    tokens: usize,
    /// What the chunk that was last looked at is told with.
    told: Told,
    /// Where context and text are put together to be counted.
    together: String,
}

/// A context, and the first line of text that it was made for: all of a text that it depends on.
#[derive(Default)]
struct Told {
    start: usize,
    line_end: usize,
    /// Whether the line goes on no further when the text does.
    complete: bool,
    context: String,
    /// Tokens of the context with what joins it to the text; 0 without a context.
    tokens: usize,
}

impl Filling<'_, '_> {
    /// Adds a piece. Gives the finer pieces to go on with when it does not fit.
    fn take(&mut self, piece: Piece) -> Vec<Piece> {
        let room = self.room(piece.unit.span);
        let joined = self.tokens + piece.tokens + if self.span.is_some() { JOIN_TOKENS } else { 0 };
        if joined <= room {
            self.add(piece);
            return Vec::new();
        }
        let fits_alone = piece.tokens <= room;
        let well_filled = self.tokens >= room / 4;
        if self.span.is_some() && fits_alone && (well_filled || piece.unit.grain == Grain::Word) {
            self.flush();
            self.overlap(piece);
            self.add(piece);
            return Vec::new();
        }
        let finer = piece.unit.finer(&self.packer.document.text);
        if finer.is_empty() {
            self.flush();
            self.add(piece);
        }
        finer.into_iter().map(|unit| self.packer.piece(unit)).collect()
    }

    /// How many tokens of text a chunk that begins here has room for.
    fn room(&mut self, next: Span) -> usize {
        let begins = Span { start: self.span.map_or(next.start, |span| span.start), end: next.end };
        self.tell(begins);
        self.packer.chunking.max_tokens.saturating_sub(self.told.tokens).max(1)
    }

    /// Sees to it that `told` is what a chunk of this span is told with.
    fn tell(&mut self, span: Span) {
        let same_start = self.told.line_end > 0 && self.told.start == span.start;
        if same_start && self.told.complete && self.told.line_end <= span.end {
            return;
        }
        let text = span.of(&self.packer.document.text);
        let near = &text.as_bytes()[..text.len().min(FIRST_LINE_BYTES_MAX + 1)];
        let ends = near.iter().position(|b| *b == b'\n');
        let complete = ends.is_some() || near.len() < text.len();
        let line_end = span.start + ends.unwrap_or(near.len());
        if same_start && self.told.line_end == line_end {
            return;
        }
        let context = self.packer.context(self.section, text);
        let tokens = if context.is_empty() { 0 } else { (self.packer.count)(&context) + JOIN_TOKENS };
        self.told = Told { start: span.start, line_end, complete, context, tokens };
    }

    /// The chunk of a span.
    fn chunk(&mut self, span: Span) -> Chunk {
        self.tell(span);
        let text = span.of(&self.packer.document.text);
        let context = self.told.context.clone();
        let tokens = if context.is_empty() {
            (self.packer.count)(text)
        } else {
            self.together.clear();
            self.together.extend([context.as_str(), text]);
            (self.packer.count)(&self.together)
        };
        let heading_path = self.section.heading_path.to_vec();
        Chunk { span, heading_path, context, page: self.packer.page(span.start), tokens }
    }

    fn add(&mut self, piece: Piece) {
        let span = piece.unit.span;
        self.tokens += piece.tokens + if self.span.is_some() { JOIN_TOKENS } else { 0 };
        self.span = Some(Span { start: self.span.map_or(span.start, |own| own.start), end: span.end });
    }

    /// Begins the next chunk with the end of the last one, as far as `next` leaves room for it.
    fn overlap(&mut self, next: Piece) {
        let Some(last) = self.chunks.last().map(|chunk| chunk.span) else { return };
        let room = self.room(next.unit.span).saturating_sub(next.tokens + JOIN_TOKENS);
        let most = self.packer.chunking.overlap_tokens.min(room);
        let text = &self.packer.document.text;
        let mut tokens = 0;
        let mut start = None;
        for unit in (Unit { span: last, grain: Grain::Prose }).finer(text).into_iter().rev() {
            let own = (self.packer.count)(unit.span.of(text)) + JOIN_TOKENS;
            if tokens + own > most || unit.span.start <= last.start {
                break;
            }
            tokens += own;
            start = Some(unit.span.start);
        }
        if let Some(start) = start {
            self.span = Some(Span { start, end: last.end });
            self.tokens = tokens;
        }
    }

    /// Ends the chunk. Should it have more tokens than the sum of its pieces let expect, it is halved until
    /// it has not.
    fn flush(&mut self) {
        let Some(span) = self.span.take() else { return };
        self.tokens = 0;
        let mut waiting = vec![span.trimmed(&self.packer.document.text)];
        while let Some(span) = waiting.pop() {
            if span.is_empty() {
                continue;
            }
            let chunk = self.chunk(span);
            let halves = if chunk.tokens > self.packer.chunking.max_tokens {
                Unit { span, grain: Grain::Word }.finer(&self.packer.document.text)
            } else {
                Vec::new()
            };
            if halves.is_empty() {
                self.chunks.push(chunk);
            }
            waiting
                .extend(halves.into_iter().rev().map(|unit| unit.span.trimmed(&self.packer.document.text)));
        }
    }
}
