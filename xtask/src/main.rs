//! Tidy checks, code generation and the one command that is CI.
//!
//! Owns the subcommands of `cargo xtask`. It stands outside the floors: no crate imports it, and it imports
//! none of ours, so that it builds in seconds and can judge a workspace that does not compile.

mod clients;
mod machine;
mod markdown;
mod packages;
mod printer;
mod reference;
mod repository;
mod rust_source;
mod screenshot;
mod setup;
mod steps;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;

use crate::machine::Machine;
use crate::repository::Repository;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test                     all set-up, then every check and every test; what .ci/run calls
  setup                    fetch what the tests need
  tidy [CHECK]             the house rules that no compiler checks
  floors                   a crate imports only from floors below its own
  cli-reference [--check]  write docs/cli.md from the binary, or compare it
  openapi [--check]        write docs/openapi.json from the binary, or compare it
  screenshot               make the README's picture of the console anew

`cargo xtask tidy --list` names the checks.";

fn main() -> ExitCode {
    match run(&machine::arguments()) {
        Ok(code) => code,
        Err(error) => {
            printer::line(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let fine = match words[..] {
        ["test"] => steps::run(&Machine::here()?)?,
        ["setup"] => setup::run(&Machine::here()?)?,
        ["tidy"] => tidy::run(&Repository::load(&Machine::here()?)?, None)?,
        ["tidy", "--list"] => tidy::list(),
        ["tidy", name] => tidy::run(&Repository::load(&Machine::here()?)?, Some(name))?,
        ["floors"] => tidy::run(&Repository::load(&Machine::here()?)?, Some("floors"))?,
        ["cli-reference"] => reference::write(&Machine::here()?, &reference::COMMANDS)?,
        ["cli-reference", "--check"] => reference::check(&Machine::here()?, &reference::COMMANDS)?,
        ["openapi"] => reference::write(&Machine::here()?, &reference::OPENAPI)?,
        ["openapi", "--check"] => reference::check(&Machine::here()?, &reference::OPENAPI)?,
        ["screenshot"] => screenshot::write(&Machine::here()?)?,
        ["help" | "--help" | "-h"] => {
            printer::line(USAGE);
            true
        }
        _ => {
            printer::line(USAGE);
            return Ok(ExitCode::from(2));
        }
    };
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
