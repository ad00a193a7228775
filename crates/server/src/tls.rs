//! The server's certificate, read anew when its files change.

#![expect(
    clippy::disallowed_methods,
    reason = "this module reads the certificate's files, and nothing else does"
)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use platform::Shutdown;
use rustls::crypto::ring;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file holds no certificate, or no key.
    #[error("`{path}` is no PEM file with {wanted}")]
    Pem {
        /// The file.
        path: String,
        /// What it should hold.
        wanted: &'static str,
        /// What the parser said.
        #[source]
        source: PemError,
    },
    /// The two do not go together.
    #[error("the certificate `{certificate}` and the key `{key}` do not go together")]
    Pair {
        /// The certificate's file.
        certificate: String,
        /// The key's file.
        key: String,
        /// What the library said.
        #[source]
        source: rustls::Error,
    },
}

/// The certificate's files, and what they held last.
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    /// What the files held when they were last looked at.
    seen: RwLock<[Vec<u8>; 2]>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Certificate {
    /// The certificate and its key in these files, in PEM. The certificate's chain follows it in its file.
    ///
    /// # Errors
    ///
    /// [`TlsError`].
    pub fn read(certificate: &str, key: &str) -> Result<Arc<Self>, TlsError> {
        let (certificate, key) = (PathBuf::from(certificate), PathBuf::from(key));
        let seen = [bytes(&certificate)?, bytes(&key)?];
        let current = RwLock::new(Arc::new(pair((&certificate, &key), &seen)?));
        Ok(Arc::new(Self { certificate, key, seen: RwLock::new(seen), current }))
    }

    /// What takes TLS connections with it: TLS 1.2 and 1.3.
    ///
    /// # Errors
    ///
    /// What the library says, which has nothing to refuse here.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Looks at the files again and again until `stop` is requested. Where they changed and are no good, what was there
    /// goes on, and the log tells.
    pub async fn watch(&self, stop: Shutdown) {
        while !stop.is_requested() {
            tokio::select! {
                () = stop.requested() => {}
                () = tokio::time::sleep(LOOK_EVERY) => self.look(),
            }
        }
    }

    fn look(&self) {
        let found = bytes(&self.certificate).and_then(|certificate| Ok([certificate, bytes(&self.key)?]));
        let found = match found {
            Ok(found) => found,
            // Files that are being replaced are gone for a moment; those that stay away are told of when they are back.
            Err(error) => return tracing::debug!(%error, "the certificate cannot be read"),
        };
        if *self.seen.read().unwrap_or_else(PoisonError::into_inner) == found {
            return;
        }
        match pair((&self.certificate, &self.key), &found) {
            Ok(pair) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                tracing::info!("the certificate was read anew");
            }
            Err(error) => tracing::error!(%error, "the new certificate is no good: the one before goes on"),
        }
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _client: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.display().to_string(), source })
}

fn pair(
    (certificate, key): (&Path, &Path),
    [chain, secret]: &[Vec<u8>; 2],
) -> Result<CertifiedKey, TlsError> {
    let shown = |path: &Path| path.display().to_string();
    let pem = |path: &Path, wanted| {
        let path = shown(path);
        move |source| TlsError::Pem { path, wanted, source }
    };
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let chain =
        chain.and_then(|chain| if chain.is_empty() { Err(PemError::NoItemsFound) } else { Ok(chain) });
    let chain = chain.map_err(pem(certificate, "certificates"))?;
    let secret = PrivateKeyDer::from_pem_slice(secret).map_err(pem(key, "a private key"))?;
    CertifiedKey::from_der(chain, secret, &ring::default_provider()).map_err(|source| TlsError::Pair {
        certificate: shown(certificate),
        key: shown(key),
        source,
    })
}
