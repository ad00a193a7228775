//! Services that are asked over the network, as their documentation describes them, and programs that are run.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod classifiers;
mod recognizers;
mod script;
