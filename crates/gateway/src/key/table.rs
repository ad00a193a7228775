//! Keys in the state database.

use std::collections::HashMap;

use store::sqlx::{self, Row, any::AnyRow};
use store::{Database, StoreError, Transaction};

use super::{Key, KeySpec, Secret, digest};
use crate::{GatewayError, schema};

/// The key tables of a state database.
#[derive(Clone)]
pub(super) struct KeyTable {
    database: Database,
}

/// A secret as it is kept.
pub(super) struct KeptSecret {
    pub digest: [u8; 32],
    pub key_id: String,
    pub expires_at: Option<i64>,
}

/// Every key with its secrets, and the number of the change that made them so.
pub(super) struct Everything {
    pub number: i64,
    pub keys: Vec<Key>,
    pub secrets: Vec<KeptSecret>,
}

impl KeyTable {
    pub(super) async fn open(database: Database) -> Result<Self, GatewayError> {
        database.migrate(&schema::MIGRATIONS).await?;
        Ok(Self { database })
    }

    /// The number of the last change.
    pub(super) async fn number(&self) -> Result<i64, GatewayError> {
        let row = sqlx::query("SELECT number FROM gateway_changes WHERE name = 'keys'")
            .fetch_one(self.database.pool())
            .await
            .map_err(StoreError::query("look for changed keys"))?;
        Ok(row.get(0))
    }

    /// Everything. The number is read first: what changes meanwhile is seen at the next look.
    pub(super) async fn everything(&self) -> Result<Everything, GatewayError> {
        let number = self.number().await?;
        let failed = || StoreError::query("read the keys");
        let pool = self.database.pool();
        let keys =
            sqlx::query("SELECT id, spec, created_at, expires_at, revoked_at FROM gateway_keys ORDER BY id")
                .fetch_all(pool)
                .await
                .map_err(failed())?;
        let secrets = sqlx::query(
            "SELECT digest, key_id, prefix, expires_at FROM gateway_secrets ORDER BY created_at DESC, digest",
        )
        .fetch_all(pool)
        .await
        .map_err(failed())?;
        let mut prefixes: HashMap<String, Vec<String>> = HashMap::new();
        let mut kept = Vec::new();
        for row in &secrets {
            let key_id: String = row.get(1);
            prefixes.entry(key_id.clone()).or_default().push(row.get(2));
            if let Some(digest) = bytes(row.get(0)) {
                kept.push(KeptSecret { digest, key_id, expires_at: row.get(3) });
            }
        }
        let keys = keys.iter().map(|row| key_from(row, &mut prefixes)).collect::<Result<_, _>>()?;
        Ok(Everything { number, keys, secrets: kept })
    }

    pub(super) async fn insert(&self, key: &Key, secret: &Secret) -> Result<(), GatewayError> {
        let mut transaction = self.database.begin().await?;
        sqlx::query("INSERT INTO gateway_keys (id, spec, created_at, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(&key.id)
            .bind(spec_text(&key.id, &key.spec)?)
            .bind(key.created_at)
            .bind(key.expires_at)
            .execute(transaction.connection())
            .await
            .map_err(StoreError::query("keep a key"))?;
        insert_secret(&mut transaction, &key.id, secret, key.created_at).await?;
        changed(transaction).await
    }

    /// Gives a key another secret; those before it end at `until`.
    pub(super) async fn rotate(
        &self,
        key_id: &str,
        secret: &Secret,
        now_and_until: (i64, i64),
    ) -> Result<(), GatewayError> {
        let (now, until) = now_and_until;
        let mut transaction = self.database.begin().await?;
        sqlx::query(
            "UPDATE gateway_secrets SET expires_at = $1 WHERE key_id = $2 AND (expires_at IS NULL OR expires_at > $1)",
        )
        .bind(until)
        .bind(key_id)
        .execute(transaction.connection())
        .await
        .map_err(StoreError::query("end a secret"))?;
        insert_secret(&mut transaction, key_id, secret, now).await?;
        changed(transaction).await
    }

    /// Ends a key; `false` where there is none, or it was ended before.
    pub(super) async fn revoke(&self, key_id: &str, now: i64) -> Result<bool, GatewayError> {
        let mut transaction = self.database.begin().await?;
        let done =
            sqlx::query("UPDATE gateway_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
                .bind(now)
                .bind(key_id)
                .execute(transaction.connection())
                .await
                .map_err(StoreError::query("revoke a key"))?;
        changed(transaction).await?;
        Ok(done.rows_affected() == 1)
    }
}

async fn insert_secret(
    transaction: &mut Transaction,
    key_id: &str,
    secret: &Secret,
    now: i64,
) -> Result<(), GatewayError> {
    sqlx::query("INSERT INTO gateway_secrets (digest, key_id, prefix, created_at) VALUES ($1, $2, $3, $4)")
        .bind(hex(&digest(secret.reveal())))
        .bind(key_id)
        .bind(secret.shown())
        .bind(now)
        .execute(transaction.connection())
        .await
        .map_err(StoreError::query("keep a secret's digest"))?;
    Ok(())
}

async fn changed(mut transaction: Transaction) -> Result<(), GatewayError> {
    sqlx::query("UPDATE gateway_changes SET number = number + 1 WHERE name = 'keys'")
        .execute(transaction.connection())
        .await
        .map_err(StoreError::query("count a change of keys"))?;
    Ok(transaction.commit().await?)
}

fn key_from(row: &AnyRow, prefixes: &mut HashMap<String, Vec<String>>) -> Result<Key, GatewayError> {
    let id: String = row.get(0);
    let spec: String = row.get(1);
    let spec: KeySpec =
        serde_json::from_str(&spec).map_err(|source| GatewayError::Damaged { id: id.clone(), source })?;
    let prefixes = prefixes.remove(&id).unwrap_or_default();
    Ok(Key { id, spec, prefixes, created_at: row.get(2), expires_at: row.get(3), revoked_at: row.get(4) })
}

fn spec_text(id: &str, spec: &KeySpec) -> Result<String, GatewayError> {
    serde_json::to_string(spec).map_err(|source| GatewayError::Damaged { id: id.to_owned(), source })
}

fn hex(digest: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*digest).to_hex().to_string()
}

fn bytes(hex: String) -> Option<[u8; 32]> {
    blake3::Hash::from_hex(hex).ok().map(|hash| *hash.as_bytes())
}
