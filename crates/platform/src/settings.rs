//! What can be set, and what it comes to.

mod counters;
mod guard;
mod keys;
mod tables;
mod values;

use std::collections::BTreeMap;

use document::Chunking;
use provider::EncoderPrecision;
use rag::{DuplicatePolicy, Fusion, Mode};

use crate::extraction::OcrSettings;
use crate::sources::SourceSettings;

pub use counters::{RedisAway, RedisSettings};
pub use guard::{ExternalEngine, ExternalSettings, GuardSettings, PolicySettings};
pub(crate) use keys::{KEYS, Key, Kind};
pub use tables::{BackendSettings, GatewaySettings, IssuerSettings, PromptSettings, RouteSettings};
pub(crate) use tables::{FAMILIES, Family};

/// A stack that this build can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackName {
    /// Local encoder, embedded index, extractive answers.
    Embedded,
    /// A chat model behind an OpenAI-compatible server, its embeddings or the local encoder, embedded index.
    SelfHosted,
}

impl StackName {
    /// The name as configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::SelfHosted => "selfhosted",
        }
    }
}

/// A model behind an OpenAI-compatible server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelServer {
    /// The server's URL up to and with `/v1`; empty where there is none.
    pub url: String,
    /// The model's name there.
    pub model: String,
    /// The environment variable that holds the key; empty where none is needed.
    pub api_key_env: String,
    /// The file that holds the key; empty where none is needed.
    pub api_key_file: String,
    /// How long an answer may take to begin, in seconds.
    pub first_seconds_max: u64,
    /// How long it may pause, in seconds.
    pub idle_seconds_max: u64,
}

/// The self-hosted stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelfHosted {
    /// The chat model.
    pub chat: ModelServer,
    /// How many tokens its prompt and answer may have together.
    pub chat_context_tokens: usize,
    /// The embedding model; without a URL the local encoder serves.
    pub embedding: ModelServer,
    /// How many numbers its vectors have.
    pub embedding_dimension: usize,
    /// How many tokens of a text it reads.
    pub embedding_tokens_max: usize,
}

/// What those who call the server have to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// Nothing: every program on this machine may call, and none elsewhere.
    #[default]
    Nothing,
    /// An API key.
    Keys,
    /// A token of an issuer.
    Tokens,
    /// One of the two.
    KeysOrTokens,
    /// Both: the token as the bearer's, the key in `x-api-key`.
    KeysAndTokens,
}

impl Auth {
    /// Each by its name in configuration.
    pub(crate) const NAMES: &[(&str, Self)] = &[
        ("none", Self::Nothing),
        ("keys", Self::Keys),
        ("tokens", Self::Tokens),
        ("keys_or_tokens", Self::KeysOrTokens),
        ("keys_and_tokens", Self::KeysAndTokens),
    ];

    /// Whether tokens of issuers open anything.
    pub fn takes_tokens(self) -> bool {
        matches!(self, Self::Tokens | Self::KeysOrTokens | Self::KeysAndTokens)
    }
}

/// The HTTP server's limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where it listens.
    pub listen: String,
    /// What callers have to show.
    pub auth: Auth,
    /// Whose tokens are taken, by name.
    pub issuers: BTreeMap<String, IssuerSettings>,
    /// The file with the certificate and its chain; empty where connections are plain.
    pub tls_certificate_file: String,
    /// The file with its key.
    pub tls_key_file: String,
    /// How many connections there may be at once.
    pub connections_max: usize,
    /// The largest upload, in bytes.
    pub upload_bytes_max: usize,
    /// How many requests it works on at once.
    pub requests_max: usize,
    /// How long an answer may take to begin, in seconds.
    pub request_seconds_max: u64,
    /// How long it waits for answers to end when it is told to stop, in seconds.
    pub drain_seconds_max: u64,
}

/// The resolved settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Which parts serve.
    pub stack: StackName,
    /// Whether nothing may be fetched.
    pub offline: bool,
    /// Where models are fetched from first.
    pub hf_endpoint: String,
    /// Threads of the local encoder; 0 is one for each core.
    pub encoder_threads: usize,
    /// In which numbers the local encoder computes.
    pub encoder_precision: EncoderPrecision,
    /// The largest file that becomes one document, in bytes.
    pub file_bytes_max: u64,
    /// The file with passwords that are tried on encrypted files; empty where there is none.
    pub passwords_file: String,
    /// How pictures are read.
    pub ocr: OcrSettings,
    /// Limits of what is ingested over the network.
    pub sources: SourceSettings,
    /// How documents of new collections are cut.
    pub chunking: Chunking,
    /// What becomes of documents that say what another one says.
    pub duplicates: DuplicatePolicy,
    /// Which legs a search has.
    pub mode: Mode,
    /// How many hits a search gives.
    pub top_k: usize,
    /// How many candidates each leg gives.
    pub candidates: usize,
    /// How the legs are made one.
    pub fusion: Fusion,
    /// The dense leg's share in convex fusion.
    pub dense_weight: f64,
    /// The most tokens of a prompt's passages and history.
    pub prompt_tokens_max: usize,
    /// The most tokens of an answer that a chat model writes.
    pub answer_tokens_max: u32,
    /// The self-hosted stack.
    pub self_hosted: SelfHosted,
    /// The HTTP server's limits.
    pub server: ServerSettings,
    /// The models behind the gateway.
    pub gateway: GatewaySettings,
    /// The guard.
    pub guard: GuardSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            stack: StackName::Embedded,
            offline: false,
            hf_endpoint: String::new(),
            encoder_threads: 0,
            encoder_precision: EncoderPrecision::default(),
            file_bytes_max: 0,
            passwords_file: String::new(),
            ocr: OcrSettings::default(),
            sources: SourceSettings::default(),
            chunking: Chunking::default(),
            duplicates: DuplicatePolicy::default(),
            mode: Mode::Hybrid,
            top_k: 0,
            candidates: 0,
            fusion: Fusion::default(),
            dense_weight: 0.5,
            prompt_tokens_max: 0,
            answer_tokens_max: 0,
            self_hosted: SelfHosted::default(),
            server: ServerSettings::default(),
            gateway: GatewaySettings::default(),
            guard: GuardSettings::default(),
        }
    }
}

impl Settings {
    /// What does not go together: the table (`gateway.routes.MODEL`), and what is wrong.
    pub(crate) fn contradictions(&self) -> Vec<(String, String)> {
        let mut found = tables::contradictions(&self.gateway);
        found.extend(tables::issuer_contradictions(&self.server));
        found.extend(self.gateway.redis.contradiction());
        found.extend(guard::contradictions(&self.guard));
        found
    }

    /// The fusion with its parameters.
    pub fn fusion(&self) -> Fusion {
        match self.fusion {
            Fusion::Convex { .. } => Fusion::Convex { weight: self.dense_weight },
            other => other,
        }
    }
}
