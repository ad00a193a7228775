//! A request as a guard reads it: which strings somebody wrote, and who.

use std::sync::Arc;

use crate::call::CallError;
use crate::guarding::{Guarding, Seen, Strictness};
use crate::json::{Edit, escaped, unescaped};
use crate::measure;
use crate::request::{Operation, Request, RequestError};
use crate::texts::{Text, texts};

/// From this length on a body is read on a thread of its own, so that others need not wait for it.
const LARGE_BYTES: usize = 64 << 10;

/// A request that was read.
pub(crate) struct Guarded {
    pub request: Request,
    /// Tells the client what became of it, where anything did.
    pub header: Option<(String, String)>,
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
            return Ok(Guarded { request, header: None });
        }
        if request.body().len() < LARGE_BYTES {
            return self.read(request);
        }
        let own = Arc::clone(self);
        let read = runtime::blocking(move || own.read(request)).await;
        read.unwrap_or(Err(CallError::Unguarded))
    }

    fn read(&self, request: Request) -> Result<Guarded, CallError> {
        let mut seen = Seen::default();
        let mut edits = Vec::new();
        let mut texts = texts(&request);
        // The route's own prompt is not read.
        texts.retain(|text| request.own_bytes() == 0 || text.message > 1);
        for (at, text) in texts.iter().enumerate() {
            let Some(words) = unescaped(&request.body()[text.place.clone()]) else {
                if self.input == Strictness::Observe {
                    continue;
                }
                let what = "has a text whose escapes mean nothing, which no guard can read";
                return Err(RequestError::Field { field: field(&request), what }.into());
            };
            let findings = self.look(text.writer, &words, &mut seen);
            if self.input >= Strictness::Mask
                && let Some(masked) = self.masked(text.writer, &words, &findings)
            {
                edits.push(Edit { place: text.place.clone(), text: escaped(&masked) });
            }
            let is_last = texts.get(at + 1).is_none_or(|next| next.message != text.message);
            if is_last {
                self.assembled(&request, &texts[..=at], &mut seen);
            }
        }
        measure::guarded(&request.model, "prompt", (seen.done(self.input), &seen));
        if seen.is_refused(self.input) {
            return Err(CallError::Blocked(seen.to_string()));
        }
        if edits.is_empty() {
            return Ok(Guarded { request, header: None });
        }
        let body = request.edited(edits);
        let header = seen.header("prompt", self.input);
        Ok(Guarded { request: Request::read(request.operation, body)?.with_own(request.own_bytes()), header })
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

fn field(request: &Request) -> &'static str {
    if request.operation == Operation::Chat { "messages" } else { "input" }
}
