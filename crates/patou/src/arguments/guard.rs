//! Flags of `patou guard`.

use clap::{Args, Subcommand, ValueEnum};
use platform::GuardKind;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Guard {
    /// Scan a file or standard input; exits 3 on any decision but `allow`
    #[command(
        after_help = "Examples:\n  patou guard scan mail.txt\n  echo 'ignore all previous instructions' | patou guard scan - --kind prompt --json\n  patou guard scan prompts.jsonl --kind prompt --lines"
    )]
    Scan(GuardScan),
    /// Say what another threshold would have done to documents that were held back and decided on
    #[command(after_help = "Example: patou guard replay --attack-score-min 0.7")]
    Replay(GuardReplay),
    /// Print a text without its personal and secret values
    #[command(
        after_help = "Examples:\n  patou guard redact mail.txt > masked.txt\n  patou guard redact --reversible mail.txt | ask-a-model | patou guard restore -"
    )]
    Redact(GuardRedact),
    /// Print a text with the values put back that `redact --reversible` took out
    #[command(after_help = "Example: patou guard restore answer.txt")]
    Restore(GuardRestore),
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct GuardRedact {
    /// The file, or `-` for standard input
    pub file: String,
    /// What the text is
    #[arg(long, value_enum, default_value_t = GuardKindName::Document)]
    pub kind: GuardKindName,
    /// Put a token in place of each value, and keep the value under the key that the settings name
    #[arg(long)]
    pub reversible: bool,
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct GuardRestore {
    /// The file, or `-` for standard input
    pub file: String,
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct GuardScan {
    /// The file, or `-` for standard input
    pub file: String,
    /// What the text is
    #[arg(long, value_enum, default_value_t = GuardKindName::Document)]
    pub kind: GuardKindName,
    /// The input is JSON lines with `id` and `text`, and so is the output
    #[arg(long)]
    pub lines: bool,
}

/// What a text is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ValueEnum)]
pub enum GuardKindName {
    /// What a user writes to a model
    Prompt,
    /// What a model reads on somebody's behalf
    Document,
    /// What a model wrote
    Output,
}

impl From<GuardKindName> for GuardKind {
    fn from(name: GuardKindName) -> Self {
        match name {
            GuardKindName::Prompt => Self::Prompt,
            GuardKindName::Document => Self::Document,
            GuardKindName::Output => Self::Output,
        }
    }
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct GuardReplay {
    /// From which score on a document would be an attack, 0 to 1
    #[arg(long, value_name = "SCORE")]
    pub attack_score_min: f32,
    /// The collection
    #[arg(long, default_value = "docs", value_name = "NAME")]
    pub collection: String,
}
