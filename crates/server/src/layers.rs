//! What every request goes through: a name, the checks that keep other sites out, limits, counting.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use platform::{Auth, ErrorKind, Stopwatch};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::caller;
use crate::error::Refused;
use crate::metrics;

/// The header that names a request.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// The name of the request at hand.
#[derive(Clone, Debug)]
pub struct TraceId(pub String);

/// Gives the request its name, counts it, and turns a refusal into its body.
pub async fn named_and_counted(mut request: Request, next: Next) -> Response {
    let clock = Stopwatch::start();
    let trace_id = trace_id(request.headers());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "unknown".to_owned());
    let is_openai = request.uri().path().starts_with("/v1/");
    let method = request.method().clone();
    request.extensions_mut().insert(TraceId(trace_id.clone()));
    metrics::in_flight(1.0);
    let counted = InFlight;
    let mut response = next.run(request).await;
    drop(counted);
    if let Some(refused) = response.extensions_mut().remove::<Refused>() {
        response = refused.response(&trace_id, is_openai);
    } else if response.status().is_client_error() && !is_json(&response) {
        // Axum's own refusals: a body that is no JSON, a path that is none.
        response = retold(response).await.response(&trace_id, is_openai);
    }
    if let Ok(value) = HeaderValue::from_str(&trace_id) {
        response.headers_mut().insert(TRACE_ID, value);
    }
    let (status, ms) = (response.status().as_u16(), clock.elapsed_ms());
    metrics::request(&route, status, ms / 1e3);
    tracing::info!(%method, route, status, ms, trace_id, "request");
    response
}

/// One request fewer, however it ends.
struct InFlight;

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::in_flight(-1.0);
    }
}

fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json"))
}

/// A refusal that was told in plain words, in our shape.
async fn retold(response: Response) -> Refused {
    let kind = match response.status().as_u16() {
        404 => ErrorKind::NotFound,
        413 => ErrorKind::TooLarge,
        _ => ErrorKind::WrongUse,
    };
    let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap_or_default();
    // What was sent stands after the first line, and may be private.
    let words = String::from_utf8_lossy(&body);
    let message = words.lines().next().unwrap_or_default().split(" at line ").next().unwrap_or_default();
    Refused::new(kind, message, "see `/openapi.json`")
}

/// The name that the client gave, else a new one.
fn trace_id(headers: &HeaderMap) -> String {
    let given = headers.get(&TRACE_ID).and_then(|value| value.to_str().ok());
    let parent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    let parent = parent.and_then(|parent| parent.split('-').nth(1)).filter(|id| id.len() == 32);
    let fits = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    given.or(parent).filter(fits).map_or_else(platform::new_id, str::to_owned)
}

/// Refuses what a page of another site sends through a visitor's browser: a `Host` that is not this machine,
/// or an `Origin` that is not this server.
///
/// Where a key has to be shown, the server may have any name: no browser sends the key by itself.
pub async fn own_origin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host =
        host.or_else(|| request.uri().authority().map(|authority| authority.as_str())).unwrap_or_default();
    let keyed = app.limits.auth != Auth::Nothing;
    if !keyed && !is_loopback(host) {
        let hint = "call it as `127.0.0.1` or `localhost`";
        return Refused::new(ErrorKind::Forbidden, "the `Host` header names another machine", hint)
            .into_response();
    }
    // Behind a proxy, or by itself.
    let may_be_tls = keyed || !app.limits.tls_certificate_file.is_empty();
    let origin = request.headers().get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or("?"));
    let site = request.headers().get("sec-fetch-site").and_then(|site| site.to_str().ok());
    let from_elsewhere = origin.is_some_and(|origin| {
        origin != format!("http://{host}") && !(may_be_tls && origin == format!("https://{host}"))
    });
    if from_elsewhere || matches!(site, Some("cross-site" | "same-site")) {
        let hint = "only this server's own pages and programs outside a browser may call it";
        return Refused::new(ErrorKind::Forbidden, "a page of another site may not call this server", hint)
            .into_response();
    }
    next.run(request).await
}

/// Lets in whoever shows a good key, where one has to be shown.
pub async fn admitted(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match caller::admission(&parts, &app).await {
        Ok(admission) => {
            parts.extensions.insert(admission);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refused) => refused.into_response(),
    }
}

/// Whether a `Host` header names this machine, whatever the port.
fn is_loopback(host: &str) -> bool {
    let Ok(uri) = format!("http://{host}/").parse::<Uri>() else { return false };
    match uri.host() {
        Some("localhost") => true,
        Some(name) => {
            let address = name.trim_start_matches('[').trim_end_matches(']');
            address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// Lets so many requests in and refuses the rest at once, rather than have all of them wait.
pub async fn one_of_so_many(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match slot(&app.slots) {
        Ok(slot) => holding(slot, next.run(request).await),
        Err(refused) => refused.into_response(),
    }
}

/// One of so many slots.
///
/// # Errors
///
/// A refusal where all are taken.
pub fn slot(slots: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Refused> {
    Arc::clone(slots).try_acquire_owned().map_err(|_| {
        let message = "the server has as many requests as it takes at once";
        Refused::new(ErrorKind::Busy, message, "try again in a moment")
    })
}

/// A response that holds its slot until its end, streamed as it may be.
pub fn holding(slot: OwnedSemaphorePermit, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let held = async_stream::stream! {
        let _slot = slot;
        let mut body = body.into_data_stream();
        while let Some(bytes) = futures_util::StreamExt::next(&mut body).await {
            yield bytes;
        }
    };
    Response::from_parts(parts, axum::body::Body::from_stream(held))
}

/// Gives up on a request whose response does not begin in time.
pub async fn in_time(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_upload = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
    if is_upload {
        // An ingest takes the time it takes, and tells how it goes on.
        return next.run(request).await;
    }
    within(&app, next.run(request)).await.unwrap_or_else(IntoResponse::into_response)
}

/// The outcome of `work`, unless it takes longer than a response may.
///
/// # Errors
///
/// A refusal where it does.
pub async fn within<T>(app: &App, work: impl Future<Output = T>) -> Result<T, Refused> {
    let limit = Duration::from_secs(app.limits.request_seconds_max);
    tokio::time::timeout(limit, work).await.map_err(|_| {
        let message = format!("there was no answer within {} s", limit.as_secs());
        Refused::new(ErrorKind::TimedOut, message, "raise `server.request_seconds_max`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["localhost", "localhost:7700", "127.0.0.1:7700", "[::1]:7700", "127.9.9.9"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["example.org", "localhost.example.org", "10.0.0.1:7700", "", "127.0.0.1@example.org"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_name_is_kept_if_it_is_one() {
        let name = |header: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header, value.parse().unwrap());
            trace_id(&headers)
        };
        assert_eq!(name("x-trace-id", "abc-1"), "abc-1");
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(name("traceparent", parent), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(name("x-trace-id", "no spaces please").len(), 26);
    }
}
