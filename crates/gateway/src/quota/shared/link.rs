//! The connection to the Redis, which is there or away, and the scripts that run there.

use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use access::PrivateText;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, Script};

use super::{Claim, Settlement, Wanted, keys};

/// How long a connection may take.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// How long an answer may take, before the Redis counts as away.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// How long a process that is not heard of counts as living, in milliseconds.
const LIVES_MS: u64 = 30_000;
/// Where processes are noted.
const PROCESSES: &str = "patou:{quota}:processes";
/// The largest limit: what numbers in scripts hold exactly.
const LIMIT_MAX: u64 = 1 << 53;
/// A month counts what it counts, and no less than this.
const RESTORE: &str = "if tonumber(redis.call('HGET', KEYS[1], 'used') or '0') < tonumber(ARGV[1]) then \
    redis.call('HSET', KEYS[1], 'used', ARGV[1]) redis.call('EXPIRE', KEYS[1], 5443200) end return 1";

/// Where a Redis is.
#[derive(Clone, Debug, Default)]
pub struct RedisAddress {
    /// `redis://host:port/database`, or `rediss://` for TLS; with a user, and without a password.
    pub url: String,
    /// The password, where it asks for one.
    pub password: Option<PrivateText>,
}

/// Why an address is none.
#[derive(Debug, thiserror::Error)]
#[error("`{url}` is no address of a Redis")]
pub struct RedisError {
    url: String,
    #[source]
    source: redis::RedisError,
}

/// A process as the Redis knows it: another one after each time that the connection was lost.
#[derive(Debug)]
pub(super) struct Incarnation {
    pub name: String,
}

/// A connection that works, as far as is known.
#[derive(Clone)]
pub(super) struct Link {
    pub incarnation: Arc<Incarnation>,
    connection: MultiplexedConnection,
}

/// The Redis.
pub(super) struct Redis {
    client: Client,
    link: RwLock<Option<Link>>,
    /// Those whose reservations are not settled yet.
    living: Mutex<Vec<Weak<Incarnation>>>,
    reserve: Script,
    settle: Script,
    beat: Script,
    restore: Script,
}

impl Redis {
    pub fn new(address: RedisAddress) -> Result<Self, RedisError> {
        let wrong = |source| RedisError { url: address.url.clone(), source };
        let mut info = address.url.as_str().into_connection_info().map_err(wrong)?;
        if let Some(password) = &address.password {
            let settings = info.redis_settings().clone().set_password(password.reveal());
            info = info.set_redis_settings(settings);
        }
        Ok(Self {
            client: Client::open(info).map_err(wrong)?,
            link: RwLock::default(),
            living: Mutex::default(),
            reserve: Script::new(include_str!("reserve.lua")),
            settle: Script::new(include_str!("settle.lua")),
            beat: Script::new(include_str!("beat.lua")),
            restore: Script::new(RESTORE),
        })
    }

    /// The connection; `None` while the Redis is away.
    pub fn link(&self) -> Option<Link> {
        self.link.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Connects as another process. What goes wrong is told, and tried again by whoever tends this.
    pub async fn connect(&self) {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_MAX))
            .set_response_timeout(Some(ANSWER_MAX));
        let connected = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let begun = match connected {
            Ok(connection) => self.begin(connection).await,
            Err(error) => Err(error),
        };
        match begun {
            Ok(()) => tracing::info!("quotas are counted in the Redis"),
            Err(error) => tracing::error!(%error, "quotas cannot be counted in the Redis: it is away"),
        }
        metrics::gauge!("patou_counters_away").set(if self.link().is_some() { 0.0 } else { 1.0 });
    }

    /// Goes on as another process over the same connection.
    pub async fn renew(&self, link: &Link) {
        if let Err(error) = self.begin(link.connection.clone()).await {
            self.lost(link, &error);
        }
    }

    async fn begin(&self, mut connection: MultiplexedConnection) -> Result<(), redis::RedisError> {
        let incarnation = Arc::new(Incarnation { name: runtime::new_id() });
        let mut call = self.beat.prepare_invoke();
        call.key(PROCESSES).arg(LIVES_MS).arg(1).arg(&incarnation.name);
        let _: Vec<i64> = call.invoke_async(&mut connection).await?;
        self.living.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&incarnation));
        *self.link.write().unwrap_or_else(PoisonError::into_inner) = Some(Link { incarnation, connection });
        Ok(())
    }

    /// Says that a connection is of no use any more.
    pub fn lost(&self, link: &Link, error: &redis::RedisError) {
        let mut current = self.link.write().unwrap_or_else(PoisonError::into_inner);
        let is_current =
            current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.incarnation, &link.incarnation));
        if is_current {
            *current = None;
            metrics::gauge!("patou_counters_away").set(1.0);
            metrics::counter!("patou_counters_lost_total").increment(1);
            tracing::error!(%error, "quotas cannot be counted in the Redis: it is away");
        }
    }

    /// Says that this process lives, under every name that something is still set aside under.
    pub async fn beat(&self) {
        let Some(link) = self.link() else { return };
        let living: Vec<Arc<Incarnation>> = {
            let mut living = self.living.lock().unwrap_or_else(PoisonError::into_inner);
            living.retain(|one| one.strong_count() > 0);
            living.iter().filter_map(Weak::upgrade).collect()
        };
        let mut call = self.beat.prepare_invoke();
        call.key(PROCESSES).arg(LIVES_MS).arg(0);
        for one in &living {
            call.arg(&one.name);
        }
        let told: Result<Vec<i64>, _> = call.invoke_async(&mut link.connection.clone()).await;
        match told {
            Err(error) => self.lost(&link, &error),
            Ok(told) => {
                let place = living.iter().position(|one| Arc::ptr_eq(one, &link.incarnation));
                if place.and_then(|place| told.get(place)) == Some(&0) {
                    self.renew(&link).await;
                }
            }
        }
    }

    pub async fn reserve(
        &self,
        link: &Link,
        keys: &[String],
        (claims, wanted): (&[Claim], Wanted),
    ) -> Result<Vec<i64>, redis::RedisError> {
        let mut call = self.reserve.prepare_invoke();
        call.key(PROCESSES);
        for key in keys {
            call.key(key);
        }
        call.arg(&link.incarnation.name).arg(wanted.least.min(LIMIT_MAX)).arg(wanted.most.min(LIMIT_MAX));
        for Claim { limits, .. } in claims {
            call.arg(limit(limits.tokens_per_minute)).arg(limit(limits.tokens_per_month));
            call.arg(limit(limits.streams.map(u64::from)));
        }
        call.invoke_async(&mut link.connection.clone()).await
    }

    /// Gives what was noted; below 0 where all that was set aside was noted before.
    pub async fn settle(&self, link: &Link, settlement: &Settlement) -> Result<i64, redis::RedisError> {
        let Settlement { claims, minute, month, reserved, used, .. } = settlement;
        let mut call = self.settle.prepare_invoke();
        call.key(PROCESSES);
        for key in keys(claims, *minute, *month) {
            call.key(key);
        }
        let (name, ended) = match &settlement.incarnation {
            Some(incarnation) => (&incarnation.name, 1),
            None => (&link.incarnation.name, 0),
        };
        call.arg(name).arg(*reserved).arg((*used).min(LIMIT_MAX)).arg(ended);
        for Claim { limits, .. } in claims {
            call.arg(limit(limits.tokens_per_minute)).arg(limit(limits.tokens_per_month));
        }
        call.invoke_async(&mut link.connection.clone()).await
    }

    /// As if no process had been heard of for too long.
    #[cfg(test)]
    pub async fn forget_processes(&self) {
        if let Some(mut link) = self.link() {
            let told: Result<i64, _> =
                redis::cmd("DEL").arg(PROCESSES).query_async(&mut link.connection).await;
            assert_eq!(told, Ok(1));
        }
    }

    pub async fn restore(&self, link: &Link, months: &[(String, u64)]) -> Result<(), redis::RedisError> {
        for (key, tokens) in months {
            let mut call = self.restore.prepare_invoke();
            call.key(key).arg((*tokens).min(LIMIT_MAX));
            let _: i64 = call.invoke_async(&mut link.connection.clone()).await?;
        }
        Ok(())
    }
}

fn limit(limit: Option<u64>) -> i64 {
    limit.map_or(-1, |limit| i64::try_from(limit.min(LIMIT_MAX)).unwrap_or(i64::MAX))
}
