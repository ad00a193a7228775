//! A request as a guard reads it: which strings somebody wrote, and who.

use std::sync::Arc;

use guard::{Redactor, Tokens, Verdict};
use model::Sample;

use crate::call::CallError;
use crate::guarding::{Guarding, Seen, Strictness};
use crate::json::{Edit, Place, escaped, unescaped};
use crate::measure;
use crate::request::{Request, RequestError};
use crate::texts::{Text, Writer, texts};

/// From this length on a body is read on a thread of its own, so that others need not wait for it.
const LARGE_BYTES: usize = 64 << 10;

/// A request that was read.
pub(crate) struct Guarded {
    pub request: Request,
    /// Tells the client what became of it, where anything did.
    pub header: Option<(String, String)>,
    /// The values that were taken out, which the answer gets back.
    pub tokens: Tokens,
}

/// What was found in a request.
#[derive(Default)]
struct Scanned {
    texts: Vec<ScannedText>,
    seen: Seen,
}

/// A text of it in which anything was found.
struct ScannedText {
    place: Place,
    writer: Writer,
    words: String,
    verdict: Verdict,
}

impl Guarding {
    /// Reads a request, and writes anew what is to be masked.
    ///
    /// # Errors
    ///
    /// [`CallError::Blocked`] where it is refused, [`CallError::Request`] where a text cannot be read, which only a
    /// guard that observes passes over.
    pub(crate) async fn prompt(self: &Arc<Self>, request: Request) -> Result<Guarded, CallError> {
        if self.input == Strictness::Off {
            return Ok(Guarded { request, header: None, tokens: Tokens::default() });
        }
        let (mut request, mut scanned) = self.off_thread(request, Self::scan).await?;
        self.look_again(&mut scanned).await;
        let mut seen = std::mem::take(&mut scanned.seen);
        let mut tokens = Tokens::default();
        if !seen.is_refused(self.input) {
            let texts = scanned.texts;
            let rewritten = self.off_thread(request, move |own, request| own.rewrite(request, texts));
            (request, tokens) = rewritten.await?;
            // What goes outside is masked by now.
            for writer in [Writer::User, Writer::Tool] {
                self.ask_outside(writer, self.written_by(writer, &request), &mut seen).await;
            }
        }
        measure::guarded(&request.model, "prompt", (seen.done(self.input), &seen));
        if seen.is_refused(self.input) {
            return Err(CallError::Blocked(seen.to_string()));
        }
        Ok(Guarded { request, header: seen.header("prompt", self.input), tokens })
    }

    /// Everything that one kind of writer wrote, where somebody outside is asked about it.
    fn written_by(&self, writer: Writer, request: &Request) -> String {
        if !self.judges.asks_about(&Sample::new(super::kind(writer), String::new())) {
            return String::new();
        }
        let texts = texts(request).into_iter().filter(|text| text.writer == writer);
        let words: Vec<_> = texts.filter_map(|text| unescaped(&request.body()[text.place])).collect();
        words.join("\n")
    }

    /// Has work on a large body done on a thread of its own.
    async fn off_thread<T: Send + 'static>(
        self: &Arc<Self>,
        request: Request,
        work: impl FnOnce(&Self, Request) -> Result<T, CallError> + Send + 'static,
    ) -> Result<T, CallError> {
        if request.body().len() < LARGE_BYTES {
            return work(self, request);
        }
        let own = Arc::clone(self);
        let done = runtime::blocking(move || work(&own, request)).await;
        done.unwrap_or(Err(CallError::Unguarded))
    }

    fn scan(&self, request: Request) -> Result<(Request, Scanned), CallError> {
        let mut scanned = Scanned::default();
        let mut texts = texts(&request);
        // The route's own prompt is not read.
        texts.retain(|text| request.own_bytes() == 0 || text.message > 1);
        for (at, text) in texts.iter().enumerate() {
            let Some(words) = unescaped(&request.body()[text.place.clone()]) else {
                if self.input == Strictness::Observe {
                    continue;
                }
                let what = "has a text whose escapes mean nothing, which no guard can read";
                return Err(RequestError::Field { field: request.operation.prompt_field(), what }.into());
            };
            let verdict = self.look(text.writer, &words, &mut scanned.seen);
            let is_last = texts.get(at + 1).is_none_or(|next| next.message != text.message);
            if is_last {
                self.assembled(&request, &texts[..=at], &mut scanned.seen);
            }
            if !verdict.findings.is_empty() || !verdict.doubts.is_empty() {
                let (place, writer, words) = (text.place.clone(), text.writer, words.into_owned());
                scanned.texts.push(ScannedText { place, writer, words, verdict });
            }
        }
        Ok((request, scanned))
    }

    /// Has the encoder look at what the models here are in doubt about.
    async fn look_again(&self, scanned: &mut Scanned) {
        let Scanned { texts, seen } = scanned;
        for text in texts {
            let found = self.judges.look_again(&text.verdict.doubts).await;
            let counting = found.into_iter().filter(|finding| self.counts(text.writer, finding, seen));
            text.verdict.findings.extend(counting);
        }
    }

    /// A request with what is to be masked replaced, and what tokens stand for in it.
    fn rewrite(&self, request: Request, texts: Vec<ScannedText>) -> Result<(Request, Tokens), CallError> {
        let mut redactor = Redactor::new(self.style.clone());
        let mut edits = Vec::new();
        for ScannedText { place, writer, words, verdict } in texts {
            if self.input >= Strictness::Mask
                && let Some(masked) = self.masked((writer, &words), &verdict, &mut redactor)
            {
                edits.push(Edit { place, text: escaped(&masked) });
            }
        }
        if edits.is_empty() {
            return Ok((request, Tokens::default()));
        }
        let body = request.edited(edits);
        let request = Request::read(request.operation, body)?.with_own(request.own_bytes());
        Ok((request, Tokens::new(redactor.tokens().clone())))
    }

    /// Looks at the last message as the model reads it, where that comes in several parts.
    fn assembled(&self, request: &Request, texts: &[Text], seen: &mut Seen) {
        let Some(last) = texts.last() else { return };
        let parts = texts.iter().rev().take_while(|text| text.message == last.message).count();
        if parts > 1 {
            let words = texts[texts.len() - parts..].iter();
            let words: Vec<_> =
                words.filter_map(|text| unescaped(&request.body()[text.place.clone()])).collect();
            self.look(last.writer, &words.join(" "), seen);
        }
    }
}
