//! Connections: taking them, bounding what a client may do before it has said what it wants, and letting them end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use platform::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// How long a client may take to agree on a cipher.
const HANDSHAKE_SECONDS_MAX: u64 = 10;
/// How long a client may take to send a request's head, and a connection may wait for the next request's.
const HEAD_SECONDS_MAX: u64 = 30;
/// The largest head of a request.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// The most headers of a request.
const HEADERS_MAX: usize = 100;
/// How long to wait where the system has no more connections to give.
const PAUSE: Duration = Duration::from_millis(50);

/// How connections are taken.
#[derive(Clone)]
pub struct Door {
    /// What answers.
    pub router: Router,
    /// Takes them over TLS; `None` for plain ones.
    pub tls: Option<TlsAcceptor>,
    /// As many permits as there may be connections. The next ones wait at the system's door.
    pub room: Arc<Semaphore>,
    /// Requested when it is time to stop.
    pub stop: Shutdown,
}

/// Serves connections until `stop` is requested and what is under way has ended.
///
/// It takes them in a task, and so where they are served: whoever waits for it here may be a thread that serves
/// nothing, and then each connection would be handed over.
pub async fn serve(listener: TcpListener, door: Door) {
    if let Err(error) = runtime::spawn(take(listener, door)).join_or_cancel().await {
        tracing::error!(%error, "connections are taken no longer");
    }
}

async fn take(listener: TcpListener, door: Door) {
    let mut connections = JoinSet::new();
    loop {
        if door.room.available_permits() == 0 {
            metrics::counter!("patou_connections_waited_total").increment(1);
        }
        let accepted = tokio::select! {
            accepted = accept(&listener, &door.room) => accepted,
            Some(_) = connections.join_next() => continue,
            () = door.stop.requested() => break,
        };
        match accepted {
            Ok((stream, permit)) => {
                let door = door.clone();
                connections.spawn(async move {
                    connection(stream, door).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// A connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

async fn connection(stream: TcpStream, door: Door) {
    // A token that waits for the next one to fill a packet comes late.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot send without delay");
    }
    let Some(acceptor) = &door.tls else { return http(stream, door.router, door.stop).await };
    let limit = Duration::from_secs(HANDSHAKE_SECONDS_MAX);
    let agreed = tokio::select! {
        agreed = tokio::time::timeout(limit, acceptor.accept(stream)) => agreed,
        () = door.stop.requested() => return,
    };
    match agreed {
        Ok(Ok(stream)) => http(stream, door.router, door.stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "a connection over TLS failed"),
        Err(_) => tracing::debug!("a connection over TLS was given up: no cipher was agreed on in time"),
    }
}

async fn http(stream: impl AsyncRead + AsyncWrite + Unpin, router: Router, stop: Shutdown) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX))
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended: Result<(), hyper::Error> = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Clients leave when they like.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}
