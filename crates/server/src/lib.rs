//! The HTTP interface: routes, the JSON on the wire, OpenAPI, who may call, limits.
//!
//! Owns everything that only HTTP has. What a route does is one call of the platform; it knows no SQL, no
//! vendor and no command line, and hands commands that come from this machine's owner to whoever gave it
//! [`LocalCommands`].

mod app;
mod body;
mod caller;
mod connections;
mod console;
mod error;
mod events;
mod layers;
pub mod mcp;
mod metered;
mod metrics;
mod openapi;
mod reloading;
mod routes;
mod serve;
mod tls;
pub mod wire;
mod work;

pub use openapi::openapi;
pub use serve::{LocalCommands, LocalOutput, ServeError, ServeOptions, serve};
pub use tls::TlsError;
