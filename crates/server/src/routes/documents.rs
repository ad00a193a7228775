//! Documents: upload, list, show, text by version, delete, problems.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Multipart, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use platform::{Gone, IngestCall, IngestEvent, IngestWatch, KeyRole, PlatformError, Shutdown, Upload};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::caller::Caller;
use crate::error::{ErrorBody, Refused};
use crate::events::{self, Teller, event};
use crate::{metrics, wire, work};

/// How many documents one upload holds.
const UPLOADS_MAX: usize = 10_000;

/// The routes.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/collections/{collection}/documents", get(list).post(upload))
        .route("/api/v1/collections/{collection}/documents/{document}", get(show).delete(delete))
        .route("/api/v1/collections/{collection}/documents/{document}/text", get(text))
        .route("/api/v1/collections/{collection}/documents/{document}/chunks", get(chunks))
        .route("/api/v1/collections/{collection}/problems", get(problems))
}

/// The documents of a collection.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentList {
    /// The collection.
    pub collection: String,
    /// The documents that the caller may read, by source.
    pub documents: Vec<wire::Document>,
}

/// What could not be read.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemList {
    /// The collection.
    pub collection: String,
    /// Every problem of the documents that the caller may read.
    pub problems: Vec<wire::Problem>,
}

/// What a document was cut into.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChunkList {
    /// The document.
    pub document_id: String,
    /// Its live version, which the chunks are of.
    pub version: String,
    /// The chunks, in the text's order. They may overlap.
    pub chunks: Vec<wire::Chunk>,
}

/// Which version's text.
#[derive(Debug, Deserialize, IntoParams)]
pub struct WhichVersion {
    /// The version; the live one where it is absent.
    pub version: Option<String>,
}

/// How an upload goes on.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Progress {
    /// Items found so far.
    pub listed: usize,
    /// Items that are through.
    pub done: usize,
    /// Tokens embedded so far.
    pub tokens_embedded: usize,
    /// The item that was last through.
    pub source: Option<String>,
    /// Bytes that become live in a second, of late.
    pub bytes_per_second: f64,
    /// Tokens embedded in a second, of late.
    pub tokens_per_second: f64,
    /// How long the rest takes at that rate; absent while there is no rate.
    pub seconds_left: Option<f64>,
    /// The stage that the others wait for: `parse`, `embed`, `index` or `write`.
    pub limited_by: Option<&'static str>,
}

/// The documents of a collection.
#[utoipa::path(get, path = "/api/v1/collections/{collection}/documents", tag = "documents",
    params(("collection" = String, Path)),
    responses((status = 200, body = DocumentList), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(collection): Path<String>,
) -> Result<Json<DocumentList>, Refused> {
    let documents = app.platform.documents(&collection, &caller.reader).await?;
    let documents = documents.iter().map(wire::document).collect();
    Ok(Json(DocumentList { collection, documents }))
}

/// Ingests files sent as `multipart/form-data`: each part with a file name is a document of that source, and
/// each part `acl` names one who may read them (`user:NAME`, `group:NAME`, `app:NAME`, or `public`). The
/// collection is made if it is not there. With `Accept: text/event-stream`, `progress` events come until
/// `done` or `error`.
#[utoipa::path(post, path = "/api/v1/collections/{collection}/documents", tag = "documents",
    params(("collection" = String, Path)),
    request_body(content_type = "multipart/form-data", content = String, description = "files, and who may read them"),
    responses((status = 200, body = wire::Ingested), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody)))]
pub async fn upload(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(collection): Path<String>,
    parts: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Refused> {
    caller.require(KeyRole::Ingest)?;
    let parts =
        parts.map_err(|error| Refused::wrong(error.body_text(), "send files as `multipart/form-data`"))?;
    let call = call(collection, parts).await?;
    if !caller.takes_events {
        let report = ingest(app, call, |_| {}).await?;
        return Ok(Json(report).into_response());
    }
    Ok(events::stream(move |teller| stream(app, call, caller.trace_id, teller)).into_response())
}

/// Tells how an ingest goes on.
async fn stream(app: Arc<App>, call: IngestCall, trace_id: String, teller: Teller) {
    let state = Mutex::new(Progress::default());
    let progress = teller.clone();
    let tell = move |told: IngestEvent| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            IngestEvent::Listed(count) => state.listed += count,
            IngestEvent::Item(source) => {
                state.done += 1;
                state.source = Some(source);
            }
            IngestEvent::Embedded(count) => state.tokens_embedded += count,
            IngestEvent::Progress(progress) => {
                state.bytes_per_second = progress.bytes_per_second.round();
                state.tokens_per_second = progress.tokens_per_second.round();
                state.seconds_left = progress.seconds_left.map(f64::round);
                state.limited_by = Some(progress.limited_by.as_str());
            }
        }
        // Nobody listens any more where sending fails.
        let _ = progress.send(event("progress", &*state));
    };
    let last = match ingest(app, call, tell).await {
        Ok(report) => event("done", &report),
        Err(refused) => event("error", &ErrorBody { error: refused.detail(&trace_id, false) }),
    };
    let _ = teller.send(last);
}

/// Ingests in a task of its own: when the client leaves, the ingest is asked to stop rather than dropped in
/// the middle of a document.
async fn ingest(
    app: Arc<App>,
    call: IngestCall,
    tell: impl Fn(IngestEvent) + Send + Sync + 'static,
) -> Result<wire::Ingested, Refused> {
    let server = app.stop.clone();
    let work = work::begin(&server, |stop| ingest_whole(app, call, tell, stop));
    let broken = || Refused::new(platform::ErrorKind::Failed, "the ingest broke down", "run `patou doctor`");
    Ok(work.end().await.ok_or_else(broken)??)
}

async fn ingest_whole(
    app: Arc<App>,
    call: IngestCall,
    tell: impl Fn(IngestEvent) + Send + Sync + 'static,
    stop: Shutdown,
) -> Result<wire::Ingested, PlatformError> {
    let watch = IngestWatch { pulling: &|_| {}, tell: &tell, stop: &stop };
    let report = app.platform.ingest(&call, &watch).await?;
    metrics::ingest(&report, app.platform.quarantine_share_max());
    Ok(wire::ingest_report(&call.collection, &report))
}

async fn delete_whole(app: Arc<App>, collection: String, id: String) -> Result<(), PlatformError> {
    app.platform.delete_documents(&collection, &[id]).await.map(drop)
}

/// Reads the parts of an upload.
async fn call(collection: String, mut parts: Multipart) -> Result<IngestCall, Refused> {
    let wrong = |error: axum::extract::multipart::MultipartError| {
        let too_large = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
        let kind = if too_large { platform::ErrorKind::TooLarge } else { platform::ErrorKind::WrongUse };
        let hint = if too_large {
            "send fewer files at once, or raise `server.upload_bytes_max`"
        } else {
            "send files as `multipart/form-data`"
        };
        Refused::new(kind, error.body_text(), hint)
    };
    let mut call = IngestCall { collection, gone: Gone::Keep, ..IngestCall::default() };
    while let Some(part) = parts.next_field().await.map_err(wrong)? {
        match (part.file_name().map(str::to_owned), part.name().map(str::to_owned)) {
            (Some(name), _) => {
                let source = source_of(&name)?;
                let bytes = part.bytes().await.map_err(wrong)?.to_vec();
                call.uploads.push(Upload { source, bytes });
            }
            (None, Some(field)) if field == "acl" => call.acl.push(part.text().await.map_err(wrong)?),
            (None, field) => {
                let field = field.unwrap_or_default();
                return Err(Refused::wrong(
                    format!("`{field}` is no file and not `acl`"),
                    "give each file a file name",
                ));
            }
        }
        if call.uploads.len() > UPLOADS_MAX {
            return Err(Refused::wrong(
                format!("the upload has more than {UPLOADS_MAX} files"),
                "send fewer at once",
            ));
        }
    }
    if call.uploads.is_empty() {
        return Err(Refused::wrong("the upload has no file", "send at least one part with a file name"));
    }
    Ok(call)
}

/// The source that a file name stands for: a relative path without steps back.
fn source_of(name: &str) -> Result<String, Refused> {
    let name = name.replace('\\', "/");
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() || parts.contains(&"..") {
        return Err(Refused::wrong(format!("`{name}` is no name for a document"), "send a relative path"));
    }
    Ok(parts.join("/"))
}

/// One document, by id or source.
#[utoipa::path(get, path = "/api/v1/collections/{collection}/documents/{document}", tag = "documents",
    params(("collection" = String, Path), ("document" = String, Path, description = "the id, or the source percent-encoded")),
    responses((status = 200, body = wire::DocumentPage), (status = 404, body = ErrorBody)))]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((collection, document)): Path<(String, String)>,
) -> Result<Json<wire::DocumentPage>, Refused> {
    let detail = app.platform.document(&collection, &caller.reader, &document).await?;
    Ok(Json(wire::document_detail(&detail)))
}

/// The stored text of a document, byte for byte: what spans point into.
#[utoipa::path(get, path = "/api/v1/collections/{collection}/documents/{document}/text", tag = "documents",
    params(("collection" = String, Path), ("document" = String, Path), WhichVersion),
    responses((status = 200, description = "the stored text", body = String), (status = 404, body = ErrorBody)))]
pub async fn text(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((collection, document)): Path<(String, String)>,
    Query(which): Query<WhichVersion>,
) -> Result<Response, Refused> {
    let detail = app.platform.document(&collection, &caller.reader, &document).await?;
    let text = app.platform.document_text(&collection, &detail, which.version.as_deref()).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// The chunks that a document's live version was cut into.
#[utoipa::path(get, path = "/api/v1/collections/{collection}/documents/{document}/chunks", tag = "documents",
    params(("collection" = String, Path), ("document" = String, Path)),
    responses((status = 200, body = ChunkList), (status = 404, body = ErrorBody)))]
pub async fn chunks(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((collection, document)): Path<(String, String)>,
) -> Result<Json<ChunkList>, Refused> {
    let detail = app.platform.document(&collection, &caller.reader, &document).await?;
    let chunks = app.platform.document_chunks(&collection, &detail).await?;
    let chunks = chunks.iter().map(wire::chunk).collect();
    Ok(Json(ChunkList { document_id: detail.document.id, version: detail.document.version, chunks }))
}

/// Deletes a document with every version.
#[utoipa::path(delete, path = "/api/v1/collections/{collection}/documents/{document}", tag = "documents",
    params(("collection" = String, Path), ("document" = String, Path)),
    responses((status = 204, description = "deleted"), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((collection, document)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    caller.require(KeyRole::Delete)?;
    // Who may not know of a document cannot delete it.
    let detail = app.platform.document(&collection, &caller.reader, &document).await?;
    // A deletion that was begun comes to its end, whether somebody waits for it or not.
    let task = runtime::spawn(delete_whole(app, collection, detail.document.id));
    let failed =
        |_| Refused::new(platform::ErrorKind::Failed, "the deletion broke down", "run `patou doctor`");
    task.join().await.map_err(failed)??;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything that could not be read, and why.
#[utoipa::path(get, path = "/api/v1/collections/{collection}/problems", tag = "documents",
    params(("collection" = String, Path)),
    responses((status = 200, body = ProblemList), (status = 404, body = ErrorBody)))]
pub async fn problems(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(collection): Path<String>,
) -> Result<Json<ProblemList>, Refused> {
    let problems = app.platform.problems(&collection, &caller.reader).await?;
    let problems = problems.iter().map(wire::document_problem).collect();
    Ok(Json(ProblemList { collection, problems }))
}
