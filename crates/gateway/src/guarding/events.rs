//! A streamed answer as a guard reads it: each string that grows from event to event is a lane of its own.
//!
//! Where the guard only observes, events stay as they are. Where it masks, what may still become a value is held
//! back, and what is left of it comes in an event of its own before the one that ends the choice.

use std::fmt::Write;
use std::sync::Arc;

use bytes::Bytes;
use guard::{AnswerStream, Category, Decision, Kind, StreamRedactor, Style};
use provider::Frame;
use serde_json::json;

use crate::chunk::Told;
use crate::guarding::answer::Restoring;
use crate::guarding::heard::{Heard, LaneName, heard};
use crate::guarding::{Guarding, Seen, Strictness};
use crate::json::{Edit, edited, escaped, unescaped};
use crate::measure;
use crate::texts::Writer;

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
    tokens: Restoring,
    /// Whether events change at all.
    rewrites: bool,
    /// The fields that every chunk has alike, to begin one of our own with.
    head: String,
}

/// A string that grows.
struct Lane {
    name: LaneName,
    stream: AnswerStream,
    /// Whether somebody reads it who follows links.
    is_rendered: bool,
    tail: String,
    /// Bytes since the tail was looked at.
    unread: usize,
}

/// What becomes of an event.
pub(crate) enum Rewritten {
    /// It goes out, in this shape.
    Out(Bytes),
    /// The answer ends here: it leaks. What goes out instead of the rest.
    Cut(Bytes),
}

/// The answer holds what is to stay in its system prompt.
struct Leaks;

impl Rewriter {
    /// For an answer of this model.
    pub fn new(guarding: &Arc<Guarding>, model: &str, tokens: Restoring) -> Self {
        Self {
            guarding: Arc::clone(guarding),
            model: model.to_owned(),
            lanes: Vec::new(),
            seen: Seen::default(),
            rewrites: guarding.output >= Strictness::Mask || !tokens.is_empty(),
            tokens,
            head: String::new(),
        }
    }

    /// Takes an event.
    pub fn event(&mut self, original: &Bytes) -> Rewritten {
        match self.rewritten(original) {
            Ok(bytes) => Rewritten::Out(bytes),
            Err(Leaks) => Rewritten::Cut(self.cut()),
        }
    }

    /// What is held back, where a stream ends without saying so.
    pub fn finish(&mut self) -> Option<Bytes> {
        let rest = self.rest(None).map_or_else(|Leaks| self.cut(), Bytes::from);
        (!rest.is_empty()).then_some(rest)
    }

    fn rewritten(&mut self, original: &Bytes) -> Result<Bytes, Leaks> {
        let frame = Frame { original: original.clone() };
        let data = frame.data();
        match &*data {
            "" => return Ok(original.clone()),
            "[DONE]" => {
                let rest = self.rest(None)?;
                return Ok(if rest.is_empty() {
                    original.clone()
                } else {
                    (rest + "data: [DONE]\n\n").into()
                });
            }
            _ => {}
        }
        let Ok(heard) = heard(data.as_bytes()) else {
            // Whoever watches the stream has ended it with an error.
            return Ok(Bytes::new());
        };
        if self.head.is_empty() {
            self.head = Told::read(data.as_bytes()).map(|told| told.head(&data)).unwrap_or_default();
        }
        let edits = self.edits(&data, &heard);
        if self.seen.is_refused(self.guarding.output) {
            return Err(Leaks);
        }
        let mut out = String::new();
        for choice in &heard.ended {
            out.push_str(&self.rest(Some(*choice))?);
        }
        if edits.is_empty() && out.is_empty() {
            return Ok(original.clone());
        }
        let whole = edited(&Bytes::from(data.into_owned()), edits);
        let _ = write!(out, "data: {}\n\n", String::from_utf8_lossy(&whole));
        Ok(out.into())
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
                    self.lanes.push(Lane::new(piece.name.clone(), (&guarding, &self.tokens)));
                    let last = self.lanes.len() - 1;
                    &mut self.lanes[last]
                }
            };
            lane.look(&words, (&guarding, seen));
            if self.rewrites {
                let out = lane.push(&words, seen);
                if out != words {
                    edits.push(Edit { place: piece.place.clone(), text: escaped(&out) });
                }
            }
        }
        if self.rewrites {
            let logprobs = heard.logprobs.iter().cloned();
            edits.extend(logprobs.map(|place| Edit { place, text: "null".into() }));
        }
        edits
    }

    /// Events with what is held back of a choice, or of all.
    fn rest(&mut self, choice: Option<u64>) -> Result<String, Leaks> {
        let (mut ended, going): (Vec<Lane>, Vec<Lane>) = std::mem::take(&mut self.lanes)
            .into_iter()
            .partition(|lane| choice.is_none_or(|choice| lane.name.choice == choice));
        for lane in &mut ended {
            lane.observe(&self.guarding, &mut self.seen);
        }
        self.lanes = going;
        if self.seen.is_refused(self.guarding.output) {
            self.lanes.append(&mut ended);
            return Err(Leaks);
        }
        let mut out = String::new();
        for mut lane in ended.into_iter().filter(|_| self.rewrites) {
            let rest = lane.finish(&mut self.seen);
            if !rest.is_empty() {
                out.push_str(&self.chunk(&lane.name, &rest));
            }
        }
        Ok(out)
    }

    fn chunk(&self, name: &LaneName, text: &str) -> String {
        let delta = match name.call {
            Some(call) => json!({"tool_calls": [{"index": call, "function": {(&name.key): text}}]}),
            None => json!({(&name.key): text}),
        };
        let choice = json!({"index": name.choice, "delta": delta, "finish_reason": null});
        format!("data: {{{}\"object\":\"chat.completion.chunk\",\"choices\":[{choice}]}}\n\n", self.head)
    }

    /// The end of an answer that leaks, without what is held back of it.
    fn cut(&mut self) -> Bytes {
        let mut choices: Vec<u64> = self.lanes.drain(..).map(|lane| lane.name.choice).collect();
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
    fn new(name: LaneName, (guarding, tokens): (&Guarding, &Restoring)) -> Self {
        // What a program reads is not rendered.
        let is_rendered = name.key != "arguments";
        let masks = guarding.output >= Strictness::Mask;
        let policy = || guarding.guard.policy(Kind::Output).clone();
        let redactor = masks.then(|| StreamRedactor::new(Style::Mask, policy(), guarding.tier));
        let egress = guarding.egress.clone().filter(|_| masks && is_rendered);
        Self {
            name,
            stream: AnswerStream::new(redactor, egress).restoring(tokens.of(!is_rendered).clone()),
            is_rendered,
            tail: String::new(),
            unread: 0,
        }
    }

    /// Looks at what comes, before it goes out.
    fn look(&mut self, words: &str, (guarding, seen): (&Guarding, &mut Seen)) {
        if !guarding.reads_answers() {
            return;
        }
        self.tail.push_str(words);
        self.unread += words.len();
        let is_due = if guarding.output >= Strictness::Mask {
            guarding.system.is_some() && self.unread >= LEAK_EVERY_BYTES
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
            if self.is_rendered && guarding.egress.as_ref().is_some_and(points) {
                seen.add(Category::Egress, Decision::Mask);
            }
        }
        self.unread = 0;
        let from = self.tail.floor_char_boundary(self.tail.len().saturating_sub(TAIL_BYTES));
        self.tail.drain(..from);
    }

    fn push(&mut self, words: &str, seen: &mut Seen) -> String {
        let out = self.stream.push(words);
        self.masked(seen);
        out
    }

    fn finish(&mut self, seen: &mut Seen) -> String {
        let rest = self.stream.finish();
        self.masked(seen);
        rest
    }

    /// Notes what was masked so far.
    fn masked(&self, seen: &mut Seen) {
        for category in self.stream.masked() {
            seen.add(category, Decision::Mask);
        }
    }
}
