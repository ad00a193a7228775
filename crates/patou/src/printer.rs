//! Standard output and standard error: the one place that writes to them.

use std::io::Write;
use std::process::ExitCode;

use platform::PlatformError;
use serde::Serialize;

/// Prints results as words or as JSON.
pub struct Printer {
    json: bool,
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
        Self { json }
    }

    /// Prints a result: as JSON if that was asked for, else as words.
    pub fn result<T: Serialize>(&self, value: &T, words: impl FnOnce() -> String) -> anyhow::Result<()> {
        if self.json { self.raw(&format!("{}\n", serde_json::to_string(value)?)) } else { self.raw(&words()) }
    }

    /// Writes text to standard output as it is.
    pub fn raw(&self, text: &str) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        unless_closed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Tells something on standard error.
    pub fn note(&self, text: &str) {
        // There is nowhere to say that standard error cannot be written to.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Prints an error with its remedy and gives the exit code.
    pub fn failure(&self, error: &anyhow::Error) -> ExitCode {
        let known = error.downcast_ref::<PlatformError>();
        let hint = known.map(PlatformError::hint).unwrap_or_default();
        let kind = known.map_or(platform::ErrorKind::Failed, PlatformError::kind);
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
        ExitCode::from(kind.exit_code())
    }
}
