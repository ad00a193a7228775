//! The keys that are good now, in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use runtime::Clock;
use store::Database;

use super::table::{Everything, KeyTable};
use super::{Key, KeyRefusal, KeySpec, NewKey, Secret, digest};
use crate::GatewayError;

/// How long the keys in memory count before the database is asked whether they changed: what another process
/// revokes is refused within a second.
const FRESH_MICROS: i64 = 500_000;

/// Every key of a state database, looked up without asking it.
pub struct KeyRing {
    table: KeyTable,
    clock: Arc<dyn Clock>,
    known: RwLock<Arc<Known>>,
    refreshing: tokio::sync::Mutex<()>,
}

/// What was read of the database, and when.
struct Known {
    number: i64,
    seen_at: AtomicI64,
    by_digest: HashMap<[u8; 32], (Arc<Key>, Option<i64>)>,
    keys: Vec<Arc<Key>>,
}

impl KeyRing {
    /// The keys in `database`, its tables brought up to date.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the tables cannot be prepared or read.
    pub async fn open(database: Database, clock: Arc<dyn Clock>) -> Result<Self, GatewayError> {
        let table = KeyTable::open(database).await?;
        let known = Arc::new(Known::of(table.everything().await?, clock.now_micros()));
        Ok(Self { table, clock, known: RwLock::new(known), refreshing: tokio::sync::Mutex::default() })
    }

    /// The key that a secret stands for.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the database cannot be asked: then nobody is let in. The inner [`KeyRefusal`] says why
    /// the secret opens nothing.
    pub async fn admit(&self, secret: &str) -> Result<Result<Arc<Key>, KeyRefusal>, GatewayError> {
        let known = self.fresh().await?;
        let now = self.clock.now_micros();
        // Hashes are compared, never secrets: how long it takes tells nothing of a secret.
        let Some((key, secret_ends)) = known.by_digest.get(&digest(secret)) else {
            return Ok(Err(KeyRefusal::Unknown));
        };
        if let Err(refusal) = key.check(now) {
            return Ok(Err(refusal));
        }
        if secret_ends.is_some_and(|at| at <= now) {
            return Ok(Err(KeyRefusal::Expired));
        }
        Ok(Ok(Arc::clone(key)))
    }

    /// Every key, those that are over too, in the order they were made.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the database cannot be read.
    pub async fn list(&self) -> Result<Vec<Arc<Key>>, GatewayError> {
        self.refresh().await?;
        Ok(self.known().keys.clone())
    }

    /// Makes a key. `expires_at` is in microseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when it cannot be kept.
    pub async fn create(&self, spec: KeySpec, expires_at: Option<i64>) -> Result<NewKey, GatewayError> {
        let secret = Secret::new()?;
        let key = Key {
            id: runtime::new_id(),
            spec,
            prefixes: vec![secret.shown()],
            created_at: self.clock.now_micros(),
            expires_at,
            revoked_at: None,
        };
        self.table.insert(&key, &secret).await?;
        self.refresh().await?;
        Ok(NewKey { key, secret })
    }

    /// Gives a key another secret. Those it has go on for `overlap_micros`.
    ///
    /// # Errors
    ///
    /// [`GatewayError::UnknownKey`], [`GatewayError::Ended`], or that it cannot be kept.
    pub async fn rotate(&self, id: &str, overlap_micros: i64) -> Result<NewKey, GatewayError> {
        let now = self.clock.now_micros();
        self.find(id).await?.check(now).map_err(|_| GatewayError::Ended(id.to_owned()))?;
        let secret = Secret::new()?;
        self.table.rotate(id, &secret, (now, now.saturating_add(overlap_micros))).await?;
        let key = self.find(id).await?;
        Ok(NewKey { key: Key::clone(&key), secret })
    }

    /// Ends a key at once. One that was ended before stays so.
    ///
    /// # Errors
    ///
    /// [`GatewayError::UnknownKey`], or that it cannot be kept.
    pub async fn revoke(&self, id: &str) -> Result<Arc<Key>, GatewayError> {
        self.find(id).await?;
        self.table.revoke(id, self.clock.now_micros()).await?;
        self.find(id).await
    }

    async fn find(&self, id: &str) -> Result<Arc<Key>, GatewayError> {
        let found = self.list().await?.into_iter().find(|key| key.id == id);
        found.ok_or_else(|| GatewayError::UnknownKey(id.to_owned()))
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known, no older than it may be. One caller asks the database; those beside it wait for the answer.
    async fn fresh(&self) -> Result<Arc<Known>, GatewayError> {
        let is_fresh = |known: &Known| {
            let age = self.clock.now_micros() - known.seen_at.load(Ordering::SeqCst);
            (0..FRESH_MICROS).contains(&age)
        };
        let known = self.known();
        if is_fresh(&known) {
            return Ok(known);
        }
        let _one = self.refreshing.lock().await;
        let known = self.known();
        if is_fresh(&known) {
            return Ok(known);
        }
        let seen_at = self.clock.now_micros();
        if self.table.number().await? == known.number {
            known.seen_at.store(seen_at, Ordering::SeqCst);
            return Ok(known);
        }
        Ok(self.keep(Known::of(self.table.everything().await?, seen_at)))
    }

    async fn refresh(&self) -> Result<(), GatewayError> {
        let _one = self.refreshing.lock().await;
        let seen_at = self.clock.now_micros();
        self.keep(Known::of(self.table.everything().await?, seen_at));
        Ok(())
    }

    fn keep(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&known);
        known
    }
}

impl Known {
    fn of(read: Everything, seen_at: i64) -> Self {
        let keys: Vec<Arc<Key>> = read.keys.into_iter().map(Arc::new).collect();
        let by_id: HashMap<&str, &Arc<Key>> = keys.iter().map(|key| (key.id.as_str(), key)).collect();
        let by_digest = read
            .secrets
            .iter()
            .filter_map(|secret| {
                let key = by_id.get(secret.key_id.as_str())?;
                Some((secret.digest, (Arc::clone(key), secret.expires_at)))
            })
            .collect();
        Self { number: read.number, seen_at: AtomicI64::new(seen_at), by_digest, keys }
    }
}
