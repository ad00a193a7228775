//! The Model Context Protocol over HTTP: one message in, its answer out.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::caller::Caller;
use crate::error::{ErrorBody, Refused};
use crate::mcp::{self, Desk};

/// Takes a message of the Model Context Protocol (streamable HTTP, answers as JSON, no sessions). The tools are
/// `search`, `ask`, `list_documents` and `get_document`.
#[utoipa::path(post, path = "/mcp", tag = "mcp", request_body(content_type = "application/json", content = String),
    responses((status = 200, description = "the answer", body = String),
        (status = 202, description = "a message that asks for no answer"), (status = 400, body = ErrorBody)))]
pub async fn message(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let version = headers.get("mcp-protocol-version").map(|version| version.to_str().unwrap_or_default());
    if version.is_some_and(|version| !mcp::speaks(version)) {
        return Ok((StatusCode::BAD_REQUEST, Json(mcp::unspoken())).into_response());
    }
    let desk = Desk { platform: Arc::clone(&app.platform), caller, app: Some(app) };
    Ok(match desk.answer_text(&body).await {
        Some(answer) => Json(answer).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    })
}

/// What other methods come to: there are no sessions to end, and nothing is told that was not asked for.
pub async fn no_stream() -> Response {
    let allowed = [(header::ALLOW, "POST")];
    (StatusCode::METHOD_NOT_ALLOWED, allowed, Json(mcp::no_stream())).into_response()
}
