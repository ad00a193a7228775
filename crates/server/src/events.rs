//! Server-sent events out of a future that tells how it goes on.

use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde::Serialize;
use tokio::sync::mpsc;

/// An event with a JSON body.
pub fn event(name: &str, body: &impl Serialize) -> Event {
    // What is serialised here has no maps with keys that are no text.
    let data = serde_json::to_string(body).unwrap_or_default();
    Event::default().event(name).data(data)
}

/// An event as OpenAI's clients read it: a body without a name.
pub fn unnamed(body: &impl Serialize) -> Event {
    Event::default().data(serde_json::to_string(body).unwrap_or_default())
}

/// Where work tells how it goes on.
pub type Teller = mpsc::UnboundedSender<Event>;

/// Streams what `work` tells, as it tells it. The work runs as long as somebody listens: when the client
/// leaves, it is dropped where it stands.
pub fn stream<W: Future<Output = ()> + Send + 'static>(
    work: impl FnOnce(Teller) -> W,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + Send + 'static> {
    let (teller, mut told) = mpsc::unbounded_channel();
    let work = work(teller);
    let events = async_stream::stream! {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                event = told.recv() => match event {
                    Some(event) => yield Ok(event),
                    None => return,
                },
                () = &mut work => break,
            }
        }
        told.close();
        while let Some(event) = told.recv().await {
            yield Ok(event);
        }
    };
    Sse::new(events).keep_alive(KeepAlive::default())
}
