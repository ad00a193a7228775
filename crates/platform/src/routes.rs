//! Wiring of the gateway: from its settings to the routes that serve.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gateway::{
    Accounts, AnswerCache, Backend, BackendSpec, Caching, Gateway, GatewayOptions, Guarding, GuardingOptions,
    Ledger, Patience, Route, UsageBook,
};
use outbound::{AddressPolicy, Origin, OutboundOptions};
use provider::BackendOptions;
use runtime::{Clock, SystemClock};
use store::Database;

use crate::api_key::{KeyPlace, api_key};
use crate::environment::Environment;
use crate::settings::{BackendSettings, GatewaySettings, RouteSettings};
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
        let mut backends = BTreeMap::new();
        for (name, own) in &settings.backends {
            backends.insert(name.as_str(), Arc::new(backend(name, own, &self.environment)?));
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let database = Database::open_sqlite(&self.home()?.state_database()).await?;
        let book = UsageBook::open(database, Arc::clone(&clock), settings.calendar).await?;
        let ledger = Ledger::new(Arc::clone(&clock), settings.calendar);
        gateway::restore(&ledger, &book.month().await?);
        Ok(Arc::new(Gateway::new(GatewayOptions {
            routes: settings.routes.iter().map(|(name, own)| route(name, own, settings, &backends)).collect(),
            teams: settings.teams.clone(),
            accounts: Accounts::new(ledger, Arc::new(book)),
            cache: AnswerCache::new(settings.cache_bytes_max, Arc::clone(&clock)),
            clock,
        })))
    }
}

/// The server that the settings name. It is one that the operator named, wherever it stands.
fn backend(name: &str, own: &BackendSettings, environment: &Environment) -> Result<Backend, PlatformError> {
    let place = KeyPlace { variable: &own.api_key_env, file: &own.api_key_file, of: &own.base_url };
    let outbound = OutboundOptions {
        addresses: AddressPolicy::AllowPrivate,
        connect_timeout: Duration::from_secs(own.connect_seconds_max),
        // The limits on an answer are the route's; this one is behind them, and behind a proxy alone.
        read_timeout: Duration::from_secs(3600),
        ..OutboundOptions::default()
    };
    let metrics = Some(own.metrics_url.as_str()).filter(|url| !url.is_empty());
    let metrics =
        metrics.map(|url| Origin::new(url, &outbound)).transpose().map_err(PlatformError::Outbound)?;
    let options = BackendOptions {
        base_url: own.base_url.clone(),
        dialect: own.dialect,
        api_key: api_key(place, environment)?,
        api_version: own.api_version.clone(),
        outbound,
    };
    Ok(Backend::new(BackendSpec {
        name: name.to_owned(),
        server: provider::Backend::new(options).map_err(PlatformError::Outbound)?,
        dialect: own.dialect,
        model: Some(own.model.clone()).filter(|model| !model.is_empty()),
        weight: own.weight,
        price: own.price,
        tells_usage: own.stream_usage,
        metrics,
    }))
}

fn route(
    name: &str,
    own: &RouteSettings,
    settings: &GatewaySettings,
    backends: &BTreeMap<&str, Arc<Backend>>,
) -> Route {
    // Whatever is set of a route and its servers may change an answer.
    let servers: Vec<_> = own.backends.iter().map(|name| settings.backends.get(name)).collect();
    let named = own.backends.iter().filter_map(|name| backends.get(name.as_str()));
    Route {
        name: name.to_owned(),
        backends: named.cloned().collect(),
        balance: own.balance,
        patience: Patience {
            first: Duration::from_secs(own.first_seconds_max),
            idle: Duration::from_secs(own.idle_seconds_max),
            total: Duration::from_secs(own.total_seconds_max),
        },
        limits: own.limits,
        answer_tokens: own.answer_tokens_max,
        caching: (own.cache_seconds > 0)
            .then_some(Caching { keep: Duration::from_secs(own.cache_seconds), sharing: own.cache_sharing }),
        guarding: Arc::new(Guarding::new(GuardingOptions {
            input: own.guard_prompt,
            output: own.guard_answer,
            uses_models: own.guard_models,
            link_hosts: own.link_hosts.clone(),
            canary: None,
        })),
        policy: format!("{own:?} {servers:?}"),
    }
}
