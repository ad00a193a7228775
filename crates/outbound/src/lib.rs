//! The one HTTP client: address policy, time limits, proxies, TLS.
//!
//! Owns every connection that leaves the process and decides which addresses may be reached. It knows no
//! caller, no vendor and no file: bodies go to whoever asked for them.

mod address;
mod client;
mod error;
mod tls;

pub use address::AddressPolicy;
pub use client::{
    ByteStream, Exchange, Fetched, Method, Outbound, OutboundOptions, Progress, Proxy, Request,
};
pub use error::OutboundError;
