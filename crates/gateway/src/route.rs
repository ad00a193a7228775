//! Which servers answer for a model, and which of them is asked next.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use outbound::{Health, Origin};
use provider::Dialect;

use crate::bill::Price;
use crate::cache::Caching;
use crate::cascade::Cascade;
use crate::gpu::GpuTime;
use crate::guarding::Guarding;
use crate::load::Load;
use crate::prompting::Prompting;
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
    pub(crate) gpu: Option<Arc<GpuTime>>,
    pub(crate) tells_usage: bool,
    pub(crate) health: Health,
    pub(crate) load: Load,
    pub(crate) metrics: Option<Origin>,
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
    /// What its time costs, where it is one's own.
    pub gpu: Option<Arc<GpuTime>>,
    /// Whether it takes `stream_options` and tells the tokens at a stream's end.
    pub tells_usage: bool,
    /// Where it tells its load, as vLLM does.
    pub metrics: Option<Origin>,
}

/// Which of a route's servers is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Balance {
    /// Each by its weight.
    #[default]
    Weighted,
    /// Each by its weight, and a caller always the same one.
    Sticky,
    /// The one that has least to do for its weight.
    LeastLoaded,
    /// The one that has seen the beginning of the prompt, as long as it has not much more to do than the others.
    Prefix,
}

impl Balance {
    /// Each by its name in configuration.
    pub const NAMES: &[(&str, Self)] = &[
        ("weighted", Self::Weighted),
        ("sticky", Self::Sticky),
        ("least_loaded", Self::LeastLoaded),
        ("prefix", Self::Prefix),
    ];
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
    /// Which of them is asked.
    pub balance: Balance,
    /// How long they may take.
    pub patience: Patience,
    /// How much of the model may be used by all together.
    pub limits: Limits,
    /// The most tokens of an answer where the client does not say, and something limits it.
    pub answer_tokens: u64,
    /// How its answers are kept; `None` where they are not.
    pub caching: Option<Caching>,
    /// Whether a larger model is asked where an answer will not do.
    pub cascade: Option<Cascade>,
    /// What system prompt stands before what clients say.
    pub prompting: Prompting,
    /// What is done about what prompts and answers hold.
    pub guarding: Arc<Guarding>,
    /// Names everything that an answer depends on beside the request: a kept answer is good under the same alone.
    pub policy: String,
}

impl Backend {
    /// A server of which nothing is known yet.
    pub fn new(spec: BackendSpec) -> Self {
        let BackendSpec { name, server, dialect, model, weight, price, gpu, tells_usage, metrics } = spec;
        Self {
            name,
            server,
            dialect,
            model,
            weight,
            price,
            gpu,
            tells_usage,
            metrics,
            health: Health::default(),
            load: Load::default(),
        }
    }
}

impl Route {
    /// What tokens of its first server cost.
    pub(crate) fn price(&self) -> Price {
        self.backends.first().map(|backend| backend.price).unwrap_or_default()
    }

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
        let weighted = || serving().filter(|backend| backend.weight > 0);
        let chosen = match self.balance {
            Balance::Weighted | Balance::Sticky => best(number, weighted()),
            Balance::LeastLoaded => least_loaded(number, weighted()),
            Balance::Prefix => {
                let (count, sum) = weighted()
                    .fold((0u32, 0u32), |(count, sum), backend| (count + 1, sum + backend.load.in_flight()));
                // Never more than a quarter above the mean, the request at hand counted (Mirrokni, Thorup and
                // Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2018).
                let most = ((sum + 1) * 5).div_ceil(4 * count.max(1));
                best(number, weighted().filter(|backend| backend.load.in_flight() < most))
            }
        };
        chosen
            .or_else(|| best(number, serving()))
            // Where none is well, one that may have come back is better than none.
            .or_else(|| candidates().min_by_key(|backend| backend.health.out_until()))
    }
}

fn best<'a>(number: u64, candidates: impl Iterator<Item = &'a Arc<Backend>>) -> Option<&'a Arc<Backend>> {
    let scored = candidates.map(|backend| (score(number, backend), backend));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, backend)| backend)
}

/// The one with least to do for its weight; among equals the one that the number stands for.
fn least_loaded<'a>(
    number: u64,
    candidates: impl Iterator<Item = &'a Arc<Backend>>,
) -> Option<&'a Arc<Backend>> {
    let load = |backend: &Backend| f64::from(backend.load.now() + 1) / f64::from(backend.weight.max(1));
    candidates.min_by(|a, b| load(a).total_cmp(&load(b)).then(score(number, b).total_cmp(&score(number, a))))
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
    use crate::guarding::GuardingOptions;
    use crate::load::InFlight;

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
                gpu: None,
                tells_usage: true,
                metrics: None,
            }))
        };
        let second = Duration::from_secs(1);
        Route {
            name: "m".into(),
            backends: weights.iter().map(backend).collect(),
            balance: Balance::default(),
            patience: Patience { first: second, idle: second, total: second },
            limits: Limits::default(),
            answer_tokens: 100,
            caching: None,
            cascade: None,
            prompting: Prompting::default(),
            guarding: Arc::new(Guarding::new(GuardingOptions::default())),
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

    #[test]
    fn the_one_with_least_to_do_is_asked_for_its_weight() {
        let mut route = route(&[("a", 1), ("b", 1), ("large", 4)]);
        route.balance = Balance::LeastLoaded;
        let mut under_way = Vec::new();
        for number in 0..60 {
            under_way.push(InFlight::of(route.pick(number, 0, None).unwrap()));
        }
        let loads: Vec<u32> = route.backends.iter().map(|backend| backend.load.in_flight()).collect();
        assert_eq!(loads, [10, 10, 40]);
        drop(under_way);
        assert_eq!(route.backends[2].load.now(), 0);
    }

    #[test]
    fn a_prefix_stays_where_it_is_until_that_one_has_too_much_to_do() {
        let mut route = route(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]);
        route.balance = Balance::Prefix;
        let first = Arc::clone(route.pick(7, 0, None).unwrap());
        let mut under_way = Vec::new();
        for turn in 0..100 {
            let picked = route.pick(7, 0, None).unwrap();
            assert!(turn > 0 || Arc::ptr_eq(picked, &first));
            under_way.push(InFlight::of(picked));
        }
        let loads: Vec<u32> = route.backends.iter().map(|backend| backend.load.in_flight()).collect();
        assert!(loads.iter().all(|load| *load <= 32), "a quarter above the mean at most: {loads:?}");
        assert_eq!(first.load.in_flight(), *loads.iter().max().unwrap());
    }
}
