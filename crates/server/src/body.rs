//! The body of a request to a model: bounded in size, in time, and in what all such bodies take together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use bytes::Bytes;
use platform::ErrorKind;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::error::Refused;

/// How long a body may take to arrive.
const SECONDS_MAX: u64 = 60;
/// What the bodies of all requests under way take together, in KiB.
const ALL_KIB_MAX: u32 = 512 << 10;

/// Room for bodies.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ALL_KIB_MAX as usize)))
    }
}

/// A body, with its place among all.
pub struct Taken {
    /// The bytes.
    pub bytes: Bytes,
    /// Given back when the request is over.
    pub room: OwnedSemaphorePermit,
}

/// Reads a request's body.
///
/// # Errors
///
/// A refusal where it is too large, too slow, breaks off, or there is no room for it now.
pub async fn read(app: &App, request: Request) -> Result<Taken, Refused> {
    let most = app.request_bytes_max;
    let told = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let told: Option<usize> = told.and_then(|length| length.parse().ok());
    if told.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    let kib = u32::try_from(told.unwrap_or(most).div_ceil(1024)).unwrap_or(ALL_KIB_MAX).clamp(1, ALL_KIB_MAX);
    let room = Arc::clone(&app.bodies.0).try_acquire_many_owned(kib).map_err(|_| {
        let message = "the server has as much in requests as it takes at once";
        Refused::new(ErrorKind::Busy, message, "try again in a moment")
    })?;
    let bytes = tokio::time::timeout(Duration::from_secs(SECONDS_MAX), whole(request.into_body(), most));
    let bytes = bytes.await.map_err(|_| {
        let message = format!("the body did not arrive within {SECONDS_MAX} s");
        Refused::new(ErrorKind::TimedOut, message, "send it faster")
    })??;
    Ok(Taken { bytes, room })
}

async fn whole(body: Body, most: usize) -> Result<Bytes, Refused> {
    match to_bytes(body, most).await {
        Ok(bytes) => Ok(bytes),
        Err(error) if is_limit(&error) => Err(too_large(most)),
        Err(_) => Err(Refused::wrong("the body broke off", "send all of it")),
    }
}

fn is_limit(error: &axum::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}

fn too_large(most: usize) -> Refused {
    let message = format!("the body is larger than {most} bytes");
    Refused::new(ErrorKind::TooLarge, message, "raise `gateway.request_bytes_max`")
}
