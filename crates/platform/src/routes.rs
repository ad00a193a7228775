//! Wiring of the gateway: from its settings to the routes that serve.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gateway::{Backend, BackendSpec, Gateway, Patience, Route};
use outbound::{AddressPolicy, OutboundOptions};
use provider::BackendOptions;
use runtime::SystemClock;

use crate::api_key::{KeyPlace, api_key};
use crate::environment::Environment;
use crate::settings::{BackendSettings, RouteSettings};
use crate::{Platform, PlatformError};

impl Platform {
    /// The gateway, with the routes that the settings name.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when something is wrong with the settings, or a backend's key is not there.
    pub fn gateway(&self) -> Result<Arc<Gateway>, PlatformError> {
        if let Some(gateway) = self.gateway.get() {
            return Ok(Arc::clone(gateway));
        }
        let settings = &self.require_settings()?.gateway;
        let mut backends = BTreeMap::new();
        for (name, own) in &settings.backends {
            backends.insert(name.as_str(), Arc::new(backend(name, own, &self.environment)?));
        }
        let routes = settings.routes.iter().map(|(name, own)| route(name, own, &backends)).collect();
        let gateway = Arc::new(Gateway::new(routes, Arc::new(SystemClock)));
        Ok(Arc::clone(self.gateway.get_or_init(|| gateway)))
    }
}

/// The server that the settings name. It is one that the operator named, wherever it stands.
fn backend(name: &str, own: &BackendSettings, environment: &Environment) -> Result<Backend, PlatformError> {
    let place = KeyPlace { variable: &own.api_key_env, file: &own.api_key_file, of: &own.base_url };
    let options = BackendOptions {
        base_url: own.base_url.clone(),
        dialect: own.dialect,
        api_key: api_key(place, environment)?,
        api_version: own.api_version.clone(),
        outbound: OutboundOptions {
            addresses: AddressPolicy::AllowPrivate,
            connect_timeout: Duration::from_secs(own.connect_seconds_max),
            // The limits on an answer are the route's; this one is behind them, and behind a proxy alone.
            read_timeout: Duration::from_secs(3600),
            ..OutboundOptions::default()
        },
    };
    Ok(Backend::new(BackendSpec {
        name: name.to_owned(),
        server: provider::Backend::new(options).map_err(PlatformError::Outbound)?,
        dialect: own.dialect,
        model: Some(own.model.clone()).filter(|model| !model.is_empty()),
        weight: own.weight,
    }))
}

fn route(name: &str, own: &RouteSettings, backends: &BTreeMap<&str, Arc<Backend>>) -> Route {
    let named = own.backends.iter().filter_map(|name| backends.get(name.as_str()));
    Route {
        name: name.to_owned(),
        backends: named.cloned().collect(),
        patience: Patience {
            first: Duration::from_secs(own.first_seconds_max),
            idle: Duration::from_secs(own.idle_seconds_max),
            total: Duration::from_secs(own.total_seconds_max),
        },
    }
}
