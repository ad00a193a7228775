//! `key`: who may call, and on what.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway::{Key, KeyRing, KeyRole, KeySpec, Limits, NewKey, TokenVerifier};
use outbound::{AddressPolicy, Outbound, OutboundOptions};
use runtime::{Clock, SystemClock};
use store::Database;

use crate::parts::principals_from;
use crate::{Platform, PlatformError};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A key to make, as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct KeyCall {
    /// What people call it.
    pub name: String,
    /// Who pays.
    pub team: Option<String>,
    /// In whose name it reads.
    pub principals: Vec<String>,
    /// What else it allows.
    pub roles: Vec<String>,
    /// How long it is good, in seconds; `None` for good.
    pub seconds: Option<u64>,
    /// How much it may use.
    pub limits: Limits,
}

impl Platform {
    /// Makes a key. Its secret is told here and never again.
    ///
    /// # Errors
    ///
    /// [`PlatformError::Argument`] when a name, principal or role is none, else that it cannot be kept.
    pub async fn create_key(&self, call: &KeyCall) -> Result<NewKey, PlatformError> {
        let name = call.name.trim();
        if name.is_empty() {
            return Err(argument(
                "a key needs a name",
                "say what it is for: `patou key create \"nightly job\"`",
            ));
        }
        let roles: Result<BTreeSet<KeyRole>, String> = call.roles.iter().map(|role| role.parse()).collect();
        let spec = KeySpec {
            name: name.to_owned(),
            team: call.team.clone().filter(|team| !team.is_empty()),
            principals: principals_from(&call.principals)?.into_iter().collect(),
            roles: roles.map_err(|what| argument(&what, "leave roles out for a key that only asks"))?,
            limits: call.limits,
        };
        let expires_at = call.seconds.map(|seconds| SystemClock.now_micros().saturating_add(micros(seconds)));
        Ok(self.key_ring().await?.create(spec, expires_at).await?)
    }

    /// Every key, those that are over too.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when they cannot be read.
    pub async fn keys(&self) -> Result<Vec<Arc<Key>>, PlatformError> {
        Ok(self.key_ring().await?.list().await?)
    }

    /// Gives a key another secret; those it has go on for `overlap_seconds`.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no such key, it is over, or the change cannot be kept.
    pub async fn rotate_key(&self, id: &str, overlap_seconds: u64) -> Result<NewKey, PlatformError> {
        Ok(self.key_ring().await?.rotate(id, micros(overlap_seconds)).await?)
    }

    /// Ends a key: within a second, no server takes it any more.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no such key, or the change cannot be kept.
    pub async fn revoke_key(&self, id: &str) -> Result<Arc<Key>, PlatformError> {
        Ok(self.key_ring().await?.revoke(id).await?)
    }

    /// The key that a secret stands for.
    ///
    /// # Errors
    ///
    /// [`PlatformError::Key`] when the secret opens nothing; another when keys cannot be read, so that nobody is
    /// let in.
    pub async fn admit(&self, secret: &str) -> Result<Arc<Key>, PlatformError> {
        self.key_ring().await?.admit(secret).await?.map_err(PlatformError::Key)
    }

    /// The key that stands for the subject of an issuer's token.
    ///
    /// # Errors
    ///
    /// [`PlatformError::Token`] when the token opens nothing, or its issuer's keys cannot be had.
    pub async fn admit_token(&self, token: &str) -> Result<Arc<Key>, PlatformError> {
        self.token_verifier()?.admit(token).await.map_err(PlatformError::Token)
    }

    fn token_verifier(&self) -> Result<&TokenVerifier, PlatformError> {
        if let Some(verifier) = self.tokens.get() {
            return Ok(verifier);
        }
        let mut issuers = Vec::new();
        for own in self.require_settings()?.server.issuers.values() {
            // It is one that the operator named, wherever it stands.
            let options =
                OutboundOptions { addresses: AddressPolicy::AllowPrivate, ..OutboundOptions::default() };
            let outbound = Outbound::new(&options).map_err(PlatformError::Outbound)?;
            let fetch = gateway::fetched_from(outbound, &own.spec.issuer, &own.jwks_url);
            issuers.push((own.spec.clone(), fetch));
        }
        Ok(self.tokens.get_or_init(|| TokenVerifier::new(issuers, Arc::new(SystemClock))))
    }

    async fn key_ring(&self) -> Result<&KeyRing, PlatformError> {
        self.keys.get_or_try_init(|| Box::pin(self.open_keys())).await
    }

    async fn open_keys(&self) -> Result<KeyRing, PlatformError> {
        self.require_settings()?;
        let database = Database::open_sqlite(&self.home()?.state_database()).await?;
        Ok(KeyRing::open(database, Arc::new(SystemClock)).await?)
    }
}

fn argument(what: &str, hint: &str) -> PlatformError {
    PlatformError::Argument { what: what.to_owned(), hint: hint.to_owned() }
}

fn micros(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(MICROS_PER_SECOND)
}
