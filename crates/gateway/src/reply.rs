//! What a client gets: a status, headers, and a body that is whole or still on its way.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use outbound::Exchange;

/// An answer on its way to a client.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: ReplyBody,
}

/// A body.
pub enum ReplyBody {
    /// All of it.
    Whole(Bytes),
    /// As it is written. Dropping it hangs up on the model and settles what was used.
    Stream(ByteStream),
}

/// Bytes as they come. What goes wrong on the way is told within, as an event.
pub type ByteStream = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

/// Headers of a server's answer that are about its connection, its account or its body's length.
const OURS: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "content-encoding",
    "date",
    "server",
    "set-cookie",
    "strict-transport-security",
    "alt-svc",
    "retry-after",
    "x-trace-id",
    "x-cache",
    "access-control-allow-origin",
];
/// Beginnings of headers that are about the server's account.
const OURS_BY_PREFIX: &[&str] = &["x-ratelimit-", "x-patou-"];

/// The headers of a server's answer that are for the client.
pub(crate) fn handed_on(exchange: &mut Exchange) -> Vec<(String, String)> {
    let mut headers = std::mem::take(&mut exchange.headers);
    headers.retain(|(name, _)| {
        !OURS.contains(&name.as_str()) && !OURS_BY_PREFIX.iter().any(|prefix| name.starts_with(prefix))
    });
    headers
}
