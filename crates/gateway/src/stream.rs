//! A stream of events between a model's server and a client: handed on byte for byte, watched as it goes.
//!
//! Only whole events are handed on. What goes wrong on the way is told as an event of its own, after which the stream
//! ends without `[DONE]`.

use std::time::Duration;

use async_stream::stream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use model::Usage;
use outbound::ByteStream;
use provider::{Frame, Frames};
use runtime::Stopwatch;
use serde_json::json;

use crate::bill::Bill;
use crate::cache::Flight;
use crate::call::CallError;
use crate::chunk::Told;
use crate::guarding::{Rewriter, Rewritten};
use crate::load::InFlight;
use crate::measure::Pace;
use crate::route::Patience;

/// Events before the first token that are held back; past so many bytes the answer counts as begun.
const HELD_BYTES_MAX: usize = 64 << 10;

/// A stream under watch.
pub(crate) struct Supervised {
    body: ByteStream,
    frames: Frames,
    /// Events that came before the first token, and it.
    held: Vec<Bytes>,
    patience: Patience,
    clock: Stopwatch,
    seen: Seen,
    wants: Wants,
    /// Tokens in what is held.
    held_tokens: u64,
    usage: Option<Usage>,
}

/// What goes along with a stream until its end.
pub(crate) struct Keeping {
    pub bill: Option<Bill>,
    /// Where the answer is kept.
    pub flight: Option<Flight>,
    pub pace: Pace,
    /// Reads along, and writes anew what is to be masked.
    pub rewriter: Option<Rewriter>,
    /// Ends with the stream.
    pub in_flight: Option<InFlight>,
}

/// What a client wants to see of the tokens used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wants {
    /// The client asked for them.
    pub usage: bool,
    /// We did, and the client is not to see it.
    pub hides_usage: bool,
}

/// What was seen of an answer so far.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Whether a chunk ended it.
    end: bool,
    /// Whether `[DONE]` did.
    done: bool,
}

/// The first token is here.
#[derive(Debug)]
pub(crate) struct Opened;

/// Why a stream ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Cut {
    #[error("the model's server broke off")]
    Broken,
    #[error("the model's server sent something that is no event")]
    Garbled,
    #[error("the model's server told of an error")]
    Told,
    #[error("the model's server paused for too long")]
    Idle,
    #[error("the answer took too long")]
    TooLong,
}

/// An event, looked at.
struct Event {
    original: Bytes,
    tokens: u64,
    /// Whether it is for us alone.
    is_hidden: bool,
    /// What ends the stream with it.
    error: Option<Cut>,
}

impl Supervised {
    pub fn new(body: ByteStream, patience: Patience, wants: Wants) -> Self {
        Self {
            body,
            frames: Frames::default(),
            held: Vec::new(),
            patience,
            clock: Stopwatch::start(),
            seen: Seen::default(),
            wants,
            held_tokens: 0,
            usage: None,
        }
    }

    /// Waits for the first token; whoever calls limits how long. Nothing was handed on if it fails.
    pub async fn open(&mut self, backend: &str) -> Result<Opened, CallError> {
        let garbled = |what| CallError::Garbled { backend: backend.to_owned(), what };
        let mut held_bytes = 0;
        loop {
            match self.next().await {
                Ok(Some(Event { error: Some(Cut::Told), .. })) => {
                    return Err(garbled("it began with an error"));
                }
                Ok(Some(Event { error: Some(_), .. })) | Err(_) => {
                    return Err(garbled("its stream broke off"));
                }
                Ok(Some(event)) => {
                    held_bytes += event.original.len();
                    self.held_tokens += event.tokens;
                    if !event.is_hidden {
                        self.held.push(event.original);
                    }
                    if event.tokens > 0 || self.seen.end || held_bytes > HELD_BYTES_MAX {
                        return Ok(Opened);
                    }
                }
                Ok(None) => return Err(garbled("its stream ended before the first token")),
            }
        }
    }

    /// The bytes for the client. Dropping them hangs up on the server, and settles the bill.
    pub fn bytes(mut self, keeping: Keeping) -> impl Stream<Item = Bytes> + Send {
        stream! {
            let Keeping { mut bill, mut flight, mut pace, mut rewriter, in_flight: _in_flight } = keeping;
            pace.tokens(self.held_tokens);
            bill.iter_mut().for_each(|bill| bill.count(self.held_tokens));
            let mut waiting = std::mem::take(&mut self.held).into_iter();
            let cut = loop {
                let mut event = match waiting.next() {
                    Some(held) => Event { original: held, tokens: 0, is_hidden: false, error: None },
                    None => match self.timely().await {
                        Ok(Some(event)) => event,
                        Ok(None) => break None,
                        Err(cut) => break Some(cut),
                    },
                };
                if bill.as_ref().is_some_and(|bill| !bill.has_room(event.tokens)) {
                    flight = None;
                    let rest = rewriter.take().and_then(|mut rewriter| rewriter.finish());
                    for last in rest.into_iter().chain([self.shortened(&event.original, bill.as_ref())]) {
                        yield last;
                    }
                    break None;
                }
                pace.tokens(event.tokens);
                self.charge(bill.as_mut(), event.tokens);
                let is_cut = read_along(&mut event, rewriter.as_mut());
                if is_cut || event.error.is_some() {
                    flight = None;
                }
                if !event.is_hidden && !event.original.is_empty() {
                    flight.iter_mut().for_each(|flight| flight.record(&event.original));
                    yield event.original;
                }
                if is_cut || event.error.is_some() || (self.seen.done && waiting.len() == 0) {
                    break None;
                }
            };
            if let Some(rest) = rewriter.take().and_then(|mut rewriter| rewriter.finish()) {
                flight.iter_mut().for_each(|flight| flight.record(&rest));
                yield rest;
            }
            // What the server told last may have come with what was held.
            self.charge(bill.as_mut(), 0);
            if let Some(cut) = cut {
                tracing::warn!(why = %cut, "a stream was cut");
                yield told(cut);
            } else if let Some(flight) = flight.filter(|_| self.seen.end) {
                flight.land();
            }
        }
    }

    /// The next event in the time it may take; `None` at an answer's end.
    async fn timely(&mut self) -> Result<Option<Event>, Cut> {
        let (limit, at_limit) = self.limit();
        match tokio::time::timeout(limit, self.next()).await {
            Err(_) => Err(at_limit),
            Ok(Ok(None)) if self.seen.end || self.seen.done => Ok(None),
            Ok(Ok(None)) => Err(Cut::Broken),
            Ok(event) => event,
        }
    }

    fn charge(&mut self, bill: Option<&mut Bill>, tokens: u64) {
        let Some(bill) = bill else { return };
        bill.count(tokens);
        if let Some(usage) = self.usage.take() {
            bill.told(usage);
        }
    }

    /// The end of an answer that its limit ends: as if the model had ended it in time.
    fn shortened(&self, event: &Bytes, bill: Option<&Bill>) -> Bytes {
        let frame = Frame { original: event.clone() };
        let data = frame.data();
        let head = Told::read(data.as_bytes()).map(|told| told.head(&data)).unwrap_or_default();
        let mut last = format!(
            "data: {{{head}\"object\":\"chat.completion.chunk\",\"choices\":\
             [{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"length\"}}]}}\n\n"
        );
        if let Some(bill) = bill.filter(|_| self.wants.usage) {
            let Usage { prompt_tokens, completion_tokens } = bill.usage();
            let usage = json!({
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": prompt_tokens + completion_tokens,
            });
            last.push_str(&format!(
                "data: {{{head}\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{usage}}}\n\n"
            ));
        }
        last.push_str("data: [DONE]\n\n");
        Bytes::from(last)
    }

    /// How long the next event may take, and what it means when it does not come.
    fn limit(&self) -> (Duration, Cut) {
        let spent = Duration::from_secs_f64(self.clock.elapsed_ms() / 1e3);
        let left = self.patience.total.saturating_sub(spent);
        if left < self.patience.idle { (left, Cut::TooLong) } else { (self.patience.idle, Cut::Idle) }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Result<Option<Event>, Cut> {
        loop {
            if let Some(frame) = self.frames.cut() {
                return self.event(&frame).map(Some);
            }
            match self.body.next().await {
                Some(Ok(bytes)) if self.frames.push(&bytes) => {}
                Some(Ok(_)) => return Err(Cut::Garbled),
                Some(Err(_)) => return Err(Cut::Broken),
                // A last event may lack its empty line; half an event is none.
                None => {
                    return self
                        .frames
                        .rest()
                        .map(|frame| self.event(&frame).map_err(|_| Cut::Broken))
                        .transpose();
                }
            }
        }
    }

    fn event(&mut self, frame: &Frame) -> Result<Event, Cut> {
        let mut event = Event { original: frame.original.clone(), tokens: 0, is_hidden: false, error: None };
        let data = frame.data();
        match &*data {
            "" => {}
            "[DONE]" => self.seen.done = true,
            data => {
                let told = Told::read(data.as_bytes()).map_err(|_| Cut::Garbled)?;
                self.seen.end |= told.is_end;
                event.tokens = told.tokens;
                event.is_hidden = self.wants.hides_usage && told.usage.is_some() && !told.has_choices;
                self.usage = told.usage.or(self.usage);
                event.error = told.is_error.then_some(Cut::Told);
            }
        }
        Ok(event)
    }
}

/// Has the guard read an event, and write it anew where it has to be. Gives whether the answer ends with it.
fn read_along(event: &mut Event, rewriter: Option<&mut Rewriter>) -> bool {
    let Some(rewriter) = rewriter.filter(|_| !event.is_hidden && event.error.is_none()) else { return false };
    match rewriter.event(&event.original) {
        Rewritten::Out(bytes) => {
            event.original = bytes;
            false
        }
        Rewritten::Cut(bytes) => {
            event.original = bytes;
            true
        }
    }
}

/// The event that tells why a stream ends early, in the shape of every error.
fn told(cut: Cut) -> Bytes {
    let code = match cut {
        Cut::Idle | Cut::TooLong => "timed_out",
        _ => "failed",
    };
    let error = json!({"error": {
        "code": code, "message": cut.to_string(), "hint": "the answer is not whole: try again",
        "type": "server_error", "param": null,
    }});
    Bytes::from(format!("data: {error}\n\n"))
}
