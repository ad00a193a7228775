//! An issuer's public keys: fetched when they are needed, kept while the issuer is away, and never asked for more often
//! than tokens with invented keys could make us ask.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use outbound::{Outbound, OutboundError};
use runtime::Clock;
use serde::Deserialize;

use super::TokenRefusal;
use super::jws::{Jws, PublicKey, PublishedKey};

/// How old keys may be before they are fetched anew, beside what goes on.
const FRESH_MICROS: i64 = 3_600_000_000;
/// How old keys may be while their issuer cannot be reached.
const KEPT_MICROS: i64 = 24 * 3_600_000_000;
/// How long after one attempt the next may come, whatever tokens ask for.
const BETWEEN_MICROS: i64 = 10_000_000;
/// How long a fetch may take.
const FETCH_MAX: Duration = Duration::from_secs(5);
/// The largest document that is read.
const DOCUMENT_BYTES_MAX: u64 = 1 << 20;
/// The most keys of an issuer, and so the most that one token is checked with.
const KEYS_MAX: usize = 64;

/// Fetches the document with an issuer's keys.
pub type FetchKeys = Arc<dyn Fn() -> BoxFuture<'static, Result<Bytes, FetchError>> + Send + Sync>;

/// Why an issuer's keys could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The issuer cannot be reached.
    #[error("the provider gave no answer")]
    Outbound(#[source] OutboundError),
    /// It says something that is not expected.
    #[error("the provider's {0}")]
    Unexpected(&'static str),
}

/// One issuer's keys.
pub(super) struct IssuerKeys {
    issuer: String,
    fetch: FetchKeys,
    clock: Arc<dyn Clock>,
    state: RwLock<State>,
    /// Held by whoever fetches.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct State {
    set: Option<Arc<KeySet>>,
    /// When the set was fetched.
    fetched_at: i64,
    /// When that was last attempted.
    tried_at: Option<i64>,
}

/// The keys as they were published at a time.
pub(super) struct KeySet {
    /// Another one for each set that differs.
    pub generation: u64,
    keys: Vec<PublicKey>,
    document: Bytes,
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

/// Fetches keys from `jwks_url`, or where that is empty from where the issuer's own description says they are.
pub fn fetched_from(outbound: Outbound, issuer: &str, jwks_url: &str) -> FetchKeys {
    let (issuer, jwks_url) = (issuer.to_owned(), jwks_url.to_owned());
    Arc::new(move || {
        let (outbound, issuer, jwks_url) = (outbound.clone(), issuer.clone(), jwks_url.clone());
        Box::pin(async move {
            let url = if jwks_url.is_empty() { discovered(&outbound, &issuer).await? } else { jwks_url };
            let fetched = outbound.fetch(&url, DOCUMENT_BYTES_MAX).await.map_err(FetchError::Outbound)?;
            Ok(Bytes::from(fetched.bytes))
        })
    })
}

/// Where an issuer has its keys (OpenID Connect Discovery 1.0, section 4).
async fn discovered(outbound: &Outbound, issuer: &str) -> Result<String, FetchError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let fetched = outbound.fetch(&url, DOCUMENT_BYTES_MAX).await.map_err(FetchError::Outbound)?;
    let found: Discovered = serde_json::from_slice(&fetched.bytes)
        .map_err(|_| FetchError::Unexpected("description has no `issuer` and `jwks_uri`"))?;
    if found.issuer != issuer {
        return Err(FetchError::Unexpected("description is of another issuer"));
    }
    if issuer.starts_with("https://") && !found.jwks_uri.starts_with("https://") {
        return Err(FetchError::Unexpected("keys are not on https"));
    }
    Ok(found.jwks_uri)
}

impl KeySet {
    fn read(document: Bytes, generation: u64) -> Option<Self> {
        let published: Published = serde_json::from_slice(&document).ok()?;
        // One key that is of no use leaves the others good.
        let keys = published.keys.into_iter().take(KEYS_MAX);
        let keys = keys.filter_map(|key| PublicKey::of(serde_json::from_value::<PublishedKey>(key).ok()?));
        Some(Self { generation, keys: keys.collect(), document })
    }

    fn has(&self, key_id: Option<&str>) -> bool {
        key_id.is_none_or(|wanted| self.keys.iter().any(|key| key.key_id.as_deref() == Some(wanted)))
    }

    /// Checks a token's signature.
    pub fn verify(&self, jws: &Jws<'_>, issuer: &str) -> Result<(), TokenRefusal> {
        let named = |key: &&PublicKey| jws.key_id.is_none() || key.key_id == jws.key_id;
        let mut fitting = self.keys.iter().filter(named).filter(|key| key.fits(jws)).peekable();
        if fitting.peek().is_none() {
            return Err(TokenRefusal::UnknownKey(issuer.to_owned()));
        }
        if fitting.any(|key| key.signed(jws)) { Ok(()) } else { Err(TokenRefusal::Signature) }
    }
}

impl IssuerKeys {
    pub fn new(issuer: String, fetch: FetchKeys, clock: Arc<dyn Clock>) -> Self {
        Self { issuer, fetch, clock, state: RwLock::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// Whether what was verified with a set still holds.
    pub fn is_current(&self, generation: u64) -> bool {
        let state = self.state();
        let now = self.clock.now_micros();
        state.set.is_some_and(|set| set.generation == generation) && now - state.fetched_at < KEPT_MICROS
    }

    /// The keys, that of this name among them where the issuer has it.
    pub async fn holding(self: &Arc<Self>, key_id: Option<&str>) -> Result<Arc<KeySet>, TokenRefusal> {
        let now = self.clock.now_micros();
        let state = self.state();
        if let Some(set) = state.kept(now).filter(|set| set.has(key_id)) {
            if now - state.fetched_at >= FRESH_MICROS && state.may_try(now) {
                let keys = Arc::clone(self);
                runtime::spawn(async move { keys.refresh().await });
            }
            return Ok(set);
        }
        self.refresh().await;
        let set = self.state().kept(self.clock.now_micros());
        let set = set.ok_or_else(|| TokenRefusal::KeysUnavailable(self.issuer.clone()))?;
        if set.has(key_id) { Ok(set) } else { Err(TokenRefusal::UnknownKey(self.issuer.clone())) }
    }

    /// Fetches the keys, unless somebody just did.
    async fn refresh(&self) {
        let _one = self.fetching.lock().await;
        let now = self.clock.now_micros();
        if !self.state().may_try(now) {
            return;
        }
        self.change(|state| state.tried_at = Some(now));
        let fetched = tokio::time::timeout(FETCH_MAX, (self.fetch)()).await;
        let fetched = fetched.unwrap_or(Err(FetchError::Unexpected("answer took too long")));
        let document = match fetched {
            Ok(document) => document,
            Err(error) => return self.failed(&error),
        };
        let before = self.state().set;
        if before.as_ref().is_some_and(|set| set.document == document) {
            return self.change(|state| state.fetched_at = now);
        }
        let generation = before.map_or(0, |set| set.generation + 1);
        match KeySet::read(document, generation) {
            Some(set) if !set.keys.is_empty() => self.change(|state| {
                (state.set, state.fetched_at) = (Some(Arc::new(set)), now);
            }),
            _ => self.failed(&FetchError::Unexpected("document holds no key that can be used")),
        }
    }

    fn failed(&self, error: &FetchError) {
        metrics::counter!("patou_issuer_failures_total", "issuer" => self.issuer.clone()).increment(1);
        let why = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(issuer = self.issuer, %error, why, "cannot fetch an issuer's keys; those that are here go on");
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl State {
    /// The keys, where they are not too old.
    fn kept(&self, now: i64) -> Option<Arc<KeySet>> {
        self.set.clone().filter(|_| now - self.fetched_at < KEPT_MICROS)
    }

    fn may_try(&self, now: i64) -> bool {
        self.tried_at.is_none_or(|tried| now - tried >= BETWEEN_MICROS)
    }
}
