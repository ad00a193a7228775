//! Commands of this machine's owner, run where the home is held.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use crate::app::App;
use crate::caller::Owner;
use crate::serve::LocalOutput;
use crate::work;

/// The exit code of a command that broke down.
const BROKEN_DOWN: u8 = 1;

/// Runs a command and streams what it prints, a JSON line a piece, the exit code last. When the caller leaves,
/// the command is asked to stop.
pub async fn command(
    State(app): State<Arc<App>>,
    _owner: Owner,
    Json(command): Json<serde_json::Value>,
) -> Response {
    let (teller, mut told) = mpsc::unbounded_channel();
    let work = work::begin(&app.stop, |stop| app.local.run(command, teller, stop));
    let lines = async_stream::stream! {
        // The command lets go of its end when it is through.
        while let Some(output) = told.recv().await {
            yield line(&output);
        }
        yield line(&LocalOutput::Exit(work.end().await.unwrap_or(BROKEN_DOWN)));
    };
    let kind = [(header::CONTENT_TYPE, "application/jsonl")];
    (kind, Body::from_stream(lines)).into_response()
}

fn line(output: &LocalOutput) -> Result<String, std::convert::Infallible> {
    Ok(format!("{}\n", serde_json::to_string(output).unwrap_or_default()))
}
