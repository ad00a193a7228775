//! What can be written after `patou`.

mod guard;
mod keys;
mod quarantine;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use platform::Mode;
use serde::{Deserialize, Serialize};

pub use guard::{Guard, GuardRedact, GuardReplay, GuardScan};
pub use keys::Keys;
pub use quarantine::{HeldPlace, Quarantine};

/// One binary for a private LLM service's whole life.
#[derive(Debug, Parser)]
#[command(name = "patou", version, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong use, 3 a check said no, 4 partly done.\n\nExample: patou demo"
)]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Accepted before and after every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Where everything that Patou writes lies [default: $PATOU_HOME, else the data directory]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Common options")]
    pub home: Option<PathBuf>,
    /// The configuration file [default: $PATOU_CONFIG, else ./patou.toml, else the home's]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Common options")]
    pub config: Option<PathBuf>,
    /// Which stack serves
    #[arg(long, global = true, value_name = "NAME", help_heading = "Common options")]
    pub stack: Option<String>,
    /// Fetch nothing
    #[arg(long, global = true, help_heading = "Common options")]
    pub offline: bool,
    /// Print one JSON document and nothing else on standard output
    #[arg(long, global = true, help_heading = "Common options")]
    pub json: bool,
}

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Command {
    /// Ingest the built-in examples, ask a question, show a cited answer
    #[command(after_help = "Example: patou demo")]
    Demo,
    /// Serve the HTTP interface
    #[command(after_help = "Example: patou serve --listen 127.0.0.1:7700")]
    Serve(Serve),
    /// Ingest files, directories, web pages, repositories, drives or standard input
    #[command(
        after_help = "Examples:\n  patou ingest handbook/ --sync\n  patou ingest 'docs/**/*.md' --collection guides --acl group:staff\n  cat notes.md | patou ingest - --name notes.md\n  patou ingest handbook/ --watch\n  patou ingest crawl+https://example.org/docs/ --sync\n  patou ingest git+https://example.org/manual.git@main"
    )]
    Ingest(Ingest),
    /// Search a collection
    #[command(
        after_help = "Example: patou search \"rotate the keys\" --filter 'lang = \"en\" and date >= 2026-01-01'"
    )]
    Search(Query),
    /// Ask a question; every sentence of the answer is cited
    #[command(after_help = "Example: patou ask \"How long are backups kept?\" --as user:ada")]
    Ask(Query),
    /// Show what Patou reads in a file: Markdown, or blocks, pages and problems with --json
    #[command(after_help = "Example: patou parse report.html --clean")]
    Parse(Parse),
    /// List, show and delete documents, and list what could not be read
    #[command(subcommand, after_help = "Example: patou documents list --collection docs")]
    Documents(Documents),
    /// Decide on documents that were held back because they are suspicious
    #[command(subcommand, after_help = "Example: patou quarantine list --collection docs")]
    Quarantine(Quarantine),
    /// List, create and delete collections
    #[command(subcommand, after_help = "Example: patou collections list")]
    Collections(Collections),
    /// Make, list, rotate and revoke the keys that callers of a server show
    #[command(subcommand, after_help = "Example: patou key create \"nightly job\" --role ingest --days 90")]
    Key(Keys),
    /// Show who used how much of which model, by day
    #[command(after_help = "Example: patou usage --from 2026-11-01 --csv > november.csv")]
    Usage(Usage),
    /// List, pull and locate the models that the stack needs
    #[command(subcommand, after_help = "Example: patou model pull")]
    Model(Model),
    /// Say what a text carries: attacks, hidden content, secrets, personal data
    #[command(subcommand, after_help = "Example: patou guard scan mail.txt")]
    Guard(Guard),
    /// Evaluate a change
    #[command(
        subcommand,
        after_help = "Example: patou eval retrieval --collection c --queries queries.jsonl --qrels qrels.tsv"
    )]
    Eval(Eval),
    /// Measure this machine
    #[command(subcommand, after_help = "Example: patou bench ingest --documents 10000")]
    Bench(Bench),
    /// Show and check the configuration
    #[command(subcommand, after_help = "Example: patou config show")]
    Config(Config),
    /// Say what works, what is missing, and what to do about it
    #[command(after_help = "Example: patou doctor")]
    Doctor,
    /// Speak the Model Context Protocol on standard input and output: tools that search, ask and read
    #[command(after_help = "Example: patou mcp --as user:ada")]
    Mcp(Mcp),
    /// Print the reference of this command line as Markdown
    #[command(name = "__reference", hide = true)]
    Reference,
    /// Print the description of the HTTP interface
    #[command(name = "__openapi", hide = true)]
    Openapi,
}

impl Command {
    /// Whether the command works on what lies in a home, which a server may hold.
    pub fn needs_home(&self) -> bool {
        matches!(
            self,
            Self::Demo
                | Self::Ingest(_)
                | Self::Search(_)
                | Self::Ask(_)
                | Self::Documents(_)
                | Self::Quarantine(_)
                | Self::Guard(Guard::Replay(_))
                | Self::Collections(_)
                | Self::Key(_)
                | Self::Usage(_)
                | Self::Eval(_)
                | Self::Doctor
        )
    }
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct Usage {
    /// The first day, as 2026-11-01
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// The last day
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
    /// Print it as CSV
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct Mcp {
    /// In whose name to read: user:NAME, group:NAME or app:NAME; the operator without
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub principals: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct Serve {
    /// Where to listen [default: `server.listen`, 127.0.0.1:7700]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct Ingest {
    /// Files, directories, quoted patterns, `-` for standard input, or addresses: https://, sitemap+https://,
    /// crawl+https://, git+URL@REVISION, graph:// (see docs/sources.md)
    #[arg(required = true, value_name = "PATH|URL")]
    pub paths: Vec<String>,
    /// Where to; made if it is not there
    #[arg(long, default_value = "docs")]
    pub collection: String,
    /// Also remove documents that these paths no longer have
    #[arg(long)]
    pub sync: bool,
    /// Who may read: user:NAME, group:NAME or app:NAME, or `public` to open what was restricted
    #[arg(long, value_name = "PRINCIPAL")]
    pub acl: Vec<String>,
    /// The name of what comes on standard input; its ending tells the format
    #[arg(long)]
    pub name: Option<String>,
    /// Go on, and ingest again whenever the files change, until Ctrl-C; with --json a line for each run
    #[arg(long)]
    pub watch: bool,
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct Query {
    /// What to look for
    pub text: String,
    /// Where to look
    #[arg(long, default_value = "docs")]
    pub collection: String,
    /// How many hits
    #[arg(long, value_name = "N")]
    pub top_k: Option<usize>,
    /// Which legs take part
    #[arg(long)]
    pub mode: Option<ModeName>,
    /// Which documents count, such as 'tag in ("a", "b") and lang = "en"'
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Who asks: user:NAME, group:NAME or app:NAME [default: the operator]
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub reader: Vec<String>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ValueEnum)]
pub enum ModeName {
    Hybrid,
    Dense,
    Lexical,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Hybrid => Self::Hybrid,
            ModeName::Dense => Self::Dense,
            ModeName::Lexical => Self::Lexical,
        }
    }
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct Parse {
    /// The file
    pub file: PathBuf,
    /// As ingestion cleans it, rather than the faithful whole
    #[arg(long)]
    pub clean: bool,
}

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Documents {
    /// List the documents
    #[command(after_help = "Example: patou documents list --collection docs --json")]
    List(InCollection),
    /// Show a document, or write its stored text and nothing else
    #[command(after_help = "Example: patou documents show guide.md --text")]
    Show(Show),
    /// Delete documents with every version
    #[command(after_help = "Example: patou documents delete guide.md")]
    Delete(Delete),
    /// List everything that could not be read, and why
    #[command(after_help = "Example: patou documents problems")]
    Problems(InCollection),
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct InCollection {
    /// The collection
    #[arg(long, default_value = "docs")]
    pub collection: String,
    /// Who asks: user:NAME, group:NAME or app:NAME [default: the operator]
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub reader: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct Show {
    /// The document's id or source
    pub id: String,
    /// Write the stored text and nothing else
    #[arg(long)]
    pub text: bool,
    /// The version whose text is wanted [default: the live one]
    #[arg(long)]
    pub version: Option<String>,
    #[command(flatten)]
    pub place: InCollection,
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct Delete {
    /// The documents' ids or sources
    #[arg(required = true)]
    pub ids: Vec<String>,
    /// The collection
    #[arg(long, default_value = "docs")]
    pub collection: String,
}

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Collections {
    /// List the collections
    #[command(after_help = "Example: patou collections list")]
    List {
        /// Who asks: user:NAME, group:NAME or app:NAME [default: the operator]
        #[arg(long = "as", value_name = "PRINCIPAL")]
        reader: Vec<String>,
    },
    /// Make an empty collection
    #[command(after_help = "Example: patou collections create guides")]
    Create {
        /// Its name
        name: String,
    },
    /// Delete a collection with everything in it
    #[command(after_help = "Example: patou collections delete guides")]
    Delete {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Model {
    /// List the models and whether they are here
    #[command(after_help = "Example: patou model list")]
    List,
    /// Fetch the models and verify their hashes
    #[command(after_help = "Example: patou model pull")]
    Pull,
    /// Print where the models lie
    #[command(after_help = "Example: patou model path")]
    Path,
}

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Eval {
    /// Judge a collection's ranking with BEIR queries and qrels
    #[command(
        after_help = "Example: patou eval retrieval --collection c --queries queries.jsonl --qrels qrels.tsv --baseline run.trec"
    )]
    Retrieval(EvalRetrieval),
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct EvalRetrieval {
    /// The collection whose documents are ranked
    #[arg(long, default_value = "docs")]
    pub collection: String,
    /// BEIR queries (JSON lines with `_id` and `text`)
    #[arg(long, value_name = "FILE")]
    pub queries: PathBuf,
    /// BEIR or TREC relevance judgements
    #[arg(long, value_name = "FILE")]
    pub qrels: PathBuf,
    /// Which legs take part
    #[arg(long)]
    pub mode: Option<ModeName>,
    /// Write the run here, in six TREC columns
    #[arg(long, value_name = "FILE")]
    pub run_out: Option<PathBuf>,
    /// A run to compare with, by paired bootstrap
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Also print every query's figures
    #[arg(long)]
    pub per_query: bool,
}

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Bench {
    /// How fast documents become live, in a temporary home that is gone afterwards
    #[command(
        after_help = "Examples:\n  patou bench ingest --corpus handbook/\n  patou bench ingest --documents 100000"
    )]
    Ingest(BenchIngest),
}

#[derive(Debug, Serialize, Deserialize, Args)]
pub struct BenchIngest {
    /// A folder of Markdown to measure with [default: Markdown made up by a fixed rule]
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,
    /// Instead, ingest so many made-up documents of ten chunks each with a fake embedder, and follow time and
    /// memory
    #[arg(long, value_name = "N")]
    pub documents: Option<usize>,
    /// Leave out what needs the embedding model
    #[arg(long)]
    pub no_encoder: bool,
}

#[derive(Debug, Serialize, Deserialize, Subcommand)]
pub enum Config {
    /// Print every setting and where it comes from
    #[command(after_help = "Example: patou config show")]
    Show,
    /// Print every problem; exits 1 when there is one
    #[command(after_help = "Example: patou config check --config patou.toml")]
    Check,
}
