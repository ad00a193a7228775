//! Settings of which there are as many as the user names: `gateway.backends.NAME`, `gateway.routes.MODEL`. They come
//! from the file alone.

mod backend;
mod issuer;
mod prompt;
mod route;
mod team;

use std::collections::BTreeMap;

use gateway::{Balance, Calendar, Limits, Price, Reason, Sharing, Strictness};
use provider::Dialect;

use super::{Kind, RedisSettings, Settings, guard};

pub use issuer::IssuerSettings;
pub(super) use issuer::contradictions as issuer_contradictions;

/// A table that is there once for each name.
pub(crate) struct Family {
    /// Its place in the file.
    pub name: &'static str,
    /// What stands for the name, in the manual.
    pub entry: &'static str,
    /// Whether a running server takes changes of it.
    pub is_exchanged: bool,
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
    /// The OpenTelemetry collector that is told of calls; empty for none.
    pub otlp_url: String,
    /// The servers, by name.
    pub backends: BTreeMap<String, BackendSettings>,
    /// The models that clients can ask for, by name.
    pub routes: BTreeMap<String, RouteSettings>,
    /// The system prompts, by name.
    pub prompts: BTreeMap<String, PromptSettings>,
    /// How much each team may use, by name.
    pub teams: BTreeMap<String, Limits>,
    /// Where quotas are counted together.
    pub redis: RedisSettings,
    /// When a month begins.
    pub calendar: Calendar,
    /// How many bytes of answers are kept.
    pub cache_bytes_max: u64,
    /// How many requests to models may be under way at once.
    pub requests_max: usize,
    /// The largest request, in bytes.
    pub request_bytes_max: usize,
}

impl GatewaySettings {
    /// Whether a route shares answers between questions that are alike, for which a model compares them.
    pub(crate) fn compares(&self) -> bool {
        self.routes.values().any(|route| route.cache_likeness > 0.0)
    }
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
    /// What an hour of it costs, all its processors together; 0 where that is not paid.
    pub gpu_hour_price: f64,
    /// Whether it tells the tokens at a stream's end when it is asked to.
    pub stream_usage: bool,
    /// Where it tells its load; empty where it does not.
    pub metrics_url: String,
}

/// A model that clients can ask for.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// How alike two questions are to share an answer; 0 where they do not.
    pub cache_likeness: f32,
    /// Whether such sharing is only measured.
    pub cache_shadow: bool,
    /// The larger model's route; empty for none.
    pub escalate_to: String,
    /// What an answer must not be, so that the larger model is not asked.
    pub escalate_on: Vec<Reason>,
    /// From how many tokens of a prompt on the larger model is asked at once; 0 for never.
    pub escalate_prompt_tokens: u64,
    /// The route of a model that judges answers; empty for none.
    pub escalate_judge: String,
    /// The name of its system prompt; empty for none.
    pub system_prompt: String,
    /// Whether clients' own system messages are left out.
    pub strip_system: bool,
    /// Whether its system prompt carries a mark that proves a leak.
    pub prompt_mark: bool,
    /// How far the guard goes with prompts.
    pub guard_prompt: Strictness,
    /// How far it goes with answers.
    pub guard_answer: Strictness,
    /// Whether models of ours read along, not rules alone.
    pub guard_models: bool,
    /// Whether tokens stand where values were in prompts, and answers get the values back.
    pub guard_tokens: bool,
    /// Whether those outside are asked that the settings name.
    pub guard_external: bool,
    /// The hosts that answers may point to; `None` for any.
    pub link_hosts: Option<Vec<String>>,
}

/// A system prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptSettings {
    /// What it says; empty where a file does.
    pub text: String,
    /// The file that says it.
    pub file: String,
}

/// Every such table. To add a setting: a field above, a line in the table's own file.
pub(crate) const FAMILIES: &[Family] = &[
    Family { name: "gateway.backends", entry: "NAME", is_exchanged: true, keys: backend::BACKEND },
    Family { name: "gateway.routes", entry: "MODEL", is_exchanged: true, keys: route::ROUTE },
    Family { name: "gateway.prompts", entry: "NAME", is_exchanged: true, keys: prompt::PROMPT },
    Family { name: "gateway.teams", entry: "TEAM", is_exchanged: true, keys: team::TEAM },
    Family { name: "server.issuers", entry: "NAME", is_exchanged: false, keys: issuer::ISSUER },
    Family { name: "guard.policies", entry: "NAME", is_exchanged: false, keys: guard::POLICY },
    Family { name: "guard.collections", entry: "COLLECTION", is_exchanged: false, keys: guard::COLLECTION },
    Family { name: "guard.external", entry: "NAME", is_exchanged: false, keys: guard::EXTERNAL },
];

fn put_switch(place: &mut bool, value: &str) -> Result<(), String> {
    *place = value.parse().map_err(|_| "`true` or `false`".to_owned())?;
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
pub(super) fn contradictions(settings: &GatewaySettings) -> Vec<(String, String)> {
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
    for (name, prompt) in &settings.prompts {
        if prompt.text.is_empty() == prompt.file.is_empty() {
            let what = format!("the prompt `{name}` needs either a `text` or a `file`");
            found.push((format!("gateway.prompts.{name}"), what));
        }
    }
    for (name, route) in &settings.routes {
        let table = format!("gateway.routes.{name}");
        let prompt = &route.system_prompt;
        if !prompt.is_empty() && !settings.prompts.contains_key(prompt) {
            let what = format!("the route `{name}` names the prompt `{prompt}`, which is not there");
            found.push((table.clone(), what));
        }
        if route.backends.is_empty() {
            found.push((table, format!("the route `{name}` needs `backends`")));
            continue;
        }
        if route.guard_tokens && route.guard_prompt < Strictness::Mask {
            let what = format!("the route `{name}` has `guard_tokens`, and its `guard_prompt` masks nothing");
            found.push((table.clone(), what));
        }
        if name.starts_with("rag/") {
            let what = format!("the route `{name}` has the name of a collection's model");
            found.push((table.clone(), what));
        }
        found.extend(escalations(settings, (name, route)).map(|what| (table.clone(), what)));
        for backend in route.backends.iter().filter(|name| !settings.backends.contains_key(*name)) {
            let what = format!("the route `{name}` names the backend `{backend}`, which is not there");
            found.push((table.clone(), what));
        }
    }
    found
}

/// What is wrong with the routes that a route escalates to.
fn escalations<'a>(
    settings: &'a GatewaySettings,
    (name, route): (&'a String, &'a RouteSettings),
) -> impl Iterator<Item = String> + 'a {
    let others = [&route.escalate_to, &route.escalate_judge].into_iter().filter(|name| !name.is_empty());
    others.filter_map(move |other| {
        let what = match settings.routes.get(other) {
            None => "which is not there",
            Some(_) if other == name => "which is itself",
            Some(other) if !other.escalate_to.is_empty() => "which escalates to another in turn",
            Some(_) => return None,
        };
        Some(format!("the route `{name}` escalates to `{other}`, {what}"))
    })
}
