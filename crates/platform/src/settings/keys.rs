//! Every setting, each in one line of one table.

use super::guard::mode_from as guard_mode;
use super::values::{
    choose, mode_from, put, put_text, put_url, set_auth, set_duplicates, set_endpoint, set_ocr_engine,
    set_ocr_seconds, set_precision, set_stack,
};
use super::{RedisAway, Settings};

/// What a setting's value is in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A list of texts.
    Texts,
    Integer,
    Number,
    Switch,
}

/// One setting.
pub(crate) struct Key {
    /// Its place in the file: `table.key`.
    pub name: &'static str,
    pub kind: Kind,
    /// As it would be written.
    pub default: &'static str,
    /// What it does, for the manual.
    pub what: &'static str,
    /// Reads a value; the error says what would fit.
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
}

impl Key {
    /// The environment variable that sets it.
    pub(crate) fn variable(&self) -> String {
        format!("PATOU_{}", self.name.replace('.', "_").to_uppercase())
    }
}

/// Every setting. To add one: a field above, a line here.
pub(crate) const KEYS: &[Key] = &[
    Key { name: "stack", kind: Kind::Text, default: "embedded", what: "which stack serves", set: set_stack },
    Key {
        name: "stacks.embedded.threads",
        kind: Kind::Integer,
        default: "0",
        what: "threads of the local encoder; 0 is one for each core",
        set: |settings, value| put(&mut settings.encoder_threads, value, 0..=1024),
    },
    Key {
        name: "stacks.embedded.precision",
        kind: Kind::Text,
        default: "int8",
        what: "`int8` or `fp32`: the local encoder's numbers; a collection keeps to those it was made with",
        set: set_precision,
    },
    Key {
        name: "stacks.selfhosted.chat_url",
        kind: Kind::Text,
        default: "",
        what: "the chat server's URL up to and with `/v1`",
        set: |settings, value| put_url(&mut settings.self_hosted.chat.url, value),
    },
    Key {
        name: "stacks.selfhosted.chat_model",
        kind: Kind::Text,
        default: "",
        what: "the chat model's name there",
        set: |settings, value| put_text(&mut settings.self_hosted.chat.model, value),
    },
    Key {
        name: "stacks.selfhosted.chat_api_key_env",
        kind: Kind::Text,
        default: "",
        what: "the variable that holds the chat server's key",
        set: |settings, value| put_text(&mut settings.self_hosted.chat.api_key_env, value),
    },
    Key {
        name: "stacks.selfhosted.chat_api_key_file",
        kind: Kind::Text,
        default: "",
        what: "the file that holds the chat server's key",
        set: |settings, value| put_text(&mut settings.self_hosted.chat.api_key_file, value),
    },
    Key {
        name: "stacks.selfhosted.chat_first_seconds_max",
        kind: Kind::Integer,
        default: "120",
        what: "how long the chat server may take to begin an answer",
        set: |settings, value| put(&mut settings.self_hosted.chat.first_seconds_max, value, 1..=3600),
    },
    Key {
        name: "stacks.selfhosted.chat_idle_seconds_max",
        kind: Kind::Integer,
        default: "60",
        what: "how long the chat server may pause within an answer",
        set: |settings, value| put(&mut settings.self_hosted.chat.idle_seconds_max, value, 1..=3600),
    },
    Key {
        name: "stacks.selfhosted.chat_context_tokens",
        kind: Kind::Integer,
        default: "8192",
        what: "how many tokens the chat model's prompt and answer may have together",
        set: |settings, value| put(&mut settings.self_hosted.chat_context_tokens, value, 1024..=10_000_000),
    },
    Key {
        name: "stacks.selfhosted.embedding_url",
        kind: Kind::Text,
        default: "",
        what: "the embedding server's URL up to and with `/v1`; without one the local encoder serves",
        set: |settings, value| put_url(&mut settings.self_hosted.embedding.url, value),
    },
    Key {
        name: "stacks.selfhosted.embedding_model",
        kind: Kind::Text,
        default: "",
        what: "the embedding model's name there",
        set: |settings, value| put_text(&mut settings.self_hosted.embedding.model, value),
    },
    Key {
        name: "stacks.selfhosted.embedding_api_key_env",
        kind: Kind::Text,
        default: "",
        what: "the variable that holds the embedding server's key",
        set: |settings, value| put_text(&mut settings.self_hosted.embedding.api_key_env, value),
    },
    Key {
        name: "stacks.selfhosted.embedding_api_key_file",
        kind: Kind::Text,
        default: "",
        what: "the file that holds the embedding server's key",
        set: |settings, value| put_text(&mut settings.self_hosted.embedding.api_key_file, value),
    },
    Key {
        name: "stacks.selfhosted.embedding_first_seconds_max",
        kind: Kind::Integer,
        default: "60",
        what: "how long the embedding server may take to begin an answer",
        set: |settings, value| put(&mut settings.self_hosted.embedding.first_seconds_max, value, 1..=3600),
    },
    Key {
        name: "stacks.selfhosted.embedding_idle_seconds_max",
        kind: Kind::Integer,
        default: "60",
        what: "how long the embedding server may pause within an answer",
        set: |settings, value| put(&mut settings.self_hosted.embedding.idle_seconds_max, value, 1..=3600),
    },
    Key {
        name: "stacks.selfhosted.embedding_dimension",
        kind: Kind::Integer,
        default: "384",
        what: "how many numbers the embedding model's vectors have",
        set: |settings, value| put(&mut settings.self_hosted.embedding_dimension, value, 1..=65_536),
    },
    Key {
        name: "stacks.selfhosted.embedding_tokens_max",
        kind: Kind::Integer,
        default: "512",
        what: "how many tokens of a text the embedding model reads",
        set: |settings, value| put(&mut settings.self_hosted.embedding_tokens_max, value, 64..=1_000_000),
    },
    Key {
        name: "model.offline",
        kind: Kind::Switch,
        default: "false",
        what: "whether nothing may be fetched",
        set: |settings, value| {
            settings.offline = value.parse().map_err(|_| "`true` or `false`".to_owned())?;
            Ok(())
        },
    },
    Key {
        name: "model.hf_endpoint",
        kind: Kind::Text,
        default: "https://huggingface.co",
        what: "where models are fetched from first; `HF_ENDPOINT` is respected too",
        set: set_endpoint,
    },
    Key {
        name: "ingest.file_bytes_max",
        kind: Kind::Integer,
        default: "104857600",
        what: "the largest file that becomes one document, in bytes; JSON lines have no limit",
        set: |settings, value| put(&mut settings.file_bytes_max, value, 1..=1 << 30),
    },
    Key {
        name: "ingest.chunker",
        kind: Kind::Text,
        default: "heading",
        what: "how documents of new collections are cut",
        set: |settings, value| {
            settings.chunking.strategy = value.parse().map_err(|error| format!("{error}"))?;
            Ok(())
        },
    },
    Key {
        name: "ingest.chunk_tokens_max",
        kind: Kind::Integer,
        default: "510",
        what: "the most tokens that a chunk has with its title and headings",
        set: |settings, value| put(&mut settings.chunking.max_tokens, value, 32..=510),
    },
    Key {
        name: "ingest.chunk_overlap_tokens",
        kind: Kind::Integer,
        default: "64",
        what: "how many tokens two chunks of one long section share",
        set: |settings, value| put(&mut settings.chunking.overlap_tokens, value, 0..=255),
    },
    Key {
        name: "ingest.duplicates",
        kind: Kind::Text,
        default: "keep",
        what: "what becomes of a document that says what another one says, exactly or nearly: `keep`, `link` or `skip`",
        set: set_duplicates,
    },
    Key {
        name: "ingest.passwords_file",
        kind: Kind::Text,
        default: "",
        what: "the file with passwords, one a line, that are tried on encrypted files",
        set: |settings, value| put_text(&mut settings.passwords_file, value),
    },
    Key {
        name: "ocr.engine",
        kind: Kind::Text,
        default: "auto",
        what: "who reads pictures: `auto` (Tesseract where it is installed), `tesseract`, `azure`, `http` or `off`",
        set: set_ocr_engine,
    },
    Key {
        name: "ocr.languages",
        kind: Kind::Text,
        default: "eng",
        what: "the languages of pictures, as Tesseract calls them, joined by `+`",
        set: |settings, value| put_text(&mut settings.ocr.languages, value),
    },
    Key {
        name: "ocr.program",
        kind: Kind::Text,
        default: "tesseract",
        what: "Tesseract's name or path",
        set: |settings, value| put_text(&mut settings.ocr.program, value),
    },
    Key {
        name: "ocr.endpoint",
        kind: Kind::Text,
        default: "",
        what: "the URL of the service that reads pictures, for `azure` and `http`",
        set: |settings, value| put_url(&mut settings.ocr.server.url, value),
    },
    Key {
        name: "ocr.model",
        kind: Kind::Text,
        default: "prebuilt-read",
        what: "the analysis that `azure` is asked for",
        set: |settings, value| put_text(&mut settings.ocr.server.model, value),
    },
    Key {
        name: "ocr.api_key_env",
        kind: Kind::Text,
        default: "",
        what: "the variable that holds the key to that service",
        set: |settings, value| put_text(&mut settings.ocr.server.api_key_env, value),
    },
    Key {
        name: "ocr.api_key_file",
        kind: Kind::Text,
        default: "",
        what: "the file that holds the key to that service",
        set: |settings, value| put_text(&mut settings.ocr.server.api_key_file, value),
    },
    Key {
        name: "ocr.seconds_max",
        kind: Kind::Integer,
        default: "120",
        what: "how long one picture may take",
        set: set_ocr_seconds,
    },
    Key {
        name: "ocr.confidence_min",
        kind: Kind::Number,
        default: "0.6",
        what: "words that are read with less confidence are told as a problem, 0 to 1",
        set: |settings, value| put(&mut settings.ocr.confidence_min, value, 0.0..=1.0),
    },
    Key {
        name: "sources.allow_private",
        kind: Kind::Switch,
        default: "false",
        what: "whether addresses that are ingested may be private or loopback ones",
        set: |settings, value| {
            settings.sources.allow_private = value.parse().map_err(|_| "`true` or `false`".to_owned())?;
            Ok(())
        },
    },
    Key {
        name: "sources.pages_max",
        kind: Kind::Integer,
        default: "1000",
        what: "the most pages of a sitemap or a crawl",
        set: |settings, value| put(&mut settings.sources.pages_max, value, 1..=1_000_000),
    },
    Key {
        name: "sources.depth_max",
        kind: Kind::Integer,
        default: "8",
        what: "how many links a crawl follows one after the other",
        set: |settings, value| put(&mut settings.sources.depth_max, value, 0..=1000),
    },
    Key {
        name: "sources.bytes_max",
        kind: Kind::Integer,
        default: "1073741824",
        what: "the most bytes of all pages of a sitemap or a crawl together",
        set: |settings, value| put(&mut settings.sources.bytes_max, value, 1..=1 << 40),
    },
    Key {
        name: "sources.delay_seconds_max",
        kind: Kind::Integer,
        default: "10",
        what: "how long a host may have a crawl wait between two pages, in seconds",
        set: |settings, value| put(&mut settings.sources.delay_seconds_max, value, 0..=600),
    },
    Key {
        name: "sources.watch_quiet_ms",
        kind: Kind::Integer,
        default: "2000",
        what: "how long a watched directory is still before it is ingested, in milliseconds",
        set: |settings, value| put(&mut settings.sources.watch_quiet_ms, value, 10..=3_600_000),
    },
    Key {
        name: "search.mode",
        kind: Kind::Text,
        default: "hybrid",
        what: "`hybrid`, `dense` or `lexical`",
        set: |settings, value| {
            settings.mode = mode_from(value)?;
            Ok(())
        },
    },
    Key {
        name: "search.top_k",
        kind: Kind::Integer,
        default: "10",
        what: "how many hits a search gives",
        set: |settings, value| put(&mut settings.top_k, value, 1..=1000),
    },
    Key {
        name: "search.candidates",
        kind: Kind::Integer,
        default: "100",
        what: "how many candidates each leg gives to fusion",
        set: |settings, value| put(&mut settings.candidates, value, 1..=10_000),
    },
    Key {
        name: "search.fusion",
        kind: Kind::Text,
        default: "convex",
        what: "`convex` (min-max normalised scores) or `rrf` (reciprocal ranks)",
        set: |settings, value| {
            settings.fusion = value.parse()?;
            Ok(())
        },
    },
    Key {
        name: "search.dense_weight",
        kind: Kind::Number,
        default: "0.5",
        what: "the dense leg's share in convex fusion, 0 to 1",
        set: |settings, value| put(&mut settings.dense_weight, value, 0.0..=1.0),
    },
    Key {
        name: "answer.prompt_tokens_max",
        kind: Kind::Integer,
        default: "3000",
        what: "the most tokens of passages and history in a prompt",
        set: |settings, value| put(&mut settings.prompt_tokens_max, value, 256..=1_000_000),
    },
    Key {
        name: "answer.tokens_max",
        kind: Kind::Integer,
        default: "700",
        what: "the most tokens of an answer that a chat model writes",
        set: |settings, value| put(&mut settings.answer_tokens_max, value, 16..=100_000),
    },
    Key {
        name: "server.listen",
        kind: Kind::Text,
        default: "127.0.0.1:7700",
        what: "where `serve` listens",
        set: |settings, value| put_text(&mut settings.server.listen, value),
    },
    Key {
        name: "server.auth",
        kind: Kind::Text,
        default: "none",
        what: "what callers have to show: `none`, on this machine alone, `keys`, `tokens`, `keys_or_tokens` or `keys_and_tokens`",
        set: set_auth,
    },
    Key {
        name: "server.tls_certificate_file",
        kind: Kind::Text,
        default: "",
        what: "the PEM file with the server's certificate, its chain after it; without one connections are plain",
        set: |settings, value| put_text(&mut settings.server.tls_certificate_file, value),
    },
    Key {
        name: "server.tls_key_file",
        kind: Kind::Text,
        default: "",
        what: "the PEM file with the certificate's key",
        set: |settings, value| put_text(&mut settings.server.tls_key_file, value),
    },
    Key {
        name: "server.connections_max",
        kind: Kind::Integer,
        default: "8192",
        what: "how many connections there may be at once; the next ones wait",
        set: |settings, value| put(&mut settings.server.connections_max, value, 1..=1_000_000),
    },
    Key {
        name: "server.upload_bytes_max",
        kind: Kind::Integer,
        default: "268435456",
        what: "the largest upload, in bytes",
        set: |settings, value| put(&mut settings.server.upload_bytes_max, value, 1..=1 << 34),
    },
    Key {
        name: "server.requests_max",
        kind: Kind::Integer,
        default: "256",
        what: "how many requests the server works on at once",
        set: |settings, value| put(&mut settings.server.requests_max, value, 1..=100_000),
    },
    Key {
        name: "server.request_seconds_max",
        kind: Kind::Integer,
        default: "300",
        what: "how long the server may take to begin an answer",
        set: |settings, value| put(&mut settings.server.request_seconds_max, value, 1..=86_400),
    },
    Key {
        name: "server.drain_seconds_max",
        kind: Kind::Integer,
        default: "30",
        what: "how long the server waits for answers to end when told to stop",
        set: |settings, value| put(&mut settings.server.drain_seconds_max, value, 0..=3600),
    },
    Key {
        name: "guard.mode",
        kind: Kind::Text,
        default: "enforce",
        what: "`enforce`, `observe` (only count) or `off`",
        set: |settings, value| {
            settings.guard.mode = guard_mode(value)?;
            Ok(())
        },
    },
    Key {
        name: "guard.link_hosts",
        kind: Kind::Texts,
        default: "*",
        what: "the hosts that answers of chat models from collections may point to (`docs.house.example`, \
               `*.house.example`); `*` for any, an empty list for none",
        set: |settings, value| {
            let hosts = Some(value.lines().map(str::to_owned).collect::<Vec<_>>());
            settings.guard.link_hosts = hosts.filter(|hosts| !hosts.iter().any(|host| host == "*"));
            Ok(())
        },
    },
    Key {
        name: "guard.values_key_env",
        kind: Kind::Text,
        default: "",
        what: "the variable that holds the key under which `patou guard redact --reversible` keeps values",
        set: |settings, value| put_text(&mut settings.guard.values_key_env, value),
    },
    Key {
        name: "guard.values_key_file",
        kind: Kind::Text,
        default: "",
        what: "the file that holds that key",
        set: |settings, value| put_text(&mut settings.guard.values_key_file, value),
    },
    Key {
        name: "guard.quarantine_share_max",
        kind: Kind::Number,
        default: "0.05",
        what: "from which share of an ingest's documents on being held back is an alarm, 0 to 1",
        set: |settings, value| put(&mut settings.guard.quarantine_share_max, value, 0.0..=1.0),
    },
    Key {
        name: "gateway.requests_max",
        kind: Kind::Integer,
        default: "4096",
        what: "how many requests to models behind the gateway may be under way at once",
        set: |settings, value| put(&mut settings.gateway.requests_max, value, 1..=1_000_000),
    },
    Key {
        name: "gateway.cache_bytes_max",
        kind: Kind::Integer,
        default: "67108864",
        what: "how many bytes of answers are kept, for routes with `cache_seconds`",
        set: |settings, value| put(&mut settings.gateway.cache_bytes_max, value, 0..=1 << 40),
    },
    Key {
        name: "gateway.otlp_url",
        kind: Kind::Text,
        default: "",
        what: "the OpenTelemetry collector that gets a span of each call of a model (OTLP over HTTP), as \
               `http://127.0.0.1:4318`",
        set: |settings, value| put_url(&mut settings.gateway.otlp_url, value),
    },
    Key {
        name: "gateway.time_zone",
        kind: Kind::Text,
        default: "UTC",
        what: "the time zone in which days of usage and months of quotas begin, as `Europe/Berlin`",
        set: |settings, value| {
            settings.gateway.calendar =
                gateway::Calendar::of_zone(value).ok_or("the name of a time zone, as `Europe/Berlin`")?;
            Ok(())
        },
    },
    Key {
        name: "gateway.redis_url",
        kind: Kind::Text,
        default: "",
        what: "the Redis in which several nodes count quotas together, as `redis://host:6379/0`, or `rediss://` for TLS",
        set: |settings, value| put_text(&mut settings.gateway.redis.url, value),
    },
    Key {
        name: "gateway.redis_password_env",
        kind: Kind::Text,
        default: "",
        what: "the variable that holds the Redis's password",
        set: |settings, value| put_text(&mut settings.gateway.redis.password_env, value),
    },
    Key {
        name: "gateway.redis_password_file",
        kind: Kind::Text,
        default: "",
        what: "the file that holds the Redis's password",
        set: |settings, value| put_text(&mut settings.gateway.redis.password_file, value),
    },
    Key {
        name: "gateway.redis_away",
        kind: Kind::Text,
        default: "refuse",
        what: "what becomes of limited requests while the Redis is away: `refuse`, or `share`, each node its part of the limits",
        set: |settings, value| {
            settings.gateway.redis.away = choose(value, &RedisAway::NAMES)?;
            Ok(())
        },
    },
    Key {
        name: "gateway.redis_nodes",
        kind: Kind::Integer,
        default: "0",
        what: "how many nodes share the limits, for `share`",
        set: |settings, value| put(&mut settings.gateway.redis.nodes, value, 0..=10_000),
    },
    Key {
        name: "gateway.request_bytes_max",
        kind: Kind::Integer,
        default: "33554432",
        what: "the largest request to a model, in bytes",
        set: |settings, value| put(&mut settings.gateway.request_bytes_max, value, 1024..=1 << 30),
    },
];
