//! A service on loopback that gives the answers that a test wrote, one after the other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::PrivateText;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use outbound::{AddressPolicy, Outbound, OutboundOptions, Proxy};
use patou_provider::Endpoint;

/// A request as the service got it, and its answers in turn.
#[derive(Default)]
pub struct Script {
    pub asked: Mutex<Vec<(String, HeaderMap, Bytes)>>,
    answers: Mutex<VecDeque<Answer>>,
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Answer {
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: vec![("content-type", "application/json".into())], body: body.to_string() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A service that gives these answers one after the other, and the endpoint that leads to it.
pub async fn service(answers: impl FnOnce(&str) -> Vec<Answer>) -> (Arc<Script>, Endpoint) {
    async fn answer(
        State(script): State<Arc<Script>>,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> axum::response::Response {
        script.asked.lock().unwrap().push((uri.to_string(), headers, body));
        let answer = script.answers.lock().unwrap().pop_front().expect("asked once too often");
        let mut response =
            axum::response::Response::builder().status(StatusCode::from_u16(answer.status).unwrap());
        for (name, value) in answer.headers {
            response = response.header(name, value);
        }
        response.body(answer.body.into()).unwrap()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let script = Arc::new(Script { answers: Mutex::new(answers(&base_url).into()), ..Script::default() });
    let app = Router::new().fallback(answer).with_state(Arc::clone(&script));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = Outbound::new(&OutboundOptions {
        addresses: AddressPolicy::AllowPrivate,
        proxy: Proxy::Direct,
        ..OutboundOptions::default()
    });
    let endpoint = Endpoint {
        client: client.unwrap(),
        base_url,
        api_key: Some(PrivateText::new("k3y")),
        model: "prebuilt-read".into(),
        first_timeout: Duration::from_secs(60),
        idle_timeout: Duration::from_secs(60),
    };
    (script, endpoint)
}
