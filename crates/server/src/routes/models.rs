//! The models that clients can ask for.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::caller::Caller;
use crate::error::Refused;
use crate::wire::openai::ModelList;

/// The collections as `rag/COLLECTION`, the stack's chat model, its embedder.
#[utoipa::path(get, path = "/v1/models", tag = "openai", responses((status = 200, body = ModelList)))]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<ModelList>, Refused> {
    Ok(Json(ModelList::new(app.platform.served_models(&caller.reader).await?)))
}
