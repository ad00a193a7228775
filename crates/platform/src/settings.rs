//! What can be set, each in one line of one table.

use document::Chunking;
use rag::{Fusion, Mode};

/// A stack that this build can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackName {
    /// Local encoder, embedded index, extractive answers.
    Embedded,
}

impl StackName {
    /// The name as configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
        }
    }
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
    /// The largest file that becomes one document, in bytes.
    pub file_bytes_max: u64,
    /// How documents of new collections are cut.
    pub chunking: Chunking,
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
}

/// What a setting's value is in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
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
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            stack: StackName::Embedded,
            offline: false,
            hf_endpoint: String::new(),
            encoder_threads: 0,
            file_bytes_max: 0,
            chunking: Chunking::default(),
            mode: Mode::Hybrid,
            top_k: 0,
            candidates: 0,
            fusion: Fusion::default(),
            dense_weight: 0.5,
        }
    }
}

impl Settings {
    /// The fusion with its parameters.
    pub fn fusion(&self) -> Fusion {
        match self.fusion {
            Fusion::Convex { .. } => Fusion::Convex { weight: self.dense_weight },
            other => other,
        }
    }
}

/// Reads a search mode as flags and configuration write it.
pub(crate) fn mode_from(value: &str) -> Result<Mode, String> {
    match value {
        "hybrid" => Ok(Mode::Hybrid),
        "dense" => Ok(Mode::Dense),
        "lexical" => Ok(Mode::Lexical),
        _ => Err("`hybrid`, `dense` or `lexical`".into()),
    }
}

fn set_stack(settings: &mut Settings, value: &str) -> Result<(), String> {
    match value {
        "embedded" => settings.stack = StackName::Embedded,
        _ => return Err("`embedded`, the one stack that this version serves".into()),
    }
    Ok(())
}

fn set_endpoint(settings: &mut Settings, value: &str) -> Result<(), String> {
    if !value.starts_with("http://") && !value.starts_with("https://") {
        return Err("a URL that starts with `https://` or `http://`".into());
    }
    settings.hf_endpoint = value.trim_end_matches('/').to_owned();
    Ok(())
}

fn put<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    place: &mut T,
    value: &str,
    range: std::ops::RangeInclusive<T>,
) -> Result<(), String> {
    match value.parse() {
        Ok(value) if range.contains(&value) => {
            *place = value;
            Ok(())
        }
        _ => Err(format!("a number from {} to {}", range.start(), range.end())),
    }
}
