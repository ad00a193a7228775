//! The keys of `gateway.routes.MODEL`: a model that clients can ask for.

use gateway::{Balance, Reason, Sharing, Strictness};

use super::{FamilyKey, RouteSettings, put_limit, put_switch};
use crate::settings::values::{choose, put, put_text};
use crate::settings::{Kind, Settings};

pub(super) const ROUTE: &[FamilyKey] = &[
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
            route(settings, name).balance = choose(value, Balance::NAMES)?;
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
            route(settings, name).cache_sharing = choose(value, Sharing::NAMES)?;
            Ok(())
        },
    },
    FamilyKey {
        name: "cache_likeness",
        kind: Kind::Number,
        default: "0",
        what: "how alike (cosine, .95 and the like) two questions have to be to share a kept answer, everything else \
               being the same; 0 where only the same question does",
        set: |settings, name, value| put(&mut route(settings, name).cache_likeness, value, 0.0..=1.0),
    },
    FamilyKey {
        name: "cache_shadow",
        kind: Kind::Switch,
        default: "false",
        what: "whether such answers are only measured and not given",
        set: |settings, name, value| put_switch(&mut route(settings, name).cache_shadow, value),
    },
    FamilyKey {
        name: "escalate_to",
        kind: Kind::Text,
        default: "",
        what: "the route of a larger model that is asked where this one's answer will not do",
        set: |settings, name, value| put_text(&mut route(settings, name).escalate_to, value),
    },
    FamilyKey {
        name: "escalate_on",
        kind: Kind::Texts,
        default: "refusal\nempty\njson\nerror",
        what: "what will not do: `refusal`, `length` (cut short), `empty`, `json` (asked for and not given), `error`",
        set: |settings, name, value| {
            let reasons = value.lines().map(|reason| choose(reason, &Reason::NAMES));
            route(settings, name).escalate_on = reasons.collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    FamilyKey {
        name: "escalate_prompt_tokens",
        kind: Kind::Integer,
        default: "0",
        what: "prompts of more tokens go to the larger model at once; 0 for none",
        set: |settings, name, value| {
            put(&mut route(settings, name).escalate_prompt_tokens, value, 0..=10_000_000)
        },
    },
    FamilyKey {
        name: "escalate_judge",
        kind: Kind::Text,
        default: "",
        what: "the route of a model that is asked whether an answer will do",
        set: |settings, name, value| put_text(&mut route(settings, name).escalate_judge, value),
    },
    FamilyKey {
        name: "system_prompt",
        kind: Kind::Text,
        default: "",
        what: "the name of the system prompt (`[gateway.prompts.NAME]`) that stands before what clients say",
        set: |settings, name, value| put_text(&mut route(settings, name).system_prompt, value),
    },
    FamilyKey {
        name: "strip_system",
        kind: Kind::Switch,
        default: "false",
        what: "whether clients' own system messages are left out",
        set: |settings, name, value| put_switch(&mut route(settings, name).strip_system, value),
    },
    FamilyKey {
        name: "prompt_mark",
        kind: Kind::Switch,
        default: "true",
        what: "whether the system prompt carries a random mark, by which an answer that leaks it is known",
        set: |settings, name, value| put_switch(&mut route(settings, name).prompt_mark, value),
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
        name: "guard_tokens",
        kind: Kind::Switch,
        default: "false",
        what: "whether a value that is masked in a prompt gets a token of its own, and the answer the value back; \
               needs `guard.values_key_env` or `guard.values_key_file`",
        set: |settings, name, value| put_switch(&mut route(settings, name).guard_tokens, value),
    },
    FamilyKey {
        name: "guard_external",
        kind: Kind::Switch,
        default: "false",
        what: "whether the classifiers of `[guard.external.NAME]` judge prompts, and answers that are not streamed",
        set: |settings, name, value| put_switch(&mut route(settings, name).guard_external, value),
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

fn route<'a>(settings: &'a mut Settings, name: &str) -> &'a mut RouteSettings {
    settings.gateway.routes.entry(name.to_owned()).or_default()
}

fn put_strictness(place: &mut Strictness, value: &str) -> Result<(), String> {
    *place = choose(value, &Strictness::NAMES)?;
    Ok(())
}
