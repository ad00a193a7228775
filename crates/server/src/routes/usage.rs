//! What was used: by key, team, model and day. An administrator's, or the owner's.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::caller::Owner;
use crate::error::{ErrorBody, Refused};
use crate::wire::{self, Usage};

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// The first day, as `2026-02-03`; the earliest where absent.
    #[serde(default)]
    pub from: Option<String>,
    /// The last day; the latest where absent.
    #[serde(default)]
    pub to: Option<String>,
    /// `json` or `csv`.
    #[serde(default)]
    pub format: Option<String>,
}

/// What was used, by day, key, team and model.
#[utoipa::path(get, path = "/api/v1/usage", tag = "keys", params(Days),
    responses((status = 200, body = Usage), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn show(
    State(app): State<Arc<App>>,
    _owner: Owner,
    Query(days): Query<Days>,
) -> Result<Response, Refused> {
    let usage = wire::usage(app.platform.usage(days.from.as_deref(), days.to.as_deref()).await?);
    match days.format.as_deref() {
        None | Some("json") => Ok(Json(usage).into_response()),
        Some("csv") => {
            Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], wire::usage_csv(&usage)).into_response())
        }
        Some(_) => Err(Refused::wrong("`format` takes `json` or `csv`", "leave it out for JSON")),
    }
}
