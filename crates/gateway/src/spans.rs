//! What calls of models look like to whoever follows requests across services: spans, sent as OpenTelemetry's protocol
//! has them (OTLP 1.x over HTTP, as JSON), with the names of its conventions for generative AI.
//!
//! Nothing that was asked or said is in a span. A collector that is away costs spans, which are counted, and no call
//! waits for it.

use std::time::Duration;

use bytes::Bytes;
use model::Usage;
use outbound::{Origin, Request};
use runtime::Shutdown;
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

/// How many spans wait to be sent at most.
const WAITING_MAX: usize = 8192;
/// How many are sent together at most.
const BATCH_MAX: usize = 512;
/// How long the first of a batch waits for others.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a collector may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Where a caller's own span stands, as its `traceparent` says (W3C Trace Context, section 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
}

/// Takes spans and sends them.
pub struct Spans {
    collector: Origin,
    waiting: mpsc::Sender<Span>,
    taken: Mutex<mpsc::Receiver<Span>>,
}

/// A call of a model.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    place: Place,
    start_micros: i64,
    pub end_micros: i64,
    pub model: String,
    pub key_id: String,
    pub team: String,
    pub backend: String,
    pub usage: Usage,
    pub cost_micros: u64,
    /// Whether no model has done anything for it.
    pub is_error: bool,
}

#[derive(Clone, Debug)]
struct Place {
    trace_id: String,
    span_id: String,
    parent: Option<String>,
}

impl Parent {
    /// Reads a `traceparent` header; `None` where it is none.
    pub fn of_header(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace_id, span_id) = (parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length| {
            text.len() == length
                && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
                && text.bytes().any(|byte| byte != b'0')
        };
        let fits = version.len() == 2 && version != "ff" && is_hex(trace_id, 32) && is_hex(span_id, 16);
        fits.then(|| Self { trace_id: trace_id.to_owned(), span_id: span_id.to_owned() })
    }
}

impl Spans {
    /// Sends to this collector, below whose URL `/v1/traces` is.
    pub fn new(collector: Origin) -> Self {
        let (waiting, taken) = mpsc::channel(WAITING_MAX);
        Self { collector, waiting, taken: Mutex::new(taken) }
    }

    /// Sends what comes until `stop` is requested, and what is left then.
    pub async fn tend(&self, stop: Shutdown) {
        let mut taken = self.taken.lock().await;
        while !stop.is_requested() {
            let mut batch = Vec::new();
            tokio::select! {
                count = taken.recv_many(&mut batch, BATCH_MAX) => {
                    if count == 0 {
                        return;
                    }
                }
                () = stop.requested() => break,
            }
            if batch.len() < BATCH_MAX {
                tokio::select! {
                    () = tokio::time::sleep(PATIENCE) => {}
                    () = stop.requested() => {}
                }
                while batch.len() < BATCH_MAX
                    && let Ok(span) = taken.try_recv()
                {
                    batch.push(span);
                }
            }
            self.send(&batch).await;
        }
        let mut rest = Vec::new();
        while let Ok(span) = taken.try_recv() {
            rest.push(span);
        }
        if !rest.is_empty() {
            self.send(&rest).await;
        }
    }

    pub(crate) fn take(&self, span: Span) {
        if self.waiting.try_send(span).is_err() {
            lost(1);
        }
    }

    async fn send(&self, batch: &[Span]) {
        let spans: Vec<Value> = batch.iter().map(Span::json).collect();
        let body = json!({"resourceSpans": [{
            "resource": {"attributes": [text("service.name", "patou")]},
            "scopeSpans": [{"scope": {"name": "patou.gateway", "version": env!("CARGO_PKG_VERSION")}, "spans": spans}],
        }]});
        let body = Some(Bytes::from(body.to_string()));
        let sent = self.collector.send(Request { url: "/v1/traces", body, ..Request::default() });
        match tokio::time::timeout(DEADLINE, sent).await {
            Ok(Ok(exchange)) if (200..300).contains(&exchange.status) => {}
            Ok(Ok(exchange)) => {
                tracing::warn!(status = exchange.status, spans = batch.len(), "the collector takes no spans");
                lost(batch.len());
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, spans = batch.len(), "spans are lost");
                lost(batch.len());
            }
            Err(_) => {
                tracing::warn!(spans = batch.len(), "spans are lost: the collector takes too long");
                lost(batch.len());
            }
        }
    }
}

fn lost(spans: usize) {
    metrics::counter!("patou_spans_lost_total").increment(spans as u64);
}

impl Span {
    /// A call that begins now, within its caller's trace, or in one that the request's name stands for.
    pub fn begin((trace_id, parent): (&str, Option<&Parent>), model: &str, now_micros: i64) -> Self {
        let hash = blake3::hash(trace_id.as_bytes()).to_hex();
        let own = || hash[..32].to_owned();
        let random = runtime::random_bytes::<8>().unwrap_or([1; 8]);
        let place = Place {
            trace_id: parent.map_or_else(own, |parent| parent.trace_id.clone()),
            span_id: random.iter().map(|byte| format!("{byte:02x}")).collect(),
            parent: parent.map(|parent| parent.span_id.clone()),
        };
        Self {
            place,
            start_micros: now_micros,
            end_micros: now_micros,
            model: model.to_owned(),
            key_id: String::new(),
            team: String::new(),
            backend: String::new(),
            usage: Usage::default(),
            cost_micros: 0,
            is_error: false,
        }
    }

    /// The header by which a model's server continues the trace.
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.place.trace_id, self.place.span_id)
    }

    fn json(&self) -> Value {
        let nanos = |micros: i64| (i128::from(micros) * 1000).to_string();
        let count = |key: &str, value: u64| json!({"key": key, "value": {"intValue": value.to_string()}});
        json!({
            "traceId": self.place.trace_id,
            "spanId": self.place.span_id,
            "parentSpanId": self.place.parent.as_deref().unwrap_or_default(),
            "name": format!("chat {}", self.model),
            // A client's: of the model's server.
            "kind": 3,
            "startTimeUnixNano": nanos(self.start_micros),
            "endTimeUnixNano": nanos(self.end_micros),
            "attributes": [
                text("gen_ai.operation.name", "chat"),
                text("gen_ai.request.model", &self.model),
                count("gen_ai.usage.input_tokens", self.usage.prompt_tokens),
                count("gen_ai.usage.output_tokens", self.usage.completion_tokens),
                text("patou.backend", &self.backend),
                text("patou.key", &self.key_id),
                text("patou.team", &self.team),
                count("patou.cost_micros", self.cost_micros),
            ],
            "status": {"code": if self.is_error { 2 } else { 1 }},
        })
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_and_what_is_none_is_not() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent = Parent::of_header(header).unwrap();
        assert_eq!(parent.span_id, "00f067aa0ba902b7");
        for wrong in
            ["", "00-x-y-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", &header[3..]]
        {
            assert_eq!(Parent::of_header(wrong), None, "{wrong}");
        }
        let span = Span::begin(("ignored", Some(&parent)), "m", 5);
        assert!(span.traceparent().starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
        let alone = Span::begin(("01ARZ3NDEKTSV4RRFFQ69G5FAV", None), "m", 5);
        assert!(Parent::of_header(&alone.traceparent()).is_some());
    }
}
