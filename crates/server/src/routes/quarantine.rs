//! What is held back, what is decided on it, and trying a text on the guard.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use platform::{GuardKind, HeldCall, KeyRole, PlatformError, PrivateText};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::caller::Caller;
use crate::error::{ErrorBody, Refused};
use crate::{wire, work};

/// The routes.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/quarantine", get(list))
        .route("/api/v1/quarantine/{held}", get(show))
        .route("/api/v1/quarantine/{held}/release", post(release))
        .route("/api/v1/quarantine/{held}/reject", post(reject))
        .route("/api/v1/guard/scan", post(scan))
}

/// Which collection's.
#[derive(Debug, Deserialize, IntoParams)]
pub struct WhichCollection {
    /// The collection; `docs` where it is absent.
    pub collection: Option<String>,
    /// Whether what was decided on is listed too.
    #[serde(default)]
    pub all: bool,
}

impl WhichCollection {
    fn name(&self) -> &str {
        self.collection.as_deref().unwrap_or("docs")
    }

    fn of<'a>(&'a self, caller: &'a Caller, held: &'a str) -> HeldCall<'a> {
        HeldCall { collection: self.name(), reader: &caller.reader, wanted: held }
    }
}

/// What is held back.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldList {
    /// The collection.
    pub collection: String,
    /// The documents, the newest first.
    pub held: Vec<wire::Held>,
}

/// A text to be tried on the guard.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Trial {
    /// The text.
    pub text: String,
    /// What it is: `prompt`, `document` or `output`.
    #[serde(default = "document")]
    pub kind: String,
}

fn document() -> String {
    GuardKind::Document.name().to_owned()
}

/// What is held back in a collection. For keys with the role `release`.
#[utoipa::path(get, path = "/api/v1/quarantine", tag = "guard", params(WhichCollection),
    responses((status = 200, body = HeldList), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(which): Query<WhichCollection>,
) -> Result<Json<HeldList>, Refused> {
    caller.require(KeyRole::Release)?;
    let held = app.platform.quarantine(which.name(), &caller.reader, which.all).await?;
    Ok(Json(HeldList { collection: which.name().to_owned(), held: held.iter().map(wire::held).collect() }))
}

/// A document that was held back, with its text.
#[utoipa::path(get, path = "/api/v1/quarantine/{held}", tag = "guard",
    params(("held" = String, Path), WhichCollection),
    responses((status = 200, body = wire::Held), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(held): Path<String>,
    Query(which): Query<WhichCollection>,
) -> Result<Json<wire::Held>, Refused> {
    caller.require(KeyRole::Release)?;
    Ok(Json(wire::held_detail(&app.platform.held(which.of(&caller, &held)).await?)))
}

/// Lets a document in. The same bytes pass from now on.
#[utoipa::path(post, path = "/api/v1/quarantine/{held}/release", tag = "guard",
    params(("held" = String, Path), WhichCollection),
    responses((status = 200, body = wire::Held), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn release(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(held): Path<String>,
    Query(which): Query<WhichCollection>,
) -> Result<Json<wire::Held>, Refused> {
    caller.require(KeyRole::Release)?;
    // In a task of its own: a client that leaves must not leave the index in the middle.
    let server = app.stop.clone();
    let work =
        work::begin(
            &server,
            |_| async move { app.platform.release(which.of(&caller, &held), &|_| {}).await },
        );
    let broken = || Refused::new(platform::ErrorKind::Failed, "the release broke down", "run `patou doctor`");
    let released: Result<_, PlatformError> = work.end().await.ok_or_else(broken)?;
    Ok(Json(wire::held(&released?)))
}

/// Keeps a document out. Its text is dropped; the same bytes stay out from now on.
#[utoipa::path(post, path = "/api/v1/quarantine/{held}/reject", tag = "guard",
    params(("held" = String, Path), WhichCollection),
    responses((status = 200, body = wire::Held), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn reject(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(held): Path<String>,
    Query(which): Query<WhichCollection>,
) -> Result<Json<wire::Held>, Refused> {
    caller.require(KeyRole::Release)?;
    Ok(Json(wire::held(&app.platform.reject(which.of(&caller, &held)).await?)))
}

/// Scans a text, with each finding's span, view and score. Nothing is kept of it.
#[utoipa::path(post, path = "/api/v1/guard/scan", tag = "guard", request_body = Trial,
    responses((status = 200, body = wire::Verdict), (status = 400, body = ErrorBody)))]
pub async fn scan(
    State(app): State<Arc<App>>,
    _: Caller,
    Json(trial): Json<Trial>,
) -> Result<Json<wire::Verdict>, Refused> {
    let kind = GuardKind::from_name(&trial.kind)
        .ok_or_else(|| Refused::wrong("`kind` is none", "write `prompt`, `document` or `output`"))?;
    let verdict = app.platform.guard_text(kind, PrivateText::new(trial.text)).await?;
    Ok(Json(wire::verdict(None, &verdict)))
}
