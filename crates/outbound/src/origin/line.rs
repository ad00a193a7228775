//! One connection that speaks HTTP/1.1, driven by the task that waits for its answer.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Origin;
use crate::error::OutboundError;

/// Servers close a connection that waits for longer than some limit of theirs; this one is below most.
const IDLE_TIME_MAX: Duration = Duration::from_secs(50);

pub(super) type Message = hyper::Request<Full<Bytes>>;

/// What a connection runs over.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

type Running = Connection<TokioIo<Box<dyn Wire>>, Full<Bytes>>;

/// A connection.
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    /// `None` once it has ended.
    connection: Option<Running>,
}

/// A connection that waits for the next request.
pub(super) struct Kept {
    pub line: Line,
    since: Instant,
}

/// Why a request got no answer.
pub(super) struct SendError {
    pub source: hyper::Error,
    /// The request, where not a byte of it was sent.
    pub unsent: Option<Box<Message>>,
}

/// A body as it arrives. Its connection is kept for the next request when it has ended, and closed otherwise.
pub(super) struct Body {
    incoming: Incoming,
    line: Option<Line>,
    origin: Origin,
}

impl Kept {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a connection has waited is nobody's business but ours"
    )]
    pub fn new(line: Line) -> Self {
        Self { line, since: Instant::now() }
    }

    pub fn is_old(&self) -> bool {
        self.since.elapsed() > IDLE_TIME_MAX
    }
}

impl Line {
    pub async fn over(wire: Box<dyn Wire>) -> hyper::Result<Self> {
        let (sender, connection) = handshake(TokioIo::new(wire)).await?;
        Ok(Self { sender, connection: Some(connection) })
    }

    /// Whether the other end still listens, as far as can be told without asking it.
    pub async fn is_usable(&mut self) -> bool {
        std::future::poll_fn(|context| {
            self.drive(context);
            Poll::Ready(())
        })
        .await;
        self.connection.is_some() && self.sender.is_ready()
    }

    pub async fn send(&mut self, message: Message) -> Result<hyper::Response<Incoming>, SendError> {
        let mut answer = Box::pin(self.sender.try_send_request(message));
        let sent = std::future::poll_fn(|context| {
            drive(&mut self.connection, context);
            answer.as_mut().poll(context)
        });
        sent.await.map_err(|mut error| {
            let unsent = error.take_message().map(Box::new);
            SendError { source: error.into_error(), unsent }
        })
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        drive(&mut self.connection, context);
    }
}

/// Moves bytes in both directions as far as they go. What ends a connection with an error is told to whoever waits
/// for an answer.
fn drive(connection: &mut Option<Running>, context: &mut Context<'_>) {
    if let Some(running) = connection
        && Pin::new(running).poll(context).is_ready()
    {
        *connection = None;
    }
}

impl Body {
    pub fn new(incoming: Incoming, line: Line, origin: Origin) -> Self {
        Self { incoming, line: Some(line), origin }
    }

    /// The body is here: the connection is free for the next request, if it goes on.
    fn ended(&mut self, context: &mut Context<'_>) {
        let Some(mut line) = self.line.take() else { return };
        line.drive(context);
        if line.connection.is_some() && line.sender.is_ready() {
            self.origin.keep(line);
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, OutboundError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut driven = false;
        loop {
            match Pin::new(&mut this.incoming).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) => return Poll::Ready(Some(Ok(bytes))),
                    // Trailers.
                    Err(_) => continue,
                },
                Poll::Ready(Some(Err(error))) => {
                    this.line = None;
                    return Poll::Ready(Some(Err(this.origin.broken(error))));
                }
                Poll::Ready(None) => {
                    this.ended(context);
                    return Poll::Ready(None);
                }
                Poll::Pending if driven => return Poll::Pending,
                Poll::Pending => {}
            }
            // Asking for a frame tells the connection that one is wanted; driving it fetches one.
            let Some(line) = &mut this.line else { return Poll::Ready(None) };
            line.drive(context);
            driven = true;
        }
    }
}
