//! A fake OpenAI-compatible server on a free port, which says what a test wrote.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// No caller takes so long to leave in a test that works.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Says these pieces, then ends.
    Says(Vec<String>),
    /// Says these pieces, then nothing more.
    SaysAndHangs(Vec<String>),
    /// Does not even begin to answer.
    Silent,
    /// Answers with a status and a body.
    Status(u16, String),
    /// Sends these bytes as a stream of events.
    Raw(String),
    /// Sends these bytes as a stream of events, then breaks the connection.
    RawAndBreaks(String),
    /// Sends these bytes as the beginning of JSON, then nothing more.
    BodyHangs(String),
    /// Sends these bytes as a stream of events, then nothing more.
    RawAndHangs(String),
}

impl Reply {
    /// A text in pieces of so many characters.
    pub fn text(text: &str, chars: usize) -> Self {
        let letters: Vec<char> = text.chars().collect();
        Self::Says(letters.chunks(chars.max(1)).map(|piece| piece.iter().collect()).collect())
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its path, with its query.
    pub path: String,
    /// Its headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }
}

type Script = dyn Fn(&Value) -> Reply + Send + Sync;

/// The server. It stops when this is dropped.
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Shared {
    script: Box<Script>,
    requests: Mutex<Vec<Asked>>,
    left: Mutex<Vec<Instant>>,
    first_tokens: Mutex<Vec<Instant>>,
    changed: Condvar,
}

impl Upstream {
    /// A server that asks `script` what to do with each request's body.
    pub fn start(script: impl Fn(&Value) -> Reply + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            script: Box::new(script),
            requests: Mutex::default(),
            left: Mutex::default(),
            first_tokens: Mutex::default(),
            changed: Condvar::new(),
        });
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let app = Router::new().fallback(complete).with_state(Arc::clone(&shared));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { panic!("cannot start a runtime") };
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.1:0").await else {
                    panic!("cannot listen")
                };
                let _ = tell.send(listener.local_addr());
                tokio::select! {
                    _ = async { axum::serve(listener, app).await } => {}
                    _ = stopped => {}
                }
            });
        });
        let Ok(Ok(address)) = told.recv() else { panic!("the fake server did not start") };
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// A server that says the same text to everybody.
    pub fn saying(text: &str, chars: usize) -> Self {
        let reply = Reply::text(text, chars);
        Self::start(move |_| reply.clone())
    }

    /// Its URL up to and with `/v1`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The bodies of the requests so far, as they came.
    pub fn bodies(&self) -> Vec<String> {
        self.requests().into_iter().map(|asked| asked.body).collect()
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Asked> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many callers have left before their answer's end; gives how many have.
    pub fn wait_for_leavers(&self, wanted: usize) -> usize {
        let left = self.shared.left.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.changed.wait_timeout_while(left, PATIENCE, |left| left.len() < wanted);
        waited.unwrap_or_else(PoisonError::into_inner).0.len()
    }

    /// When callers left before their answer's end, in order.
    pub fn left_at(&self) -> Vec<Instant> {
        self.shared.left.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the first token of each streamed answer was handed over, in order.
    pub fn first_tokens(&self) -> Vec<Instant> {
        self.shared.first_tokens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Counts a caller that leaves before the end.
struct Leaving {
    shared: Arc<Shared>,
    through: bool,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if !self.through {
            self.shared.left.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
            self.shared.changed.notify_all();
        }
    }
}

async fn complete(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    let asked: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let headers = headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let request = Asked { path: uri.to_string(), headers: headers.collect(), body: text };
    shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    let reply = (shared.script)(&asked);
    let is_stream = asked["stream"] == json!(true);
    let mut leaving = Leaving { shared, through: false };
    match reply {
        Reply::Silent => {
            std::future::pending::<()>().await;
            StatusCode::IM_A_TEAPOT.into_response()
        }
        Reply::Status(status, body) => {
            leaving.through = true;
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Reply::Raw(bytes) => raw(bytes, leaving, Then::Ends),
        Reply::RawAndBreaks(bytes) => raw(bytes, leaving, Then::Breaks),
        Reply::RawAndHangs(bytes) => raw(bytes, leaving, Then::Hangs),
        Reply::BodyHangs(bytes) => {
            let mut response = raw(bytes, leaving, Then::Hangs);
            let kind = header::HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        Reply::Says(pieces) if is_stream => streamed(pieces, leaving, Then::Ends),
        Reply::SaysAndHangs(pieces) if is_stream => streamed(pieces, leaving, Then::Hangs),
        Reply::Says(pieces) | Reply::SaysAndHangs(pieces) => {
            leaving.through = true;
            let message = json!({"role": "assistant", "content": pieces.concat()});
            let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
            let usage = json!({"prompt_tokens": 7, "completion_tokens": pieces.len()});
            axum::Json(json!({"object": "chat.completion", "choices": [choice], "usage": usage}))
                .into_response()
        }
    }
}

/// What comes after what was said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Ends,
    Breaks,
    Hangs,
}

fn raw(bytes: String, mut leaving: Leaving, then: Then) -> Response {
    let bytes = async_stream::stream! {
        yield Ok(bytes);
        leaving.through = then != Then::Hangs;
        // Without a pause a break overtakes the bytes.
        tokio::task::yield_now().await;
        match then {
            Then::Ends => {}
            Then::Breaks => yield Err(std::io::Error::other("on purpose")),
            Then::Hangs => std::future::pending::<()>().await,
        }
        drop(leaving);
    };
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(bytes)).into_response()
}

fn streamed(pieces: Vec<String>, mut leaving: Leaving, then: Then) -> Response {
    let events = async_stream::stream! {
        let count = pieces.len();
        leaving.shared.first_tokens.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        for piece in pieces {
            yield frame(&json!({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": null}]}));
            tokio::task::yield_now().await;
        }
        if then == Then::Hangs {
            std::future::pending::<()>().await;
        }
        yield frame(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
        yield frame(&json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": count}}));
        yield Ok("data: [DONE]\n\n".to_owned());
        leaving.through = true;
        drop(leaving);
    };
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

fn frame(chunk: &Value) -> Result<String, std::convert::Infallible> {
    Ok(format!("data: {chunk}\n\n"))
}
