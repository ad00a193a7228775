//! A server that is being asked: what comes of it, and what that says of the server.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use outbound::{Exchange, OutboundError};
use runtime::Clock;

use crate::call::CallError;
use crate::load::InFlight;
use crate::reply::{Reply, ReplyBody, handed_on};
use crate::route::Backend;

/// The longest answer that is taken in one piece.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// The longest refusal of a server that is handed on.
const REFUSAL_BYTES_MAX: usize = 1 << 20;

/// A server that is being asked. Dropping it before its outcome is known tells that whoever asked has left.
pub(crate) struct Asked {
    pub backend: Arc<Backend>,
    clock: Arc<dyn Clock>,
    is_open: bool,
    /// Handed to the answer where that is a stream.
    pub in_flight: Option<InFlight>,
}

/// The whole of an answer that is not streamed.
pub(crate) async fn whole(exchange: Exchange, asked: &mut Asked) -> Result<Bytes, CallError> {
    let mut body = exchange.body;
    let mut whole = BytesMut::new();
    while let Some(bytes) = body.next().await {
        match bytes {
            Ok(bytes) if whole.len() + bytes.len() > ANSWER_BYTES_MAX => {
                asked.failed();
                return Err(CallError::Garbled {
                    backend: asked.backend.name.clone(),
                    what: "it is too long",
                });
            }
            Ok(bytes) => whole.extend_from_slice(&bytes),
            Err(error) => {
                asked.failed();
                return Err(unanswered(&asked.backend, error));
            }
        }
    }
    asked.answered();
    Ok(whole.freeze())
}

/// What a status other than success comes to. What the server says of the client's request is for the client; the
/// rest is between the server and us.
pub(crate) async fn refused(mut exchange: Exchange, asked: &mut Asked) -> Result<Reply, CallError> {
    let (status, backend) = (exchange.status, asked.backend.name.clone());
    match status {
        429 => {
            // It is well, and says so.
            asked.answered();
            Err(CallError::Busy { backend, retry_after_s: exchange.retry_after_s })
        }
        400..500 if !matches!(status, 401 | 403 | 407 | 408) => {
            asked.answered();
            let headers = handed_on(&mut exchange);
            let body =
                exchange.bytes(REFUSAL_BYTES_MAX).await.map_err(|error| unanswered(&asked.backend, error))?;
            Ok(Reply { status, headers, body: ReplyBody::Whole(body) })
        }
        _ => {
            tracing::warn!(backend, status, "a backend failed, or refused its key");
            asked.failed();
            Err(CallError::Failed { backend, status })
        }
    }
}

pub(crate) fn unanswered(backend: &Backend, source: OutboundError) -> CallError {
    let backend = backend.name.clone();
    match source {
        OutboundError::Broken { .. } => CallError::Broken { backend, source },
        source => CallError::Unreachable { backend, source },
    }
}

pub(crate) fn timed_out(backend: &Backend, limit: Duration) -> CallError {
    CallError::TimedOut { backend: backend.name.clone(), waited_s: limit.as_secs() }
}

impl Asked {
    pub fn new(backend: &Arc<Backend>, clock: &Arc<dyn Clock>) -> Self {
        backend.health.asked();
        Self {
            backend: Arc::clone(backend),
            clock: Arc::clone(clock),
            is_open: true,
            in_flight: Some(InFlight::of(backend)),
        }
    }

    pub fn answered(&mut self) {
        self.is_open = false;
        self.backend.health.answered();
    }

    pub fn failed(&mut self) {
        self.is_open = false;
        if self.backend.health.failed(self.clock.now_micros()) {
            tracing::warn!(backend = self.backend.name, "left out for a while: it failed again and again");
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.is_open {
            self.backend.health.abandoned();
        }
    }
}
