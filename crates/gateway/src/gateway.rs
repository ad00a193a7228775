//! The door: a client's request on its way to a model's server, and the answer on its way back.
//!
//! A request is sent once. Where a server cannot be reached, is busy or says nothing, and another serves the same
//! model, that one is asked, once, before the client has seen a token. No server is asked twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use outbound::{Exchange, OutboundError};
use provider::Forwarded;
use runtime::Clock;

use crate::call::{CallError, Caller};
use crate::reply::{Reply, ReplyBody, handed_on};
use crate::request::{Operation, Request};
use crate::route::{Backend, Route, hashed};
use crate::stream::{Opened, Supervised};

/// The longest answer that is taken in one piece.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// The longest refusal of a server that is handed on.
const REFUSAL_BYTES_MAX: usize = 1 << 20;

/// Every route, and what stands between clients and servers.
pub struct Gateway {
    routes: BTreeMap<String, Arc<Route>>,
    clock: Arc<dyn Clock>,
}

/// A request with everything that goes along with it.
pub(crate) struct Call {
    pub request: Request,
    pub route: Arc<Route>,
    pub caller: Caller,
}

/// A server that is being asked. Dropping it before its outcome is known tells that whoever asked has left.
pub(crate) struct Asked {
    pub backend: Arc<Backend>,
    clock: Arc<dyn Clock>,
    is_open: bool,
}

impl Gateway {
    /// A gateway with these routes.
    pub fn new(routes: Vec<Route>, clock: Arc<dyn Clock>) -> Self {
        let routes = routes.into_iter().map(|route| (route.name.clone(), Arc::new(route))).collect();
        Self { routes, clock }
    }

    /// The names of the models that are routed.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.routes.keys().map(String::as_str)
    }

    /// Whether a model is routed.
    pub fn serves(&self, model: &str) -> bool {
        self.routes.contains_key(model)
    }

    /// Each server that cannot be asked at the moment.
    pub fn backends_out(&self) -> Vec<String> {
        let mut out: Vec<String> = self
            .routes
            .values()
            .flat_map(|route| route.backends.iter())
            .filter(|backend| !backend.health.is_in())
            .map(|backend| backend.name.clone())
            .collect();
        out.sort();
        out.dedup();
        out
    }

    /// Asks the model that a request names. Returns when the answer begins: with its first token where it is streamed.
    ///
    /// # Errors
    ///
    /// [`CallError`] when there is no answer. What a server says of a client's own mistake is an answer.
    pub async fn call(&self, request: Request, caller: Caller) -> Result<Reply, CallError> {
        let route = self.routes.get(&request.model).cloned();
        let route = route.ok_or_else(|| CallError::UnknownModel(request.model.clone()))?;
        let call = Call { request, route, caller };
        let number = hashed(&call.caller.trace_id);
        let now = self.clock.now_micros();
        let Some(first) = call.route.pick(number, now, None) else {
            return Err(CallError::UnknownModel(call.request.model));
        };
        let error = match self.ask(&call, first).await {
            Err(error) if error.is_worth_another() => error,
            answered => return answered,
        };
        // Backoff is the client's: asking the same server again is what breaks one that is overloaded.
        match call.route.pick(number, now, Some(first)) {
            Some(second) => self.ask(&call, second).await,
            None => Err(error),
        }
    }

    async fn ask(&self, call: &Call, backend: &Arc<Backend>) -> Result<Reply, CallError> {
        let mut asked = Asked::new(backend, &self.clock);
        let patience = call.route.patience;
        let answer = tokio::time::timeout(patience.first, self.begun(call, &mut asked)).await;
        match answer {
            Ok(answer) => answer,
            Err(_) => {
                asked.failed();
                Err(timed_out(backend, patience.first))
            }
        }
    }

    /// Asks a server until there is something to hand on.
    async fn begun(&self, call: &Call, asked: &mut Asked) -> Result<Reply, CallError> {
        let backend = Arc::clone(&asked.backend);
        let model = backend.model.as_deref().unwrap_or(&call.request.model);
        let body = call.request.edited(call.request.renamed(model).into_iter().collect());
        let path = match call.request.operation {
            Operation::Chat => "chat/completions",
            Operation::Embeddings => "embeddings",
        };
        let headers = [("x-request-id", call.caller.trace_id.clone())];
        let sent = backend.server.send(Forwarded { path, model, headers: &headers, body }).await;
        let mut exchange = match sent {
            Ok(exchange) => exchange,
            Err(error) => {
                asked.failed();
                return Err(unanswered(&backend, error));
            }
        };
        if !(200..300).contains(&exchange.status) {
            return refused(exchange, asked).await;
        }
        let headers = handed_on(&mut exchange);
        let is_stream =
            exchange.content_type.as_deref().is_some_and(|kind| kind.starts_with("text/event-stream"));
        if !is_stream {
            let body = whole(exchange, asked).await?;
            return Ok(Reply { status: 200, headers, body: ReplyBody::Whole(body) });
        }
        let mut stream = Supervised::new(exchange.body, call.route.patience);
        match stream.open(&backend.name).await {
            Ok(Opened) => asked.answered(),
            Err(error) => {
                asked.failed();
                return Err(error);
            }
        }
        Ok(Reply { status: 200, headers, body: ReplyBody::Stream(Box::pin(stream.bytes())) })
    }
}

/// The whole of an answer that is not streamed.
async fn whole(exchange: Exchange, asked: &mut Asked) -> Result<bytes::Bytes, CallError> {
    let mut body = exchange.body;
    let mut whole = bytes::BytesMut::new();
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
async fn refused(mut exchange: Exchange, asked: &mut Asked) -> Result<Reply, CallError> {
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

fn unanswered(backend: &Backend, source: OutboundError) -> CallError {
    let backend = backend.name.clone();
    match source {
        OutboundError::Broken { .. } => CallError::Broken { backend, source },
        source => CallError::Unreachable { backend, source },
    }
}

fn timed_out(backend: &Backend, limit: Duration) -> CallError {
    CallError::TimedOut { backend: backend.name.clone(), waited_s: limit.as_secs() }
}

impl Asked {
    fn new(backend: &Arc<Backend>, clock: &Arc<dyn Clock>) -> Self {
        backend.health.asked();
        Self { backend: Arc::clone(backend), clock: Arc::clone(clock), is_open: true }
    }

    fn answered(&mut self) {
        self.is_open = false;
        self.backend.health.answered();
    }

    fn failed(&mut self) {
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
