//! Keys as JSON. A secret is in the answer to whoever made it, and in no other.

use platform::{Key as Held, NewKey};
use serde::Serialize;
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
    /// How its secrets begin, the newest first.
    pub prefixes: Vec<String>,
    /// Seconds since 1970.
    pub created_at: i64,
    /// When it ends by itself, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// When it was ended, in seconds since 1970.
    pub revoked_at: Option<i64>,
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
