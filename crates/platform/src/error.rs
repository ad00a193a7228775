//! Every error a front can meet, and the one table that says what each kind comes to.

use eval::EvalError;
use gateway::{CallError, GatewayError, KeyRefusal, RequestError, TokenRefusal};
use model::ModelError;
use rag::RagError;
use runtime::TaskError;
use store::StoreError;

/// What sort of failure an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The user asked for something that cannot be asked.
    WrongUse,
    /// What was asked for is not there, or not for this reader.
    NotFound,
    /// What was asked for does not go with what is there.
    Conflict,
    /// The one who asks has not said who it is.
    Unauthenticated,
    /// The one who asks may not do this.
    Forbidden,
    /// What was sent is larger than what is taken.
    TooLarge,
    /// There is more to do than can be done now.
    Busy,
    /// A quota is used up.
    QuotaExceeded,
    /// The guard refused what was sent.
    Blocked,
    /// Somebody else holds what is needed, or it cannot be reached.
    Unavailable,
    /// It took too long.
    TimedOut,
    /// Somebody else's server was asked, and its answer is none.
    BadGateway,
    /// It was tried and did not work.
    Failed,
}

/// Kind, code in JSON, HTTP status, exit code: the one table.
const KINDS: &[(ErrorKind, &str, u16, u8)] = &[
    (ErrorKind::WrongUse, "wrong_use", 400, 2),
    (ErrorKind::NotFound, "not_found", 404, 1),
    (ErrorKind::Conflict, "conflict", 409, 1),
    (ErrorKind::Unauthenticated, "unauthenticated", 401, 1),
    (ErrorKind::Forbidden, "forbidden", 403, 1),
    (ErrorKind::TooLarge, "too_large", 413, 1),
    (ErrorKind::Busy, "busy", 429, 1),
    (ErrorKind::QuotaExceeded, "quota_exceeded", 429, 1),
    // The code that Azure's clients know.
    (ErrorKind::Blocked, "content_filter", 400, 3),
    (ErrorKind::Unavailable, "unavailable", 503, 1),
    (ErrorKind::TimedOut, "timed_out", 504, 1),
    (ErrorKind::BadGateway, "bad_gateway", 502, 1),
    (ErrorKind::Failed, "failed", 500, 1),
];

impl ErrorKind {
    /// The code that JSON errors carry.
    pub fn code(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("failed", |(_, code, ..)| code)
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or(500, |(_, _, status, _)| *status)
    }

    /// The exit code of the command line.
    pub fn exit_code(self) -> u8 {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or(1, |(.., exit)| *exit)
    }
}

/// An error on its way to the user.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The home cannot be used.
    #[error("cannot {action} the home `{path}`: {why}")]
    Home {
        /// What was attempted.
        action: &'static str,
        /// The home, or the file in it.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// Another process holds the home.
    #[error("the home `{path}` is in use by another patou process{holder}")]
    HomeInUse {
        /// The home.
        path: String,
        /// Its process id, where that is known.
        holder: String,
    },
    /// The home was written by a newer program.
    #[error("the home `{path}` has schema version {found}, this patou knows up to {known}")]
    NewerHome {
        /// The home.
        path: String,
        /// The version there.
        found: u32,
        /// The version here.
        known: u32,
    },
    /// The configuration has problems.
    #[error("the configuration has {} problem{}: {}", .0.len(), if .0.len() == 1 { "" } else { "s" }, first(.0))]
    Config(Vec<crate::ConfigProblem>),
    /// An argument is not what it should be.
    #[error("{what}")]
    Argument {
        /// What is wrong with it.
        what: String,
        /// The remedy.
        hint: String,
    },
    /// A model that no stack serves was asked for.
    #[error("there is no model `{0}`")]
    UnknownModel(String),
    /// The HTTP client cannot be set up.
    #[error("cannot set up the connection to the stack's models")]
    Outbound(#[source] outbound::OutboundError),
    /// A file that the user named cannot be read or written.
    #[error("cannot {action} `{path}`: {source}")]
    File {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be parsed.
    #[error("cannot parse `{path}`")]
    Parse {
        /// The file.
        path: String,
        /// What the parser said.
        #[source]
        source: document::ParseError,
    },
    /// A file for an evaluation is not in its format.
    #[error("cannot use `{path}`")]
    Evaluation {
        /// The file.
        path: String,
        /// What is wrong.
        #[source]
        source: EvalError,
    },
    /// Ingestion, retrieval or answering failed.
    #[error(transparent)]
    Rag(RagError),
    /// The model failed.
    #[error(transparent)]
    Model(ModelError),
    /// The state database failed.
    #[error(transparent)]
    Store(StoreError),
    /// Keys or the book of usage failed.
    #[error(transparent)]
    Gateway(GatewayError),
    /// An API key opens nothing.
    #[error("{0}")]
    Key(KeyRefusal),
    /// A token opens nothing.
    #[error("{0}")]
    Token(TokenRefusal),
    /// A model behind the gateway gave no answer.
    #[error(transparent)]
    Call(CallError),
    /// A background task ended without a result.
    #[error(transparent)]
    Task(TaskError),
}

impl PlatformError {
    /// What sort of failure this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Argument { .. } => ErrorKind::WrongUse,
            Self::UnknownModel(_) => ErrorKind::NotFound,
            Self::HomeInUse { .. } => ErrorKind::Unavailable,
            Self::NewerHome { .. } => ErrorKind::Conflict,
            Self::Rag(error) => rag_kind(error),
            Self::Model(error) => model_kind(error),
            Self::Token(TokenRefusal::Overage) => ErrorKind::Forbidden,
            Self::Token(TokenRefusal::KeysUnavailable(_)) => ErrorKind::Unavailable,
            Self::Key(_) | Self::Token(_) => ErrorKind::Unauthenticated,
            Self::Call(error) => call_kind(error),
            Self::Gateway(GatewayError::UnknownKey(_)) => ErrorKind::NotFound,
            Self::Gateway(GatewayError::Ended(_)) => ErrorKind::Conflict,
            Self::Gateway(_)
            | Self::Home { .. }
            | Self::Config(_)
            | Self::Outbound(_)
            | Self::File { .. }
            | Self::Parse { .. }
            | Self::Evaluation { .. }
            | Self::Store(_)
            | Self::Task(_) => ErrorKind::Failed,
        }
    }

    /// The remedy; empty when the message says it all.
    pub fn hint(&self) -> String {
        match self {
            Self::Home { .. } => {
                "choose another with `--home DIR`, or check its permissions and space".into()
            }
            Self::HomeInUse { .. } => "wait until it is through, or use another `--home`".into(),
            Self::NewerHome { .. } => "use the newer patou that wrote it, or another `--home`".into(),
            Self::Config(_) => "see `patou config check`".into(),
            Self::Argument { hint, .. } => hint.clone(),
            Self::UnknownModel(_) => {
                "see `GET /v1/models`; `rag/COLLECTION` answers from a collection".into()
            }
            Self::Outbound(_) => "check the proxy settings and the system's certificates".into(),
            Self::File { .. } => "check the path and its permissions".into(),
            Self::Parse { source, .. } => source.hint().to_owned(),
            Self::Evaluation { .. } => "the file is read as BEIR or TREC writes it".into(),
            Self::Rag(error) => error.hint(),
            Self::Model(ModelError::MissingOffline { .. }) => {
                "run `patou model pull` once without `--offline`".into()
            }
            Self::Model(ModelError::Damaged { .. }) => "delete it and run `patou model pull`".into(),
            Self::Model(_) => "check the network or `model.hf_endpoint`, and run `patou model pull`".into(),
            Self::Gateway(error) => error.hint().to_owned(),
            Self::Call(error) => error.hint().to_owned(),
            Self::Token(refusal) => refusal.hint().to_owned(),
            Self::Key(_) => "ask whoever runs the server for a key: `patou key create`".into(),
            Self::Store(error) if error.is_disk_full() => "free some space and run the command again".into(),
            Self::Store(_) | Self::Task(_) => "run `patou doctor`".into(),
        }
    }

    /// How many seconds to wait before trying again, where that is known.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Model(ModelError::Busy { retry_after_s, .. })
            | Self::Rag(RagError::Chat(ModelError::Busy { retry_after_s, .. })) => *retry_after_s,
            Self::Call(error) => error.retry_after_s(),
            _ => None,
        }
    }

    /// Headers that go with it over HTTP: what is left of a quota.
    pub fn headers(&self) -> Vec<(String, String)> {
        match self {
            Self::Call(error) => error.headers(),
            _ => Vec::new(),
        }
    }

    /// Wraps a file error; made for `map_err`.
    pub(crate) fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File { action, path, source }
    }
}

impl From<RagError> for PlatformError {
    fn from(error: RagError) -> Self {
        Self::Rag(error)
    }
}

impl From<CallError> for PlatformError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<RequestError> for PlatformError {
    fn from(error: RequestError) -> Self {
        Self::Call(error.into())
    }
}

impl From<GatewayError> for PlatformError {
    fn from(error: GatewayError) -> Self {
        Self::Gateway(error)
    }
}

impl From<StoreError> for PlatformError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ModelError> for PlatformError {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

impl From<TaskError> for PlatformError {
    fn from(error: TaskError) -> Self {
        Self::Task(error)
    }
}

fn rag_kind(error: &RagError) -> ErrorKind {
    match error {
        RagError::CollectionName(_) | RagError::Filter(_) | RagError::NoVectors(_) => ErrorKind::WrongUse,
        RagError::UnknownCollection(_)
        | RagError::UnknownDocument { .. }
        | RagError::UnknownHeld { .. }
        | RagError::NoSuchInput(_) => ErrorKind::NotFound,
        RagError::CollectionExists(_) | RagError::Decided { .. } | RagError::OtherEmbedder { .. } => {
            ErrorKind::Conflict
        }
        RagError::Model(error) | RagError::Chat(error) => model_kind(error),
        RagError::Listing { .. }
        | RagError::Damaged { .. }
        | RagError::Index { .. }
        | RagError::Store(_)
        | RagError::Task(_) => ErrorKind::Failed,
    }
}

fn call_kind(error: &CallError) -> ErrorKind {
    match error {
        CallError::Request(_) => ErrorKind::WrongUse,
        CallError::Blocked(_) => ErrorKind::Blocked,
        CallError::Unguarded => ErrorKind::Failed,
        CallError::UnknownModel(_) => ErrorKind::NotFound,
        CallError::Unreachable { .. } | CallError::Failed { .. } | CallError::CountersAway => {
            ErrorKind::Unavailable
        }
        CallError::Busy { .. } => ErrorKind::Busy,
        CallError::Quota(_) => ErrorKind::QuotaExceeded,
        CallError::TimedOut { .. } => ErrorKind::TimedOut,
        CallError::Broken { .. } | CallError::Garbled { .. } => ErrorKind::BadGateway,
    }
}

fn model_kind(error: &ModelError) -> ErrorKind {
    match error {
        ModelError::MissingOffline { .. }
        | ModelError::Unreachable { .. }
        | ModelError::Unavailable { .. }
        | ModelError::Denied { .. } => ErrorKind::Unavailable,
        ModelError::Busy { .. } => ErrorKind::Busy,
        ModelError::TimedOut { .. } => ErrorKind::TimedOut,
        ModelError::Damaged { .. }
        | ModelError::File { .. }
        | ModelError::Rejected { .. }
        | ModelError::Failed { .. } => ErrorKind::Failed,
    }
}

fn first(problems: &[crate::ConfigProblem]) -> String {
    problems.first().map(ToString::to_string).unwrap_or_default()
}
