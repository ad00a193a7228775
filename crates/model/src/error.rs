//! What can go wrong with any model.

/// Why a model gave no result. `Display` never holds the text that was given to the model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The model's files are not here, and fetching them was not allowed.
    #[error("model `{model}` is not in `{place}` and `--offline` forbids fetching it")]
    MissingOffline {
        /// The model's name.
        model: String,
        /// Where it was looked for.
        place: String,
    },
    /// The model's files could not be fetched from any of their sources.
    #[error("cannot fetch model `{model}`: {why}")]
    Unreachable {
        /// The model's name.
        model: String,
        /// What each source answered.
        why: String,
    },
    /// A file of the model is damaged or not what it should be.
    #[error("model file `{path}` is damaged: {why}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Reading or writing a file of the model failed.
    #[error("cannot {action} model file `{path}`")]
    File {
        /// What was attempted: `read`, `write`, `rename`.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The model was given something it cannot take, or failed while computing.
    #[error("model `{model}` failed: {why}")]
    Failed {
        /// The model's name.
        model: String,
        /// What happened.
        why: String,
    },
    /// The model's server cannot be reached, or says that it cannot serve now.
    #[error("the server of model `{model}` cannot be reached or is not ready: {why}")]
    Unavailable {
        /// The model's name.
        model: String,
        /// What happened.
        why: String,
    },
    /// The model's server has more to do than it can.
    #[error("the server of model `{model}` is busy")]
    Busy {
        /// The model's name.
        model: String,
        /// How many seconds to wait, where the server says.
        retry_after_s: Option<u64>,
    },
    /// The model's server did not say anything for too long.
    #[error("the server of model `{model}` sent nothing for {waited_s} s")]
    TimedOut {
        /// The model's name.
        model: String,
        /// How long was waited.
        waited_s: u64,
    },
    /// The model's server refuses the key.
    #[error("the server of model `{model}` refused the key (status {status})")]
    Denied {
        /// The model's name.
        model: String,
        /// The HTTP status, 401 or 403.
        status: u16,
    },
    /// The model's server refuses the request.
    #[error("the server of model `{model}` refused the request (status {status}{code})")]
    Rejected {
        /// The model's name.
        model: String,
        /// The HTTP status.
        status: u16,
        /// The server's name for the reason, led by a comma; empty where it has none.
        code: String,
        /// The server's answer, for the one who wrote the request and nobody else: it may hold the prompt.
        original: access::PrivateText,
    },
}
