//! Reranking by models behind the gateway.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use platform::{ErrorKind, Operation};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{self, Taken};
use crate::caller::Caller;
use crate::error::{ErrorBody, Refused};
use crate::routes::gateway::{self, Routed};

/// Texts to be put in an order; other fields are handed on.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "it describes what is handed on as it came")]
pub struct RerankRequest {
    /// The model.
    pub model: String,
    /// What they are to answer.
    pub query: String,
    /// The texts.
    pub documents: Vec<String>,
    /// How many of the best to give.
    pub top_n: Option<u64>,
}

/// Puts texts in the order in which they answer a query. The model is one behind the gateway, which gets the request
/// byte for byte.
#[utoipa::path(post, path = "/v1/rerank", tag = "openai", request_body = RerankRequest,
    responses((status = 200, description = "the texts' places and scores"), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refused> {
    let Taken { bytes, room } = body::read(&app, request).await?;
    match gateway::routed(&app, Operation::Rerank, bytes)? {
        Routed::Here(request) => gateway::call(&app, &caller, (request, room)).await,
        Routed::Elsewhere(_) => Err(Refused::new(
            ErrorKind::NotFound,
            "no such model that reranks",
            "name a route of `gateway.routes` whose backend has `/rerank`",
        )),
    }
}
