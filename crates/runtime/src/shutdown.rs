//! Asking work to stop, or to look again.

use tokio_util::sync::CancellationToken;

/// A request to stop that long work looks at between steps. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// A request that nobody has made yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the request.
    pub fn request(&self) {
        self.0.cancel();
    }

    /// Whether it was made.
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it is made.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// Makes the request when the user presses Ctrl-C or the system sends a terminate signal; returns
    /// when it has. Meant to be raced against the work.
    ///
    /// # Errors
    ///
    /// When the signal handlers cannot be installed.
    pub async fn request_on_signal(&self) -> std::io::Result<()> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate())?;
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => interrupted?,
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await?;
        self.request();
        Ok(())
    }
}

/// Hang-up signals, by which a service is told to read its configuration anew.
pub struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    /// Listens for them from now on: they do not end the process any more.
    ///
    /// # Errors
    ///
    /// When the signal handler cannot be installed.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    /// Waits for the next one; for ever where the system has none.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}
