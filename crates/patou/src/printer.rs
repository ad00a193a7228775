//! Standard output and standard error: the one place that writes to them.

use std::io::Write;

use platform::PlatformError;
use serde::Serialize;
use server::{LocalOutput, ServeError};
use tokio::sync::mpsc::UnboundedSender;

/// Prints results as words or as JSON.
#[derive(Clone)]
pub struct Printer {
    json: bool,
    /// Where to, if not to this process's own output.
    elsewhere: Option<UnboundedSender<LocalOutput>>,
}

/// The end of a pipe that nobody reads any more is no failure.
fn unless_closed(result: std::io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

impl Printer {
    /// A printer of JSON or of words.
    pub fn new(json: bool) -> Self {
        Self { json, elsewhere: None }
    }

    /// A printer whose output goes to the process that gave the command.
    pub fn to(elsewhere: UnboundedSender<LocalOutput>, json: bool) -> Self {
        Self { json, elsewhere: Some(elsewhere) }
    }

    /// Whether JSON is printed.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Where progress is told, if not on this process's terminal.
    pub fn elsewhere(&self) -> Option<&UnboundedSender<LocalOutput>> {
        self.elsewhere.as_ref()
    }

    /// Prints a result: as JSON if that was asked for, else as words.
    pub fn result<T: Serialize>(&self, value: &T, words: impl FnOnce() -> String) -> anyhow::Result<()> {
        if self.json { self.raw(&format!("{}\n", serde_json::to_string(value)?)) } else { self.raw(&words()) }
    }

    /// Writes text to standard output as it is.
    pub fn raw(&self, text: &str) -> anyhow::Result<()> {
        if let Some(elsewhere) = &self.elsewhere {
            // Where nobody takes it any more, the command is asked to stop.
            let _ = elsewhere.send(LocalOutput::Out(text.to_owned()));
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        unless_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Tells something on standard error.
    pub fn note(&self, text: &str) {
        if let Some(elsewhere) = &self.elsewhere {
            let _ = elsewhere.send(LocalOutput::Error(format!("{text}\n")));
            return;
        }
        // There is nowhere to say that standard error cannot be written to.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Prints an error with its remedy and gives the exit code.
    pub fn failure(&self, error: &anyhow::Error) -> u8 {
        let (kind, hint) = if let Some(known) = error.downcast_ref::<PlatformError>() {
            (known.kind(), known.hint())
        } else if let Some(known) = error.downcast_ref::<ServeError>() {
            (known.kind(), known.hint())
        } else {
            (platform::ErrorKind::Failed, String::new())
        };
        let mut message = String::new();
        for cause in error.chain() {
            let cause = cause.to_string();
            if !message.ends_with(&cause) {
                message = if message.is_empty() { cause } else { format!("{message}: {cause}") };
            }
        }
        if self.json {
            let error = serde_json::json!({"error": {
                "code": kind.code(), "message": message, "hint": hint, "trace_id": platform::new_id(),
            }});
            self.note(&error.to_string());
        } else if hint.is_empty() {
            self.note(&format!("error: {message}"));
        } else {
            self.note(&format!("error: {message} (hint: {hint})"));
        }
        kind.exit_code()
    }
}
