//! A call of a model, and what can go wrong with one.

use std::sync::Arc;

use outbound::OutboundError;

use crate::Key;
use crate::cache::CacheControl;
use crate::quota::{Headroom, QuotaRefusal, Window};
use crate::reply::rate_limits;
use crate::request::RequestError;
use crate::spans::Parent;

/// Who calls.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The key that was shown, where one has to be.
    pub key: Option<Arc<Key>>,
    /// Names the request, here and at the model's server.
    pub trace_id: String,
    /// Where the caller's own span stands, where it follows the request across services.
    pub parent: Option<Parent>,
    /// What it wants of the cache.
    pub cache_control: CacheControl,
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
    /// A quota has no room for it.
    #[error("{}", told(.0))]
    Quota(QuotaRefusal),
    /// The guard refused it: what it found, by category.
    #[error("the guard refused the request: {0}")]
    Blocked(String),
    /// The guard came to no end with it.
    #[error("the guard came to no end with the request")]
    Unguarded,
    /// Those who count together cannot.
    #[error("quotas cannot be counted at the moment")]
    CountersAway,
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
            Self::Blocked(_) => {
                "leave out what was found, or ask whoever runs this service if it is a mistake"
            }
            Self::Unguarded => "try again",
            Self::Unreachable { .. } | Self::Broken { .. } | Self::Failed { .. } | Self::Garbled { .. } => {
                "try again; see `GET /ready` for the backends"
            }
            Self::Quota(refusal) if refusal.window == Window::Streams => "wait until an answer has ended",
            Self::Quota(_) => "ask for less with `max_tokens`, or wait for the window to begin anew",
            Self::Busy { .. } | Self::CountersAway => "try again in a moment",
            Self::TimedOut { .. } => "try again, or raise the route's limit",
        }
    }

    /// How many seconds to wait before trying again, where that is known.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Busy { retry_after_s, .. } => *retry_after_s,
            Self::Quota(refusal) => Some(refusal.resets_in_s),
            _ => None,
        }
    }

    /// Headers that go with it over HTTP: what is left of a quota.
    pub fn headers(&self) -> Vec<(String, String)> {
        let Self::Quota(refusal) = self else { return Vec::new() };
        let QuotaRefusal { window, limit, left, resets_in_s, .. } = *refusal;
        let mut headers = match window {
            Window::Streams => Vec::new(),
            _ => rate_limits(&Headroom { limit, left, resets_in_s }),
        };
        if window == Window::Month {
            // Clients of OpenAI's try again by themselves, which is of no use here.
            headers.push(("x-should-retry".into(), "false".into()));
        }
        headers
    }

    /// Whether the model's servers are why there is no answer.
    pub(crate) fn is_servers(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Broken { .. }
            | Self::Busy { .. }
            | Self::Failed { .. }
            | Self::Garbled { .. }
            | Self::TimedOut { .. } => true,
            Self::Request(_)
            | Self::UnknownModel(_)
            | Self::Quota(_)
            | Self::Blocked(_)
            | Self::CountersAway
            | Self::Unguarded => false,
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

fn told(refusal: &QuotaRefusal) -> String {
    let QuotaRefusal { account, window, limit, left, asked, .. } = refusal;
    // Who pays is told by kind: a key's id means nothing to its holder.
    let whose = account.split(':').next().unwrap_or_default();
    match window {
        Window::Streams => format!("the {whose} has {limit} requests under way, which is its limit"),
        window => format!(
            "the {whose} has {left} of {limit} tokens left for this {}, and the request needs {asked}",
            window.as_str()
        ),
    }
}
