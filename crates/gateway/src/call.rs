//! A call of a model, and what can go wrong with one.

use std::sync::Arc;

use outbound::OutboundError;

use crate::Key;
use crate::request::RequestError;

/// Who calls.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The key that was shown, where one has to be.
    pub key: Option<Arc<Key>>,
    /// Names the request, here and at the model's server.
    pub trace_id: String,
}

/// Why there is no answer. Nothing of the prompt is in it.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The request cannot be taken.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// No route has that name.
    #[error("there is no model `{0}`")]
    UnknownModel(String),
    /// The model's server cannot be reached.
    #[error("backend `{backend}` cannot be reached")]
    Unreachable {
        /// The server's name.
        backend: String,
        /// What happened.
        #[source]
        source: OutboundError,
    },
    /// The connection broke before there was an answer.
    #[error("backend `{backend}` broke off")]
    Broken {
        /// The server's name.
        backend: String,
        /// What happened.
        #[source]
        source: OutboundError,
    },
    /// The model's server has too much to do.
    #[error("backend `{backend}` is busy")]
    Busy {
        /// The server's name.
        backend: String,
        /// How many seconds to wait, where it says.
        retry_after_s: Option<u64>,
    },
    /// The model's server failed.
    #[error("backend `{backend}` failed (status {status})")]
    Failed {
        /// The server's name.
        backend: String,
        /// Its status.
        status: u16,
    },
    /// The model's server said something that is no answer.
    #[error("backend `{backend}` sent no answer: {what}")]
    Garbled {
        /// The server's name.
        backend: String,
        /// What it sent.
        what: &'static str,
    },
    /// The model's server took too long.
    #[error("backend `{backend}` sent nothing for {waited_s} s")]
    TimedOut {
        /// The server's name.
        backend: String,
        /// How long was waited.
        waited_s: u64,
    },
}

impl CallError {
    /// The remedy.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Request(_) => "send one JSON object, as OpenAI's clients do",
            Self::UnknownModel(_) => "see `GET /v1/models`",
            Self::Unreachable { .. } | Self::Broken { .. } | Self::Failed { .. } | Self::Garbled { .. } => {
                "try again; see `GET /ready` for the backends"
            }
            Self::Busy { .. } => "try again in a moment",
            Self::TimedOut { .. } => "try again, or raise the route's limit",
        }
    }

    /// Whether another server may be asked instead.
    pub(crate) fn is_worth_another(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Busy { .. } | Self::TimedOut { .. } => true,
            Self::Failed { status, .. } => *status == 503,
            _ => false,
        }
    }
}
