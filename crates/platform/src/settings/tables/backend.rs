//! The keys of `gateway.backends.NAME`: a server that models are behind.

use provider::Dialect;

use super::{BackendSettings, FamilyKey, put_switch};
use crate::settings::values::{put, put_text, put_url};
use crate::settings::{Kind, Settings};

pub(super) const BACKEND: &[FamilyKey] = &[
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
        name: "gpu_hour_price",
        kind: Kind::Number,
        default: "0",
        what: "what an hour of a server of your own costs, all its GPUs together; shared by the requests under way",
        set: |settings, name, value| put(&mut backend(settings, name).gpu_hour_price, value, 0.0..=1e6),
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

fn backend<'a>(settings: &'a mut Settings, name: &str) -> &'a mut BackendSettings {
    settings.gateway.backends.entry(name.to_owned()).or_default()
}
