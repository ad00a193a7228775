//! Keys as JSON. A secret is in the answer to whoever made it, and in no other.

use platform::{Key as Held, Limits, NewKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A key.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Key {
    /// Names it for good, through every rotation.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Who pays.
    pub team: Option<String>,
    /// In whose name it reads.
    pub principals: Vec<String>,
    /// What else it allows.
    pub roles: Vec<&'static str>,
    /// How much it may use.
    pub limits: KeyLimits,
    /// How its secrets begin, the newest first.
    pub prefixes: Vec<String>,
    /// Seconds since 1970.
    pub created_at: i64,
    /// When it ends by itself, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// When it was ended, in seconds since 1970.
    pub revoked_at: Option<i64>,
}

/// How much a key may use. What is absent is not limited.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyLimits {
    /// Tokens in a minute.
    #[serde(default)]
    pub tokens_per_minute: Option<u64>,
    /// Tokens in a calendar month.
    #[serde(default)]
    pub tokens_per_month: Option<u64>,
    /// Requests under way at once.
    #[serde(default)]
    pub streams: Option<u32>,
}

impl From<Limits> for KeyLimits {
    fn from(limits: Limits) -> Self {
        let Limits { tokens_per_minute, tokens_per_month, streams } = limits;
        Self { tokens_per_minute, tokens_per_month, streams }
    }
}

impl From<KeyLimits> for Limits {
    fn from(limits: KeyLimits) -> Self {
        let KeyLimits { tokens_per_minute, tokens_per_month, streams } = limits;
        Self { tokens_per_minute, tokens_per_month, streams }
    }
}

/// A key with its new secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyWithSecret {
    /// The key.
    #[serde(flatten)]
    pub key: Key,
    /// What to send as `Authorization: Bearer …`. It is shown this once.
    pub secret: String,
}

/// A key as JSON.
pub fn key(held: &Held) -> Key {
    let seconds = |micros: i64| micros.div_euclid(1_000_000);
    Key {
        id: held.id.clone(),
        name: held.spec.name.clone(),
        team: held.spec.team.clone(),
        principals: held.spec.principals.iter().map(ToString::to_string).collect(),
        roles: held.spec.roles.iter().map(|role| role.as_str()).collect(),
        limits: held.spec.limits.into(),
        prefixes: held.prefixes.clone(),
        created_at: seconds(held.created_at),
        expires_at: held.expires_at.map(seconds),
        revoked_at: held.revoked_at.map(seconds),
    }
}

/// A key just made, as JSON.
pub fn new_key(made: &NewKey) -> KeyWithSecret {
    KeyWithSecret { key: key(&made.key), secret: made.secret.reveal().to_owned() }
}
