//! A streamed answer as a guard reads it: each string that grows from event to event is a lane of its own.
//!
//! Where the guard only observes, events stay as they are. Where it masks, what may still become a value is held
//! back, and what is left of it comes in an event of its own before the one that ends the choice.

use std::fmt::Write;
use std::sync::Arc;

use bytes::Bytes;
use guard::{Category, Decision, EgressStream, Kind, StreamRedactor, Style};
use provider::Frame;
use serde_json::json;

use crate::chunk::{NOT_WRITTEN, Told};
use crate::guarding::{Guarding, Seen, Strictness, Writer};
use crate::json::{Edit, JsonError, Place, Scanner, Strings, Written, edited, escaped, unescaped};
use crate::measure;
use crate::request::MEDIA;

/// So much of what was said last is looked at for a mark of the system prompt.
const TAIL_BYTES: usize = 256;
/// How often it is: less than what a redactor holds back.
const LEAK_EVERY_BYTES: usize = 32;
/// How much is read at a time where a guard only observes.
const OBSERVED_BYTES: usize = 1024;

/// Rewrites a stream's events.
pub(crate) struct Rewriter {
    guarding: Arc<Guarding>,
    model: String,
    lanes: Vec<Lane>,
    seen: Seen,
    /// The fields that every chunk has alike, to begin one of our own with.
    head: String,
}

/// A string that grows.
struct Lane {
    name: LaneName,
    redactor: StreamRedactor,
    egress: Option<EgressStream>,
    tail: String,
    /// Bytes since the tail was looked at.
    unread: usize,
}

/// Which string it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LaneName {
    choice: u64,
    /// The call it is an argument of.
    call: Option<u64>,
    key: String,
}

/// What becomes of an event.
pub(crate) enum Rewritten {
    /// It goes out, in this shape.
    Out(Bytes),
    /// The answer ends here: it leaks. What goes out instead of the rest.
    Cut(Bytes),
}

/// A piece of a string.
#[derive(Debug)]
struct Piece {
    name: LaneName,
    place: Place,
}

/// What an event says.
#[derive(Debug, Default)]
struct Heard {
    pieces: Vec<Piece>,
    logprobs: Vec<Place>,
    /// Choices that end.
    ended: Vec<u64>,
}

impl Rewriter {
    /// For an answer of this model.
    pub fn new(guarding: &Arc<Guarding>, model: &str) -> Self {
        Self {
            guarding: Arc::clone(guarding),
            model: model.to_owned(),
            lanes: Vec::new(),
            seen: Seen::default(),
            head: String::new(),
        }
    }

    /// Takes an event.
    pub fn event(&mut self, original: &Bytes) -> Rewritten {
        let frame = Frame { original: original.clone() };
        let data = frame.data();
        let told = match &*data {
            "" => return Rewritten::Out(original.clone()),
            "[DONE]" => {
                let mut out = self.rest(None);
                out.push_str("data: [DONE]\n\n");
                return Rewritten::Out(if out.len() == original.len() {
                    original.clone()
                } else {
                    out.into()
                });
            }
            data => Told::read(data.as_bytes()),
        };
        let (Ok(told), Ok(heard)) = (told, heard(data.as_bytes())) else {
            // Whoever watches the stream ends it with an error.
            return Rewritten::Out(Bytes::new());
        };
        if self.head.is_empty() {
            self.head = told.head(&data);
        }
        if heard.pieces.is_empty() && heard.ended.is_empty() {
            return Rewritten::Out(original.clone());
        }
        let edits = self.edits(&data, &heard);
        if self.seen.is_refused(self.guarding.output) {
            return Rewritten::Cut(self.cut());
        }
        let mut out: String = heard.ended.iter().map(|choice| self.rest(Some(*choice))).collect();
        if edits.is_empty() && out.is_empty() {
            return Rewritten::Out(original.clone());
        }
        let whole = edited(&Bytes::from(data.into_owned()), edits);
        let _ = write!(out, "data: {}\n\n", String::from_utf8_lossy(&whole));
        Rewritten::Out(out.into())
    }

    /// What is held back, where a stream ends without saying so.
    pub fn finish(&mut self) -> Option<Bytes> {
        let rest = self.rest(None);
        (!rest.is_empty()).then(|| rest.into())
    }

    fn is_rewriting(&self) -> bool {
        self.guarding.output >= Strictness::Mask
    }

    /// Has each piece go through its lane.
    fn edits(&mut self, data: &str, heard: &Heard) -> Vec<Edit> {
        let mut edits = Vec::new();
        for piece in &heard.pieces {
            let written = data.get(piece.place.clone()).unwrap_or_default();
            // A character may be split between two events, each half an escape that means nothing alone.
            let words = unescaped(written.as_bytes()).unwrap_or_else(|| written.into());
            let guarding = Arc::clone(&self.guarding);
            let seen = &mut self.seen;
            let lane = match self.lanes.iter().position(|lane| lane.name == piece.name) {
                Some(at) => &mut self.lanes[at],
                None => {
                    self.lanes.push(Lane::new(piece.name.clone(), &guarding));
                    let last = self.lanes.len() - 1;
                    &mut self.lanes[last]
                }
            };
            lane.look(&words, (&guarding, seen));
            if guarding.output >= Strictness::Mask {
                let out = lane.push(&words, seen);
                if out != words {
                    edits.push(Edit { place: piece.place.clone(), text: escaped(&out) });
                }
            }
        }
        if self.is_rewriting() {
            let logprobs = heard.logprobs.iter().cloned();
            edits.extend(logprobs.map(|place| Edit { place, text: "null".into() }));
        }
        edits
    }

    /// Events with what is held back of a choice, or of all.
    fn rest(&mut self, choice: Option<u64>) -> String {
        let mut out = String::new();
        let is_rewriting = self.is_rewriting();
        let (ended, going): (Vec<Lane>, Vec<Lane>) = std::mem::take(&mut self.lanes)
            .into_iter()
            .partition(|lane| choice.is_none_or(|choice| lane.name.choice == choice));
        self.lanes = going;
        for mut lane in ended {
            let rest = if is_rewriting { lane.finish(&mut self.seen) } else { String::new() };
            lane.observe(&self.guarding, &mut self.seen);
            if !rest.is_empty() {
                out.push_str(&self.chunk(&lane.name, &rest));
            }
        }
        out
    }

    fn chunk(&self, name: &LaneName, text: &str) -> String {
        let delta = match name.call {
            Some(call) => json!({"tool_calls": [{"index": call, "function": {(&name.key): text}}]}),
            None => json!({(&name.key): text}),
        };
        let choice = json!({"index": name.choice, "delta": delta, "finish_reason": null});
        format!("data: {{{}\"object\":\"chat.completion.chunk\",\"choices\":[{choice}]}}\n\n", self.head)
    }

    /// The end of an answer that leaks.
    fn cut(&mut self) -> Bytes {
        let mut choices: Vec<u64> = self.lanes.iter().map(|lane| lane.name.choice).collect();
        choices.sort_unstable();
        choices.dedup();
        let ends: Vec<_> = choices
            .into_iter()
            .map(|index| json!({"index": index, "delta": {}, "finish_reason": "content_filter"}))
            .collect();
        let ends = json!(ends);
        let head = &self.head;
        format!("data: {{{head}\"object\":\"chat.completion.chunk\",\"choices\":{ends}}}\n\ndata: [DONE]\n\n")
            .into()
    }
}

impl Drop for Rewriter {
    fn drop(&mut self) {
        measure::guarded(&self.model, "answer", (self.seen.done(self.guarding.output), &self.seen));
    }
}

impl Lane {
    fn new(name: LaneName, guarding: &Guarding) -> Self {
        // What a program reads is not rendered.
        let egress = guarding.egress.clone().filter(|_| name.key != "arguments");
        let policy = guarding.guard.policy(Kind::Output).clone();
        Self {
            name,
            redactor: StreamRedactor::new(Style::Mask, policy, guarding.tier),
            egress: egress.map(EgressStream::new),
            tail: String::new(),
            unread: 0,
        }
    }

    /// Looks at what comes, before it goes out.
    fn look(&mut self, words: &str, (guarding, seen): (&Guarding, &mut Seen)) {
        self.tail.push_str(words);
        self.unread += words.len();
        let is_due = if guarding.output >= Strictness::Mask {
            guarding.canary.is_some() && self.unread >= LEAK_EVERY_BYTES
        } else {
            self.unread >= OBSERVED_BYTES
        };
        if is_due {
            self.observe(guarding, seen);
        }
    }

    /// Reads what was said since it was read last, and a little before.
    fn observe(&mut self, guarding: &Guarding, seen: &mut Seen) {
        if self.unread == 0 {
            return;
        }
        guarding.leaks(&self.tail, seen);
        if guarding.output < Strictness::Mask {
            guarding.look(Writer::Model, &self.tail, seen);
            let points = |egress: &guard::Egress| !egress.findings(&self.tail).is_empty();
            if self.egress.is_some() && guarding.egress.as_ref().is_some_and(points) {
                seen.add(Category::Egress, Decision::Mask);
            }
        }
        self.unread = 0;
        let from = self.tail.floor_char_boundary(self.tail.len().saturating_sub(TAIL_BYTES));
        self.tail.drain(..from);
    }

    fn push(&mut self, words: &str, seen: &mut Seen) -> String {
        let mut out = self.redactor.push(words);
        if let Some(egress) = &mut self.egress {
            out = egress.push(&out);
        }
        self.masked(seen);
        out
    }

    fn finish(&mut self, seen: &mut Seen) -> String {
        let mut rest = self.redactor.finish();
        if let Some(egress) = &mut self.egress {
            rest = egress.push(&rest) + &egress.finish();
        }
        self.masked(seen);
        rest
    }

    /// Notes what was masked so far.
    fn masked(&self, seen: &mut Seen) {
        for category in self.redactor.masked() {
            seen.add(*category, Decision::Mask);
        }
        if self.egress.as_ref().is_some_and(EgressStream::has_removed) {
            seen.add(Category::Egress, Decision::Mask);
        }
    }
}

/// What an event says, by lanes.
fn heard(data: &[u8]) -> Result<Heard, JsonError> {
    let mut heard = Heard::default();
    Scanner::new(data).object(|key, scanner| match key {
        "choices" if scanner.peek() == Some(b'[') => scanner.array(|scanner| heard.choice(scanner, data)),
        _ => scanner.value().map(drop),
    })?;
    Ok(heard)
}

impl Heard {
    fn choice(&mut self, scanner: &mut Scanner<'_>, data: &[u8]) -> Result<(), JsonError> {
        if scanner.peek() != Some(b'{') {
            return scanner.value().map(drop);
        }
        let first = self.pieces.len();
        let (mut index, mut is_end) = (0, false);
        scanner.object(|key, scanner| {
            match key {
                "index" => index = number(&data[scanner.value()?]),
                "finish_reason" => {
                    is_end |= scanner.peek() == Some(b'"');
                    scanner.value()?;
                }
                "logprobs" => {
                    let place = scanner.value()?;
                    if &data[place.clone()] != b"null" {
                        self.logprobs.push(place);
                    }
                }
                "delta" | "message" if scanner.peek() == Some(b'{') => self.delta(scanner, data)?,
                _ => {
                    scanner.value()?;
                }
            }
            Ok::<(), JsonError>(())
        })?;
        self.pieces[first..].iter_mut().for_each(|piece| piece.name.choice = index);
        self.ended.extend(is_end.then_some(index));
        Ok(())
    }

    fn delta(&mut self, scanner: &mut Scanner<'_>, data: &[u8]) -> Result<(), JsonError> {
        scanner
            .object(|key, scanner| match key {
                "tool_calls" if scanner.peek() == Some(b'[') => {
                    scanner.array(|scanner| self.call(scanner, data))
                }
                key => {
                    let key = key.to_owned();
                    scanner.value_with(&mut Hearing { call: None, key: Some(key), heard: self }).map(drop)
                }
            })
            .map(drop)
    }

    fn call(&mut self, scanner: &mut Scanner<'_>, data: &[u8]) -> Result<(), JsonError> {
        if scanner.peek() != Some(b'{') {
            return scanner.value().map(drop);
        }
        let first = self.pieces.len();
        let mut index = 0;
        scanner.object(|key, scanner| match key {
            "index" => {
                index = number(&data[scanner.value()?]);
                Ok(())
            }
            _ => scanner.value_with(&mut Hearing { call: Some(0), key: None, heard: self }).map(drop),
        })?;
        self.pieces[first..].iter_mut().for_each(|piece| piece.name.call = Some(index));
        Ok(())
    }
}

/// Takes down pieces.
struct Hearing<'a> {
    call: Option<u64>,
    /// The key of the delta that a piece is under, where that names its lane.
    key: Option<String>,
    heard: &'a mut Heard,
}

impl Strings for Hearing<'_> {
    fn string(&mut self, key: &[u8], written: Written<'_>) {
        let top = self.key.as_ref().map(|key| key.as_bytes());
        let is_not = |key: &[u8]| NOT_WRITTEN.contains(&key) || MEDIA.contains(&key) || key == b"name";
        if written.text.is_empty() || is_not(key) || top.is_some_and(is_not) {
            return;
        }
        let key = self.key.clone().unwrap_or_else(|| String::from_utf8_lossy(key).into_owned());
        let name = LaneName { choice: 0, call: self.call, key };
        self.heard.pieces.push(Piece { name, place: written.place });
    }
}

fn number(written: &[u8]) -> u64 {
    std::str::from_utf8(written).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}
