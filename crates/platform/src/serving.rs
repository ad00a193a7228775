//! A server that holds a home, and the commands of its owner that find it.
//!
//! The server writes its address and a secret into the home, where only the home's owner can read them. The
//! lock stays the operating system's: what is written counts only while somebody holds it.

#![expect(clippy::disallowed_methods, reason = "this module owns the file that announces a server")]

use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use outbound::{AddressPolicy, ByteStream, Outbound, OutboundError, OutboundOptions, Proxy, Request};
use serde::{Deserialize, Serialize};

use crate::parts::Embedding;
use crate::{Platform, PlatformError, PullEvent};

const FILE: &str = "server.json";

/// `server.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ServerFile {
    address: SocketAddr,
    token: String,
    stack: String,
}

/// Says that a server holds the home, until it is dropped.
#[derive(Debug)]
pub struct Announcement {
    path: PathBuf,
    token: String,
}

impl Announcement {
    /// The secret that whoever can read the home sends along.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cannot take the announcement back");
        }
    }
}

/// A server that holds this home.
#[derive(Clone, Debug)]
pub struct RunningServer {
    file: ServerFile,
}

impl RunningServer {
    /// The stack that it serves.
    pub fn stack(&self) -> &str {
        &self.file.stack
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.file.address
    }

    /// Posts JSON to one of its routes as the owner of the home.
    ///
    /// # Errors
    ///
    /// [`PlatformError::Outbound`] when it cannot be reached or does not take the request.
    pub async fn post(&self, path: &str, body: Vec<u8>) -> Result<ByteStream, PlatformError> {
        let options = OutboundOptions {
            addresses: AddressPolicy::AllowPrivate,
            proxy: Proxy::Direct,
            // A command may have nothing to say for long.
            read_timeout: std::time::Duration::from_secs(24 * 3600),
            ..OutboundOptions::default()
        };
        let client = Outbound::new(&options).map_err(PlatformError::Outbound)?;
        let url = format!("http://{}{path}", self.file.address);
        let headers = [("authorization", format!("Bearer {}", self.file.token))];
        let request =
            Request { url: &url, headers: &headers, body: Some(Bytes::from(body)), ..Request::default() };
        let exchange = client.send(request).await.map_err(PlatformError::Outbound)?;
        match exchange.status {
            200..=202 => Ok(exchange.body),
            status => Err(PlatformError::Outbound(OutboundError::Status { url, status })),
        }
    }
}

impl Platform {
    /// Takes the home for this process, for as long as it runs.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when another process has it, or a part cannot be opened.
    pub async fn hold_home(&self) -> Result<(), PlatformError> {
        self.library(Embedding::On).await.map(drop)
    }

    /// Fetches and loads the embedder, so that the first question does not wait.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when it cannot be had. What needs it will say so again.
    pub async fn load_embedder(&self, pulling: &(dyn Fn(PullEvent) + Sync)) -> Result<(), PlatformError> {
        self.require_settings()?;
        self.home()?;
        Ok(self.embedder.prepare(pulling).await?)
    }

    /// Tells the home's owner that this process serves at `address`.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the home cannot be written to.
    pub fn announce(&self, address: SocketAddr) -> Result<Announcement, PlatformError> {
        let path = self.home()?.directory().join(FILE);
        let token = format!("{}{}", runtime::new_nonce(), runtime::new_nonce());
        let stack = self.require_settings()?.stack.as_str().to_owned();
        let file = ServerFile { address, token: token.clone(), stack };
        let text = serde_json::to_vec(&file).map_err(|error| PlatformError::Home {
            action: "announce a server in",
            path: path.display().to_string(),
            why: error.to_string(),
        })?;
        write_private(&path, &text).map_err(PlatformError::file("write", &path))?;
        Ok(Announcement { path, token })
    }

    /// The server that holds this home, if one does.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the home cannot be used.
    pub async fn running_server(&self) -> Result<Option<RunningServer>, PlatformError> {
        let path = self.home_directory().join(FILE);
        let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
        if self.home()?.is_free()? {
            // It was killed: nobody holds the home any more.
            return Ok(None);
        }
        Ok(serde_json::from_str(&text).ok().map(|file| RunningServer { file }))
    }
}

/// Writes a file that nobody but its owner can read, whole or not at all.
fn write_private(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let fresh = path.with_extension("json.new");
    let mut options = std::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = std::fs::remove_file(&fresh);
    options.open(&fresh)?.write_all(bytes)?;
    std::fs::rename(&fresh, path)
}
