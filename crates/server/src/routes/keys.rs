//! Keys: make, list, rotate, revoke. An administrator's, or the owner's.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use platform::KeyCall;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Owner;
use crate::error::{ErrorBody, Refused};
use crate::wire;

/// The keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    /// Every key, those that are over too.
    pub keys: Vec<wire::Key>,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyBody {
    /// What people call it.
    pub name: String,
    /// Who pays.
    #[serde(default)]
    pub team: Option<String>,
    /// In whose name it reads: `user:NAME`, `group:NAME`, `app:NAME`.
    #[serde(default)]
    pub principals: Vec<String>,
    /// What else it allows: `ingest`, `delete`, `release`, `admin`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// How long it is good, in seconds; for good where absent.
    #[serde(default)]
    pub seconds: Option<u64>,
    /// How much it may use.
    #[serde(default)]
    pub limits: wire::KeyLimits,
}

/// How to rotate a key.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// How long the secret before goes on being good, in seconds.
    #[serde(default)]
    pub overlap_seconds: u64,
}

/// The keys.
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys",
    responses((status = 200, body = KeyList), (status = 403, body = ErrorBody)))]
pub async fn list(State(app): State<Arc<App>>, _owner: Owner) -> Result<Json<KeyList>, Refused> {
    let keys = app.platform.keys().await?;
    Ok(Json(KeyList { keys: keys.iter().map(|key| wire::key(key)).collect() }))
}

/// Makes a key. The secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/keys", tag = "keys", request_body = NewKeyBody,
    responses((status = 201, body = wire::KeyWithSecret), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    _owner: Owner,
    Json(body): Json<NewKeyBody>,
) -> Result<(StatusCode, Json<wire::KeyWithSecret>), Refused> {
    let NewKeyBody { name, team, principals, roles, seconds, limits } = body;
    let limits = limits.into();
    let made = app.platform.create_key(&KeyCall { name, team, principals, roles, seconds, limits }).await?;
    Ok((StatusCode::CREATED, Json(wire::new_key(&made))))
}

/// Gives a key another secret.
#[utoipa::path(post, path = "/api/v1/keys/{key}/rotate", tag = "keys", params(("key" = String, Path)),
    request_body = Rotation,
    responses((status = 200, body = wire::KeyWithSecret), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn rotate(
    State(app): State<Arc<App>>,
    _owner: Owner,
    Path(key): Path<String>,
    Json(rotation): Json<Rotation>,
) -> Result<Json<wire::KeyWithSecret>, Refused> {
    let made = app.platform.rotate_key(&key, rotation.overlap_seconds).await?;
    Ok(Json(wire::new_key(&made)))
}

/// Ends a key.
#[utoipa::path(delete, path = "/api/v1/keys/{key}", tag = "keys", params(("key" = String, Path)),
    responses((status = 200, body = wire::Key), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    _owner: Owner,
    Path(key): Path<String>,
) -> Result<Json<wire::Key>, Refused> {
    Ok(Json(wire::key(&*app.platform.revoke_key(&key).await?)))
}
