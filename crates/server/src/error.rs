//! Errors on their way to a client: one shape, one table of statuses.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::{ErrorKind, PlatformError};
use serde::Serialize;
use utoipa::ToSchema;

/// An error as every route gives it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// What went wrong and what to do about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// What sort of failure it is.
    pub code: String,
    /// What was attempted and did not work.
    pub message: String,
    /// The remedy.
    pub hint: String,
    /// Names the request in logs.
    pub trace_id: String,
    /// OpenAI's name for the sort, on `/v1` routes.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The field that is wrong, on `/v1` routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<Option<String>>,
}

/// A request that failed.
#[derive(Clone, Debug)]
pub struct Refused {
    kind: ErrorKind,
    message: String,
    hint: String,
    retry_after_s: Option<u64>,
    /// Other headers, by name.
    headers: Vec<(String, String)>,
}

impl Refused {
    /// A refusal of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: hint.into(), retry_after_s: None, headers: Vec::new() }
    }

    /// A request that cannot be read.
    pub fn wrong(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::WrongUse, message, hint)
    }

    /// The error for the request that `trace_id` names.
    pub fn detail(&self, trace_id: &str, is_openai: bool) -> ErrorDetail {
        let kind = match self.kind {
            ErrorKind::WrongUse | ErrorKind::NotFound | ErrorKind::TooLarge => "invalid_request_error",
            ErrorKind::Unauthenticated => "authentication_error",
            ErrorKind::Forbidden => "permission_error",
            ErrorKind::Busy | ErrorKind::QuotaExceeded => "rate_limit_error",
            _ => "server_error",
        };
        ErrorDetail {
            code: self.kind.code().to_owned(),
            message: self.message.clone(),
            hint: self.hint.clone(),
            trace_id: trace_id.to_owned(),
            kind: is_openai.then_some(kind),
            param: is_openai.then_some(None),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The whole response.
    pub fn response(&self, trace_id: &str, is_openai: bool) -> Response {
        let body = ErrorBody { error: self.detail(trace_id, is_openai) };
        let mut response = (self.status(), Json(body)).into_response();
        if self.kind == ErrorKind::Unauthenticated {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<PlatformError> for Refused {
    fn from(error: PlatformError) -> Self {
        let mut message = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            let inner_text = inner.to_string();
            if !message.ends_with(&inner_text) {
                message = format!("{message}: {inner_text}");
            }
            source = inner.source();
        }
        Self {
            kind: error.kind(),
            message,
            hint: error.hint(),
            retry_after_s: error.retry_after_s(),
            headers: error.headers(),
        }
    }
}

impl IntoResponse for Refused {
    /// Leaves the rest to the layer that knows the request's id and route.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
