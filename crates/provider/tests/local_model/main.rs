//! The local encoder and its tokenizer, with the model's files.
//!
//! `PATOU_TEST_MODELS` names the folder they are in and `PATOU_SHARED_DATA` the one with the golden vectors, as
//! `cargo xtask test` sets them. What needs an absent one is left out and says so; without the model it fails on CI.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests, with functions of their own that read files and the environment"
)]

use std::path::PathBuf;

use patou_provider::ModelPaths;

mod encoder;
mod tokenizer;

fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        // The model can be fetched anywhere; the development data is where it is.
        let may_miss = variable == "PATOU_SHARED_DATA" || std::env::var_os("CI").is_none();
        assert!(may_miss, "{variable} names no folder");
        println!("left out: {variable} names no folder");
    }
    folder
}

fn model() -> Option<ModelPaths> {
    Some(ModelPaths::below(&folder("PATOU_TEST_MODELS")?))
}
