//! Settings of which there are as many as the user names: `gateway.backends.NAME`, `gateway.routes.MODEL`. They come
//! from the file alone.

use std::collections::BTreeMap;

use gateway::{Balance, Calendar, Limits, Price, Sharing, Strictness};
use provider::Dialect;

use super::values::{put, put_text, put_url};
use super::{Kind, Settings};

/// A table that is there once for each name.
pub(crate) struct Family {
    /// Its place in the file.
    pub name: &'static str,
    /// What stands for the name, in the manual.
    pub entry: &'static str,
    pub keys: &'static [FamilyKey],
}

/// One setting of such a table.
pub(crate) struct FamilyKey {
    pub name: &'static str,
    pub kind: Kind,
    /// As it would be written.
    pub default: &'static str,
    /// What it does, for the manual.
    pub what: &'static str,
    /// Reads a value for the entry of that name; the error says what would fit.
    pub set: fn(&mut Settings, &str, &str) -> Result<(), String>,
}

/// The gateway's settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GatewaySettings {
    /// The servers, by name.
    pub backends: BTreeMap<String, BackendSettings>,
    /// The models that clients can ask for, by name.
    pub routes: BTreeMap<String, RouteSettings>,
    /// How much each team may use, by name.
    pub teams: BTreeMap<String, Limits>,
    /// When a month begins.
    pub calendar: Calendar,
    /// How many bytes of answers are kept.
    pub cache_bytes_max: u64,
    /// How many requests to models may be under way at once.
    pub requests_max: usize,
    /// The largest request, in bytes.
    pub request_bytes_max: usize,
}

/// A server that models are behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackendSettings {
    /// Its URL.
    pub base_url: String,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// The environment variable that holds its key; empty where none is needed.
    pub api_key_env: String,
    /// The file that holds its key; empty where none is needed.
    pub api_key_file: String,
    /// The version of Azure's interface.
    pub api_version: String,
    /// The model's name there; empty where it is the client's.
    pub model: String,
    /// Its share of the requests.
    pub weight: u32,
    /// How long a connection to it may take, in seconds.
    pub connect_seconds_max: u64,
    /// What tokens cost, for each million.
    pub price: Price,
    /// Whether it tells the tokens at a stream's end when it is asked to.
    pub stream_usage: bool,
    /// Where it tells its load; empty where it does not.
    pub metrics_url: String,
}

/// A model that clients can ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteSettings {
    /// The names of its servers.
    pub backends: Vec<String>,
    /// Which of them is asked.
    pub balance: Balance,
    /// How long the first token may take, in seconds.
    pub first_seconds_max: u64,
    /// How long a stream may pause, in seconds.
    pub idle_seconds_max: u64,
    /// How long an answer may take, in seconds.
    pub total_seconds_max: u64,
    /// How much of it all callers together may use.
    pub limits: Limits,
    /// The most tokens of an answer where the client does not say, and something limits it.
    pub answer_tokens_max: u64,
    /// How long answers are kept, in seconds; 0 for not at all.
    pub cache_seconds: u64,
    /// Who shares them.
    pub cache_sharing: Sharing,
    /// How far the guard goes with prompts.
    pub guard_prompt: Strictness,
    /// How far it goes with answers.
    pub guard_answer: Strictness,
    /// Whether models of ours read along, not rules alone.
    pub guard_models: bool,
    /// The hosts that answers may point to; `None` for any.
    pub link_hosts: Option<Vec<String>>,
}

/// Every such table. To add a setting: a field above, a line here.
pub(crate) const FAMILIES: &[Family] = &[
    Family { name: "gateway.backends", entry: "NAME", keys: BACKEND },
    Family { name: "gateway.routes", entry: "MODEL", keys: ROUTE },
    Family { name: "gateway.teams", entry: "TEAM", keys: TEAM },
];

const BACKEND: &[FamilyKey] = &[
    FamilyKey {
        name: "base_url",
        kind: Kind::Text,
        default: "",
        what: "the server's URL up to and with `/v1`; the resource's for `azure`",
        set: |settings, name, value| put_url(&mut backend(settings, name).base_url, value),
    },
    FamilyKey {
        name: "dialect",
        kind: Kind::Text,
        default: "openai",
        what: "how the server is spoken to: `openai` (vLLM, Ollama, llama.cpp, …) or `azure`",
        set: |settings, name, value| {
            backend(settings, name).dialect = Dialect::from_name(value).ok_or("`openai` or `azure`")?;
            Ok(())
        },
    },
    FamilyKey {
        name: "api_key_env",
        kind: Kind::Text,
        default: "",
        what: "the variable that holds the server's key",
        set: |settings, name, value| put_text(&mut backend(settings, name).api_key_env, value),
    },
    FamilyKey {
        name: "api_key_file",
        kind: Kind::Text,
        default: "",
        what: "the file that holds the server's key",
        set: |settings, name, value| put_text(&mut backend(settings, name).api_key_file, value),
    },
    FamilyKey {
        name: "api_version",
        kind: Kind::Text,
        default: "2024-10-21",
        what: "the version of Azure's interface",
        set: |settings, name, value| put_text(&mut backend(settings, name).api_version, value),
    },
    FamilyKey {
        name: "model",
        kind: Kind::Text,
        default: "",
        what: "the model's name at the server, or Azure's deployment, where it is another than the route's",
        set: |settings, name, value| put_text(&mut backend(settings, name).model, value),
    },
    FamilyKey {
        name: "weight",
        kind: Kind::Integer,
        default: "1",
        what: "the server's share of a route's requests; 0 for one that only stands in for others",
        set: |settings, name, value| put(&mut backend(settings, name).weight, value, 0..=1_000_000),
    },
    FamilyKey {
        name: "connect_seconds_max",
        kind: Kind::Integer,
        default: "5",
        what: "how long a connection to the server may take",
        set: |settings, name, value| put(&mut backend(settings, name).connect_seconds_max, value, 1..=600),
    },
    FamilyKey {
        name: "price_prompt",
        kind: Kind::Number,
        default: "0",
        what: "what a million tokens of prompts cost, in a currency of yours",
        set: |settings, name, value| put(&mut backend(settings, name).price.prompt, value, 0.0..=1e6),
    },
    FamilyKey {
        name: "price_completion",
        kind: Kind::Number,
        default: "0",
        what: "what a million tokens of answers cost",
        set: |settings, name, value| put(&mut backend(settings, name).price.completion, value, 0.0..=1e6),
    },
    FamilyKey {
        name: "metrics_url",
        kind: Kind::Text,
        default: "",
        what: "where the server tells its load, as vLLM does at `/metrics`",
        set: |settings, name, value| put_url(&mut backend(settings, name).metrics_url, value),
    },
    FamilyKey {
        name: "stream_usage",
        kind: Kind::Switch,
        default: "true",
        what: "whether the server takes `stream_options.include_usage`, which exact bills need",
        set: |settings, name, value| put_switch(&mut backend(settings, name).stream_usage, value),
    },
];

const ROUTE: &[FamilyKey] = &[
    FamilyKey {
        name: "backends",
        kind: Kind::Texts,
        default: "",
        what: "the servers that answer for the model",
        set: |settings, name, value| {
            route(settings, name).backends = value.lines().map(str::to_owned).collect();
            Ok(())
        },
    },
    FamilyKey {
        name: "balance",
        kind: Kind::Text,
        default: "weighted",
        what: "which server is asked: `weighted`, `sticky`, `least_loaded` or `prefix`",
        set: |settings, name, value| {
            route(settings, name).balance = match value {
                "weighted" => Balance::Weighted,
                "sticky" => Balance::Sticky,
                "least_loaded" => Balance::LeastLoaded,
                "prefix" => Balance::Prefix,
                _ => return Err("`weighted`, `sticky`, `least_loaded` or `prefix`".into()),
            };
            Ok(())
        },
    },
    FamilyKey {
        name: "first_seconds_max",
        kind: Kind::Integer,
        default: "120",
        what: "how long the first token may take",
        set: |settings, name, value| put(&mut route(settings, name).first_seconds_max, value, 1..=86_400),
    },
    FamilyKey {
        name: "idle_seconds_max",
        kind: Kind::Integer,
        default: "60",
        what: "how long a stream may pause",
        set: |settings, name, value| put(&mut route(settings, name).idle_seconds_max, value, 1..=86_400),
    },
    FamilyKey {
        name: "total_seconds_max",
        kind: Kind::Integer,
        default: "3600",
        what: "how long an answer may take from beginning to end",
        set: |settings, name, value| put(&mut route(settings, name).total_seconds_max, value, 1..=604_800),
    },
    FamilyKey {
        name: "answer_tokens_max",
        kind: Kind::Integer,
        default: "4096",
        what: "the most tokens of an answer where the client does not say, and something limits it",
        set: |settings, name, value| {
            put(&mut route(settings, name).answer_tokens_max, value, 16..=10_000_000)
        },
    },
    FamilyKey {
        name: "cache_seconds",
        kind: Kind::Integer,
        default: "0",
        what: "how long an answer is kept for the same request; 0 for not at all",
        set: |settings, name, value| put(&mut route(settings, name).cache_seconds, value, 0..=31_536_000),
    },
    FamilyKey {
        name: "cache_sharing",
        kind: Kind::Text,
        default: "key",
        what: "who shares kept answers: `key`, each key with itself, or `team`",
        set: |settings, name, value| {
            route(settings, name).cache_sharing = match value {
                "key" => Sharing::Key,
                "team" => Sharing::Team,
                _ => return Err("`key` or `team`".into()),
            };
            Ok(())
        },
    },
    FamilyKey {
        name: "guard_prompt",
        kind: Kind::Text,
        default: "observe",
        what: "what becomes of attacks and of personal or secret values in prompts: `off`, `observe` (they are \
               counted), `mask` or `block` (attacks are refused, values masked)",
        set: |settings, name, value| put_strictness(&mut route(settings, name).guard_prompt, value),
    },
    FamilyKey {
        name: "guard_answer",
        kind: Kind::Text,
        default: "observe",
        what: "what becomes of personal or secret values, addresses and leaks in answers: `off`, `observe`, `mask` \
               or `block` (an answer that leaks its system prompt ends)",
        set: |settings, name, value| put_strictness(&mut route(settings, name).guard_answer, value),
    },
    FamilyKey {
        name: "guard_models",
        kind: Kind::Switch,
        default: "false",
        what: "whether local models read along, which finds more and takes longer, beside rules",
        set: |settings, name, value| put_switch(&mut route(settings, name).guard_models, value),
    },
    FamilyKey {
        name: "link_hosts",
        kind: Kind::Texts,
        default: "*",
        what: "the hosts that answers may point to (`docs.house.example`, `*.house.example`), links and pictures of \
               others are taken out where answers are masked; `*` for any, an empty list for none",
        set: |settings, name, value| {
            let hosts = Some(value.lines().map(str::to_owned).collect::<Vec<_>>());
            route(settings, name).link_hosts = hosts.filter(|hosts| !hosts.iter().any(|host| host == "*"));
            Ok(())
        },
    },
    FamilyKey {
        name: "tokens_per_minute",
        kind: Kind::Integer,
        default: "0",
        what: "tokens that all callers together may use in a minute; 0 for no limit",
        set: |settings, name, value| put_limit(&mut route(settings, name).limits.tokens_per_minute, value),
    },
    FamilyKey {
        name: "tokens_per_month",
        kind: Kind::Integer,
        default: "0",
        what: "tokens that all callers together may use in a calendar month; 0 for no limit",
        set: |settings, name, value| put_limit(&mut route(settings, name).limits.tokens_per_month, value),
    },
    FamilyKey {
        name: "streams",
        kind: Kind::Integer,
        default: "0",
        what: "requests that may be under way at once; 0 for no limit",
        set: |settings, name, value| put_limit(&mut route(settings, name).limits.streams, value),
    },
];

const TEAM: &[FamilyKey] = &[
    FamilyKey {
        name: "tokens_per_minute",
        kind: Kind::Integer,
        default: "0",
        what: "tokens that the team's keys together may use in a minute; 0 for no limit",
        set: |settings, name, value| put_limit(&mut team(settings, name).tokens_per_minute, value),
    },
    FamilyKey {
        name: "tokens_per_month",
        kind: Kind::Integer,
        default: "0",
        what: "tokens that the team's keys together may use in a calendar month; 0 for no limit",
        set: |settings, name, value| put_limit(&mut team(settings, name).tokens_per_month, value),
    },
    FamilyKey {
        name: "streams",
        kind: Kind::Integer,
        default: "0",
        what: "requests of the team that may be under way at once; 0 for no limit",
        set: |settings, name, value| put_limit(&mut team(settings, name).streams, value),
    },
];

fn backend<'a>(settings: &'a mut Settings, name: &str) -> &'a mut BackendSettings {
    settings.gateway.backends.entry(name.to_owned()).or_default()
}

fn route<'a>(settings: &'a mut Settings, name: &str) -> &'a mut RouteSettings {
    settings.gateway.routes.entry(name.to_owned()).or_default()
}

fn team<'a>(settings: &'a mut Settings, name: &str) -> &'a mut Limits {
    settings.gateway.teams.entry(name.to_owned()).or_default()
}

fn put_switch(place: &mut bool, value: &str) -> Result<(), String> {
    *place = value.parse().map_err(|_| "`true` or `false`".to_owned())?;
    Ok(())
}

fn put_strictness(place: &mut Strictness, value: &str) -> Result<(), String> {
    let found = Strictness::NAMES.iter().find(|(name, _)| *name == value);
    *place = found.map(|(_, strictness)| *strictness).ok_or("`off`, `observe`, `mask` or `block`")?;
    Ok(())
}

/// Takes a limit, or 0 for none.
fn put_limit<T: std::str::FromStr + PartialEq + Default>(
    place: &mut Option<T>,
    value: &str,
) -> Result<(), String> {
    let limit: T = value.parse().map_err(|_| "a whole number, 0 for no limit".to_owned())?;
    *place = Some(limit).filter(|limit| *limit != T::default());
    Ok(())
}

/// What does not go together: the table (`gateway.routes.MODEL`), and what is wrong.
pub(crate) fn contradictions(settings: &GatewaySettings) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, backend) in &settings.backends {
        let table = format!("gateway.backends.{name}");
        if backend.base_url.is_empty() {
            found.push((table, format!("the backend `{name}` needs a `base_url`")));
        } else if !backend.api_key_env.is_empty() && !backend.api_key_file.is_empty() {
            found.push((
                table,
                format!("the backend `{name}` has two keys: `api_key_env` and `api_key_file`"),
            ));
        }
    }
    for (name, route) in &settings.routes {
        let table = format!("gateway.routes.{name}");
        if route.backends.is_empty() {
            found.push((table, format!("the route `{name}` needs `backends`")));
            continue;
        }
        if name.starts_with("rag/") {
            let what = format!("the route `{name}` has the name of a collection's model");
            found.push((table.clone(), what));
        }
        for backend in route.backends.iter().filter(|name| !settings.backends.contains_key(*name)) {
            let what = format!("the route `{name}` names the backend `{backend}`, which is not there");
            found.push((table.clone(), what));
        }
    }
    found
}
