//! Requests for models behind the gateway: handed to it as they came, and its answers to the client.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use platform::{ModelRequest, Operation, PlatformError, Reply, ReplyBody};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::caller::{Caller, Owner};
use crate::error::{ErrorBody, Refused};
use crate::layers;

/// Who answers a request.
pub enum Routed {
    /// A model behind the gateway.
    Here(ModelRequest),
    /// Somebody else; the body as it came.
    Elsewhere(Bytes),
}

/// Looks which model a request names.
///
/// # Errors
///
/// A refusal where the gateway has routes and the body is none that it could read.
pub fn routed(app: &App, operation: Operation, body: Bytes) -> Result<Routed, Refused> {
    if !app.gateway.has_routes() {
        return Ok(Routed::Elsewhere(body));
    }
    let request = ModelRequest::read(operation, body).map_err(PlatformError::from)?;
    if app.gateway.serves(&request.model) {
        Ok(Routed::Here(request))
    } else {
        Ok(Routed::Elsewhere(request.body().clone()))
    }
}

/// Asks a model behind the gateway. The request's room is given back when its answer begins.
///
/// # Errors
///
/// A refusal where there is no answer.
pub async fn call(
    app: &App,
    caller: &Caller,
    (request, _room): (ModelRequest, OwnedSemaphorePermit),
) -> Result<Response, Refused> {
    let slot = layers::slot(&app.calls)?;
    let reply = app.gateway.call(request, caller.of_models()).await.map_err(PlatformError::from)?;
    Ok(response(reply, slot))
}

/// Whose answers are forgotten.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Purge {
    /// The model's; all models' where absent.
    #[serde(default)]
    pub model: Option<String>,
}

/// How many answers were forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub struct Purged {
    /// So many.
    pub purged: usize,
}

/// Forgets the answers that were kept, of one model or of all. An administrator's, or the owner's.
#[utoipa::path(delete, path = "/api/v1/cache", tag = "keys", params(Purge),
    responses((status = 200, body = Purged), (status = 403, body = ErrorBody)))]
pub async fn purge(State(app): State<Arc<App>>, _owner: Owner, Query(purge): Query<Purge>) -> Json<Purged> {
    Json(Purged { purged: app.gateway.purge(purge.model.as_deref()) })
}

/// The reply as a response, which holds its slot until its end.
fn response(reply: Reply, slot: OwnedSemaphorePermit) -> Response {
    let body = match reply.body {
        ReplyBody::Whole(bytes) => Body::from(bytes),
        ReplyBody::Stream(bytes) => Body::from_stream(bytes.map(move |bytes| {
            let _held = &slot;
            Ok::<Bytes, std::convert::Infallible>(bytes)
        })),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
