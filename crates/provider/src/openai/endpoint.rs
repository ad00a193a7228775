//! One server: where it is, the key to it, and what its refusals mean.

use std::time::Duration;

use access::PrivateText;
use bytes::Bytes;
use model::ModelError;
use outbound::{Exchange, Outbound, OutboundError, Request};
use serde::Deserialize;

/// How much of a refusal's body is read.
const REFUSAL_BYTES_MAX: usize = 64 << 10;

/// An OpenAI-compatible server.
#[derive(Clone)]
pub struct Endpoint {
    /// The client that reaches it.
    pub client: Outbound,
    /// Its URL up to and with `/v1`.
    pub base_url: String,
    /// The bearer token; `None` where it asks for none.
    pub api_key: Option<PrivateText>,
    /// The model's name there.
    pub model: String,
    /// How long it may take to begin an answer.
    pub first_timeout: Duration,
    /// How long it may pause within an answer.
    pub idle_timeout: Duration,
}

impl Endpoint {
    /// Posts JSON to a path below the base and waits until the answer begins.
    pub(super) async fn post(&self, path: &str, body: Bytes) -> Result<Exchange, ModelError> {
        let url = format!("{}/{path}", self.base_url.trim_end_matches('/'));
        let key = self.api_key.as_ref().map(|key| ("authorization", format!("Bearer {}", key.reveal())));
        let headers: Vec<(&str, String)> = key.into_iter().collect();
        self.exchange(Request { url: &url, headers: &headers, body: Some(body), ..Request::default() }).await
    }

    /// Sends a request and waits until the answer begins; one that is no success is an error.
    pub(crate) async fn exchange(&self, request: Request<'_>) -> Result<Exchange, ModelError> {
        let exchange = self.in_time(self.first_timeout, self.client.send(request)).await?;
        let exchange = exchange.map_err(|error| self.unreachable(error))?;
        if (200..300).contains(&exchange.status) { Ok(exchange) } else { Err(self.refusal(exchange).await) }
    }

    /// The result of `work`, unless it takes too long.
    pub(crate) async fn in_time<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, ModelError> {
        let timed_out = |_| ModelError::TimedOut { model: self.model.clone(), waited_s: limit.as_secs() };
        tokio::time::timeout(limit, work).await.map_err(timed_out)
    }

    /// What a failure on the way means.
    pub(crate) fn unreachable(&self, error: OutboundError) -> ModelError {
        let model = self.model.clone();
        if let OutboundError::TimedOut { .. } = error {
            return ModelError::TimedOut { model, waited_s: self.idle_timeout.as_secs() };
        }
        let mut why = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            why.push_str(": ");
            why.push_str(&inner.to_string());
            source = inner.source();
        }
        ModelError::Unavailable { model, why }
    }

    async fn refusal(&self, exchange: Exchange) -> ModelError {
        let (status, retry_after_s) = (exchange.status, exchange.retry_after_s);
        let model = self.model.clone();
        match status {
            401 | 403 => ModelError::Denied { model, status },
            429 => ModelError::Busy { model, retry_after_s },
            500.. => ModelError::Unavailable { model, why: format!("it answered {status}") },
            _ => {
                let body = exchange.bytes(REFUSAL_BYTES_MAX).await.unwrap_or_default();
                let code = refusal_code(&body).map(|code| format!(", {code}")).unwrap_or_default();
                let original = PrivateText::new(String::from_utf8_lossy(&body));
                ModelError::Rejected { model, status, code, original }
            }
        }
    }
}

/// What the server calls the reason: a word, never a sentence, which could hold the prompt.
fn refusal_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Refused {
        error: Detail,
    }
    #[derive(Deserialize)]
    struct Detail {
        code: Option<serde_json::Value>,
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    let refused: Refused = serde_json::from_slice(body).ok()?;
    let code = refused.error.code.and_then(|code| code.as_str().map(str::to_owned)).or(refused.error.kind)?;
    let is_word = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_code_alone() {
        let code = |body: &str| refusal_code(body.as_bytes());
        let long = r#"{"error":{"message":"the prompt is …","type":"invalid_request_error","code":"context_length_exceeded"}}"#;
        assert_eq!(code(long).as_deref(), Some("context_length_exceeded"));
        assert_eq!(
            code(r#"{"error":{"type":"BadRequestError","code":400}}"#).as_deref(),
            Some("BadRequestError")
        );
        assert_eq!(code(r#"{"error":{"code":"say: my secret"}}"#), None);
        assert_eq!(code("<html>"), None);
    }
}
