//! What `patou key` takes.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

/// How much a key may use.
#[derive(Clone, Debug, Serialize, Deserialize, Args)]
pub struct KeyLimits {
    /// Tokens that it may use in a minute; as many as it likes without
    #[arg(long, value_name = "TOKENS")]
    tokens_per_minute: Option<u64>,
    /// Tokens that it may use in a calendar month
    #[arg(long, value_name = "TOKENS")]
    tokens_per_month: Option<u64>,
    /// Requests that it may have under way at once
    #[arg(long, value_name = "COUNT")]
    streams: Option<u32>,
}

impl From<KeyLimits> for platform::Limits {
    fn from(limits: KeyLimits) -> Self {
        let KeyLimits { tokens_per_minute, tokens_per_month, streams } = limits;
        Self { tokens_per_minute, tokens_per_month, streams }
    }
}

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Keys {
    /// Make a key; its secret is shown this once
    #[command(
        after_help = "Example: patou key create \"Ada's notebook\" --as user:ada --as group:legal --days 90"
    )]
    Create {
        /// What it is for
        name: String,
        /// Who pays
        #[arg(long, value_name = "TEAM")]
        team: Option<String>,
        /// In whose name it reads: user:NAME, group:NAME or app:NAME; public documents alone without one
        #[arg(long = "as", value_name = "PRINCIPAL")]
        principals: Vec<String>,
        /// What it allows beside asking: ingest, delete, release or admin
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// How many days it is good; for good without
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
        #[command(flatten)]
        limits: KeyLimits,
    },
    /// List the keys
    #[command(after_help = "Example: patou key list")]
    List,
    /// Give a key another secret
    #[command(after_help = "Example: patou key rotate ID --overlap-seconds 86400")]
    Rotate {
        /// The key
        id: String,
        /// How long the secret before goes on being good
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        overlap_seconds: u64,
    },
    /// End a key: within a second no server takes it
    #[command(after_help = "Example: patou key revoke ID")]
    Revoke {
        /// The key
        id: String,
    },
}
