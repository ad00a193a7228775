//! What a client gets: a status, headers, and a body that is whole or still on its way.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use outbound::Exchange;

use crate::bill::Limited;
use crate::quota::Headroom;

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

/// What is left, in headers of OpenAI's names.
pub(crate) fn rate_limits(room: &Headroom) -> Vec<(String, String)> {
    [
        ("x-ratelimit-limit-tokens", room.limit.to_string()),
        ("x-ratelimit-remaining-tokens", room.left.to_string()),
        ("x-ratelimit-reset-tokens", duration(room.resets_in_s)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Says which limit made an answer shorter than was asked for.
pub(crate) fn limited(limited: &Limited) -> (String, String) {
    // Who pays is told by kind: a key's id means nothing to its holder.
    let whose = limited.account.split(':').next().unwrap_or_default();
    (
        "x-patou-limited".to_owned(),
        format!("the tokens that the {whose} has left for this {}", limited.window.as_str()),
    )
}

/// As OpenAI writes it: `1h2m3s`, parts that are 0 at the front left out.
fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_openai_does() {
        assert_eq!([7, 60, 3723].map(duration), ["7s", "1m0s", "1h2m3s"]);
    }
}
