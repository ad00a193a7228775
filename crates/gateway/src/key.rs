//! API keys: what one is, what it allows, and the secret that stands for it.

use std::collections::BTreeSet;
use std::fmt;

use access::{Principal, PrivateText, Reader};
use serde::{Deserialize, Serialize};

use crate::{GatewayError, Limits};

mod ring;
mod table;

pub use ring::KeyRing;

/// What a secret begins with, so that scanners and people know one when they see it.
const SECRET_PREFIX: &str = "patou-";
/// How much of a secret is shown in lists, in characters.
const SHOWN_CHARS: usize = 12;
/// Separates this use of the hash from every other.
const DIGEST_CONTEXT: &str = "patou 2026-11 api key digest";

/// What a key allows. Reading what its principals may read takes no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Adding documents and making collections.
    Ingest,
    /// Removing documents and collections.
    Delete,
    /// Seeing what is held back, and deciding on it.
    Release,
    /// Everything, keys and settings too; reads every document whose access list is known.
    Admin,
}

/// The roles by name.
const ROLES: &[(Role, &str)] =
    &[(Role::Ingest, "ingest"), (Role::Delete, "delete"), (Role::Release, "release"), (Role::Admin, "admin")];

/// What whoever makes a key says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySpec {
    /// What people call it.
    pub name: String,
    /// Who pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// In whose name it reads documents.
    #[serde(default)]
    pub principals: BTreeSet<Principal>,
    /// What else it allows.
    #[serde(default)]
    pub roles: BTreeSet<Role>,
    /// How much it may use.
    #[serde(default)]
    pub limits: Limits,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Names it for good, through every rotation.
    pub id: String,
    /// What it is for.
    pub spec: KeySpec,
    /// The beginnings of its secrets, the newest first.
    pub prefixes: Vec<String>,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// When it ends by itself: microseconds since 1970.
    pub expires_at: Option<i64>,
    /// When it was ended: microseconds since 1970.
    pub revoked_at: Option<i64>,
}

/// A secret that stands for a key. It is shown once, where it is made, and never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(PrivateText);

/// A key just made, or rotated, with its secret.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The key.
    pub key: Key,
    /// Its new secret.
    pub secret: Secret,
}

/// Why a secret opens nothing. Told to whoever holds it, and to nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// No key has it.
    #[error("the API key is not known")]
    Unknown,
    /// Its time is over, or its key's.
    #[error("the API key has expired")]
    Expired,
    /// Its key was revoked.
    #[error("the API key was revoked")]
    Revoked,
}

impl Role {
    /// The name that commands and JSON use.
    pub fn as_str(self) -> &'static str {
        ROLES.iter().find(|(role, _)| *role == self).map_or("admin", |(_, name)| name)
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ROLES.iter().find(|(_, name)| *name == text).map(|(role, _)| *role);
        known.ok_or_else(|| {
            let names: Vec<String> = ROLES.iter().map(|(_, name)| format!("`{name}`")).collect();
            format!("`{text}` is no role; there are {}", names.join(", "))
        })
    }
}

impl Key {
    /// Whether it allows what a role is for.
    pub fn may(&self, role: Role) -> bool {
        self.spec.roles.contains(&role) || self.spec.roles.contains(&Role::Admin)
    }

    /// Whose documents it reads: an administrator's sees all but those whose list is unknown.
    pub fn reader(&self) -> Reader {
        if self.may(Role::Admin) {
            Reader::Operator
        } else {
            Reader::Principals(self.spec.principals.clone())
        }
    }

    /// Whether it is good at that moment.
    ///
    /// # Errors
    ///
    /// [`KeyRefusal`] that says what ended it.
    pub fn check(&self, now_micros: i64) -> Result<(), KeyRefusal> {
        match (self.revoked_at, self.expires_at) {
            (Some(at), _) if at <= now_micros => Err(KeyRefusal::Revoked),
            (_, Some(at)) if at <= now_micros => Err(KeyRefusal::Expired),
            _ => Ok(()),
        }
    }
}

impl Secret {
    /// A secret of 256 random bits.
    pub(crate) fn new() -> Result<Self, GatewayError> {
        let random = runtime::new_secret().map_err(GatewayError::Random)?;
        Ok(Self(PrivateText::new(format!("{SECRET_PREFIX}{random}"))))
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    fn shown(&self) -> String {
        self.reveal().chars().take(SHOWN_CHARS).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}…)", self.shown())
    }
}

/// What is kept of a secret: a hash keyed to this use. A secret has 256 random bits, so that nothing is gained by a
/// slow hash.
fn digest(secret: &str) -> [u8; 32] {
    blake3::derive_key(DIGEST_CONTEXT, secret.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_its_beginning_alone() {
        let secret = Secret::new().unwrap();
        assert_eq!(secret.reveal().len(), SECRET_PREFIX.len() + 64);
        assert_ne!(secret, Secret::new().unwrap());
        let printed = format!("{secret:?}");
        assert!(printed.starts_with("Secret(patou-") && printed.len() < 32, "{printed}");
    }

    #[test]
    fn roles_have_names_and_an_administrator_has_all() {
        let key = |roles: &[&str]| Key {
            id: "k".into(),
            spec: KeySpec {
                roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
                ..KeySpec::default()
            },
            prefixes: Vec::new(),
            created_at: 0,
            expires_at: Some(10),
            revoked_at: None,
        };
        assert!(key(&["admin"]).may(Role::Delete) && key(&["delete"]).may(Role::Delete));
        assert!(!key(&["ingest"]).may(Role::Delete));
        assert_eq!(key(&["admin"]).reader(), Reader::Operator);
        assert_eq!(key(&["ingest"]).reader(), Reader::Principals(BTreeSet::new()));
        assert_eq!((key(&[]).check(9), key(&[]).check(10)), (Ok(()), Err(KeyRefusal::Expired)));
        assert!("root".parse::<Role>().unwrap_err().contains("`ingest`"));
    }
}
