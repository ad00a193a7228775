//! Tokens of OpenID providers: a signed JWT in, the key that stands for its subject out.
//!
//! Signatures are checked with public keys alone: no secret is known here that a token could be signed with, and
//! `none` is no algorithm. What a token says counts once its signature does.

use std::sync::Arc;

use quick_cache::sync::Cache;
use runtime::Clock;

use crate::key::{Key, KeySpec, Role};
use crate::quota::Limits;

mod claims;
mod jws;
mod keys;

pub use jws::Algorithm;
pub use keys::{FetchKeys, fetched_from};

use claims::Claims;
use jws::Jws;
use keys::IssuerKeys;

/// The longest token that is looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 16 << 10;
/// How many verified tokens are remembered.
const REMEMBERED: usize = 10_000;
/// Separates this use of the hash from every other.
const DIGEST_CONTEXT: &str = "patou 2026-11 token digest";
const MICROS_PER_SECOND: i64 = 1_000_000;

/// Whose tokens are taken, and what they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuerSpec {
    /// What the operator calls it.
    pub name: String,
    /// What stands in `iss`.
    pub issuer: String,
    /// Those in `aud` of which one has to be there.
    pub audiences: Vec<String>,
    /// The signatures that are taken.
    pub algorithms: Vec<Algorithm>,
    /// The claim that names the user.
    pub user_claim: String,
    /// The claims that hold groups and app roles.
    pub group_claims: Vec<String>,
    /// The claim that names the team that pays; empty for none.
    pub team_claim: String,
    /// What each group of the provider's may do here.
    pub roles: Vec<(Role, Vec<String>)>,
    /// How much each subject may use.
    pub limits: Limits,
    /// How far clocks may be apart, in seconds.
    pub leeway_s: u32,
}

/// Why a token opens nothing. Nothing of the token is in it that was not signed, but for the name of an algorithm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// It has not the shape of one.
    #[error("the token is no signed JWT: {0}")]
    Malformed(&'static str),
    /// It is longer than any provider's.
    #[error("the token is longer than {TOKEN_BYTES_MAX} bytes")]
    TooLong,
    /// It is signed in a way that is not taken, or not at all.
    #[error("the token's algorithm `{0}` is not taken")]
    Algorithm(String),
    /// Nobody that is trusted made it.
    #[error("the token's issuer is not known here")]
    UnknownIssuer,
    /// It is signed with a key that its issuer has not published.
    #[error("the issuer `{0}` has no such signing key")]
    UnknownKey(String),
    /// The signature is somebody else's.
    #[error("the token's signature is wrong")]
    Signature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
    /// It is for another service.
    #[error("the token is for another audience")]
    Audience,
    /// Something is missing in it, or is not what it should be.
    #[error("the token's claim `{0}` is missing, or is not what it should be")]
    Claim(String),
    /// It has too many groups to name them: who reads cannot be told.
    #[error("the token does not name its subject's groups: there are too many of them")]
    Overage,
    /// The issuer's keys cannot be had.
    #[error("the signing keys of the issuer `{0}` cannot be had")]
    KeysUnavailable(String),
}

impl TokenRefusal {
    /// The remedy.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Overage => {
                "have the provider put app roles, or only the groups assigned to the application, into tokens"
            }
            Self::KeysUnavailable(_) => "try again in a moment; see whether the server reaches the provider",
            Self::Expired | Self::NotYet => "get another token, and check the clocks",
            Self::Audience | Self::UnknownIssuer | Self::Algorithm(_) => {
                "get a token for this service; see `server.issuers` in its configuration"
            }
            _ => "get another token from the provider",
        }
    }
}

/// Every issuer that is trusted, with the tokens that were good lately.
pub struct TokenVerifier {
    issuers: Vec<Issuer>,
    clock: Arc<dyn Clock>,
    remembered: Cache<[u8; 32], Remembered>,
}

struct Issuer {
    spec: IssuerSpec,
    keys: Arc<IssuerKeys>,
}

/// A token that was verified, until it ends or its issuer's keys change.
#[derive(Clone)]
struct Remembered {
    key: Arc<Key>,
    issuer: usize,
    generation: u64,
    until_micros: i64,
}

impl TokenVerifier {
    /// One that trusts these issuers; each comes with what fetches its keys.
    pub fn new(issuers: Vec<(IssuerSpec, FetchKeys)>, clock: Arc<dyn Clock>) -> Self {
        let issuer = |(spec, fetch): (IssuerSpec, FetchKeys)| {
            let keys = Arc::new(IssuerKeys::new(spec.name.clone(), fetch, Arc::clone(&clock)));
            Issuer { spec, keys }
        };
        let issuers = issuers.into_iter().map(issuer).collect();
        Self { issuers, clock, remembered: Cache::new(REMEMBERED) }
    }

    /// The key that stands for a token's subject.
    ///
    /// # Errors
    ///
    /// [`TokenRefusal`] says why the token opens nothing.
    pub async fn admit(&self, token: &str) -> Result<Arc<Key>, TokenRefusal> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenRefusal::TooLong);
        }
        let digest = blake3::derive_key(DIGEST_CONTEXT, token.as_bytes());
        if let Some(key) = self.remembered(&digest) {
            return Ok(key);
        }
        let jws = Jws::read(token)?;
        let claims = Claims::read(&jws.payload)?;
        let named = claims.text("iss").ok_or(TokenRefusal::UnknownIssuer)?;
        let place = self.issuers.iter().position(|issuer| issuer.spec.issuer == named);
        let place = place.ok_or(TokenRefusal::UnknownIssuer)?;
        let Issuer { spec, keys } = &self.issuers[place];
        if !spec.algorithms.contains(&jws.algorithm) {
            return Err(TokenRefusal::Algorithm(jws.algorithm.as_str().to_owned()));
        }
        let set = keys.holding(jws.key_id.as_deref()).await?;
        set.verify(&jws, &spec.name)?;
        // From here on what stands in it is the issuer's own word.
        let until_micros = claims.check(spec, self.clock.now_micros())?;
        let key = Arc::new(claims.key(spec)?);
        let (issuer, generation) = (place, set.generation);
        self.remembered
            .insert(digest, Remembered { key: Arc::clone(&key), issuer, generation, until_micros });
        Ok(key)
    }

    fn remembered(&self, digest: &[u8; 32]) -> Option<Arc<Key>> {
        let found = self.remembered.get(digest)?;
        let keys = &self.issuers.get(found.issuer)?.keys;
        let is_good = self.clock.now_micros() < found.until_micros && keys.is_current(found.generation);
        is_good.then_some(found.key)
    }
}

impl Key {
    /// What whoever shows both a key and a token may do: the key pays, the token's subject reads, and a role has to be
    /// both's.
    #[must_use]
    pub fn with_token(&self, token: &Key) -> Key {
        let own = &self.spec;
        let both = |role: &Role| self.may(*role) && token.may(*role);
        Key {
            spec: KeySpec {
                name: own.name.clone(),
                team: own.team.clone().or_else(|| token.spec.team.clone()),
                principals: token.spec.principals.clone(),
                roles: own.roles.iter().chain(&token.spec.roles).copied().filter(both).collect(),
                limits: own.limits,
            },
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests;
