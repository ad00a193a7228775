//! The router: every route, and what each request goes through on its way there.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Router, middleware};
use metrics_exporter_prometheus::PrometheusHandle;
use platform::{Gateway, Platform, ServerSettings, Shutdown};
use tokio::sync::Semaphore;

use crate::body::Room;
use crate::error::Refused;
use crate::serve::LocalCommands;
use crate::{console, layers, routes};

/// The largest body of a request that holds JSON.
const JSON_BYTES_MAX: usize = 8 << 20;

/// What every route can reach.
pub struct App {
    /// The use cases.
    pub platform: Arc<Platform>,
    /// The limits.
    pub limits: ServerSettings,
    /// As many permits as requests may be worked on at once.
    pub slots: Arc<Semaphore>,
    /// The models behind the gateway.
    pub gateway: Arc<Gateway>,
    /// As many permits as requests to models behind the gateway may be under way.
    pub calls: Arc<Semaphore>,
    /// The largest request to a model, in bytes.
    pub request_bytes_max: usize,
    /// Room for the bodies of such requests.
    pub bodies: Room,
    /// The secret that this machine's owner reads in the home.
    pub owner_token: String,
    /// Runs commands for that owner.
    pub local: Arc<dyn LocalCommands>,
    /// Requested when the server is to stop.
    pub stop: Shutdown,
    /// Renders the metrics.
    pub metrics: Option<PrometheusHandle>,
}

/// The routes with their layers. A request goes through the layers from the last one named to the first.
pub fn router(app: Arc<App>) -> Router {
    let uploads = DefaultBodyLimit::max(app.limits.upload_bytes_max);
    let documents = routes::documents::router().layer(uploads);
    let worked_on = Router::new()
        .route("/api/v1/collections", get(routes::collections::list).post(routes::collections::create))
        .route("/api/v1/collections/{collection}", axum::routing::delete(routes::collections::delete))
        .route("/api/v1/collections/{collection}/search", post(routes::search::search))
        .route("/api/v1/collections/{collection}/ask", post(routes::ask::ask))
        .route("/api/v1/settings", get(routes::settings::show))
        .route("/api/v1/keys", get(routes::keys::list).post(routes::keys::create))
        .route("/api/v1/keys/{key}", axum::routing::delete(routes::keys::revoke))
        .route("/api/v1/keys/{key}/rotate", post(routes::keys::rotate))
        .route("/api/v1/usage", get(routes::usage::show))
        .route("/api/v1/cache", axum::routing::delete(routes::gateway::purge))
        .route("/v1/models", get(routes::models::list))
        .route("/mcp", post(routes::mcp::message).fallback(routes::mcp::no_stream))
        .merge(documents)
        .merge(routes::quarantine::router())
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), layers::in_time))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), layers::one_of_so_many));
    let worked_on = worked_on
        .merge(models())
        // Whoever has to show a key shows it before anything is read.
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), layers::admitted));
    // Who asks whether events may be sent has no key yet; what is sent shows one.
    let events = Router::new()
        .route(
            "/api/v1/collections/{collection}/events",
            post(routes::events::receive).options(routes::events::handshake),
        )
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), layers::in_time))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), layers::one_of_so_many));
    Router::new()
        .merge(worked_on)
        .merge(events)
        // These answer however much is going on, and commands of the owner take the time they take.
        .route("/health", get(routes::health::health))
        .route("/ready", get(routes::health::ready))
        .route("/metrics", get(routes::health::metrics))
        .route("/openapi.json", get(routes::health::openapi))
        .merge(console::router())
        .route("/api/v1/local/command", post(routes::local::command).layer(uploads))
        .fallback(|| async {
            Refused::new(platform::ErrorKind::NotFound, "there is nothing here", "see `/openapi.json`")
        })
        .method_not_allowed_fallback(|| async {
            Refused::wrong("this route does not take that method", "see `/openapi.json`")
        })
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), layers::own_origin))
        .layer(middleware::from_fn(layers::named_and_counted))
        .with_state(app)
}

/// Which model is asked decides about slots and time: these take them where they know.
fn models() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/chat/completions", post(routes::chat::completions))
        .route("/v1/embeddings", post(routes::embeddings::create))
        .route("/v1/rerank", post(routes::rerank::create))
}
