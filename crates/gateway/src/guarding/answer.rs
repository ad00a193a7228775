//! A whole answer as a guard reads it: what the model wrote in each of its choices.

use bytes::Bytes;
use guard::{Category, Decision, Kind, Redactor, Style, Tokens};
use model::Sample;

use crate::chunk::NOT_WRITTEN;
use crate::draft::Draft;
use crate::guarding::{Guarding, Seen, Strictness};
use crate::json::{Edit, JsonError, Place, Scanner, Strings, Written, edited, escaped, unescaped};
use crate::measure;
use crate::request::MEDIA;
use crate::texts::Writer;

/// An answer of more words than these, of whose runs of words so many are the system prompt's, or the other way round,
/// repeats it.
const REPEATED_WORDS: usize = 24;
const REPEATED: f32 = 0.6;

/// An answer that was read.
pub(crate) struct Read {
    pub body: Bytes,
    /// Tells the client what became of it, where anything did.
    pub header: Option<(String, String)>,
    /// Whether it was emptied.
    pub is_refused: bool,
}

/// A string that a model wrote.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub place: Place,
    /// Whether a program reads it: the arguments of a call.
    pub is_call: bool,
}

/// The values that an answer gets back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restoring {
    said: Tokens,
    /// As they stand in the arguments of a call, which are JSON.
    called: Tokens,
}

impl Restoring {
    pub(crate) fn new(tokens: Tokens) -> Self {
        Self { called: tokens.map(escaped), said: tokens }
    }

    /// Whether there is nothing to put back.
    pub(crate) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    pub(super) fn of(&self, is_call: bool) -> &Tokens {
        if is_call { &self.called } else { &self.said }
    }
}

/// What stands in a choice beside its words.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub finish: Option<Place>,
    /// The words once more, token by token.
    pub logprobs: Option<Place>,
}

impl Guarding {
    /// Reads an answer, and writes anew what is to be masked. One that leaks is emptied where the guard goes that
    /// far, and says `content_filter`.
    ///
    /// # Errors
    ///
    /// [`JsonError`] where it cannot be read, which a guard that only observes passes over.
    pub(crate) async fn answer(
        &self,
        model: &str,
        body: Bytes,
        tokens: &Restoring,
    ) -> Result<Read, JsonError> {
        let mut seen = Seen::default();
        if self.judges.asks_about(&Sample::new(Kind::Output, String::new())) {
            self.ask_outside(Writer::Model, Draft::read(&body).text, &mut seen).await;
        }
        match self.read_answer(model, body.clone(), (seen, tokens)) {
            // A guard that only counts stands in nobody's way.
            Err(_) if self.output <= Strictness::Observe => {
                Ok(Read { body, header: None, is_refused: false })
            }
            read => read,
        }
    }

    pub(super) fn read_answer(
        &self,
        model: &str,
        body: Bytes,
        (mut seen, tokens): (Seen, &Restoring),
    ) -> Result<Read, JsonError> {
        let (mut said, mut marks) = (Vec::new(), Vec::new());
        let mut scanner = Scanner::new(&body);
        scanner.object(|key, scanner| match key {
            "choices" if scanner.peek() == Some(b'[') => scanner.array(|scanner| {
                marks.push(choice(scanner, "message", &mut said)?);
                Ok(())
            }),
            _ => scanner.value().map(drop),
        })?;
        let mut edits = Vec::new();
        for Said { place, is_call } in &said {
            // What the model's server wrote is read even where its escapes mean nothing.
            let words = unescaped(&body[place.clone()])
                .unwrap_or_else(|| String::from_utf8_lossy(&body[place.clone()]).into_owned().into());
            if let Some(anew) = self.said((&words, *is_call), tokens, &mut seen) {
                edits.push(Edit { place: place.clone(), text: escaped(&anew) });
            }
        }
        measure::guarded(model, "answer", (seen.done(self.output), &seen));
        if seen.is_refused(self.output) {
            edits = said.into_iter().map(|said| Edit { place: said.place, text: String::new() }).collect();
            let ends = marks.iter().filter_map(|marks| marks.finish.clone());
            edits.extend(ends.map(|place| Edit { place, text: "\"content_filter\"".into() }));
        }
        if !edits.is_empty() {
            let doubles = marks.into_iter().filter_map(|marks| marks.logprobs);
            edits.extend(doubles.map(|place| Edit { place, text: "null".into() }));
        }
        let (header, is_refused) = (seen.header("answer", self.output), seen.is_refused(self.output));
        Ok(Read { body: edited(&body, edits), header, is_refused })
    }

    /// Looks at what a model said; gives it as it may go out, where that is another.
    fn said(&self, (words, is_call): (&str, bool), tokens: &Restoring, seen: &mut Seen) -> Option<String> {
        let tokens = tokens.of(is_call);
        let mut out = self.masked_answer(words, tokens, seen);
        if !tokens.is_empty() {
            let before = out.as_deref().unwrap_or(words);
            let restored = tokens.restore(before);
            if restored != before {
                out = Some(restored);
            }
        }
        let Some(egress) = self.egress.as_ref().filter(|_| !is_call && self.reads_answers()) else {
            return out;
        };
        let before = out.as_deref().unwrap_or(words);
        let clean = egress.clean(before);
        if clean == before {
            return out;
        }
        seen.add(Category::Egress, Decision::Mask);
        if self.output >= Strictness::Mask { Some(clean) } else { out }
    }

    /// Looks at what a model said, and gives it with values replaced where that is to be done.
    fn masked_answer(&self, words: &str, tokens: &Tokens, seen: &mut Seen) -> Option<String> {
        if !self.reads_answers() {
            return None;
        }
        let verdict = self.look(Writer::Model, words, seen);
        self.leaks(words, seen);
        let mut redactor = Redactor::new(Style::Mask).sparing(tokens.clone());
        let masks = self.output >= Strictness::Mask;
        masks.then(|| self.masked((Writer::Model, words), &verdict, &mut redactor)).flatten()
    }

    /// Whether words hold the mark of the system prompt, or repeat it.
    pub(super) fn leaks(&self, words: &str, seen: &mut Seen) {
        let repeats = |system: &String| {
            let is_long = words.split_whitespace().nth(REPEATED_WORDS).is_some();
            is_long
                && (guard::overlap(words, system) >= REPEATED || guard::overlap(system, words) >= REPEATED)
        };
        let has_mark = self.canary.as_ref().is_some_and(|canary| canary.find(words).is_some());
        if has_mark || self.system.as_ref().is_some_and(repeats) {
            seen.add(Category::Leak, Decision::Block);
        }
    }
}

/// Passes over a choice, taking down what was said in it, whose words stand under `key`.
fn choice(scanner: &mut Scanner<'_>, key: &str, said: &mut Vec<Said>) -> Result<Marks, JsonError> {
    let mut marks = Marks::default();
    if scanner.peek() != Some(b'{') {
        scanner.value()?;
        return Ok(marks);
    }
    scanner.object(|name, scanner| {
        match name {
            "finish_reason" => marks.finish = Some(scanner.value()?),
            "logprobs" => marks.logprobs = Some(scanner.value()?),
            name if name == key => {
                scanner.value_with(&mut Saying(said))?;
            }
            _ => {
                scanner.value()?;
            }
        }
        Ok::<(), JsonError>(())
    })?;
    Ok(marks)
}

struct Saying<'a>(&'a mut Vec<Said>);

impl Strings for Saying<'_> {
    fn string(&mut self, key: &[u8], written: Written<'_>) {
        if !NOT_WRITTEN.contains(&key) && !MEDIA.contains(&key) && key != b"name" {
            self.0.push(Said { place: written.place, is_call: key == b"arguments" });
        }
    }
}
