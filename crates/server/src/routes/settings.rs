//! How this server is configured.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::error::Refused;
use crate::wire;

/// The resolved settings, where each came from, and what serves. Secrets are never among them: settings name
/// the variable or file that holds one.
#[utoipa::path(get, path = "/api/v1/settings", tag = "service", responses((status = 200, body = wire::ServedSettings)))]
pub async fn show(State(app): State<Arc<App>>) -> Result<Json<wire::ServedSettings>, Refused> {
    let answers_by = app.platform.answers_by()?;
    Ok(Json(wire::ServedSettings {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        stack: app.platform.require_settings()?.stack.as_str().to_owned(),
        answers_by,
        configuration: wire::configuration(&app.platform),
    }))
}
