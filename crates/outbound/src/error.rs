//! What can go wrong on the way out.

use std::error::Error;

use reqwest::Url;

use crate::address::AddressRefused;

/// Why a request gave no result. URLs are shown without query and credentials.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The client could not be set up.
    #[error("cannot set up the HTTP client")]
    SetUp(#[source] Box<dyn Error + Send + Sync>),
    /// The text is not a URL that can be requested.
    #[error("`{0}` is not an http or https URL")]
    Url(String),
    /// The address policy forbids the host, or one it redirected to.
    #[error("refused to request `{url}`: `{host}` is at a private or reserved address")]
    Refused {
        /// What was requested.
        url: String,
        /// The host that is not permitted.
        host: String,
    },
    /// The server answered with a status that is not a success.
    #[error("`{url}` answered {status}")]
    Status {
        /// What was requested.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// Connecting or reading took longer than the limit.
    #[error("`{url}` did not answer in time")]
    TimedOut {
        /// What was requested.
        url: String,
    },
    /// No connection, or one that broke.
    #[error("cannot request `{url}`")]
    Failed {
        /// What was requested.
        url: String,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// There is no connection: nothing was sent.
    #[error("cannot connect to `{url}`")]
    Unreachable {
        /// What was requested.
        url: String,
        /// What stood in the way.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The connection broke before the answer's end.
    #[error("the connection to `{url}` broke")]
    Broken {
        /// What was requested.
        url: String,
        /// What happened.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The body is longer than the caller takes.
    #[error("`{url}` is larger than {bytes_max} bytes")]
    TooLarge {
        /// What was requested.
        url: String,
        /// The caller's limit.
        bytes_max: u64,
    },
    /// The body could not be handed to the caller's writer.
    #[error("cannot keep what `{url}` sent")]
    Write {
        /// What was requested.
        url: String,
        /// What the writer said.
        #[source]
        source: std::io::Error,
    },
}

impl OutboundError {
    pub(crate) fn of(url: &Url, source: reqwest::Error) -> Self {
        let shown = shown(url);
        // The URL is told once, without its query.
        let source = source.without_url();
        if let Some(refused) = refusal(&source) {
            return Self::Refused { url: shown, host: refused.host.clone() };
        }
        if source.is_timeout() {
            return Self::TimedOut { url: shown };
        }
        Self::Failed { url: shown, source }
    }
}

/// A URL as it may be shown: without credentials, query and fragment.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Neither fails where the URL has a host, and one that is requested has.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

fn refusal(error: &reqwest::Error) -> Option<&AddressRefused> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(refused) = error.downcast_ref() {
            return Some(refused);
        }
        source = error.source();
    }
    None
}
