//! The one HTTP client: address policy, time limits, proxies, TLS.
//!
//! Owns every connection that leaves the process, decides which addresses may be reached, and keeps count of which
//! servers are fit to be asked. It knows no caller, no vendor and no file: bodies go to whoever asked for them.

mod address;
mod client;
mod error;
mod exchange;
mod health;
mod origin;
mod tls;

pub use address::AddressPolicy;
pub use client::{Fetched, Outbound, OutboundOptions, Progress, Proxy};
pub use error::OutboundError;
pub use exchange::{ByteStream, Exchange, Method, Patience, Request};
pub use health::Health;
pub use origin::Origin;
