//! A request and its answer, as callers see them.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::Url;

use crate::error::{OutboundError, shown};

/// The methods of a request. One that reads and has a body is a `POST`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Reads the headers alone.
    Head,
    /// Hands something over.
    Post,
    /// Puts something there.
    Put,
    /// Removes.
    Delete,
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Head => Self::HEAD,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Delete => Self::DELETE,
        }
    }
}

/// A request whose answer is looked at whatever its status is.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// Where to.
    pub url: &'a str,
    /// How.
    pub method: Method,
    /// Headers. A body whose content type is not among them is JSON.
    pub headers: &'a [(&'a str, String)],
    /// What is handed over.
    pub body: Option<Bytes>,
}

impl Request<'_> {
    /// The method it is sent with: what has a body is not read.
    pub(crate) fn effective_method(&self) -> Method {
        match (&self.body, self.method) {
            (Some(_), Method::Get) => Method::Post,
            (_, method) => method,
        }
    }

    pub(crate) fn has_content_type(&self) -> bool {
        self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    }
}

/// A body as it arrives. Dropping it closes the connection.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, OutboundError>> + Send>>;

/// An answer whose body is still on its way.
pub struct Exchange {
    /// The HTTP status.
    pub status: u16,
    /// The `content-type` header.
    pub content_type: Option<String>,
    /// The `retry-after` header, where it is a number of seconds.
    pub retry_after_s: Option<u64>,
    /// Where the answer came from in the end, redirects followed.
    pub url: String,
    /// Every header that is text, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: ByteStream,
}

/// How often a request is sent again to a service that says it is busy (429 or 503), and how long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often it is sent at most.
    pub attempts: u32,
    /// How long one wait is at most, whatever `retry-after` says.
    pub wait_max: Duration,
}

impl Exchange {
    /// A header's value.
    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] when it breaks off or has more than `bytes_max` bytes.
    pub async fn whole(self, bytes_max: u64) -> Result<Bytes, OutboundError> {
        let url = self.url.parse::<Url>().map_or_else(|_| self.url.clone(), |url| shown(&url));
        let room = usize::try_from(bytes_max).unwrap_or(usize::MAX).saturating_add(1);
        let bytes = self.bytes(room).await?;
        if bytes.len() as u64 > bytes_max {
            return Err(OutboundError::TooLarge { url, bytes_max });
        }
        Ok(bytes)
    }

    /// The whole body, at most `bytes_max` bytes of it; what goes beyond is left.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] when it breaks off.
    pub async fn bytes(mut self, bytes_max: usize) -> Result<Bytes, OutboundError> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.body.next().await {
            let bytes = bytes?;
            let room = bytes_max - whole.len();
            whole.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if bytes.len() > room {
                break;
            }
        }
        Ok(whole.into())
    }
}
