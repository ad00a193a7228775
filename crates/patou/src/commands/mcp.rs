//! `patou mcp`: a message a line, on standard input, and answers on standard output.

use std::io::{BufRead, Read};
use std::sync::Arc;

use futures_util::StreamExt;
use platform::{Platform, PlatformError, RunningServer};
use server::mcp::Desk;

use crate::arguments::Mcp;
use crate::printer::Printer;

/// The longest message.
const LINE_BYTES_MAX: u64 = 16 << 20;

pub async fn run(platform: Arc<Platform>, call: &Mcp, printer: &Printer) -> anyhow::Result<u8> {
    let server = platform.running_server().await?;
    if server.is_some() && !call.principals.is_empty() {
        return Err(PlatformError::Argument {
            what: "a server holds the home, and answers this command as the operator".into(),
            hint: "give the program a key of its own and the server's `/mcp`, or stop the server".into(),
        }
        .into());
    }
    let reader = platform::reader_from(&call.principals)?;
    let desk = Desk::of_operator(platform, reader);
    // Nothing else is to be done while a message is waited for.
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(0);
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match &server {
            Some(server) => passed_on(server, line).await?,
            None => desk.answer_text(&line).await.map(|answer| answer.to_string()),
        };
        if let Some(answer) = answer {
            printer.raw(&format!("{answer}\n"))?;
        }
    }
}

/// What the server that holds the home answers.
async fn passed_on(server: &RunningServer, line: Vec<u8>) -> anyhow::Result<Option<String>> {
    let mut body = server.post("/mcp", line).await?;
    let mut answer = Vec::new();
    while let Some(bytes) = body.next().await {
        answer.extend_from_slice(&bytes.map_err(PlatformError::Outbound)?);
    }
    let answer = String::from_utf8(answer)?;
    Ok(Some(answer).filter(|answer| !answer.is_empty()))
}
