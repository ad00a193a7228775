//! The client itself: requests, redirects, bodies.

#![expect(clippy::disallowed_methods, reason = "this module is the client that the others are sent to")]

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder, Response, Url};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::address::{AddressPolicy, Lookup, PolicyResolver, system_lookup};
use crate::error::{OutboundError, shown};
use crate::exchange::{Exchange, Patience, Request};
use crate::tls;

const REDIRECTS_MAX: usize = 10;

/// How we introduce ourselves.
pub(crate) const AGENT: &str = concat!("patou/", env!("CARGO_PKG_VERSION"));

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
    /// Whether an [`Origin`](crate::Origin) whose connections are all in use opens one ahead of the next request.
    pub has_spare: bool,
}

impl Default for OutboundOptions {
    fn default() -> Self {
        Self {
            addresses: AddressPolicy::default(),
            proxy: Proxy::default(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            has_spare: false,
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

/// The HTTP client. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: Client,
    addresses: AddressPolicy,
    resolver: Arc<PolicyResolver>,
}

impl Outbound {
    /// A client that obeys `options`.
    ///
    /// # Errors
    ///
    /// [`OutboundError::SetUp`] when the proxy's URL is wrong or the system has no trusted certificates.
    pub fn new(options: &OutboundOptions) -> Result<Self, OutboundError> {
        Self::with_lookup(options, system_lookup())
    }

    fn with_lookup(options: &OutboundOptions, lookup: Lookup) -> Result<Self, OutboundError> {
        let set_up = |error| OutboundError::SetUp(Box::new(error));
        let policy = options.addresses;
        let resolver = Arc::new(PolicyResolver { policy, lookup, proxies: proxy_hosts(&options.proxy) });
        let builder = Client::builder()
            .tls_backend_preconfigured(tls::config().map_err(|error| OutboundError::SetUp(Box::new(error)))?)
            .dns_resolver(Arc::clone(&resolver))
            .redirect(Policy::custom(move |attempt| redirect(policy, attempt)))
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.read_timeout)
            .user_agent(AGENT);
        let client = through(builder, &options.proxy).and_then(ClientBuilder::build).map_err(set_up)?;
        Ok(Self { client, addresses: policy, resolver })
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
        let mut builder = self.client.request(request.effective_method().into(), url.clone());
        let is_typed = request.has_content_type();
        if let Some(body) = request.body {
            if !is_typed {
                builder = builder.header(CONTENT_TYPE, "application/json");
            }
            builder = builder.body(body);
        }
        for (name, value) in request.headers {
            builder = builder.header(*name, value);
        }
        let response = builder.send().await.map_err(|error| OutboundError::of(&url, error))?;
        let header = |name: HeaderName| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        Ok(Exchange {
            status: response.status().as_u16(),
            content_type: header(CONTENT_TYPE),
            retry_after_s: header(RETRY_AFTER).and_then(|seconds| seconds.trim().parse().ok()),
            url: response.url().to_string(),
            headers: text_headers(response.headers()),
            body: Box::pin(
                response
                    .bytes_stream()
                    .map(move |bytes| bytes.map_err(|error| OutboundError::of(&url, error))),
            ),
        })
    }

    /// As [`Outbound::send`], again and again while the service says that it is busy. Gives its last answer.
    ///
    /// # Errors
    ///
    /// As [`Outbound::send`].
    pub async fn send_patiently(
        &self,
        request: Request<'_>,
        patience: Patience,
    ) -> Result<Exchange, OutboundError> {
        let mut attempt = 1;
        loop {
            let exchange = self.send(request.clone()).await?;
            if !matches!(exchange.status, 429 | 503) || attempt >= patience.attempts {
                return Ok(exchange);
            }
            let asked = exchange.retry_after_s.map(Duration::from_secs);
            drop(exchange);
            let wait = asked.unwrap_or_else(|| Duration::from_secs(1 << attempt.min(6)));
            tokio::time::sleep(wait.min(patience.wait_max)).await;
            attempt += 1;
        }
    }

    /// The addresses at which the host of `url` may be reached, for a program that makes its own connections and
    /// can be told which address to use.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] when there is none, or the policy forbids them all.
    pub async fn permitted_addresses(&self, url: &str) -> Result<Vec<IpAddr>, OutboundError> {
        let url = self.permitted(url)?;
        let host =
            url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let answer = self.resolver.permitted(host.clone()).await;
        let addresses = answer.map_err(|_| OutboundError::Refused { url: shown(&url), host })?;
        Ok(addresses.into_iter().map(|address| address.ip()).collect())
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

pub(crate) fn text_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(text).collect()
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Mutex;

    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    /// A client whose names are answered from `answers`, one after the other, and the names it asked for.
    fn client(
        addresses: AddressPolicy,
        answers: Vec<Vec<SocketAddr>>,
    ) -> (Outbound, Arc<Mutex<Vec<String>>>) {
        let (asked, answers) = (Arc::new(Mutex::new(Vec::new())), Mutex::new(answers.into_iter()));
        let kept = Arc::clone(&asked);
        let lookup: Lookup = Arc::new(move |host| {
            kept.lock().unwrap().push(host);
            let answer =
                answers.lock().unwrap().next().ok_or_else(|| std::io::Error::other("asked too often"));
            Box::pin(std::future::ready(answer))
        });
        let options = OutboundOptions { addresses, proxy: Proxy::Direct, ..Default::default() };
        (Outbound::with_lookup(&options, lookup).unwrap(), asked)
    }

    #[tokio::test]
    async fn an_answer_that_turns_private_is_refused_before_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let at = |address: &str| SocketAddr::new(address.parse().unwrap(), 0);
        for private in ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "10.0.0.1"] {
            // The name was public when somebody checked it; the connection asks again, and that answer is judged.
            let (client, asked) = client(AddressPolicy::PublicOnly, vec![vec![at(private)]]);
            let refused = client.fetch(&format!("http://rebinding.example:{port}/"), 9).await.unwrap_err();
            assert!(matches!(refused, OutboundError::Refused { .. }), "{private}: {refused:?}");
            assert_eq!(*asked.lock().unwrap(), ["rebinding.example"]);
        }
        let waiting = std::future::poll_fn(|context| std::task::Poll::Ready(listener.poll_accept(context)));
        assert!(waiting.await.is_pending(), "nothing reached the server on loopback");
    }

    #[tokio::test]
    async fn a_connection_is_made_to_the_answer_that_was_judged() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = vec![vec![SocketAddr::new("127.0.0.1".parse().unwrap(), 0)]];
        let (client, asked) = client(AddressPolicy::AllowPrivate, answers);
        let url = format!("http://once.example:{port}/");
        let answer = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            // Who answers before it was asked is no server.
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            stream.write_all(head).await.unwrap();
        };
        let (fetched, ()) = tokio::join!(client.fetch(&url, 9), answer);
        assert_eq!(fetched.unwrap().bytes, b"ok");
        assert_eq!(asked.lock().unwrap().len(), 1, "a name is looked up once for a connection");
    }

    #[tokio::test]
    async fn a_mixed_answer_loses_its_private_part() {
        let at = |address: &str| SocketAddr::new(address.parse().unwrap(), 0);
        let lookup: Lookup = Arc::new(move |_| {
            Box::pin(std::future::ready(Ok(vec![at("127.0.0.1"), at("192.0.2.1"), at("8.8.8.8")])))
        });
        let resolver = PolicyResolver { policy: AddressPolicy::PublicOnly, lookup, proxies: BTreeSet::new() };
        let name = "mixed.example".parse().unwrap();
        let given: Vec<_> = reqwest::dns::Resolve::resolve(&resolver, name).await.unwrap().collect();
        assert_eq!(given, [at("8.8.8.8")]);
    }
}
