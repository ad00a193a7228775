//! Whether the server is alive and able, what it counts, what it offers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// Whether each part can serve.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    /// Whether all of them can.
    pub ready: bool,
    /// The parts.
    pub parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Serialize, ToSchema)]
pub struct Part {
    /// Its name.
    pub part: &'static str,
    /// Whether it can serve.
    pub ready: bool,
    /// Why not.
    pub problem: Option<String>,
    /// What is not as it should be, though it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Alive.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "alive")), tag = "service")]
pub async fn health() -> &'static str {
    "ok\n"
}

/// Able to serve, or what is not.
#[utoipa::path(get, path = "/ready", tag = "service", responses(
    (status = 200, body = Ready), (status = 503, description = "a part cannot serve", body = Ready)))]
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let parts: Vec<Part> = app
        .platform
        .readiness()
        .await
        .into_iter()
        .map(|found| {
            let platform::Readiness { part, problem, note } = found;
            Part { part, ready: problem.is_none(), problem, note }
        })
        .collect();
    let ready = parts.iter().all(|part| part.ready) && !app.stop.is_requested();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, parts })).into_response()
}

/// Metrics for Prometheus.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "Prometheus text", body = String)), tag = "service")]
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    let text = app.metrics.as_ref().map(|metrics| {
        metrics.run_upkeep();
        metrics.render()
    });
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text.unwrap_or_default()).into_response()
}

/// This interface, described.
pub async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], crate::openapi()).into_response()
}
