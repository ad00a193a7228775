//! What can go wrong with keys and the book of usage.

use store::StoreError;

/// Why something about keys or usage could not be done.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The state database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such key.
    #[error("there is no key `{0}`")]
    UnknownKey(String),
    /// A key that is revoked or has expired cannot be changed.
    #[error("the key `{0}` is no longer valid")]
    Ended(String),
    /// The system gives no random bytes.
    #[error("cannot make a secret")]
    Random(#[source] runtime::RandomError),
    /// The key that values are kept under is too short to be one.
    #[error("the key that values are kept under has {bytes} bytes, and takes {least}")]
    WeakKey {
        /// How many it has.
        bytes: usize,
        /// How many it takes.
        least: usize,
    },
    /// A value cannot be sealed.
    #[error("cannot seal a value")]
    Seal,
    /// A value was sealed under another key, or is damaged.
    #[error("the value of `{0}` does not open: it was kept under another key, or is damaged")]
    Sealed(String),
    /// What stands in the database cannot be read.
    #[error("the key `{id}` is damaged in the state database")]
    Damaged {
        /// The key.
        id: String,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
}

impl GatewayError {
    /// The remedy.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(_) | Self::Random(_) => "check the disk and the state database, then try again",
            Self::UnknownKey(_) => "see `patou key list`",
            Self::Ended(_) => "make another with `patou key create`",
            Self::WeakKey { .. } | Self::Seal => "make one with `openssl rand -base64 32`",
            Self::Sealed(_) => {
                "set `guard.values_key_env` or `guard.values_key_file` to the key of that time"
            }
            Self::Damaged { .. } => "revoke it and make another",
        }
    }
}
