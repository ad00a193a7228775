//! Commands on a home that a server holds: they are run there, and print here.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use platform::{PlatformError, RunningServer};
use serde::{Deserialize, Serialize};
use server::LocalOutput;

use crate::arguments::{Command, Eval};
use crate::printer::Printer;
use crate::progress::Progress;

/// A command as one process gives it to another.
#[derive(Serialize, Deserialize)]
pub struct Given {
    /// The command, with paths that hold anywhere.
    pub command: Command,
    /// Whether it prints JSON.
    pub json: bool,
    /// What `-` stands for, in base64.
    pub standard_input: Option<String>,
}

/// Has the server run a command, and prints what it prints.
pub async fn run(
    server: &RunningServer,
    printer: &Printer,
    mut command: Command,
    stack: Option<&str>,
) -> anyhow::Result<u8> {
    if stack.is_some_and(|stack| stack != server.stack()) {
        return Err(PlatformError::Argument {
            what: format!("the server at {} serves the stack `{}`", server.address(), server.stack()),
            hint: "leave `--stack` out, or stop the server".into(),
        }
        .into());
    }
    make_absolute(&mut command)?;
    let standard_input = match &command {
        Command::Ingest(call) if call.paths.iter().any(|path| path == "-") => Some(read_standard_input()?),
        _ => None,
    };
    let given = Given { command, json: printer.is_json(), standard_input };
    let mut body = server.post("/api/v1/local/command", serde_json::to_vec(&given)?).await?;
    let progress = Progress::new(printer);
    let mut waiting = Vec::new();
    while let Some(bytes) = body.next().await {
        waiting.extend_from_slice(&bytes.map_err(PlatformError::Outbound)?);
        while let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = waiting.drain(..=end).collect();
            match serde_json::from_slice(&line)? {
                LocalOutput::Out(text) => {
                    progress.clear();
                    printer.raw(&text)?;
                }
                LocalOutput::Error(text) => {
                    progress.clear();
                    printer.note(text.trim_end());
                }
                LocalOutput::Progress(told) => progress.tell(serde_json::from_value(told)?),
                LocalOutput::Exit(code) => return Ok(code),
            }
        }
    }
    anyhow::bail!("the server stopped before the command was through")
}

fn read_standard_input() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)?;
    Ok(STANDARD.encode(bytes))
}

/// Makes every path of a command one that holds whatever folder the server runs in.
fn make_absolute(command: &mut Command) -> anyhow::Result<()> {
    let whole = |path: &mut PathBuf| -> anyhow::Result<()> {
        *path = std::path::absolute(&*path)?;
        Ok(())
    };
    match command {
        Command::Ingest(call) => {
            for path in call.paths.iter_mut().filter(|path| *path != "-") {
                let (kind, place) = match path.strip_prefix("git+") {
                    Some(place) => ("git+", place),
                    None => ("", path.as_str()),
                };
                if !place.contains("://") {
                    *path = format!("{kind}{}", std::path::absolute(Path::new(place))?.display());
                }
            }
        }
        Command::Eval(Eval::Retrieval(call)) => {
            whole(&mut call.queries)?;
            whole(&mut call.qrels)?;
            call.run_out.as_mut().map(whole).transpose()?;
            call.baseline.as_mut().map(whole).transpose()?;
        }
        _ => {}
    }
    Ok(())
}
