//! Who calls, how much they may use, and what they used: API keys, token quotas, and the book of usage.
//!
//! Tokens are reserved before a model is asked and settled when it is through, however it ends, so that no quota is
//! overspent under any concurrency. It knows neither routes nor retrieval.

mod asked;
mod bill;
mod cache;
mod calendar;
mod call;
mod cascade;
mod chunk;
mod draft;
mod error;
mod gateway;
mod gpu;
mod guarding;
mod held;
mod json;
mod key;
mod load;
mod measure;
mod outgoing;
mod prompting;
mod quota;
mod reply;
mod request;
mod route;
mod schema;
mod spans;
mod stream;
mod table;
mod tending;
mod texts;
mod token;
mod usage;
mod vault;

pub use bill::{Accounts, Bill, Estimate, Price, restore};
pub use cache::{AnswerCache, CacheControl, Caching, Likeness, Sharing};
pub use calendar::Calendar;
pub use call::{CallError, Caller};
pub use cascade::{Cascade, Reason};
pub use error::GatewayError;
pub use gateway::{Gateway, GatewayOptions};
pub use gpu::GpuTime;
pub use guarding::{Guarding, GuardingOptions, Strictness};
pub use json::JsonError;
pub use key::{Key, KeyRefusal, KeyRing, KeySpec, NewKey, Role as KeyRole, Secret};
pub use prompting::{Prompting, SystemPrompt};
pub use quota::{
    Claim, Counters, Headroom, Ledger, Limits, Metered, QuotaRefusal, RedisAddress, RedisError, Reservation,
    SharedLedger, Wanted, WhenAway, Window,
};
pub use reply::{ByteStream, Reply, ReplyBody};
pub use request::{Operation, Request, RequestError};
pub use route::{Backend, BackendSpec, Balance, Patience, Route};
pub use spans::{Parent, Spans};
pub use token::{Algorithm, FetchKeys, IssuerSpec, TokenRefusal, TokenVerifier, fetched_from};
pub use usage::{Spender, UsageBook, UsageRow, Used};
pub use vault::{Restored, TokenKey, Vault};
