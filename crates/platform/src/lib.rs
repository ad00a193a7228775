//! Settings, wiring, and the use cases that every front calls.
//!
//! Owns what a user wrote ([`Options`]) and what it comes to ([`Settings`]), the home on disk, and the one
//! table that gives each kind of error its exit code. A front (the command line, later the server) turns
//! words into a call here and the result into words, and knows nothing below.

mod api_key;
mod bench;
mod config;
mod doctor;
mod environment;
mod error;
mod evaluation;
mod examples;
mod extraction;
mod guarding;
mod home;
mod models;
mod parts;
mod reload;
mod routes;
mod serving;
mod settings;
mod sources;
mod use_cases;

pub use bench::{Figure, IngestBench, IngestBenchCall, ScalePoint, WithEncoder};
pub use config::{ConfigProblem, Origin, Resolved, ResolvedValue, resolve};
pub use doctor::{Check, CheckStatus};
pub use environment::{VARIABLES, Variable};
pub use error::{ErrorKind, PlatformError};
pub use evaluation::{EvaluationRequest, RetrievalEvaluation};
pub use examples::{DemoAnswer, EXAMPLE_COLLECTION, EXAMPLE_QUESTION};
pub use extraction::{OcrEngine, OcrSettings};
pub use models::{ModelState, PullEvent};
pub use parts::{Options, Platform, reader_from};
pub use reload::Reloaded;
pub use serving::{Announcement, RunningServer};
pub use settings::{
    Auth, BackendSettings, ExternalEngine, ExternalSettings, GatewaySettings, GuardSettings, IssuerSettings,
    ModelServer, PolicySettings, RedisAway, RedisSettings, RouteSettings, SelfHosted, ServerSettings,
    Settings, StackName,
};
pub use sources::SourceSettings;
pub use use_cases::{
    AskCall, AskOutcome, BlobChange, BlobEvent, DeletedDocuments, DocumentDetail, EventsReport, GuardCall,
    GuardForm, GuardScanned, HeldCall, HeldDetail, IngestCall, IngestWatch, KeyCall, Readiness, RedactCall,
    Replayed, SearchCall, ServedModel, Upload,
};

pub use access::{AccessList, Principal, PrivateText, Reader};
pub use document::{Block, BlockKind, Document, Extent, Page, Problem, Span};
pub use eval::{Comparison, Report};
pub use gateway::{
    Bill, CacheControl, CallError, Caller, Estimate, Gateway, Key, KeyRole, Limits, NewKey, Operation,
    Parent, Price, Reply, ReplyBody, Request as ModelRequest, RequestError, Restored, UsageRow,
};
pub use guard::{
    Decision, Finding as GuardFinding, Guard, Judges, Kind as GuardKind, Mode as GuardMode, Verdict,
};
pub use model::{ChatEvent, ChatStream, FinishReason, Message, ModelError, Role, Usage};
pub use outbound::ByteStream;
pub use rag::{
    Answer, AnswerEvent, AnswerTimings, ChunkRecord, Citation, CollectionName, CollectionSummary,
    DocumentProblem, DocumentRecord, Fusion, Gone, HeldRecord, HeldState, Hit, IngestEvent, IngestProgress,
    IngestReport, IngestStage, ItemFailure, Mode, PageBox, Reason, Refusal, Retrieval, RetrievalTimings,
    Scores, StageSeconds, Support,
};
pub use runtime::{Hangups, Shutdown, Stopwatch, new_id, now_seconds};
