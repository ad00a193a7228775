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
