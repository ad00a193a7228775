//! A web server on loopback that says what a test wrote.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Request, Response};

/// What was asked, in order.
type Kept = Arc<Mutex<Vec<Asked>>>;

/// What the server says to one request.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Path and query.
    pub target: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// The server. It lives as long as the test's runtime.
#[derive(Clone)]
pub struct Site {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Reply {
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), kind.into())], body: body.into() }
    }

    pub fn html(body: &str) -> Self {
        Self::new(200, "text/html; charset=utf-8", body)
    }

    pub fn missing() -> Self {
        Self::new(404, "text/plain", "not here")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl Site {
    pub async fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (script, asked): (Arc<Script>, Arc<Mutex<Vec<Asked>>>) = (Arc::new(script), Arc::default());
        let state = (script, Arc::clone(&asked));
        let app = Router::new().fallback(answer).with_state(state);
        runtime::spawn(async move { axum::serve(listener, app).await });
        Self { port, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The targets of the requests since this was last called.
    pub fn targets(&self) -> Vec<String> {
        self.requests().into_iter().map(|asked| asked.target).collect()
    }

    /// The requests since this was last called.
    pub fn requests(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn answer(State((script, kept)): State<(Arc<Script>, Kept)>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 24).await.unwrap();
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap_or_default().to_owned())
    };
    let asked = Asked {
        target: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: head.headers.iter().map(header).collect(),
        body: body.to_vec(),
    };
    kept.lock().unwrap().push(asked.clone());
    let reply = script(&asked);
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}
