//! Where quotas are counted, where several processes count together.

use gateway::WhenAway;

/// A Redis that several processes share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisSettings {
    /// Its address; empty where each process counts by itself.
    pub url: String,
    /// The environment variable that holds its password; empty where it needs none.
    pub password_env: String,
    /// The file that holds its password; empty where it needs none.
    pub password_file: String,
    /// What becomes of requests while it is away.
    pub away: RedisAway,
    /// How many processes share it.
    pub nodes: u32,
}

/// What becomes of requests while the Redis is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedisAway {
    /// They are refused.
    #[default]
    Refuse,
    /// Each process lets its share of every limit through.
    Share,
}

impl RedisAway {
    /// Each by its name in configuration.
    pub(crate) const NAMES: [(&'static str, Self); 2] = [("refuse", Self::Refuse), ("share", Self::Share)];
}

impl RedisSettings {
    /// What becomes of requests while it is away, as the gateway takes it.
    pub(crate) fn when_away(&self) -> WhenAway {
        match self.away {
            RedisAway::Refuse => WhenAway::Refuse,
            RedisAway::Share => WhenAway::Share(self.nodes),
        }
    }

    /// What does not go together.
    pub(crate) fn contradiction(&self) -> Option<(String, String)> {
        let what = if !self.password_env.is_empty() && !self.password_file.is_empty() {
            "the Redis has two passwords: `redis_password_env` and `redis_password_file`"
        } else if self.away == RedisAway::Share && self.nodes == 0 {
            "`gateway.redis_away` is `share`, and `gateway.redis_nodes` does not say among how many"
        } else {
            return None;
        };
        Some(("gateway.redis_away".to_owned(), what.to_owned()))
    }
}
