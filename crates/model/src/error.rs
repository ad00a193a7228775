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
}
