//! Events of object stores: Event Grid posts what was written, removed and renamed, in its own schema or as
//! CloudEvents.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use platform::{BlobChange, BlobEvent, EventsReport, IngestWatch, KeyRole, PlatformError, Shutdown};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{ErrorBody, Refused};
use crate::wire::event_grid::{Delivery, deliveries};
use crate::{metrics, wire, work};

/// What became of the events of one request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Carried {
    /// Events that were carried out.
    pub applied: usize,
    /// Events that came before, or that a later one overtook.
    pub outdated: usize,
    /// What else was sent: objects that no source of the collection holds, and events that are not about objects.
    pub ignored: Vec<String>,
    /// What the ingest did.
    pub ingest: wire::Ingested,
}

/// Carries out events of objects that lie below an `az://` address which the collection was ingested from. An event
/// that was carried out before, or that a later one of the same object overtook, changes nothing. Answers the
/// handshakes of Event Grid subscriptions, which need no key. For events, where keys are asked for, the key needs the
/// role `ingest`, and `delete` for removals.
#[utoipa::path(post, path = "/api/v1/collections/{collection}/events", tag = "documents",
    params(("collection" = String, Path)),
    request_body(content = serde_json::Value, description = "events in the Event Grid schema or as CloudEvents, one or several"),
    responses((status = 200, body = Carried), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn receive(
    State(app): State<Arc<App>>,
    caller: Result<Caller, Refused>,
    Path(collection): Path<String>,
    body: Bytes,
) -> Result<Response, Refused> {
    let read = deliveries(&body);
    // A handshake comes by itself, and saying its code back gives nothing away.
    if let Ok([Delivery::Handshake(code)]) = read.as_deref() {
        return Ok(Json(json!({"validationResponse": code})).into_response());
    }
    let caller = caller?;
    caller.require(KeyRole::Ingest)?;
    let deliveries = read.map_err(|why| {
        Refused::wrong(
            format!("cannot read the events: {why}"),
            "send Event Grid events or CloudEvents as JSON",
        )
    })?;
    let (mut events, mut ignored) = (Vec::new(), Vec::new());
    for delivery in deliveries {
        match delivery {
            Delivery::Handshake(_) => ignored.push("a handshake among other events".to_owned()),
            Delivery::Events(some) => events.extend(some),
            Delivery::Other(what) => ignored.push(what),
        }
    }
    if events.iter().any(|event| event.change == BlobChange::Removed) {
        caller.require(KeyRole::Delete)?;
    }
    let server = app.stop.clone();
    let name = collection.clone();
    let work = work::begin(&server, |stop| carry_out(app, name, events, stop));
    let broken = || Refused::new(platform::ErrorKind::Failed, "the events broke down", "run `patou doctor`");
    let report = work.end().await.ok_or_else(broken)??;
    ignored.extend(report.ignored);
    let ingest = wire::ingest_report(&collection, &report.ingest);
    Ok(Json(Carried { applied: report.applied, outdated: report.outdated, ignored, ingest }).into_response())
}

/// Says yes to who asks whether CloudEvents may be sent here.
pub async fn handshake(headers: HeaderMap) -> Response {
    let origin = headers.get("webhook-request-origin").cloned();
    let mut response = StatusCode::OK.into_response();
    if let Some(origin) = origin {
        response.headers_mut().insert("webhook-allowed-origin", origin);
        response.headers_mut().insert("webhook-allowed-rate", HeaderValue::from_static("*"));
    }
    response
}

async fn carry_out(
    app: Arc<App>,
    collection: String,
    events: Vec<BlobEvent>,
    stop: Shutdown,
) -> Result<EventsReport, PlatformError> {
    let watch = IngestWatch { pulling: &|_| {}, tell: &|_| {}, stop: &stop };
    let report = app.platform.blob_events(&collection, &events, &watch).await?;
    metrics::ingest(&report.ingest, app.platform.quarantine_share_max());
    Ok(report)
}
