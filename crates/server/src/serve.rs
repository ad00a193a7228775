//! Listening, announcing, draining.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use platform::{Auth, Gateway, Platform, PlatformError, ServerSettings, Shutdown};
use runtime::Task;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;

use crate::app::{App, router};
use crate::body::Room;
use crate::connections::{self, Door};
use crate::tls::{Certificate, TlsError};
use crate::{metrics, reloading};

/// What a command prints, on its way to the one who gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalOutput {
    /// Standard output.
    Out(String),
    /// Standard error.
    Error(String),
    /// How it goes on, in the front's own shape.
    Progress(serde_json::Value),
    /// It is through.
    Exit(u8),
}

/// Runs commands that this machine's owner gives while a server holds the home.
pub trait LocalCommands: Send + Sync {
    /// Runs a command as the front wrote it, until it is through or `stop` is requested; gives its exit code.
    fn run(
        &self,
        command: serde_json::Value,
        output: mpsc::UnboundedSender<LocalOutput>,
        stop: Shutdown,
    ) -> Pin<Box<dyn Future<Output = u8> + Send>>;
}

/// How to serve.
pub struct ServeOptions {
    /// Where to listen; port 0 for any.
    pub listen: String,
    /// Runs the owner's commands.
    pub local: Arc<dyn LocalCommands>,
    /// Requested when it is time to stop.
    pub stop: Shutdown,
}

/// Why serving did not work.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is none.
    #[error("`{0}` is no address to listen at")]
    Address(String),
    /// The address can be reached from elsewhere, and nobody would have to say who they are.
    #[error("`{0}` can be reached from other machines, and there is no authentication")]
    Open(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen at `{address}`")]
    Listen {
        /// Where.
        address: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(TlsError),
    /// Serving ended with an error.
    #[error("cannot go on serving")]
    Serve(#[source] std::io::Error),
    /// The home cannot be had.
    #[error(transparent)]
    Platform(PlatformError),
}

impl ServeError {
    /// The remedy.
    pub fn hint(&self) -> String {
        match self {
            Self::Address(_) => "write it as `127.0.0.1:7700`".into(),
            Self::Open(_) => {
                "listen at `127.0.0.1` or `[::1]`, or set `server.auth` to `keys` or `tokens`".into()
            }
            Self::Listen { .. } => "choose another with `--listen`".into(),
            Self::Tls(_) => {
                "see `server.tls_certificate_file` and `server.tls_key_file`: PEM files that belong together"
                    .into()
            }
            Self::Serve(_) => String::new(),
            Self::Platform(error) => error.hint(),
        }
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> platform::ErrorKind {
        match self {
            Self::Address(_) | Self::Open(_) => platform::ErrorKind::WrongUse,
            Self::Listen { .. } => platform::ErrorKind::Unavailable,
            Self::Serve(_) | Self::Tls(_) => platform::ErrorKind::Failed,
            Self::Platform(error) => error.kind(),
        }
    }
}

/// Serves until `stop` is requested and what is under way has ended. `listening` is told the URL once connections are
/// taken.
///
/// # Errors
///
/// [`ServeError`].
pub async fn serve(
    platform: Arc<Platform>,
    options: ServeOptions,
    listening: impl FnOnce(&str),
) -> Result<(), ServeError> {
    let settings = platform.require_settings().map_err(ServeError::Platform)?;
    let (limits, models) = (settings.server.clone(), settings.gateway.clone());
    let gateway = Arc::clone(platform.gateway().await.map_err(ServeError::Platform)?);
    let books = Books::begin(&gateway);
    let listener = listen(&options.listen, limits.auth).await?;
    let tls = Tls::of(&limits)?;
    let url = format!("{}://{}", tls.as_ref().map_or("http", |_| "https"), address(&listener)?);
    platform.hold_home().await.map_err(ServeError::Platform)?;
    // No certificate is for this machine's own name: whoever commands the server from here does so beside it.
    let beside = match &tls {
        Some(_) => Some(listen("127.0.0.1:0", limits.auth).await?),
        None => None,
    };
    let announced = address(beside.as_ref().unwrap_or(&listener))?;
    let announcement = platform.announce(announced).map_err(ServeError::Platform)?;
    let drain = Duration::from_secs(limits.drain_seconds_max);
    let room = Arc::new(Semaphore::new(limits.connections_max));
    let app = Arc::new(App {
        slots: Arc::new(Semaphore::new(limits.requests_max)),
        limits,
        gateway,
        calls: Arc::new(Semaphore::new(models.requests_max)),
        request_bytes_max: models.request_bytes_max,
        bodies: Room::default(),
        platform,
        owner_token: announcement.token().to_owned(),
        local: options.local,
        stop: options.stop.clone(),
        metrics: metrics::install(),
    });
    listening(&url);
    let door = Door { router: router(Arc::clone(&app)), tls: None, room, stop: options.stop.clone() };
    let reloading = reloading::reload_when_told(&app.platform, options.stop.clone());
    let serving = async { tokio::join!(doors((listener, beside), door, tls), reloading) };
    let stopped = async {
        options.stop.requested().await;
        tokio::time::sleep(drain).await;
    };
    let served = tokio::select! {
        ((), ()) = serving => Ok(()),
        () = stopped => {
            tracing::warn!("answers were cut off: they took longer than `server.drain_seconds_max`");
            Ok(())
        }
    };
    books.end().await;
    drop(announcement);
    served
}

/// A certificate, and what takes connections with it.
struct Tls {
    certificate: Arc<Certificate>,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// As the settings say; `None` where connections are plain.
    fn of(limits: &ServerSettings) -> Result<Option<Self>, ServeError> {
        if limits.tls_certificate_file.is_empty() {
            return Ok(None);
        }
        let certificate = Certificate::read(&limits.tls_certificate_file, &limits.tls_key_file);
        let certificate = certificate.map_err(ServeError::Tls)?;
        let acceptor =
            certificate.acceptor().map_err(|error| ServeError::Serve(std::io::Error::other(error)))?;
        Ok(Some(Self { certificate, acceptor }))
    }
}

/// Serves at every door until `door.stop` is requested.
async fn doors((listener, beside): (TcpListener, Option<TcpListener>), door: Door, tls: Option<Tls>) {
    let plain = door.clone();
    let beside = async {
        if let Some(beside) = beside {
            connections::serve(beside, plain).await;
        }
    };
    match tls {
        None => connections::serve(listener, door).await,
        Some(Tls { certificate, acceptor }) => {
            let watching = certificate.watch(door.stop.clone());
            tokio::join!(
                connections::serve(listener, Door { tls: Some(acceptor), ..door }),
                beside,
                watching
            );
        }
    }
}

fn address(listener: &TcpListener) -> Result<SocketAddr, ServeError> {
    listener.local_addr().map_err(ServeError::Serve)
}

/// What writes usage down and watches backends while the server runs.
struct Books {
    end: Shutdown,
    work: Task<()>,
}

impl Books {
    fn begin(gateway: &Arc<Gateway>) -> Self {
        let (gateway, end) = (Arc::clone(gateway), Shutdown::new());
        let until = end.clone();
        Self { end, work: runtime::spawn(async move { gateway.tend(until).await }) }
    }

    /// Writes what is left.
    async fn end(self) {
        self.end.request();
        if self.work.join().await.is_err() {
            tracing::error!("the last usage was not written");
        }
    }
}

async fn listen(address: &str, auth: Auth) -> Result<TcpListener, ServeError> {
    let found =
        tokio::net::lookup_host(address).await.map_err(|_| ServeError::Address(address.to_owned()))?;
    let found: Vec<SocketAddr> = found.collect();
    let open = found.iter().find(|address| !address.ip().is_loopback());
    if let Some(open) = open.filter(|_| auth == Auth::Nothing) {
        return Err(ServeError::Open(*open));
    }
    let listened = TcpListener::bind(&found[..]).await;
    listened.map_err(|source| ServeError::Listen { address: address.to_owned(), source })
}
