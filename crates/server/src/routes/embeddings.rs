//! Embeddings by the stack's embedder.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use platform::{Operation, ServedModel};
use serde_json::{Value, json};

use crate::app::App;
use crate::body::{self, Taken};
use crate::caller::Caller;
use crate::error::{ErrorBody, Refused};
use crate::layers;
use crate::routes::gateway::{self, Routed};
use crate::wire::openai::EmbeddingRequest;

/// The most texts in one request, as OpenAI has it.
const TEXTS_MAX: usize = 2048;

/// Embeds texts. Models behind the gateway get the request byte for byte.
#[utoipa::path(post, path = "/v1/embeddings", tag = "openai", request_body = EmbeddingRequest,
    responses((status = 200, description = "a list of embeddings"), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refused> {
    let Taken { bytes, room } = body::read(&app, request).await?;
    let body = match gateway::routed(&app, Operation::Embeddings, bytes)? {
        Routed::Here(request) => return gateway::call(&app, &caller, (request, room)).await,
        Routed::Elsewhere(body) => body,
    };
    let slot = layers::slot(&app.slots)?;
    let response = layers::within(&app, here(&app, body)).await??;
    Ok(layers::holding(slot, response.into_response()))
}

/// What the stack's embedder answers.
async fn here(app: &App, body: Bytes) -> Result<Json<Value>, Refused> {
    let request: EmbeddingRequest = serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Refused::wrong(
            format!("the body is no request for embeddings: line {line}, column {column}"),
            "send JSON with `model` and `input`",
        )
    })?;
    if app.platform.served_model(&request.model)? != ServedModel::Embedder {
        return Err(Refused::wrong(
            format!("`{}` is no embedding model", request.model),
            "see `GET /v1/models`",
        ));
    }
    let texts = request.texts().filter(|texts| texts.len() <= TEXTS_MAX).ok_or_else(|| {
        Refused::wrong("`input` takes a text or a list of up to 2048 texts", "send words, not token numbers")
    })?;
    let as_base64 = match request.encoding_format.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(Refused::wrong("`encoding_format` takes `float` or `base64`", "leave it out")),
    };
    let (vectors, tokens) = app.platform.embed(&texts).await?;
    metrics::counter!("patou_tokens_total", "kind" => "embedded").increment(tokens as u64);
    let entry = |(index, vector): (usize, &Vec<f32>)| {
        let embedding = if as_base64 {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            json!(STANDARD.encode(bytes))
        } else {
            json!(vector)
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    };
    let data: Vec<Value> = vectors.iter().enumerate().map(entry).collect();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    Ok(Json(json!({"object": "list", "data": data, "model": request.model, "usage": usage})))
}
