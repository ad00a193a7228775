//! Pieces of text and how each is cut finer.

use crate::{BlockKind, Span, sentences};

/// How fine a piece is, and what it is cut into when it does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Prose: cut into sentences.
    Prose,
    /// Code, a table, a list: cut into lines.
    Lines,
    /// A sentence or a line: cut into words.
    Sentence,
    /// A word or less: cut in half between characters.
    Word,
}

/// A piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub span: Span,
    pub grain: Grain,
}

/// How many words a run of words has at most: a count for each word would cost more than it gives.
const WORDS_PER_RUN: usize = 8;

impl Unit {
    /// A block as a unit.
    pub(crate) fn of_block(kind: &BlockKind, span: Span) -> Self {
        let grain = match kind {
            BlockKind::Code { .. }
            | BlockKind::Table
            | BlockKind::List
            | BlockKind::Html
            | BlockKind::Record => Grain::Lines,
            BlockKind::Row | BlockKind::TableHeader => Grain::Sentence,
            _ => Grain::Prose,
        };
        Self { span, grain }
    }

    /// The next finer pieces; none when it is a single character.
    pub(crate) fn finer(self, text: &str) -> Vec<Self> {
        let own = self.span.of(text);
        let at = |start: usize, end: usize, grain| Self {
            span: Span { start: self.span.start + start, end: self.span.start + end },
            grain,
        };
        let finer: Vec<Self> = match self.grain {
            Grain::Prose => {
                sentences(own).into_iter().map(|span| at(span.start, span.end, Grain::Sentence)).collect()
            }
            Grain::Lines => lines(own).map(|(start, end)| at(start, end, Grain::Sentence)).collect(),
            Grain::Sentence => {
                word_runs(own, WORDS_PER_RUN).into_iter().map(|(s, e)| at(s, e, Grain::Word)).collect()
            }
            Grain::Word => Vec::new(),
        };
        match (finer.len(), self.grain) {
            (2.., _) => finer,
            (_, Grain::Prose | Grain::Lines) => vec![Self { grain: Grain::Sentence, ..self }],
            (_, Grain::Sentence) => vec![Self { grain: Grain::Word, ..self }],
            (_, Grain::Word) => halves(own)
                .map(|middle| vec![at(0, middle, Grain::Word), at(middle, own.len(), Grain::Word)])
                .unwrap_or_default(),
        }
    }
}

/// Lines that are not blank, without the white space at their ends; indentation stays.
fn lines(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut offset = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = offset;
        offset += line.len();
        let end = start + line.trim_end().len();
        (end > start).then_some((start, end))
    })
}

/// Runs of `count` words.
fn word_runs(text: &str, count: usize) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut run: Option<(usize, usize)> = None;
    let mut words = 0;
    for word in text.split_whitespace() {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let end = start + word.len();
        run = Some((run.map_or(start, |(begun, _)| begun), end));
        words += 1;
        if words == count {
            runs.extend(run.take());
            words = 0;
        }
    }
    runs.extend(run);
    runs
}

/// Where to cut: at white space near the middle, else at the middle; `None` for a single character.
fn halves(text: &str) -> Option<usize> {
    let mut middle = text.len() / 2;
    while !text.is_char_boundary(middle) {
        middle += 1;
    }
    let space = text[..middle].rfind(char::is_whitespace).filter(|space| *space > 0);
    let cut = space.unwrap_or(middle);
    (cut > 0 && cut < text.len()).then_some(cut)
}
