//! What a model says, on its way through the guard to whoever asked; where somebody outside judges the whole of it, it
//! waits until that is done.

use super::guarded::{self, Marks, Outgoing};
use super::passages::Passage;
use super::writer::{AnswerEvent, AnswerWriter, Written};
use super::{Writing, prompt};

/// What a model has said so far, on its way through the guard to whoever asked.
pub(super) struct Heard<'a> {
    writer: AnswerWriter<'a>,
    outgoing: Outgoing<'a>,
    /// All of it, as it was said.
    pub said: String,
    /// What waits until the whole was judged; `None` where nobody judges the whole.
    waiting: Option<Vec<AnswerEvent>>,
    tell: &'a (dyn Fn(AnswerEvent) + Send + Sync),
}

impl<'a> Heard<'a> {
    pub fn new(writing: &Writing<'a>, (passages, marks): (&'a [Passage], &'a Marks)) -> Self {
        let outgoing = Outgoing::new(writing.guard.guarding, writing.guard.guard, marks);
        let waits = outgoing.waits(&guarded::sample("", writing.guard.asked, passages));
        Self {
            writer: AnswerWriter::new(passages),
            outgoing,
            said: String::new(),
            waiting: waits.then(Vec::new),
            tell: writing.tell,
        }
    }

    /// Whether the model has said what it must not: nothing more is to be heard.
    pub fn leaks(&self) -> bool {
        self.outgoing.leaks()
    }

    pub fn push(&mut self, text: &str) {
        self.said.push_str(text);
        let shown = self.outgoing.push(text);
        let events = self.writer.push(&shown);
        self.show(events);
    }

    fn show(&mut self, events: Vec<AnswerEvent>) {
        match &mut self.waiting {
            Some(waiting) => waiting.extend(events),
            None => events.into_iter().for_each(self.tell),
        }
    }

    /// The end: whether the answer passes, and the answer.
    pub async fn finish(mut self, asked: &str, passages: &[Passage]) -> (bool, Written) {
        let leaks = self.outgoing.leaks();
        if !leaks {
            let rest = self.outgoing.finish();
            let events = self.writer.push(&rest);
            self.show(events);
        }
        let Self { writer, outgoing, said, mut waiting, tell } = self;
        let (rest, written) = writer.finish();
        if !leaks {
            match &mut waiting {
                Some(waiting) => waiting.extend(rest),
                None => rest.into_iter().for_each(tell),
            }
        }
        let sample = guarded::sample(&said, asked, passages);
        let passes = !leaks && outgoing.passes(prompt::RULES, &sample).await;
        if passes {
            waiting.into_iter().flatten().for_each(tell);
        }
        (passes, written)
    }
}
