//! What can go wrong in ingestion, retrieval and answering.

use index::IndexError;
use model::ModelError;
use runtime::TaskError;
use store::StoreError;

/// Why a use case of this crate failed. One item's failure is no error of the run: it goes into the report.
#[derive(Debug, thiserror::Error)]
pub enum RagError {
    /// The text is no collection name.
    #[error("`{0}` is not a collection name")]
    CollectionName(String),
    /// There is no such collection.
    #[error("there is no collection `{0}`")]
    UnknownCollection(String),
    /// A collection of that name is there already.
    #[error("there is a collection `{0}` already")]
    CollectionExists(String),
    /// There is no such document, or the reader may not know of it.
    #[error("there is no document `{id}` in collection `{collection}`")]
    UnknownDocument {
        /// The collection that was looked in.
        collection: String,
        /// What was asked for.
        id: String,
    },
    /// Nothing of that id or source waits for a decision, or ever did.
    #[error("nothing in the quarantine of collection `{collection}` is called `{id}`")]
    UnknownHeld {
        /// The collection that was looked in.
        collection: String,
        /// What was asked for.
        id: String,
    },
    /// Somebody has decided on it already.
    #[error("`{id}` was {state} already")]
    Decided {
        /// What was asked for.
        id: String,
        /// `released` or `rejected`.
        state: &'static str,
    },
    /// The collection's vectors come from another embedder than the stack's.
    #[error("collection `{collection}` was made with embedder `{made_with}`, the stack has `{stack_has}`")]
    OtherEmbedder {
        /// The collection.
        collection: String,
        /// The embedder it fixes.
        made_with: String,
        /// The embedder at hand.
        stack_has: String,
    },
    /// What was to be ingested is not there.
    #[error("cannot ingest `{0}`: there is no such file or directory")]
    NoSuchInput(String),
    /// What was to be ingested cannot be listed.
    #[error("cannot list `{path}`: {why}")]
    Listing {
        /// The path or pattern.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// Dense search was asked for where there are no vectors.
    #[error("collection `{0}` has no vectors: it was made without an embedder")]
    NoVectors(String),
    /// Stored data is not what it should be.
    #[error("the registry of collection `{collection}` is damaged: {why}")]
    Damaged {
        /// The collection.
        collection: String,
        /// What was found.
        why: String,
    },
    /// The index failed.
    #[error("the index of collection `{collection}` failed")]
    Index {
        /// The collection.
        collection: String,
        /// What the index said.
        #[source]
        source: IndexError,
    },
    /// The filter does not fit the collection.
    #[error("cannot use the filter")]
    Filter(#[source] index::FilterError),
    /// The state database failed.
    #[error("the state database failed")]
    Store(#[source] StoreError),
    /// The embedder failed.
    #[error("the embedder failed")]
    Model(#[source] ModelError),
    /// The chat model failed.
    #[error("the chat model failed")]
    Chat(#[source] ModelError),
    /// A background task ended without a result.
    #[error("a background task failed")]
    Task(#[source] TaskError),
}

impl RagError {
    /// What the user can do about it; empty when the message says it all.
    pub fn hint(&self) -> String {
        match self {
            Self::CollectionName(_) => {
                "use lower-case letters, digits, `_` and `-`, at most 64, the first a letter or a digit"
                    .into()
            }
            Self::UnknownCollection(_) => {
                "see `patou collections list`; `patou ingest PATH --collection NAME` makes one".into()
            }
            Self::CollectionExists(_) => "choose another name, or delete it first".into(),
            Self::UnknownDocument { .. } => "see `patou documents list`".into(),
            Self::UnknownHeld { .. } => "see `patou quarantine list`".into(),
            Self::Decided { state, .. } if *state == "released" => {
                "delete the document to take it back: `patou documents delete`".into()
            }
            Self::Decided { .. } => "ingest it again after changing it".into(),
            Self::OtherEmbedder { collection, .. } => format!(
                "choose the stack, and with the local encoder the `precision`, that it was made with, or \
                 `patou collections delete {collection}` and ingest again"
            ),
            Self::NoSuchInput(_) => {
                "check the path; quote a pattern so that the shell leaves it alone".into()
            }
            Self::Listing { .. } => "check the path and its permissions".into(),
            Self::NoVectors(_) => "search it with `--mode lexical`".into(),
            Self::Damaged { .. } => "run `patou doctor`; delete the collection and ingest it again".into(),
            Self::Index { source, .. } => source.hint().to_string(),
            Self::Filter(source) => source.hint().to_string(),
            Self::Store(source) if source.is_disk_full() => {
                "free some space and run the command again".into()
            }
            Self::Store(StoreError::Newer { .. }) => "use the newer patou that wrote this home".into(),
            Self::Store(_) => "run `patou doctor`".into(),
            Self::Model(ModelError::MissingOffline { .. }) => {
                "run `patou model pull` once without `--offline`".into()
            }
            Self::Model(ModelError::Unreachable { .. }) => {
                "check the network or `model.hf_endpoint`, or copy the model into the home's `models` folder"
                    .into()
            }
            Self::Model(ModelError::Damaged { .. }) => "delete the file and run `patou model pull`".into(),
            Self::Chat(error) | Self::Model(error) => server_hint(error).into(),
            Self::Task(_) => String::new(),
        }
    }
}

/// What to do about a model behind a server.
fn server_hint(error: &ModelError) -> &'static str {
    match error {
        ModelError::Unavailable { .. } => "check that the server runs and that the stack's URL is right",
        ModelError::Busy { .. } => "try again in a moment",
        ModelError::TimedOut { .. } => "look at the server's load, or raise the stack's time limit",
        ModelError::Denied { .. } => "check the key that the stack's `api_key_env` or `api_key_file` names",
        ModelError::Rejected { .. } => {
            "check the model's name and its context length in the stack's settings"
        }
        _ => "",
    }
}

impl From<StoreError> for RagError {
    fn from(source: StoreError) -> Self {
        Self::Store(source)
    }
}
