//! Which servers answer for a model, and which of them is asked next.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use provider::Dialect;

use crate::bill::Price;
use crate::cache::Caching;
use crate::health::Health;
use crate::quota::Limits;

/// A server that answers for one model or several.
pub struct Backend {
    /// Its name in the configuration.
    pub name: String,
    pub(crate) server: provider::Backend,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// The model's name there; `None` where it is the client's.
    pub(crate) model: Option<String>,
    pub(crate) weight: u32,
    pub(crate) price: Price,
    pub(crate) tells_usage: bool,
    pub(crate) health: Health,
}

/// A server as it is configured.
pub struct BackendSpec {
    /// Its name in the configuration.
    pub name: String,
    /// The way to it.
    pub server: provider::Backend,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// The model's name there; `None` where it is the client's.
    pub model: Option<String>,
    /// Its share of the requests beside others' weights; 0 for a server that only stands in.
    pub weight: u32,
    /// What its tokens cost.
    pub price: Price,
    /// Whether it takes `stream_options` and tells the tokens at a stream's end.
    pub tells_usage: bool,
}

/// How long a server may take, by what it is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until the first token.
    pub first: Duration,
    /// Between one token and the next.
    pub idle: Duration,
    /// For all of it.
    pub total: Duration,
}

/// A model that clients can ask for, and the servers that answer for it.
pub struct Route {
    /// The model's name to clients.
    pub name: String,
    /// The servers; one at least.
    pub backends: Vec<Arc<Backend>>,
    /// How long they may take.
    pub patience: Patience,
    /// How much of the model may be used by all together.
    pub limits: Limits,
    /// The most tokens of an answer where the client does not say, and something limits it.
    pub answer_tokens: u64,
    /// How its answers are kept; `None` where they are not.
    pub caching: Option<Caching>,
    /// Names everything that an answer depends on beside the request: a kept answer is good under the same alone.
    pub policy: String,
}

impl Backend {
    /// A server of which nothing is known yet.
    pub fn new(spec: BackendSpec) -> Self {
        let BackendSpec { name, server, dialect, model, weight, price, tells_usage } = spec;
        Self { name, server, dialect, model, weight, price, tells_usage, health: Health::default() }
    }
}

impl Route {
    /// The server to ask for a request, by a number that is the request's own: the same number gives the same server
    /// for as long as it serves. `other_than` was asked already.
    pub(crate) fn pick(
        &self,
        number: u64,
        now_micros: i64,
        other_than: Option<&Arc<Backend>>,
    ) -> Option<&Arc<Backend>> {
        let candidates = || {
            let is_other =
                move |backend: &&Arc<Backend>| other_than.is_none_or(|asked| !Arc::ptr_eq(asked, backend));
            self.backends.iter().filter(is_other)
        };
        let serving = || candidates().filter(|backend| backend.health.serves(now_micros));
        best(number, serving().filter(|backend| backend.weight > 0))
            .or_else(|| best(number, serving()))
            // Where none is well, one that may have come back is better than none.
            .or_else(|| candidates().min_by_key(|backend| backend.health.out_until()))
    }
}

fn best<'a>(number: u64, candidates: impl Iterator<Item = &'a Arc<Backend>>) -> Option<&'a Arc<Backend>> {
    let scored = candidates.map(|backend| (score(number, backend), backend));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, backend)| backend)
}

/// Weighted rendezvous hashing: each server gets its weight's share of the numbers, and a server that goes or comes
/// moves its own share alone (Wang and Ravishankar, "Hash-Based Virtual Hierarchies", 2005, section 3).
fn score(number: u64, backend: &Backend) -> f64 {
    let hash = hashed(&(number, &backend.name)) >> 11;
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let uniform = (hash as f64 + 0.5) / (1u64 << 53) as f64;
    // A weight of 0 is scored last, not lost.
    f64::from(backend.weight).max(1e-9) / -uniform.ln()
}

/// The same number for the same value, as long as this program runs.
pub(crate) fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use outbound::{AddressPolicy, OutboundOptions};
    use provider::BackendOptions;

    use super::*;

    fn route(weights: &[(&str, u32)]) -> Route {
        let backend = |(name, weight): &(&str, u32)| {
            let outbound =
                OutboundOptions { addresses: AddressPolicy::AllowPrivate, ..OutboundOptions::default() };
            let server = provider::Backend::new(BackendOptions {
                base_url: "http://127.0.0.1:9/v1".into(),
                dialect: Dialect::OpenAi,
                api_key: None,
                api_version: String::new(),
                outbound,
            })
            .unwrap();
            let (name, weight) = ((*name).to_owned(), *weight);
            Arc::new(Backend::new(BackendSpec {
                name,
                server,
                dialect: Dialect::OpenAi,
                model: None,
                weight,
                price: Price::default(),
                tells_usage: true,
            }))
        };
        let second = Duration::from_secs(1);
        Route {
            name: "m".into(),
            backends: weights.iter().map(backend).collect(),
            patience: Patience { first: second, idle: second, total: second },
            limits: Limits::default(),
            answer_tokens: 100,
            caching: None,
            policy: String::new(),
        }
    }

    fn shares(route: &Route) -> BTreeMap<String, u32> {
        let mut shares = BTreeMap::new();
        for number in 0..10_000 {
            *shares.entry(route.pick(number, 0, None).unwrap().name.clone()).or_default() += 1;
        }
        shares
    }

    #[test]
    fn requests_are_split_by_weight_and_stay_where_they_were() {
        let shares = shares(&route(&[("main", 95), ("canary", 5), ("spare", 0)]));
        assert!((300..700).contains(&shares["canary"]), "{shares:?}");
        assert!(!shares.contains_key("spare"), "{shares:?}");
        let (two, three) = (route(&[("a", 1), ("b", 1)]), route(&[("a", 1), ("b", 1), ("c", 1)]));
        for number in 0..1000 {
            let (before, after) = (two.pick(number, 0, None).unwrap(), three.pick(number, 0, None).unwrap());
            assert!(after.name == "c" || after.name == before.name);
        }
    }

    #[test]
    fn one_that_is_out_is_passed_over_and_one_that_was_asked_is_not_asked_again() {
        let route = route(&[("a", 1), ("b", 1), ("spare", 0)]);
        let (a, b) = (&route.backends[0], &route.backends[1]);
        let name =
            |picked: Option<&Arc<Backend>>| picked.map(|backend| backend.name.clone()).unwrap_or_default();
        for number in 0..100 {
            assert_eq!(name(route.pick(number, 0, Some(a))), "b");
        }
        for _ in 0..3 {
            b.health.failed(0);
        }
        assert_eq!(name(route.pick(1, 0, Some(a))), "spare");
        assert_eq!(name(route.pick(1, 0, None)), "a");
        let alone = self::route(&[("a", 1)]);
        assert!(alone.pick(1, 0, Some(&alone.backends[0])).is_none());
        for _ in 0..3 {
            alone.backends[0].health.failed(0);
        }
        assert_eq!(name(alone.pick(1, 0, None)), "a", "one that may be back is better than none");
    }
}
