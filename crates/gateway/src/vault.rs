//! Owns the values that tokens stand for: sealed under a key, in the state database.
//!
//! Two keys come of the one that is given: tokens are made with one, so that nobody without it can guess a value and
//! see it by its token, and values are sealed with the other. The database alone gives neither.

use std::collections::{BTreeMap, BTreeSet};

use access::PrivateText;
use guard::Style;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use store::sqlx::{self, Row};
use store::{Database, StoreError};

use crate::{GatewayError, schema};

/// The shortest key, in bytes: what `openssl rand -base64 32` gives is longer.
const KEY_BYTES_MIN: usize = 32;
/// What each of the two keys is for, as BLAKE3 tells keys apart.
const NAMING: &str = "patou 2026-11-25 names of guarded values";
const SEALING: &str = "patou 2026-11-25 seal of guarded values";

/// What tokens are made with: nobody without it can guess a value and see it by its token.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    /// Of the key for values.
    ///
    /// # Errors
    ///
    /// [`GatewayError::WeakKey`] when it is short.
    pub fn new(key: &PrivateText) -> Result<Self, GatewayError> {
        let key = key.reveal().as_bytes();
        if key.len() < KEY_BYTES_MIN {
            return Err(GatewayError::WeakKey { bytes: key.len(), least: KEY_BYTES_MIN });
        }
        Ok(Self(blake3::derive_key(NAMING, key)))
    }

    /// How to redact with it.
    pub fn style(&self) -> Style {
        Style::Tokens(self.0)
    }
}

/// Values by their tokens.
pub struct Vault {
    database: Database,
    naming: TokenKey,
    sealing: LessSafeKey,
}

/// A text with its values put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The text.
    pub text: String,
    /// How many tokens stayed, since no value is known for them under this key.
    pub unknown: usize,
}

impl Vault {
    /// The values in `database`, its tables brought up to date.
    ///
    /// # Errors
    ///
    /// [`GatewayError::WeakKey`] when the key is short; [`GatewayError`] when the tables cannot be prepared.
    pub async fn open(database: Database, key: &PrivateText) -> Result<Self, GatewayError> {
        let naming = TokenKey::new(key)?;
        database.migrate(&schema::MIGRATIONS).await?;
        let key = blake3::derive_key(SEALING, key.reveal().as_bytes());
        let sealing = UnboundKey::new(&CHACHA20_POLY1305, &key);
        let sealing = sealing.map_err(|_| GatewayError::Seal)?;
        Ok(Self { database, naming, sealing: LessSafeKey::new(sealing) })
    }

    /// How to redact with tokens that this one can keep.
    pub fn style(&self) -> Style {
        self.naming.style()
    }

    /// Keeps the values of tokens, all at once. Those that are kept already stay.
    ///
    /// # Errors
    ///
    /// [`GatewayError`] when the database refuses, in which case none of them is kept.
    pub async fn keep(&self, values: &BTreeMap<String, String>) -> Result<(), GatewayError> {
        let mut transaction = self.database.begin().await?;
        for (token, value) in values {
            sqlx::query(
                "INSERT INTO gateway_values (token, sealed) VALUES ($1, $2) ON CONFLICT (token) DO NOTHING",
            )
            .bind(token)
            .bind(self.sealed(token, value)?)
            .execute(transaction.connection())
            .await
            .map_err(StoreError::query("keep a value"))?;
        }
        Ok(transaction.commit().await?)
    }

    /// Puts the values back whose tokens are in a text.
    ///
    /// # Errors
    ///
    /// [`GatewayError::Sealed`] when a value was sealed under another key or is damaged; [`GatewayError`] when the
    /// database cannot be read.
    pub async fn restore(&self, text: &str) -> Result<Restored, GatewayError> {
        let mut values = BTreeMap::new();
        let mut unknown = 0;
        for token in guard::tokens_in(text).collect::<BTreeSet<_>>() {
            let row = sqlx::query("SELECT sealed FROM gateway_values WHERE token = $1")
                .bind(token)
                .fetch_optional(self.database.pool())
                .await
                .map_err(StoreError::query("read a value"))?;
            match row {
                Some(row) => {
                    values.insert(token, self.opened(token, row.get(0))?);
                }
                None => unknown += 1,
            }
        }
        Ok(Restored { text: guard::restore(text, |token| values.get(token).map(String::as_str)), unknown })
    }

    /// A nonce, and the value sealed with it for its token.
    fn sealed(&self, token: &str, value: &str) -> Result<Vec<u8>, GatewayError> {
        let nonce: [u8; NONCE_LEN] = runtime::random_bytes().map_err(GatewayError::Random)?;
        let mut sealed = value.as_bytes().to_vec();
        self.sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(token.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| GatewayError::Seal)?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn opened(&self, token: &str, sealed: Vec<u8>) -> Result<String, GatewayError> {
        let failed = || GatewayError::Sealed(token.to_owned());
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(failed)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.sealing.open_in_place(nonce, Aad::from(token.as_bytes()), &mut sealed);
        String::from_utf8(opened.map_err(|_| failed())?.to_vec()).map_err(|_| failed())
    }
}

#[cfg(test)]
mod tests {
    use guard::{Guard, Kind, Redactor, Tier};

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const TEXT: &str = "Write to ada@house.eu; pay with 4111 1111 1111 1111; ada@house.eu answers.";

    async fn vault(database: &Database, key: &str) -> Vault {
        Vault::open(database.clone(), &PrivateText::new(key)).await.unwrap()
    }

    fn redacted(vault: &Vault) -> (String, BTreeMap<String, String>) {
        let guard = Guard::default();
        let verdict = guard.scan(Kind::Prompt, TEXT);
        let mut redactor = Redactor::new(vault.style());
        let text = redactor.redact_scanned(TEXT, &verdict, (&guard, Kind::Prompt, Tier::All));
        (text, redactor.tokens().clone())
    }

    #[tokio::test]
    async fn values_come_back_under_their_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open_sqlite(&folder.path().join("state.db")).await.unwrap();
        let own = vault(&database, KEY).await;
        let (text, values) = redacted(&own);
        assert!(!text.contains("ada@") && !text.contains("4111"), "{text}");
        assert_eq!(own.restore(&text).await.unwrap(), Restored { text: text.clone(), unknown: 2 });
        own.keep(&values).await.unwrap();
        own.keep(&values).await.unwrap();
        assert_eq!(own.restore(&text).await.unwrap(), Restored { text: TEXT.into(), unknown: 0 });
        assert_eq!(redacted(&vault(&database, KEY).await).0, text, "a value keeps its token");

        let other = vault(&database, &KEY.replace('0', "x")).await;
        assert_ne!(redacted(&other).0, text);
        let refused = other.restore(&text).await.unwrap_err();
        assert!(matches!(refused, GatewayError::Sealed(_)), "{refused}");
        let rows = sqlx::query("SELECT sealed FROM gateway_values").fetch_all(database.pool()).await.unwrap();
        assert!(rows.iter().all(|row| !row.get::<Vec<u8>, _>(0).windows(4).any(|bytes| bytes == b"ada@")));
        // One token's value cannot be passed off as another's.
        sqlx::query("UPDATE gateway_values SET sealed = (SELECT max(sealed) FROM gateway_values)")
            .execute(database.pool())
            .await
            .unwrap();
        assert!(matches!(own.restore(&text).await, Err(GatewayError::Sealed(_))));
        let weak = Vault::open(database, &PrivateText::new("short")).await;
        assert!(matches!(weak, Err(GatewayError::WeakKey { bytes: 5, .. })));
    }
}
