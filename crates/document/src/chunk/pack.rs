//! Filling chunks: sections in, chunks out.

use std::collections::VecDeque;

use super::context::Context;
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
struct Counted {
    section: Section,
    pieces: Vec<Piece>,
    tokens: usize,
}

impl Packer<'_> {
    pub(super) fn pack(&self, sections: Vec<Section>) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let mut held: Option<Counted> = None;
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

    fn counted(&self, section: Section) -> Counted {
        let pieces: Vec<Piece> = section.units.iter().map(|unit| self.piece(*unit)).collect();
        let tokens = pieces.iter().map(|piece| piece.tokens + JOIN_TOKENS).sum();
        Counted { section, pieces, tokens }
    }

    fn piece(&self, unit: Unit) -> Piece {
        Piece { unit, tokens: (self.count)(unit.span.of(&self.document.text)) }
    }

    /// Whether a tiny section goes with the one that follows: the two fit one chunk.
    fn join(&self, before: &Counted, next: &Counted) -> bool {
        let tiny = TINY_TOKENS.min(self.chunking.max_tokens / 4);
        let room = self.chunking.max_tokens - self.chunking.max_tokens / CONTEXT_SHARE;
        before.section.joining == Joining::WhenTiny
            && next.section.joining == Joining::WhenTiny
            && (before.tokens < tiny || next.tokens < tiny)
            && before.tokens + next.tokens <= room
    }

    fn section(&self, counted: Counted, chunks: &mut Vec<Chunk>) {
        let mut filling = Filling { packer: self, section: &counted.section, chunks, span: None, tokens: 0 };
        let mut queue: VecDeque<Piece> = counted.pieces.into();
        while let Some(piece) = queue.pop_front() {
            for finer in filling.take(piece).into_iter().rev() {
                queue.push_front(finer);
            }
        }
        filling.flush();
    }

    /// The chunk of a span.
    fn chunk(&self, section: &Section, span: Span) -> Chunk {
        let text = span.of(&self.document.text);
        let context = self.context(section, text);
        let tokens = (self.count)(&format!("{context}{text}"));
        let pages = &self.document.pages;
        let page = pages.iter().find(|page| page.span.start <= span.start && span.start < page.span.end);
        Chunk {
            span,
            heading_path: section.heading_path.clone(),
            context,
            page: page.map(|page| page.number),
            tokens,
        }
    }

    fn context(&self, section: &Section, text: &str) -> String {
        let context = Context {
            title: self.document.title.as_deref(),
            heading_path: &section.heading_path,
            header: section.header.as_deref(),
        };
        context.before(text, self.chunking.max_tokens / CONTEXT_SHARE, self.count)
    }
}

/// Two sections as one, under the headings that both have.
fn joined(mut before: Counted, next: Counted) -> Counted {
    let paths = before.section.heading_path.iter().zip(&next.section.heading_path);
    let common = paths.take_while(|(a, b)| a == b).count();
    before.section.heading_path.truncate(common);
    before.section.units.extend(next.section.units);
    before.pieces.extend(next.pieces);
    before.tokens += next.tokens;
    before
}

/// The chunk that is being filled.
struct Filling<'a, 'b> {
    packer: &'a Packer<'a>,
    section: &'b Section,
    chunks: &'b mut Vec<Chunk>,
    span: Option<Span>,
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
    fn room(&self, next: Span) -> usize {
        let begins = Span { start: self.span.map_or(next.start, |span| span.start), end: next.end };
        let text = begins.of(&self.packer.document.text);
        let context = self.packer.context(self.section, text);
        let max = self.packer.chunking.max_tokens;
        let own = if context.is_empty() { 0 } else { (self.packer.count)(&context) + JOIN_TOKENS };
        max.saturating_sub(own).max(1)
    }

    fn add(&mut self, piece: Piece) {
        let span = piece.unit.span;
        self.tokens += piece.tokens + if self.span.is_some() { JOIN_TOKENS } else { 0 };
        self.span = Some(Span { start: self.span.map_or(span.start, |own| own.start), end: span.end });
    }

    /// Begins the next chunk with the end of the last one, as far as `next` leaves room for it.
    fn overlap(&mut self, next: Piece) {
        let Some(last) = self.chunks.last() else { return };
        let room = self.room(next.unit.span).saturating_sub(next.tokens + JOIN_TOKENS);
        let most = self.packer.chunking.overlap_tokens.min(room);
        let text = &self.packer.document.text;
        let mut tokens = 0;
        let mut start = None;
        for unit in (Unit { span: last.span, grain: Grain::Prose }).finer(text).into_iter().rev() {
            let own = (self.packer.count)(unit.span.of(text)) + JOIN_TOKENS;
            if tokens + own > most || unit.span.start <= last.span.start {
                break;
            }
            tokens += own;
            start = Some(unit.span.start);
        }
        if let Some(start) = start {
            self.span = Some(Span { start, end: last.span.end });
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
            let chunk = self.packer.chunk(self.section, span);
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
