//! Search.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use platform::{Mode, PrivateText, Reader, SearchCall};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{ErrorBody, Refused};
use crate::{metrics, wire};

/// A search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchBody {
    /// What to look for.
    pub query: String,
    /// What is taken as configured where it is absent.
    #[serde(default)]
    pub top_k: Option<usize>,
    /// Which legs take part.
    #[serde(default)]
    pub mode: Option<ModeName>,
    /// Which documents count, as a filter expression.
    #[serde(default)]
    pub filter: Option<String>,
}

/// Which legs take part in a search.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModeName {
    /// Both, fused.
    Hybrid,
    /// Vectors alone.
    Dense,
    /// Words alone.
    Lexical,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Hybrid => Self::Hybrid,
            ModeName::Dense => Self::Dense,
            ModeName::Lexical => Self::Lexical,
        }
    }
}

impl SearchBody {
    /// The call, for a reader.
    pub fn call(&self, collection: &str, reader: Reader) -> SearchCall {
        SearchCall {
            text: PrivateText::new(self.query.clone()),
            collection: collection.to_owned(),
            top_k: self.top_k,
            mode: self.mode.map(Into::into),
            filter: self.filter.clone(),
            reader,
        }
    }
}

/// Searches a collection.
#[utoipa::path(post, path = "/api/v1/collections/{collection}/search", tag = "search",
    params(("collection" = String, Path)), request_body = SearchBody,
    responses((status = 200, body = wire::SearchAnswer), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn search(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(collection): Path<String>,
    Json(body): Json<SearchBody>,
) -> Result<Json<wire::SearchAnswer>, Refused> {
    let call = body.call(&collection, caller.reader);
    let (retrieval, total_ms) = app.platform.search(&call, &|_| {}).await?;
    metrics::search(&retrieval);
    Ok(Json(wire::search(&body.query, &collection, &retrieval, total_ms)))
}
