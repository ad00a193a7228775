//! Who calls: nobody in particular, or this machine's owner.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use platform::{ErrorKind, Reader};

use crate::app::App;
use crate::error::Refused;
use crate::layers::TraceId;

/// The one who calls, and the request's name.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose documents count.
    pub reader: Reader,
    /// Names the request in logs.
    pub trace_id: String,
    /// Whether the answer is wanted as a stream of events.
    pub takes_events: bool,
}

/// The owner of the home, who alone can read the token that lies there.
#[derive(Clone, Copy, Debug)]
pub struct Owner;

fn has_owner_token(parts: &Parts, app: &App) -> bool {
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    same(given.as_bytes(), app.owner_token.as_bytes())
}

/// Compares without telling by the time it takes where two secrets differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (x, y)| differing | (x ^ y)) == 0
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let reader = if has_owner_token(parts, app) { Reader::Operator } else { Reader::Anonymous };
        let trace_id = parts.extensions.get::<TraceId>().map(|id| id.0.clone());
        let accepts = parts.headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
        Ok(Self {
            reader,
            trace_id: trace_id.unwrap_or_else(platform::new_id),
            takes_events: accepts.is_some_and(|accepts| accepts.contains("text/event-stream")),
        })
    }
}

impl FromRequestParts<Arc<App>> for Owner {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        if has_owner_token(parts, app) {
            return Ok(Self);
        }
        let hint = "use the command line on the machine and as the user that the server runs as";
        Err(Refused::new(ErrorKind::Forbidden, "only the owner of this server's home may do that", hint))
    }
}
