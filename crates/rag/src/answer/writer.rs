//! What a model says, turned into an answer as it is said: its markers bound to spans of stored text, marks
//! that stand for nothing taken out, a refusal recognised before a word of it is shown.

use std::collections::BTreeSet;

use document::Span;

use super::Citation;
use super::passages::Passage;
use super::prompt::NO_ANSWER;
use super::support::{self, Claim};

/// One piece of an answer on its way to the reader.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerEvent {
    /// The answer's text goes on.
    Token(String),
    /// What the marker in the next token stands for.
    Citation(Citation),
}

/// A marker has at most so many bytes between its brackets.
const MARKER_BYTES_MAX: usize = 32;
/// A range such as `[2-4]` spans at most so many passages.
const RANGE_MAX: usize = 8;
/// How many sentences a quote has at most.
const QUOTE_SENTENCES_MAX: usize = 3;
/// How much of what was said is looked at for the sentence that a marker belongs to.
const CLAIM_BYTES_MAX: usize = 1200;

/// The answer as far as it was said.
pub(super) struct AnswerWriter<'a> {
    passages: &'a [Passage],
    /// Said, but not yet shown: what may become a marker or a refusal.
    held: String,
    /// Whether something else than a refusal was said.
    begun: bool,
    /// Whether text stands within a code span or block, where brackets are no markers.
    in_code: bool,
    /// The answer as it is shown.
    text: String,
    /// The answer without its markers.
    plain: String,
    /// Where in `plain` each marker stands, and the passages it was said to stand for.
    marks: Vec<Mark>,
    citations: Vec<Citation>,
}

struct Mark {
    at: usize,
    marker: usize,
    passage: usize,
}

/// An answer that is through.
pub(super) struct Written {
    pub text: String,
    pub refused: bool,
    pub citations: Vec<Citation>,
    /// What each sentence rests on, by words.
    pub support: Vec<Claim>,
}

/// What stands at the beginning of a text.
enum Piece {
    /// So many bytes of text.
    Text(usize),
    /// A marker of so many bytes, and the passages it names.
    Marker(usize, Vec<usize>),
    /// Perhaps a marker; more is needed to tell.
    Unclear,
}

impl<'a> AnswerWriter<'a> {
    pub fn new(passages: &'a [Passage]) -> Self {
        Self {
            passages,
            held: String::new(),
            begun: false,
            in_code: false,
            text: String::new(),
            plain: String::new(),
            marks: Vec::new(),
            citations: Vec::new(),
        }
    }

    /// Takes what the model said next and gives what can be shown.
    pub fn push(&mut self, said: &str) -> Vec<AnswerEvent> {
        self.held.push_str(said);
        if !self.begun && may_refuse(&self.held) {
            return Vec::new();
        }
        self.begun = self.begun || !self.held.trim().is_empty();
        self.show(false)
    }

    /// Whether the model refused so far as it was heard.
    fn refuses(&self) -> bool {
        let said = self.held.trim().trim_end_matches(['.', '!']);
        !self.begun && (said.is_empty() || said.eq_ignore_ascii_case(NO_ANSWER))
    }

    /// The end: what was still held back, and the whole.
    pub fn finish(mut self) -> (Vec<AnswerEvent>, Written) {
        if self.refuses() {
            let nothing =
                Written { text: String::new(), refused: true, citations: Vec::new(), support: Vec::new() };
            return (Vec::new(), nothing);
        }
        let events = self.show(true);
        let support = self.support();
        (events, Written { text: self.text, refused: false, citations: self.citations, support })
    }

    /// Moves what is clear from `held` into the answer.
    fn show(&mut self, at_end: bool) -> Vec<AnswerEvent> {
        let mut events = Vec::new();
        let mut token = String::new();
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_str();
        while !rest.is_empty() {
            match piece(rest, self.in_code) {
                Piece::Text(bytes) => {
                    let (text, after) = rest.split_at(bytes);
                    self.say(text, &mut token);
                    rest = after;
                }
                Piece::Marker(bytes, named) => {
                    rest = &rest[bytes..];
                    self.mark(&named, &mut token, &mut events);
                }
                Piece::Unclear if at_end => {
                    self.say(rest, &mut token);
                    rest = "";
                }
                Piece::Unclear => break,
            }
        }
        rest.clone_into(&mut self.held);
        flush(&mut token, &mut events);
        events
    }

    fn say(&mut self, text: &str, token: &mut String) {
        if text.bytes().filter(|byte| *byte == b'`').count() % 2 == 1 {
            self.in_code = !self.in_code;
        }
        token.push_str(text);
        self.text.push_str(text);
        self.plain.push_str(text);
    }

    fn mark(&mut self, named: &[usize], token: &mut String, events: &mut Vec<AnswerEvent>) {
        let mut shown = BTreeSet::new();
        for number in named {
            let Some(passage) = number.checked_sub(1).filter(|place| *place < self.passages.len()) else {
                continue;
            };
            let (marker, fresh) = self.cite(passage);
            self.marks.push(Mark { at: self.plain.len(), marker, passage });
            if !shown.insert(marker) {
                continue;
            }
            if let Some(citation) = fresh {
                flush(token, events);
                events.push(AnswerEvent::Citation(citation));
            }
            let shown = format!("[{marker}]");
            token.push_str(&shown);
            self.text.push_str(&shown);
        }
    }

    /// The marker for what the sentence before the mark takes from a passage, and its citation if that is new.
    fn cite(&mut self, place: usize) -> (usize, Option<Citation>) {
        let passage = &self.passages[place];
        let inner = quote_for(self.claim(self.plain.len()), &passage.text);
        let start = passage.span.start;
        let span = Span { start: start + inner.start, end: start + inner.end };
        let found = &passage.hit.found;
        let known = self.citations.iter().find(|citation| {
            citation.span == span
                && citation.document_id == found.document_id
                && citation.version == found.version
        });
        if let Some(citation) = known {
            return (citation.marker, None);
        }
        let citation = Citation {
            marker: self.citations.len() + 1,
            document_id: found.document_id.clone(),
            version: found.version.clone(),
            source: found.source.clone(),
            title: found.title.clone(),
            page: found.chunk.page,
            area: found.chunk.area,
            heading_path: found.chunk.heading_path.clone(),
            span,
            quote: passage.text[inner.start..inner.end].to_owned(),
        };
        self.citations.push(citation.clone());
        (citation.marker, Some(citation))
    }

    /// The sentence that ends at a place of `plain`, or the last before it.
    fn claim(&self, at: usize) -> &str {
        let from = floor_char_boundary(&self.plain, at.saturating_sub(CLAIM_BYTES_MAX));
        let said = &self.plain[from..at];
        let last =
            document::sentences(said).into_iter().rfind(|span| !said[span.start..span.end].trim().is_empty());
        last.map_or(said, |span| &said[span.start..span.end])
    }

    /// What each sentence rests on. One without a marker that stands for something rests on nothing.
    fn support(&self) -> Vec<Claim> {
        let sentences = document::sentences(&self.plain);
        let mut supports = Vec::with_capacity(sentences.len());
        for (place, span) in sentences.iter().enumerate() {
            let next = sentences.get(place + 1).map_or(usize::MAX, |next| next.start);
            let own = |mark: &&Mark| mark.at > span.start && mark.at <= next;
            let mut markers: Vec<usize> = self.marks.iter().filter(own).map(|mark| mark.marker).collect();
            markers.sort_unstable();
            markers.dedup();
            let texts: Vec<&str> =
                self.marks.iter().filter(own).map(|mark| self.passages[mark.passage].text.as_str()).collect();
            let sentence = self.plain[span.start..span.end].trim();
            if sentence.chars().any(char::is_alphanumeric) {
                supports.push(support::claim(sentence, markers, &texts));
            }
        }
        supports
    }
}

fn flush(token: &mut String, events: &mut Vec<AnswerEvent>) {
    if !token.is_empty() {
        events.push(AnswerEvent::Token(std::mem::take(token)));
    }
}

/// Whether what was said may still turn out to be a refusal and nothing else.
fn may_refuse(said: &str) -> bool {
    let said = said.trim_start().trim_end_matches(['.', '!', ' ', '\n']);
    said.len() <= NO_ANSWER.len()
        && NO_ANSWER.get(..said.len()).is_some_and(|start| start.eq_ignore_ascii_case(said))
}

/// What a text begins with.
fn piece(text: &str, in_code: bool) -> Piece {
    let (open, close) = match text.chars().next() {
        Some('[') if !in_code => ('[', ']'),
        Some('【') if !in_code => ('【', '】'),
        first => {
            // A code span's state is decided mark by mark.
            let from = first.map_or(0, char::len_utf8);
            if first == Some('`') {
                return Piece::Text(from);
            }
            let stop = text[from..].find(['[', '【', '`']).map_or(text.len(), |found| from + found);
            return Piece::Text(stop);
        }
    };
    let inner = &text[open.len_utf8()..];
    let end = inner.find(close);
    let named = &inner[..end.unwrap_or(inner.len())];
    if named.len() > MARKER_BYTES_MAX || !named.chars().all(may_name) {
        return Piece::Text(open.len_utf8());
    }
    match (end, numbers(named)) {
        (None, _) => Piece::Unclear,
        (Some(end), Some(numbers)) => Piece::Marker(open.len_utf8() + end + close.len_utf8(), numbers),
        (Some(_), None) => Piece::Text(open.len_utf8()),
    }
}

/// Whether a character may stand in a marker: digits, what goes between them, and words before them.
fn may_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || " ,;-–^".contains(character)
}

/// The numbers of a marker such as `1`, `1, 2`, `2-4`, `^1` or `passage 1`; `None` where it is none.
fn numbers(named: &str) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for part in named.split([',', ';']) {
        let part = part.trim().trim_start_matches('^');
        let lower = part.to_ascii_lowercase();
        let words = ["passages", "passage", "sources", "source", "doc"];
        let part = words.iter().find_map(|word| lower.strip_prefix(word)).unwrap_or(&lower).trim();
        match part.split_once(['-', '–']) {
            Some((first, last)) => {
                let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                found.extend((first..=last).take(RANGE_MAX));
            }
            None => found.push(part.parse().ok()?),
        }
    }
    Some(found)
}

/// Where in a passage a claim's words stand: the fewest neighbouring sentences that hold the most of them; all
/// of the passage where none holds any.
fn quote_for(claim: &str, passage: &str) -> Span {
    let wanted = index::terms(claim);
    let sentences = document::sentences(passage);
    let whole = Span { start: 0, end: passage.len() };
    let held: Vec<BTreeSet<u32>> = sentences
        .iter()
        .map(|span| index::terms(&passage[span.start..span.end]).intersection(&wanted).copied().collect())
        .collect();
    let mut best: Option<(usize, usize, Span)> = None;
    for length in 1..=QUOTE_SENTENCES_MAX {
        for (first, window) in held.windows(length).enumerate() {
            let count = window.iter().flatten().collect::<BTreeSet<_>>().len();
            // A longer quote has to hold more for each sentence that it adds.
            let enough = best.as_ref().is_none_or(|(most, long, _)| count > most + (length - long).min(1));
            if count > 0 && enough {
                let span = Span { start: sentences[first].start, end: sentences[first + length - 1].end };
                best = Some((count, length, span));
            }
        }
    }
    best.map_or(whole, |(_, _, span)| span)
}

/// The last character boundary at or before `at`.
fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
