//! Settings of the guard: what is done with what is found, and who is asked outside.

use std::collections::BTreeMap;
use std::time::Duration;

use ::guard::{Category, Decision, Kind as TextKind, Mode, Policy, Rule};
use provider::OnFailure;

use super::tables::FamilyKey;
use super::values::{put, put_text, put_url};
use super::{Kind, ModelServer, Settings};

/// The guard's settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuardSettings {
    /// Whether what is decided is done, where no policy says otherwise.
    pub mode: Mode,
    /// The hosts that answers of chat models may link to and load pictures from; `None` for any.
    pub link_hosts: Option<Vec<String>>,
    /// From which share of an ingest's documents on being held back is an alarm; 0 to 1.
    pub quarantine_share_max: f64,
    /// The variable that holds the key to values that can be put back; empty where there is none.
    pub values_key_env: String,
    /// The file that holds it; empty where there is none.
    pub values_key_file: String,
    /// What is done with what is found, by the name that routes and collections refer to it by.
    pub policies: BTreeMap<String, PolicySettings>,
    /// Which policy a collection has, by its name.
    pub collections: BTreeMap<String, String>,
    /// Who is asked outside, by name.
    pub external: BTreeMap<String, ExternalSettings>,
}

/// What is done with what is found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicySettings {
    /// Whether it is done; `None` for what the guard's own setting says.
    pub mode: Option<Mode>,
    /// From which score on an attack is one.
    pub attack_score_min: f32,
    /// What is done with what, where it is not what is done by default.
    pub decisions: BTreeMap<Category, Decision>,
}

/// A classifier outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExternalSettings {
    /// What it is.
    pub engine: ExternalEngine,
    /// Where it is.
    pub server: ModelServer,
    /// What it judges; empty for all that it can.
    pub kinds: Vec<TextKind>,
    /// How long it may take for a text, in milliseconds.
    pub deadline_ms: u64,
    /// What becomes of a text that it does not judge.
    pub on_failure: OnFailure,
    /// How long a judgement is kept, in seconds.
    pub cache_seconds: u64,
    /// How many tokens prompt and answer may have together, for Llama Guard.
    pub context_tokens: usize,
    /// Blocklists of the resource, for Azure's text analysis.
    pub blocklists: Vec<String>,
}

/// What a classifier outside is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExternalEngine {
    /// Any service that answers with labels.
    #[default]
    Http,
    /// Azure AI Content Safety: Prompt Shields.
    AzurePromptShields,
    /// Azure AI Content Safety: text analysis.
    AzureTextAnalysis,
    /// Azure AI Content Safety: groundedness.
    AzureGroundedness,
    /// Llama Guard behind an OpenAI-compatible server.
    LlamaGuard,
}

const ENGINES: [(&str, ExternalEngine); 5] = [
    ("http", ExternalEngine::Http),
    ("azure_prompt_shields", ExternalEngine::AzurePromptShields),
    ("azure_text_analysis", ExternalEngine::AzureTextAnalysis),
    ("azure_groundedness", ExternalEngine::AzureGroundedness),
    ("llama_guard", ExternalEngine::LlamaGuard),
];

impl ExternalSettings {
    /// How long it may take.
    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}

impl GuardSettings {
    /// The guard that does what a policy says; without a name, or with one that is not there, the default.
    pub fn guard(&self, policy: Option<&str>) -> ::guard::Guard {
        let own = policy.and_then(|name| self.policies.get(name));
        let mut guard =
            ::guard::Guard::default().with_mode(own.and_then(|own| own.mode).unwrap_or(self.mode));
        if let Some(own) = own {
            for kind in [TextKind::Prompt, TextKind::Document, TextKind::Output] {
                guard = guard.with_policy(kind, own.policy(kind));
            }
        }
        guard
    }

    /// The guard of a collection's documents and questions.
    pub fn of_collection(&self, collection: &str) -> ::guard::Guard {
        self.guard(self.collections.get(collection).map(String::as_str))
    }
}

impl PolicySettings {
    fn policy(&self, kind: TextKind) -> Policy {
        let built_in = Policy::built_in(kind);
        let rules = built_in.rules().iter().filter(|rule| !self.decisions.contains_key(&rule.category));
        let mut rules: Vec<Rule> = rules.copied().collect();
        rules.extend(self.decisions.iter().map(|(category, decision)| Rule {
            category: *category,
            score_min: 0.5,
            decision: *decision,
        }));
        for rule in rules.iter_mut().filter(|rule| rule.category.is_attack()) {
            // Hidden text that is quarantined by default has a score of its own.
            if rule.score_min <= 0.5 {
                rule.score_min = self.attack_score_min;
            }
        }
        Policy::new(rules)
    }
}

pub(super) const POLICY: &[FamilyKey] = &[
    FamilyKey {
        name: "mode",
        kind: Kind::Text,
        default: "",
        what: "`enforce`, `observe` (only count) or `off`; empty for `guard.mode`",
        set: |settings, name, value| {
            let mode = if value.is_empty() { None } else { Some(mode_from(value)?) };
            policy(settings, name).mode = mode;
            Ok(())
        },
    },
    FamilyKey {
        name: "attack_score_min",
        kind: Kind::Number,
        default: "0.5",
        what: "from which score on a text is an attack, 0 to 1",
        set: |settings, name, value| put(&mut policy(settings, name).attack_score_min, value, 0.0..=1.0),
    },
    decision(
        "injection",
        "what becomes of instructions where there should be data: a decision, or empty for the default",
        |s, n, v| decide(s, n, Category::Injection, v),
    ),
    decision("jailbreak", "what becomes of attempts to talk a model out of its rules", |s, n, v| {
        decide(s, n, Category::Jailbreak, v)
    }),
    decision("hidden_text", "what becomes of content that people do not see", |s, n, v| {
        decide(s, n, Category::HiddenText, v)
    }),
    decision("secrets", "what becomes of passwords, keys and tokens", |s, n, v| {
        decide(s, n, Category::Secret, v)
    }),
    decision("personal_data", "what becomes of identifiers and names", |s, n, v| {
        decide(s, n, Category::Pii, v)
    }),
    decision("egress", "what becomes of links and pictures of hosts that are not listed", |s, n, v| {
        decide(s, n, Category::Egress, v)
    }),
    decision("leak", "what becomes of the system prompt in an answer", |s, n, v| {
        decide(s, n, Category::Leak, v)
    }),
    decision(
        "poisoning",
        "what becomes of documents that echo each other or jump to another topic",
        |s, n, v| decide(s, n, Category::Poisoning, v),
    ),
    decision("harm", "what becomes of what a classifier outside calls harmful", |s, n, v| {
        decide(s, n, Category::Harm, v)
    }),
    decision(
        "ungrounded",
        "what becomes of claims that a classifier outside finds in no passage",
        |s, n, v| decide(s, n, Category::Ungrounded, v),
    ),
    decision(
        "unjudged",
        "what becomes of texts that a classifier outside could not judge, if it fails closed",
        |s, n, v| decide(s, n, Category::Unjudged, v),
    ),
];

pub(super) const COLLECTION: &[FamilyKey] = &[FamilyKey {
    name: "policy",
    kind: Kind::Text,
    default: "",
    what: "the policy of the collection's documents and questions",
    set: |settings, name, value| {
        settings.guard.collections.insert(name.to_owned(), value.to_owned());
        Ok(())
    },
}];

pub(super) const EXTERNAL: &[FamilyKey] = &[
    FamilyKey {
        name: "engine",
        kind: Kind::Text,
        default: "http",
        what: "`azure_prompt_shields`, `azure_text_analysis`, `azure_groundedness`, `llama_guard` or `http`",
        set: |settings, name, value| {
            let engine = ENGINES.iter().find(|(known, _)| *known == value);
            external(settings, name).engine = engine
                .ok_or("`azure_prompt_shields`, `azure_text_analysis`, `azure_groundedness`, `llama_guard` or `http`")?
                .1;
            Ok(())
        },
    },
    FamilyKey {
        name: "url",
        kind: Kind::Text,
        default: "",
        what: "the service's URL; the resource's for Azure, up to and with `/v1` for `llama_guard`",
        set: |settings, name, value| put_url(&mut external(settings, name).server.url, value),
    },
    FamilyKey {
        name: "model",
        kind: Kind::Text,
        default: "",
        what: "the model's name there, for `llama_guard`",
        set: |settings, name, value| put_text(&mut external(settings, name).server.model, value),
    },
    FamilyKey {
        name: "api_key_env",
        kind: Kind::Text,
        default: "",
        what: "the variable that holds the service's key",
        set: |settings, name, value| put_text(&mut external(settings, name).server.api_key_env, value),
    },
    FamilyKey {
        name: "api_key_file",
        kind: Kind::Text,
        default: "",
        what: "the file that holds the service's key",
        set: |settings, name, value| put_text(&mut external(settings, name).server.api_key_file, value),
    },
    FamilyKey {
        name: "kinds",
        kind: Kind::Texts,
        default: "",
        what: "what it judges: `prompt`, `document`, `output`; empty for all that it can",
        set: |settings, name, value| {
            let kinds = value.lines().map(TextKind::from_name).collect::<Option<Vec<_>>>();
            external(settings, name).kinds = kinds.ok_or("`prompt`, `document` and `output`")?;
            Ok(())
        },
    },
    FamilyKey {
        name: "deadline_ms",
        kind: Kind::Integer,
        default: "2000",
        what: "how long it may take for a text, in milliseconds",
        set: |settings, name, value| put(&mut external(settings, name).deadline_ms, value, 1..=600_000),
    },
    FamilyKey {
        name: "on_failure",
        kind: Kind::Text,
        default: "open",
        what: "what becomes of a text that it does not judge: `open` lets it pass, `closed` does not",
        set: |settings, name, value| {
            external(settings, name).on_failure = match value {
                "open" => OnFailure::Open,
                "closed" => OnFailure::Closed,
                _ => return Err("`open` or `closed`".into()),
            };
            Ok(())
        },
    },
    FamilyKey {
        name: "cache_seconds",
        kind: Kind::Integer,
        default: "3600",
        what: "how long a judgement is kept for the same text; 0 for not at all",
        set: |settings, name, value| put(&mut external(settings, name).cache_seconds, value, 0..=31_536_000),
    },
    FamilyKey {
        name: "context_tokens",
        kind: Kind::Integer,
        default: "8192",
        what: "how many tokens prompt and answer may have together, for `llama_guard`",
        set: |settings, name, value| {
            put(&mut external(settings, name).context_tokens, value, 2048..=10_000_000)
        },
    },
    FamilyKey {
        name: "blocklists",
        kind: Kind::Texts,
        default: "",
        what: "the resource's blocklists, for `azure_text_analysis`",
        set: |settings, name, value| {
            external(settings, name).blocklists = value.lines().map(str::to_owned).collect();
            Ok(())
        },
    },
];

type Set = fn(&mut Settings, &str, &str) -> Result<(), String>;

const fn decision(name: &'static str, what: &'static str, set: Set) -> FamilyKey {
    FamilyKey { name, kind: Kind::Text, default: "", what, set }
}

/// Reads a mode.
pub(super) fn mode_from(value: &str) -> Result<Mode, String> {
    match value {
        "enforce" => Ok(Mode::Enforce),
        "observe" => Ok(Mode::Observe),
        "off" => Ok(Mode::Off),
        _ => Err("`enforce`, `observe` or `off`".into()),
    }
}

/// Takes what is done with one category; nothing for the default.
fn decide(settings: &mut Settings, name: &str, category: Category, value: &str) -> Result<(), String> {
    let decisions = &mut policy(settings, name).decisions;
    if value.is_empty() {
        return Ok(());
    }
    let decision = Decision::from_name(value).ok_or("`allow`, `mark`, `mask`, `quarantine` or `block`")?;
    decisions.insert(category, decision);
    Ok(())
}

fn policy<'a>(settings: &'a mut Settings, name: &str) -> &'a mut PolicySettings {
    settings.guard.policies.entry(name.to_owned()).or_default()
}

fn external<'a>(settings: &'a mut Settings, name: &str) -> &'a mut ExternalSettings {
    settings.guard.external.entry(name.to_owned()).or_default()
}

/// What does not go together: the table, and what is wrong.
pub(crate) fn contradictions(settings: &GuardSettings) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, own) in &settings.external {
        let table = format!("guard.external.{name}");
        if own.server.url.is_empty() {
            found.push((table, format!("the classifier `{name}` needs a `url`")));
        } else if own.engine == ExternalEngine::LlamaGuard && own.server.model.is_empty() {
            found.push((table, format!("the classifier `{name}` needs a `model`")));
        } else if !own.server.api_key_env.is_empty() && !own.server.api_key_file.is_empty() {
            let what = format!("the classifier `{name}` has two keys: `api_key_env` and `api_key_file`");
            found.push((table, what));
        }
    }
    if !settings.values_key_env.is_empty() && !settings.values_key_file.is_empty() {
        let what = "values have two keys: `guard.values_key_env` and `guard.values_key_file`";
        found.push(("guard.values_key_file".into(), what.into()));
    }
    for (collection, policy) in &settings.collections {
        if !policy.is_empty() && !settings.policies.contains_key(policy) {
            let what =
                format!("the collection `{collection}` names the policy `{policy}`, which is not there");
            found.push((format!("guard.collections.{collection}"), what));
        }
    }
    found
}
