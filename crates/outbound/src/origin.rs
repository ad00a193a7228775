//! One server that is asked over and over: its kept connections, and requests at the cost of little more than the
//! bytes themselves.
//!
//! A connection is driven by whoever waits for its answer, in the same task, so that no answer is handed from one
//! task to another. Redirects are not followed, nothing is sent twice, and dropping an answer closes its connection.

use std::collections::VecDeque;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::{PolicyResolver, system_lookup};
use crate::client::{Outbound, OutboundOptions, Proxy};
use crate::error::{OutboundError, shown};
use crate::exchange::{Exchange, Request};
use crate::tls;

mod line;

use line::{Kept, Line};

/// How many connections wait for the next request at most.
const IDLE_MAX: usize = 1024;

/// A server by its URL. Clones share its connections.
#[derive(Clone)]
pub struct Origin(Arc<Inner>);

struct Inner {
    base: Url,
    host: HeaderValue,
    connect_timeout: Duration,
    addresses: PolicyResolver,
    tls: Option<TlsConnector>,
    idle: Mutex<VecDeque<Kept>>,
    /// Whether one is opened ahead where all are in use, and whether that is being done.
    has_spare: bool,
    is_opening: AtomicBool,
    /// The way through a proxy, where there is one between here and the server.
    through: Option<Outbound>,
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Origin").field(&shown(&self.0.base)).finish()
    }
}

impl Origin {
    /// The server at `url`, whose path leads every request's. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] when the URL is none, the policy forbids its address, or the system has no certificates.
    pub fn new(url: &str, options: &OutboundOptions) -> Result<Self, OutboundError> {
        let base = url.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = base.ok_or_else(|| OutboundError::Url(url.to_owned()))?;
        options
            .addresses
            .judge(&base)
            .map_err(|refused| OutboundError::Refused { url: shown(&base), host: refused.host })?;
        let name = base.host_str().unwrap_or_default();
        let host = base.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let host = HeaderValue::from_str(&host).map_err(|_| OutboundError::Url(shown(&base)))?;
        let tls = (base.scheme() == "https").then(connector).transpose()?;
        let through = is_proxied(&base, &options.proxy).then(|| Outbound::new(options)).transpose()?;
        Ok(Self(Arc::new(Inner {
            host,
            tls,
            through,
            connect_timeout: options.connect_timeout,
            addresses: PolicyResolver {
                policy: options.addresses,
                lookup: system_lookup(),
                proxies: std::collections::BTreeSet::new(),
            },
            idle: Mutex::default(),
            has_spare: options.has_spare,
            is_opening: AtomicBool::new(false),
            base,
        })))
    }

    /// Sends a request to a path below the server's URL, and returns as soon as the status and headers are here,
    /// whatever the status. [`Request::url`] holds the path, with its query.
    ///
    /// # Errors
    ///
    /// [`OutboundError::Unreachable`] when there is no connection, [`OutboundError::Broken`] when it breaks before
    /// there is an answer.
    pub async fn send(&self, request: Request<'_>) -> Result<Exchange, OutboundError> {
        let url = format!("{}{}", self.0.base.as_str().trim_end_matches('/'), request.url);
        if let Some(outbound) = &self.0.through {
            return outbound.send(Request { url: &url, ..request }).await;
        }
        let mut message = Some(self.message(&url, request)?);
        while let (Some(mut line), true) = (self.kept().await, message.is_some()) {
            let Some(unsent) = message.take() else { break };
            match line.send(unsent).await {
                Ok(answer) => {
                    self.open_ahead();
                    return Ok(self.exchange(url, answer, line));
                }
                // The server had closed it: not a byte of the request left this machine.
                Err(line::SendError { unsent: Some(unsent), .. }) => message = Some(*unsent),
                Err(error) => return Err(self.broken(error.source)),
            }
        }
        let Some(message) = message else { return Err(OutboundError::Url(url)) };
        let mut line = self.connect().await?;
        let answer = line.send(message).await.map_err(|error| self.broken(error.source))?;
        self.open_ahead();
        Ok(self.exchange(url, answer, line))
    }

    /// Opens a connection for the next request where none waits for it. A server that cannot be reached is asked
    /// again by the next request alone.
    fn open_ahead(&self) {
        if !self.0.has_spare || !self.idle().is_empty() || self.0.is_opening.swap(true, Ordering::Relaxed) {
            return;
        }
        let own = self.clone();
        runtime::spawn(async move {
            if let Ok(line) = own.connect().await {
                own.keep(line);
            }
            own.0.is_opening.store(false, Ordering::Relaxed);
        });
    }

    fn message(&self, url: &str, request: Request<'_>) -> Result<line::Message, OutboundError> {
        let whole: hyper::Uri = url.parse().map_err(|_| OutboundError::Url(url.to_owned()))?;
        let path = whole.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let method = reqwest::Method::from(request.effective_method());
        let mut builder =
            hyper::Request::builder().method(method).uri(path).header(HOST, self.0.host.clone());
        builder = builder.header(USER_AGENT, crate::client::AGENT);
        if request.body.is_some() && !request.has_content_type() {
            builder = builder.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in request.headers {
            builder = builder.header(*name, value);
        }
        let body = http_body_util::Full::new(request.body.unwrap_or_default());
        builder.body(body).map_err(|_| OutboundError::Url(shown(&self.0.base)))
    }

    fn exchange(&self, url: String, answer: hyper::Response<hyper::body::Incoming>, line: Line) -> Exchange {
        let (parts, body) = answer.into_parts();
        let header = |name: HeaderName| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        Exchange {
            status: parts.status.as_u16(),
            content_type: header(CONTENT_TYPE),
            retry_after_s: header(RETRY_AFTER).and_then(|seconds| seconds.trim().parse().ok()),
            url,
            headers: crate::client::text_headers(&parts.headers),
            body: Box::pin(line::Body::new(body, line, self.clone())),
        }
    }

    /// A kept connection that the server has not closed.
    async fn kept(&self) -> Option<Line> {
        loop {
            let kept = self.idle().pop_back()?;
            let mut line = kept.line;
            if line.is_usable().await {
                return Some(line);
            }
        }
    }

    /// Keeps a connection for the next request.
    fn keep(&self, line: Line) {
        let mut idle = self.idle();
        while idle.front().is_some_and(Kept::is_old) || idle.len() >= IDLE_MAX {
            idle.pop_front();
        }
        idle.push_back(Kept::new(line));
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, VecDeque<Kept>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<Line, OutboundError> {
        let connected = tokio::time::timeout(self.0.connect_timeout, self.connected()).await;
        connected.unwrap_or_else(|_| Err(self.unreachable("connecting took too long".into())))
    }

    async fn connected(&self) -> Result<Line, OutboundError> {
        let base = &self.0.base;
        let host = base.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = base.port_or_known_default().unwrap_or(80);
        let addresses = match host.parse() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => {
                let found = self.0.addresses.permitted(host.to_owned()).await;
                let found = found.map_err(|error| self.unreachable(error))?;
                found.into_iter().map(|found| SocketAddr::new(found.ip(), port)).collect()
            }
        };
        let stream =
            TcpStream::connect(&addresses[..]).await.map_err(|error| self.unreachable(error.into()))?;
        // A request that waits for more to fill a packet comes late.
        stream.set_nodelay(true).map_err(|error| self.unreachable(error.into()))?;
        let line = match &self.0.tls {
            None => Line::over(Box::new(stream)).await,
            Some(tls) => {
                let name =
                    ServerName::try_from(host.to_owned()).map_err(|error| self.unreachable(error.into()))?;
                let stream =
                    tls.connect(name, stream).await.map_err(|error| self.unreachable(error.into()))?;
                Line::over(Box::new(stream)).await
            }
        };
        line.map_err(|error| self.unreachable(error.into()))
    }

    fn unreachable(&self, source: Box<dyn Error + Send + Sync>) -> OutboundError {
        OutboundError::Unreachable { url: shown(&self.0.base), source }
    }

    fn broken(&self, source: hyper::Error) -> OutboundError {
        OutboundError::Broken { url: shown(&self.0.base), source: source.into() }
    }
}

fn connector() -> Result<TlsConnector, OutboundError> {
    let mut config = tls::config().map_err(|error| OutboundError::SetUp(Box::new(error)))?;
    config.alpn_protocols = vec!["http/1.1".into()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn is_proxied(base: &Url, proxy: &Proxy) -> bool {
    match proxy {
        Proxy::Direct => false,
        Proxy::Url(_) => true,
        Proxy::System => {
            base.as_str().parse().is_ok_and(|uri| Matcher::from_system().intercept(&uri).is_some())
        }
    }
}

#[cfg(test)]
mod tests;
