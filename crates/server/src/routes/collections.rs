//! Collections: list, make, delete.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use platform::{KeyRole, PlatformError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::{Caller, Owner};
use crate::error::{ErrorBody, Refused};
use crate::wire;

/// The collections.
#[derive(Debug, Serialize, ToSchema)]
pub struct CollectionList {
    /// What the caller may know of each.
    pub collections: Vec<wire::Collection>,
}

/// A collection to make.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewCollection {
    /// Its name: lower-case letters, digits, `_` and `-`.
    pub name: String,
}

/// The collections.
#[utoipa::path(get, path = "/api/v1/collections", tag = "collections", responses((status = 200, body = CollectionList)))]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<CollectionList>, Refused> {
    let summaries = app.platform.collections(&caller.reader).await?;
    Ok(Json(CollectionList { collections: summaries.iter().map(wire::collection).collect() }))
}

/// Makes an empty collection.
#[utoipa::path(post, path = "/api/v1/collections", tag = "collections", request_body = NewCollection,
    responses((status = 201, body = wire::Collection), (status = 409, body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(new): Json<NewCollection>,
) -> Result<(StatusCode, Json<wire::Collection>), Refused> {
    caller.require(KeyRole::Ingest)?;
    app.platform.create_collection(&new.name).await?;
    let summaries = app.platform.collections(&caller.reader).await?;
    let made = summaries.iter().find(|summary| summary.record.name.as_str() == new.name);
    let made = made.ok_or_else(|| {
        Refused::new(platform::ErrorKind::Conflict, "the collection was deleted meanwhile", "make it again")
    })?;
    Ok((StatusCode::CREATED, Json(wire::collection(made))))
}

/// Deletes a collection with everything in it. The owner's alone: others may not see all that is in it.
#[utoipa::path(delete, path = "/api/v1/collections/{collection}", tag = "collections",
    params(("collection" = String, Path)),
    responses((status = 204, description = "deleted"), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    _owner: Owner,
    Path(collection): Path<String>,
) -> Result<StatusCode, Refused> {
    let task = runtime::spawn(delete_whole(app, collection));
    let failed =
        |_| Refused::new(platform::ErrorKind::Failed, "the deletion broke down", "run `patou doctor`");
    task.join().await.map_err(failed)??;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_whole(app: Arc<App>, collection: String) -> Result<(), PlatformError> {
    app.platform.delete_collection(&collection).await
}
