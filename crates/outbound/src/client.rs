//! The client itself: requests, redirects, bodies.

#![expect(clippy::disallowed_methods, reason = "this module is the client that the others are sent to")]

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderName, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder, Response, Url};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::address::{AddressPolicy, PolicyResolver};
use crate::error::{OutboundError, shown};
use crate::tls;

const REDIRECTS_MAX: usize = 10;

/// How requests leave the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// As the system says (`HTTPS_PROXY`, `NO_PROXY` and their like, or the desktop's setting).
    #[default]
    System,
    /// Straight.
    Direct,
    /// Through the proxy at this URL.
    Url(String),
}

/// What a client may do and how long it waits.
#[derive(Clone, Debug)]
pub struct OutboundOptions {
    /// Which addresses it may reach.
    pub addresses: AddressPolicy,
    /// How requests leave the machine. A proxy is reached wherever it stands; it resolves names itself, so
    /// that behind one the policy sees only addresses written into URLs.
    pub proxy: Proxy,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for the next bytes.
    pub read_timeout: Duration,
}

impl Default for OutboundOptions {
    fn default() -> Self {
        Self {
            addresses: AddressPolicy::default(),
            proxy: Proxy::default(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
        }
    }
}

/// Told while a body arrives: bytes so far, and how many there will be where the server said.
pub type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Sync);

/// A body held in memory, and what was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it came from in the end, redirects followed.
    pub url: String,
    /// The `content-type` header.
    pub content_type: Option<String>,
    /// The `etag` header.
    pub etag: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

/// The methods of a request without a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Removes.
    Delete,
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Delete => Self::DELETE,
        }
    }
}

/// A request to a service that answers with JSON or a stream of events.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// Where to.
    pub url: &'a str,
    /// How, where there is no body.
    pub method: Method,
    /// Headers besides the content type.
    pub headers: &'a [(&'a str, String)],
    /// JSON to post.
    pub body: Option<Bytes>,
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
    /// The body.
    pub body: ByteStream,
}

impl Exchange {
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

/// The HTTP client. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: Client,
    addresses: AddressPolicy,
}

impl Outbound {
    /// A client that obeys `options`.
    ///
    /// # Errors
    ///
    /// [`OutboundError::SetUp`] when the proxy's URL is wrong or the system has no trusted certificates.
    pub fn new(options: &OutboundOptions) -> Result<Self, OutboundError> {
        let set_up = |error| OutboundError::SetUp(Box::new(error));
        let policy = options.addresses;
        let resolver = PolicyResolver { policy, proxies: proxy_hosts(&options.proxy) };
        let builder = Client::builder()
            .tls_backend_preconfigured(tls::config().map_err(|error| OutboundError::SetUp(Box::new(error)))?)
            .dns_resolver(Arc::new(resolver))
            .redirect(Policy::custom(move |attempt| redirect(policy, attempt)))
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.read_timeout)
            .user_agent(concat!("patou/", env!("CARGO_PKG_VERSION")));
        let client = through(builder, &options.proxy).and_then(ClientBuilder::build).map_err(set_up)?;
        Ok(Self { client, addresses: policy })
    }

    /// Holds the body of `url` in memory, at most `bytes_max` bytes of it.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] when there is no successful answer or it is too large.
    pub async fn fetch(&self, url: &str, bytes_max: u64) -> Result<Fetched, OutboundError> {
        let (url, response) = self.get(url).await?;
        let too_large = || OutboundError::TooLarge { url: shown(&url), bytes_max };
        if response.content_length().is_some_and(|length| length > bytes_max) {
            return Err(too_large());
        }
        let header = |name: HeaderName| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let mut fetched = Fetched {
            url: response.url().to_string(),
            content_type: header(CONTENT_TYPE),
            etag: header(ETAG),
            bytes: Vec::new(),
        };
        let mut body = response.bytes_stream();
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| OutboundError::of(&url, error))?;
            if (fetched.bytes.len() + bytes.len()) as u64 > bytes_max {
                return Err(too_large());
            }
            fetched.bytes.extend_from_slice(&bytes);
        }
        Ok(fetched)
    }

    /// Streams the body of `url` into `into`, telling `progress`, and returns how many bytes it had.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] when there is no successful answer, it breaks off or `into` refuses bytes.
    pub async fn download(
        &self,
        url: &str,
        into: &mut (dyn AsyncWrite + Unpin + Send),
        progress: Progress<'_>,
    ) -> Result<u64, OutboundError> {
        let (url, response) = self.get(url).await?;
        let total = response.content_length();
        let write = |source| OutboundError::Write { url: shown(&url), source };
        let mut received = 0;
        progress(received, total);
        let mut body = response.bytes_stream();
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| OutboundError::of(&url, error))?;
            into.write_all(&bytes).await.map_err(write)?;
            received += bytes.len() as u64;
            progress(received, total);
        }
        into.flush().await.map_err(write)?;
        Ok(received)
    }

    /// Sends a request and returns as soon as the status and headers are here, whatever the status.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] when there is no answer at all, or the address policy forbids the host.
    pub async fn send(&self, request: Request<'_>) -> Result<Exchange, OutboundError> {
        let url = self.permitted(request.url)?;
        let mut builder = match request.body {
            Some(body) => self.client.post(url.clone()).header(CONTENT_TYPE, "application/json").body(body),
            None => self.client.request(request.method.into(), url.clone()),
        };
        for (name, value) in request.headers {
            builder = builder.header(*name, value);
        }
        let response = builder.send().await.map_err(|error| OutboundError::of(&url, error))?;
        let header = |name: HeaderName| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        Ok(Exchange {
            status: response.status().as_u16(),
            content_type: header(CONTENT_TYPE),
            retry_after_s: header(RETRY_AFTER).and_then(|seconds| seconds.trim().parse().ok()),
            body: Box::pin(
                response
                    .bytes_stream()
                    .map(move |bytes| bytes.map_err(|error| OutboundError::of(&url, error))),
            ),
        })
    }

    fn permitted(&self, url: &str) -> Result<Url, OutboundError> {
        let parsed = url.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = parsed.ok_or_else(|| OutboundError::Url(url.to_owned()))?;
        match self.addresses.judge(&url) {
            Ok(()) => Ok(url),
            Err(refused) => Err(OutboundError::Refused { url: shown(&url), host: refused.host }),
        }
    }

    async fn get(&self, url: &str) -> Result<(Url, Response), OutboundError> {
        let url = self.permitted(url)?;
        let answer = self.client.get(url.clone()).send().await;
        let response = answer.map_err(|error| OutboundError::of(&url, error))?;
        if !response.status().is_success() {
            return Err(OutboundError::Status { url: shown(&url), status: response.status().as_u16() });
        }
        Ok((url, response))
    }
}

fn redirect(policy: AddressPolicy, attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let secure = |url: &Url| url.scheme() == "https";
    if attempt.previous().len() > REDIRECTS_MAX {
        return attempt.error("too many redirects");
    }
    if attempt.previous().last().is_some_and(secure) && !secure(attempt.url()) {
        return attempt.error("a redirect from https to http");
    }
    match policy.judge(attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(refused) => attempt.error(refused),
    }
}

fn through(builder: ClientBuilder, proxy: &Proxy) -> reqwest::Result<ClientBuilder> {
    Ok(match proxy {
        Proxy::System => builder,
        Proxy::Direct => builder.no_proxy(),
        Proxy::Url(url) => builder.proxy(reqwest::Proxy::all(url)?),
    })
}

/// The names under which proxies are resolved.
fn proxy_hosts(proxy: &Proxy) -> BTreeSet<String> {
    let host = |url: &str| url.parse::<Url>().ok()?.host_str().map(str::to_owned);
    match proxy {
        Proxy::Direct => BTreeSet::new(),
        Proxy::Url(url) => host(url).into_iter().collect(),
        Proxy::System => {
            let system = Matcher::from_system();
            let schemes = ["http://example.org", "https://example.org"];
            let urls = schemes.iter().filter_map(|url| url.parse::<Url>().ok());
            urls.filter_map(|url| {
                let target = url.as_str().parse().ok()?;
                host(&system.intercept(&target)?.uri().to_string())
            })
            .collect()
        }
    }
}
