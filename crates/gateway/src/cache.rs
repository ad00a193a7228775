//! Answers that were given before, to the very same request of the very same caller.
//!
//! An entry is found by a hash over who asks, what, of which model, under which policy: nothing of one partition is
//! reached from another. Of requests that are alike and come together one asks the model; the others wait for it.

mod likeness;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
pub use likeness::Likeness;
use likeness::{Asked, Like, Likenesses};
use model::Embedder;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use runtime::Clock;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::call::Caller;
use crate::draft::Draft;
use crate::measure;
use crate::request::Request;

/// The longest answer that is kept.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// What an entry takes beside its bytes, about.
const ENTRY_BYTES: u64 = 512;
/// How many entries there are about, where each has the size of most answers.
const ANSWER_BYTES_MEAN: u64 = 4096;

/// Who shares answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// A key with itself.
    #[default]
    Key,
    /// The keys of a team that read in the same names.
    Team,
}

impl Sharing {
    /// Each by its name in configuration.
    pub const NAMES: &[(&str, Self)] = &[("key", Self::Key), ("team", Self::Team)];
}

/// How a route's answers are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caching {
    /// How long.
    pub keep: Duration,
    /// For whom.
    pub sharing: Sharing,
    /// Whether one is also given to a question that means the same.
    pub likeness: Option<Likeness>,
}

/// What a client wants of the cache, as `cache-control` says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheControl {
    /// Neither look nor keep.
    pub no_store: bool,
    /// Do not look.
    pub no_cache: bool,
    /// How old an answer may be, in seconds.
    pub max_age_s: Option<u64>,
}

/// Names an answer: SHA-256 over everything that it depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey([u8; 32]);

/// An answer that is kept.
#[derive(Clone)]
pub(crate) struct Kept {
    pub headers: Arc<[(String, String)]>,
    pub body: Bytes,
    model: Arc<str>,
    at_micros: i64,
    until_micros: i64,
}

/// The answers of a process.
pub struct AnswerCache {
    kept: Cache<CacheKey, Kept, Weight>,
    flights: Mutex<HashMap<CacheKey, watch::Receiver<()>>>,
    likenesses: Option<Likenesses>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<CacheKey, Kept> for Weight {
    fn weight(&self, _key: &CacheKey, kept: &Kept) -> u64 {
        kept.body.len() as u64 + ENTRY_BYTES
    }
}

/// What came of looking an answer up.
pub(crate) enum Found {
    /// It is here, and so many seconds old.
    Answer(Kept, u64),
    /// It is not, and whoever gets this is the one to ask the model.
    Flight(Flight),
}

/// The right to ask a model for those who wait for the same answer. Dropping it hands it to the next.
pub(crate) struct Flight {
    cache: Arc<AnswerCache>,
    key: CacheKey,
    model: Arc<str>,
    keep: Duration,
    headers: Vec<(String, String)>,
    /// `None` once the answer is too long to be kept.
    recorded: Option<BytesMut>,
    /// What is asked, where other questions are compared with it.
    asked: Option<Asked>,
    /// The answer that would have been given, where that is only measured.
    shadow: Option<Bytes>,
    /// Dropped, it wakes those who wait.
    _landing: Option<watch::Sender<()>>,
}

impl CacheControl {
    /// Reads a `cache-control` header; what means nothing here is passed over.
    pub fn of_header(text: &str) -> Self {
        let mut control = Self::default();
        for directive in text.split(',').map(str::trim) {
            match directive.to_ascii_lowercase().as_str() {
                "no-store" => control.no_store = true,
                "no-cache" => control.no_cache = true,
                other => {
                    let age = other.strip_prefix("max-age=").and_then(|age| age.parse().ok());
                    control.max_age_s = age.or(control.max_age_s);
                }
            }
        }
        control
    }
}

impl CacheKey {
    /// The name of the answer to a request. `policy` names everything else that an answer depends on.
    pub fn of(request: &Request, caller: &Caller, sharing: Sharing, policy: &str) -> Self {
        let mut hash = Sha256::new();
        let mut part = |kind: &str, text: &[u8]| {
            hash.update(kind.as_bytes());
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        part("policy", policy.as_bytes());
        part("operation", format!("{:?}", request.operation).as_bytes());
        match caller.key.as_deref() {
            None => part("anyone", b""),
            Some(key) => {
                match (sharing, &key.spec.team) {
                    (Sharing::Team, Some(team)) => part("team", team.as_bytes()),
                    _ => part("key", key.id.as_bytes()),
                }
                for principal in &key.spec.principals {
                    part("principal", principal.to_string().as_bytes());
                }
            }
        }
        for (key, value) in request.canonical() {
            part("field", key.as_bytes());
            part("value", &value);
        }
        Self(hash.finalize().into())
    }
}

impl AnswerCache {
    /// A cache that holds so many bytes of answers.
    ///
    /// `embedder` tells which questions are alike; without one, none are.
    pub fn new(bytes_max: u64, clock: Arc<dyn Clock>, embedder: Option<Arc<dyn Embedder>>) -> Arc<Self> {
        let items = usize::try_from(bytes_max / ANSWER_BYTES_MEAN).unwrap_or(usize::MAX).clamp(16, 1 << 20);
        Arc::new(Self {
            kept: Cache::with_weighter(items, bytes_max, Weight),
            flights: Mutex::default(),
            likenesses: embedder.map(Likenesses::new),
            clock,
        })
    }

    /// Forgets a model's answers, or all; gives how many there were.
    pub fn purge(&self, model: Option<&str>) -> usize {
        let before = self.kept.len();
        match model {
            Some(model) => self.kept.retain(|_, kept| &*kept.model != model),
            None => self.kept.clear(),
        }
        before - self.kept.len()
    }

    /// Looks an answer up, and waits where somebody is asking for it already, at most `patience`.
    pub(crate) async fn look(self: &Arc<Self>, key: CacheKey, looking: Looking<'_>) -> Found {
        let by = tokio::time::sleep(looking.patience);
        tokio::pin!(by);
        loop {
            if let Some((kept, age_s)) = self.fresh(key, looking.control) {
                return Found::Answer(kept, age_s);
            }
            let waiting = {
                let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
                match flights.get(&key) {
                    Some(waiting) => waiting.clone(),
                    None => {
                        // Whoever was asking may have landed since.
                        if let Some((kept, age_s)) = self.fresh(key, looking.control) {
                            return Found::Answer(kept, age_s);
                        }
                        let (landing, waiting) = watch::channel(());
                        flights.insert(key, waiting);
                        drop(flights);
                        return Found::Flight(self.flight(key, looking, Some(landing)));
                    }
                }
            };
            let mut waiting = waiting;
            tokio::select! {
                // The sender says nothing: it is dropped where the flight ends.
                _ = waiting.changed() => {}
                () = &mut by => return Found::Flight(self.flight(key, looking, None)),
            }
        }
    }

    fn flight(
        self: &Arc<Self>,
        key: CacheKey,
        looking: Looking<'_>,
        landing: Option<watch::Sender<()>>,
    ) -> Flight {
        Flight {
            cache: Arc::clone(self),
            key,
            model: looking.model.into(),
            keep: looking.keep,
            headers: Vec::new(),
            recorded: Some(BytesMut::new()),
            asked: None,
            shadow: None,
            _landing: landing,
        }
    }

    fn fresh(&self, key: CacheKey, control: CacheControl) -> Option<(Kept, u64)> {
        if control.no_cache {
            return None;
        }
        let kept = self.kept.get(&key)?;
        let now = self.clock.now_micros();
        if now >= kept.until_micros {
            return None;
        }
        let age_s = u64::try_from((now - kept.at_micros) / 1_000_000).unwrap_or(0);
        if control.max_age_s.is_some_and(|most| age_s > most) {
            return None;
        }
        Some((kept, age_s))
    }
}

/// How an answer is looked up.
#[derive(Clone, Copy)]
pub(crate) struct Looking<'a> {
    pub model: &'a str,
    pub keep: Duration,
    pub control: CacheControl,
    /// How long to wait for somebody who asks already.
    pub patience: Duration,
}

impl Flight {
    /// Looks for the answer to a question that means the same. `key` names an answer by a request.
    pub async fn alike(
        &mut self,
        request: &Request,
        (likeness, control): (Likeness, CacheControl),
        key: impl Fn(&Request) -> CacheKey,
    ) -> Option<Like> {
        let likenesses = self.cache.likenesses.as_ref().filter(|_| !control.no_cache)?;
        let asked = likenesses.asked(request, key).await?;
        let like = likenesses.find(&asked, likeness.cosine_min, |key| self.cache.fresh(key, control));
        self.asked = Some(asked);
        if likeness.is_shadow {
            measure::shadow(&self.model, like.as_ref().map(|like| like.cosine));
            self.shadow = like.map(|like| like.kept.body);
            return None;
        }
        like
    }

    /// Says with which headers the answer comes.
    pub fn begins(&mut self, headers: &[(String, String)]) {
        self.headers = headers.to_vec();
    }

    /// Adds to the answer.
    pub fn record(&mut self, bytes: &[u8]) {
        let Some(recorded) = &mut self.recorded else { return };
        if recorded.len() + bytes.len() > ANSWER_BYTES_MAX {
            self.recorded = None;
        } else {
            recorded.extend_from_slice(bytes);
        }
    }

    /// Says that the answer is whole, and keeps it.
    pub fn land(mut self) {
        let Some(recorded) = self.recorded.take() else { return };
        let at_micros = self.cache.clock.now_micros();
        let keep = i64::try_from(self.keep.as_micros()).unwrap_or(i64::MAX);
        let kept = Kept {
            headers: std::mem::take(&mut self.headers).into(),
            body: recorded.freeze(),
            model: Arc::clone(&self.model),
            at_micros,
            until_micros: at_micros.saturating_add(keep),
        };
        if let Some(shadow) = self.shadow.take() {
            measure::agreement(
                &self.model,
                agreement(&Draft::read(&shadow).text, &Draft::read(&kept.body).text),
            );
        }
        self.cache.kept.insert(self.key, kept);
        if let (Some(likenesses), Some(asked)) = (&self.cache.likenesses, self.asked.take()) {
            likenesses.know(asked, self.key);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self._landing.is_some() {
            let mut flights = self.cache.flights.lock().unwrap_or_else(PoisonError::into_inner);
            flights.remove(&self.key);
        }
    }
}

/// The share of two answers' words that they have in common, 0 to 1.
fn agreement(one: &str, other: &str) -> f64 {
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<BTreeSet<_>>();
    let (one, other) = (words(one), words(other));
    let all = one.union(&other).count().max(1);
    #[expect(clippy::cast_precision_loss, reason = "answers have fewer than 2^53 words")]
    let share = one.intersection(&other).count() as f64 / all as f64;
    share
}

#[cfg(test)]
mod tests;
