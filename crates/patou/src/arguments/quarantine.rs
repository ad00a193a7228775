//! Flags of `patou quarantine`.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Quarantine {
    /// List the documents that wait for a decision
    #[command(after_help = "Example: patou quarantine list --all")]
    List {
        /// The collection
        #[arg(long, default_value = "docs", value_name = "NAME")]
        collection: String,
        /// What was decided on, too
        #[arg(long)]
        all: bool,
    },
    /// Show why a document is held back, and the words that are suspicious
    #[command(after_help = "Example: patou quarantine show mail/offer.eml")]
    Show(HeldPlace),
    /// Let a document in; the same bytes pass from now on
    #[command(after_help = "Example: patou quarantine release mail/offer.eml")]
    Release(HeldPlace),
    /// Keep a document out; its text is dropped, and the same bytes stay out from now on
    #[command(after_help = "Example: patou quarantine reject mail/offer.eml")]
    Reject(HeldPlace),
}

/// A document that was held back.
#[derive(Debug, Serialize, Deserialize, Args)]
pub struct HeldPlace {
    /// Its id in the quarantine, the document's id, or its source
    pub id: String,
    /// The collection
    #[arg(long, default_value = "docs", value_name = "NAME")]
    pub collection: String,
}
