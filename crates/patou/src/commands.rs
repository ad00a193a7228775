//! One function for each command: a call to the platform, then words.

mod bench;
mod collections;
mod config;
mod demo;
mod documents;
mod eval;
mod guard;
mod ingest;
mod key;
mod mcp;
mod model;
mod parse;
mod quarantine;
mod query;
mod serve;
mod usage;

use std::sync::Arc;

use platform::{CheckStatus, Options, Platform, Shutdown};
use server::wire;

use crate::arguments::{Arguments, Command};
use crate::printer::Printer;
use crate::{reference, remote};

/// The exit code of a check that said no.
const SAID_NO: u8 = 3;

/// What a command has at hand.
pub struct Front {
    /// The use cases.
    pub platform: Arc<Platform>,
    /// Where results go.
    pub printer: Printer,
    /// Requested when the command is to stop.
    pub stop: Shutdown,
    /// Standard input, where it was read by the process that gave the command.
    pub standard_input: Option<Vec<u8>>,
}

impl Front {
    /// Runs work that looks at `stop`. Where the command was given to this process, Ctrl-C requests it.
    pub async fn stoppable<T>(&self, work: impl Future<Output = T>) -> T {
        if self.printer.elsewhere().is_some() {
            return work.await;
        }
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return done,
            _ = self.stop.request_on_signal() => {}
        }
        work.await
    }
}

/// Runs a command and gives its exit code.
pub async fn run(arguments: Arguments, printer: &Printer) -> anyhow::Result<u8> {
    let common = arguments.common;
    if matches!(arguments.command, Command::Reference) {
        printer.raw(&reference::markdown())?;
        return Ok(0);
    }
    if matches!(arguments.command, Command::Openapi) {
        printer.raw(&server::openapi())?;
        return Ok(0);
    }
    let platform = Arc::new(Platform::new(&Options {
        home: common.home,
        config: common.config,
        stack: common.stack.clone(),
        offline: common.offline,
    })?);
    if let Command::Mcp(call) = &arguments.command {
        return mcp::run(platform, call, printer).await;
    }
    if arguments.command.needs_home()
        && let Some(server) = platform.running_server().await?
    {
        return remote::run(&server, printer, arguments.command, common.stack.as_deref()).await;
    }
    let front = Front { platform, printer: printer.clone(), stop: Shutdown::new(), standard_input: None };
    match arguments.command {
        Command::Serve(call) => serve::run(&front, call).await,
        command => dispatch(&front, command).await,
    }
}

/// Runs a command in this process.
pub async fn dispatch(front: &Front, command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Demo => demo::run(front).await,
        Command::Ingest(call) => ingest::run(front, call).await,
        Command::Search(call) => query::search(front, call).await,
        Command::Ask(call) => query::ask(front, call).await,
        Command::Parse(call) => parse::run(front, call).await,
        Command::Documents(call) => documents::run(front, call).await,
        Command::Quarantine(call) => quarantine::run(front, call).await,
        Command::Collections(call) => collections::run(front, call).await,
        Command::Key(call) => key::run(front, call).await,
        Command::Usage(call) => usage::run(front, &call).await,
        Command::Model(call) => model::run(front, call).await,
        Command::Guard(call) => guard::run(front, call).await,
        Command::Eval(call) => eval::run(front, call).await,
        Command::Bench(call) => bench::run(front, call).await,
        Command::Config(call) => config::run(front, &call),
        Command::Doctor => doctor(front).await,
        Command::Serve(_) => anyhow::bail!("a server runs already"),
        Command::Mcp(_) => anyhow::bail!("this command is for a process of its own"),
        Command::Reference | Command::Openapi => Ok(0),
    }
}

async fn doctor(front: &Front) -> anyhow::Result<u8> {
    let checks = front.platform.doctor().await;
    front.printer.result(&wire::checks(&checks), || {
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
