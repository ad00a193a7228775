//! Who calls, how much they may use, and what they used: API keys, token quotas, and the book of usage.
//!
//! Tokens are reserved before a model is asked and settled when it is through, however it ends, so that no quota is
//! overspent under any concurrency. It knows neither routes nor retrieval.

mod calendar;
mod error;
mod key;
mod quota;
mod schema;
mod usage;

pub use error::GatewayError;
pub use key::{Key, KeyRefusal, KeyRing, KeySpec, NewKey, Role as KeyRole, Secret};
pub use quota::{Headroom, Ledger, Limits, Metered, QuotaRefusal, Reservation, Window};
pub use usage::{Spender, UsageBook, UsageRow, Used};
