//! One function for each command: a call to the platform, then words.

mod collections;
mod config;
mod demo;
mod documents;
mod eval;
mod ingest;
mod model;
mod parse;
mod query;

use platform::{CheckStatus, Options, Platform};

use crate::arguments::{Arguments, Command};
use crate::printer::Printer;
use crate::{reference, wire};

/// The exit code of a check that said no.
const SAID_NO: u8 = 3;

/// Runs a command and gives its exit code.
pub async fn run(arguments: Arguments, printer: &Printer) -> anyhow::Result<u8> {
    let common = arguments.common;
    if matches!(arguments.command, Command::Reference) {
        printer.raw(&reference::markdown())?;
        return Ok(0);
    }
    let platform = Platform::new(&Options {
        home: common.home,
        config: common.config,
        stack: common.stack,
        offline: common.offline,
    })?;
    match arguments.command {
        Command::Demo => demo::run(&platform, printer).await,
        Command::Ingest(call) => ingest::run(&platform, printer, call).await,
        Command::Search(call) => query::search(&platform, printer, call).await,
        Command::Ask(call) => query::ask(&platform, printer, call).await,
        Command::Parse(call) => parse::run(&platform, printer, call).await,
        Command::Documents(call) => documents::run(&platform, printer, call).await,
        Command::Collections(call) => collections::run(&platform, printer, call).await,
        Command::Model(call) => model::run(&platform, printer, call).await,
        Command::Eval(call) => eval::run(&platform, printer, call).await,
        Command::Config(call) => config::run(&platform, printer, &call),
        Command::Doctor => doctor(&platform, printer).await,
        Command::Reference => Ok(0),
    }
}

async fn doctor(platform: &Platform, printer: &Printer) -> anyhow::Result<u8> {
    let checks = platform.doctor().await;
    printer.result(&wire::checks(&checks), || {
        let mut words = String::new();
        for check in &checks {
            let mark = wire::status(check.status);
            words.push_str(&format!("{mark:<8} {}: {}\n", check.name, check.detail));
            if !check.hint.is_empty() {
                words.push_str(&format!("         {}\n", check.hint));
            }
        }
        words
    })?;
    let broken = checks.iter().any(|check| check.status == CheckStatus::Broken);
    Ok(if broken { SAID_NO } else { 0 })
}
