//! The interface, described for programs.

use utoipa::OpenApi;

use crate::{error, routes, wire};

#[derive(OpenApi)]
#[openapi(
    info(title = "Patou", description = "A private LLM service: documents in, cited answers out."),
    paths(
        routes::health::health,
        routes::health::ready,
        routes::health::metrics,
        routes::collections::list,
        routes::collections::create,
        routes::collections::delete,
        routes::documents::list,
        routes::documents::upload,
        routes::documents::show,
        routes::documents::text,
        routes::documents::chunks,
        routes::documents::delete,
        routes::documents::problems,
        routes::events::receive,
        routes::quarantine::list,
        routes::quarantine::show,
        routes::quarantine::release,
        routes::quarantine::reject,
        routes::quarantine::scan,
        routes::search::search,
        routes::ask::ask,
        routes::chat::completions,
        routes::embeddings::create,
        routes::rerank::create,
        routes::mcp::message,
        routes::models::list,
        routes::settings::show,
        routes::keys::list,
        routes::keys::create,
        routes::keys::rotate,
        routes::keys::revoke,
        routes::usage::show,
        routes::gateway::purge,
    ),
    components(schemas(error::ErrorBody, routes::ask::Token, routes::documents::Progress, wire::Citation,))
)]
struct Description;

/// The OpenAPI document as JSON.
pub fn openapi() -> String {
    let mut text = Description::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
