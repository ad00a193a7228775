//! Wiring of the gateway: from its settings to the routes that serve.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use access::PrivateText;
use gateway::{
    Accounts, AnswerCache, Backend, BackendSpec, Caching, Cascade, Counters, Gateway, GatewayError,
    GatewayOptions, GpuTime, Guarding, GuardingOptions, Ledger, Likeness, Patience, Prompting, RedisAddress,
    Route, SharedLedger, Spans, SystemPrompt, TokenKey, UsageBook,
};
use guard::{Canary, Judges};
use model::Embedder;
use outbound::{AddressPolicy, Origin, OutboundOptions};
use provider::BackendOptions;
use runtime::{Clock, SystemClock};
use store::Database;

use crate::api_key::{KeyPlace, api_key};
use crate::environment::Environment;
use crate::settings::{BackendSettings, GatewaySettings, PromptSettings, RouteSettings};
use crate::{Platform, PlatformError};

impl Platform {
    /// The gateway, with the routes that the settings name, and what was used of the month at hand.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when something is wrong with the settings, a backend's key is not there, or the book of
    /// usage cannot be read.
    pub async fn gateway(&self) -> Result<&Arc<Gateway>, PlatformError> {
        self.gateway.get_or_try_init(|| Box::pin(self.open_gateway())).await
    }

    async fn open_gateway(&self) -> Result<Arc<Gateway>, PlatformError> {
        let settings = &self.require_settings()?.gateway;
        let routes = self.routes(settings)?;
        // Where nothing is compared, no model is loaded.
        let embedder = settings.compares().then(|| Arc::clone(&self.embedder) as Arc<dyn Embedder>);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let database = Database::open_sqlite(&self.home()?.state_database()).await?;
        let book = UsageBook::open(database, Arc::clone(&clock), settings.calendar).await?;
        let counters = counters(settings, &self.environment, Arc::clone(&clock)).await?;
        gateway::restore(&counters, &book.month().await?).await;
        let mut accounts = Accounts::new(counters, Arc::new(book));
        if !settings.otlp_url.is_empty() {
            let outbound =
                OutboundOptions { addresses: AddressPolicy::AllowPrivate, ..OutboundOptions::default() };
            let collector = Origin::new(&settings.otlp_url, &outbound).map_err(PlatformError::Outbound)?;
            accounts = accounts.with_spans(Arc::new(Spans::new(collector)), Arc::clone(&clock));
        }
        Ok(Arc::new(Gateway::new(GatewayOptions {
            routes,
            teams: settings.teams.clone(),
            accounts,
            cache: AnswerCache::new(settings.cache_bytes_max, Arc::clone(&clock), embedder),
            clock,
        })))
    }
}

impl Platform {
    /// The routes that settings name. A server whose settings and key are those of before is the same one, with its
    /// connections and what is known of its health.
    pub(crate) fn routes(&self, settings: &GatewaySettings) -> Result<Vec<Route>, PlatformError> {
        let mut standing = self.backends.lock().unwrap_or_else(PoisonError::into_inner);
        let mut backends = BTreeMap::new();
        for (name, own) in &settings.backends {
            let place = KeyPlace { variable: &own.api_key_env, file: &own.api_key_file, of: &own.base_url };
            let key = api_key(place, &self.environment)?;
            let same = standing.get(name).filter(|one| one.settings == *own && one.key == key);
            let one = match same {
                Some(same) => same.clone(),
                None => {
                    let backend = Arc::new(backend(name, own, key.clone())?);
                    StandingBackend { settings: own.clone(), key, backend }
                }
            };
            backends.insert(name.clone(), one);
        }
        let prompts = prompts(settings)?;
        let judges = self.judges()?;
        let tokens = settings.routes.values().any(|route| route.guard_tokens);
        let tokens =
            tokens.then(|| Ok::<_, PlatformError>(TokenKey::new(&self.values_key()?)?)).transpose()?;
        let parts = Named { settings, backends: &backends, prompts: &prompts, judges, tokens };
        let routes =
            settings.routes.iter().map(|(name, own)| parts.route(name, own)).collect::<Result<_, _>>()?;
        *standing = backends;
        Ok(routes)
    }
}

/// A server that routes were made with.
#[derive(Clone)]
pub(crate) struct StandingBackend {
    settings: BackendSettings,
    key: Option<PrivateText>,
    backend: Arc<Backend>,
}

/// Where quotas are counted.
async fn counters(
    settings: &GatewaySettings,
    environment: &Environment,
    clock: Arc<dyn Clock>,
) -> Result<Counters, PlatformError> {
    let own = &settings.redis;
    if own.url.is_empty() {
        return Ok(Counters::Own(Ledger::new(clock, settings.calendar)));
    }
    let place = KeyPlace { variable: &own.password_env, file: &own.password_file, of: &own.url };
    let address = RedisAddress { url: own.url.clone(), password: api_key(place, environment)? };
    let shared = SharedLedger::open(address, own.when_away(), (clock, settings.calendar)).await;
    shared.map(Counters::Shared).map_err(|error| PlatformError::Argument {
        what: error.to_string(),
        hint: "write `gateway.redis_url` as `redis://host:6379/0`, or `rediss://` for TLS".into(),
    })
}

/// The server that the settings name. It is one that the operator named, wherever it stands.
fn backend(
    name: &str,
    own: &BackendSettings,
    api_key: Option<PrivateText>,
) -> Result<Backend, PlatformError> {
    let outbound = OutboundOptions {
        addresses: AddressPolicy::AllowPrivate,
        connect_timeout: Duration::from_secs(own.connect_seconds_max),
        // The limits on an answer are the route's; this one is behind them, and behind a proxy alone.
        read_timeout: Duration::from_secs(3600),
        // A stream that begins while all others live need not wait for a connection.
        has_spare: true,
        ..OutboundOptions::default()
    };
    let metrics = Some(own.metrics_url.as_str()).filter(|url| !url.is_empty());
    let metrics =
        metrics.map(|url| Origin::new(url, &outbound)).transpose().map_err(PlatformError::Outbound)?;
    let options = BackendOptions {
        base_url: own.base_url.clone(),
        dialect: own.dialect,
        api_key,
        api_version: own.api_version.clone(),
        outbound,
    };
    Ok(Backend::new(BackendSpec {
        name: name.to_owned(),
        server: provider::Backend::new(options).map_err(PlatformError::Outbound)?,
        dialect: own.dialect,
        model: named(&own.model),
        weight: own.weight,
        price: own.price,
        gpu: (own.gpu_hour_price > 0.0).then(|| GpuTime::new(own.gpu_hour_price, Arc::new(SystemClock))),
        tells_usage: own.stream_usage,
        metrics,
    }))
}

/// What the system prompts say, by their names.
#[expect(clippy::disallowed_methods, reason = "a prompt's file is read here and nowhere else")]
fn prompts(settings: &GatewaySettings) -> Result<BTreeMap<&str, String>, PlatformError> {
    let read = |(name, own): (_, &PromptSettings)| {
        let text = match own.file.as_str() {
            "" => own.text.clone(),
            file => std::fs::read_to_string(file).map_err(PlatformError::file("read", Path::new(file)))?,
        };
        Ok((name, text))
    };
    settings.prompts.iter().map(|(name, own)| read((name.as_str(), own))).collect()
}

/// What routes name.
struct Named<'a> {
    settings: &'a GatewaySettings,
    backends: &'a BTreeMap<String, StandingBackend>,
    prompts: &'a BTreeMap<&'a str, String>,
    judges: Judges,
    tokens: Option<TokenKey>,
}

impl Named<'_> {
    fn route(&self, name: &str, own: &RouteSettings) -> Result<Route, PlatformError> {
        // Whatever is set of a route and its servers may change an answer.
        let servers: Vec<_> = own.backends.iter().map(|name| self.settings.backends.get(name)).collect();
        let backends = own.backends.iter().filter_map(|name| Some(&self.backends.get(name)?.backend));
        let system = self.system(own)?;
        Ok(Route {
            name: name.to_owned(),
            backends: backends.cloned().collect(),
            balance: own.balance,
            patience: Patience {
                first: Duration::from_secs(own.first_seconds_max),
                idle: Duration::from_secs(own.idle_seconds_max),
                total: Duration::from_secs(own.total_seconds_max),
            },
            limits: own.limits,
            answer_tokens: own.answer_tokens_max,
            caching: (own.cache_seconds > 0).then_some(Caching {
                keep: Duration::from_secs(own.cache_seconds),
                sharing: own.cache_sharing,
                likeness: (own.cache_likeness > 0.0)
                    .then_some(Likeness { cosine_min: own.cache_likeness, is_shadow: own.cache_shadow }),
            }),
            cascade: named(&own.escalate_to).map(|to| Cascade {
                to,
                reasons: own.escalate_on.clone(),
                prompt_tokens_max: Some(own.escalate_prompt_tokens).filter(|tokens| *tokens > 0),
                judge: named(&own.escalate_judge),
            }),
            prompting: Prompting { strips: own.strip_system, system: system.clone() },
            guarding: Arc::new(Guarding::new(GuardingOptions {
                input: own.guard_prompt,
                output: own.guard_answer,
                uses_models: own.guard_models,
                link_hosts: own.link_hosts.clone(),
                judges: if own.guard_external { self.judges.clone() } else { self.judges.here() },
                system,
                tokens: self.tokens.clone().filter(|_| own.guard_tokens),
            })),
            policy: format!("{own:?} {servers:?}"),
        })
    }

    /// The route's system prompt, with a mark of its own.
    fn system(&self, own: &RouteSettings) -> Result<Option<SystemPrompt>, PlatformError> {
        let Some(text) = self.prompts.get(own.system_prompt.as_str()) else { return Ok(None) };
        let canary = if own.prompt_mark {
            Some(Canary::new(runtime::random_bytes().map_err(GatewayError::Random)?))
        } else {
            None
        };
        Ok(Some(SystemPrompt::new(&own.system_prompt, text.clone(), canary)))
    }
}

/// A name that is set.
fn named(name: &str) -> Option<String> {
    Some(name.to_owned()).filter(|name| !name.is_empty())
}
