//! `guard scan`: what a text carries, and what would become of it.

use std::path::Path;

use access::PrivateText;
use document::{Extent, Input};
use guard::{Guard, Judges, Kind, Verdict};
use model::Sample;
use runtime::{Driver, driving};

use super::ingest::read_standard_input;
use crate::{Platform, PlatformError};

/// What to scan.
#[derive(Clone, Debug)]
pub struct GuardCall {
    /// A file, or `-` for standard input.
    pub input: String,
    /// What the text is.
    pub kind: Kind,
    /// How the input holds texts.
    pub form: GuardForm,
}

/// How an input holds texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardForm {
    /// It is one text. A file that is not UTF-8 is parsed, and its stored text scanned.
    Whole,
    /// It is JSON lines with `id` and `text`.
    Lines,
}

/// What came of one text.
#[derive(Debug)]
pub struct GuardScanned {
    /// The line's `id`, or its number; `None` where the input is one text.
    pub id: Option<String>,
    /// The verdict, or why there was no text to scan.
    pub verdict: Result<Verdict, String>,
}

impl Platform {
    /// Scans one text, here and by everybody who is asked beside.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when something is wrong with the settings.
    pub async fn guard_text(&self, kind: Kind, text: PrivateText) -> Result<Verdict, PlatformError> {
        let (guard, judges) = (self.require_settings()?.guard.guard(None), self.judges()?);
        self.embedder.prepare_present().await;
        Ok(driving(move |driver| Judge { guard, judges, driver }.scan(kind, text.reveal())).await?)
    }

    /// Scans a file's text, or each line's, in the order they are in; `tell` takes each verdict as it is made.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the input cannot be read as text at all. A line that holds none is told as its verdict.
    pub async fn guard_scan(
        &self,
        call: GuardCall,
        tell: impl FnMut(GuardScanned) + Send + 'static,
    ) -> Result<(), PlatformError> {
        let bytes = standard_input(self, &call.input).await?;
        let (guard, judges) = (self.require_settings()?.guard.guard(None), self.judges()?);
        self.embedder.prepare_present().await;
        driving(move |driver| scan(&call, bytes, &Judge { guard, judges, driver }, tell)).await?
    }
}

/// What is on standard input, where that is named.
async fn standard_input(platform: &Platform, input: &str) -> Result<Option<Vec<u8>>, PlatformError> {
    match input {
        "-" => Ok(Some(read_standard_input(platform.require_settings()?.file_bytes_max).await?)),
        _ => Ok(None),
    }
}

/// An input as one text.
pub(super) async fn whole_text(platform: &Platform, input: String) -> Result<String, PlatformError> {
    let bytes = standard_input(platform, &input).await?;
    runtime::blocking(move || text_of(Path::new(&input), bytes_of(Path::new(&input), bytes)?)).await?
}

/// The guard here and the classifiers outside.
struct Judge<'a> {
    guard: Guard,
    judges: Judges,
    driver: &'a Driver,
}

impl Judge<'_> {
    fn scan(&self, kind: Kind, text: &str) -> Verdict {
        self.driver.wait(self.guard.judge(&self.judges, &Sample::new(kind, text)))
    }
}

#[expect(clippy::disallowed_methods, reason = "the file to scan is named by the user and read here alone")]
fn bytes_of(path: &Path, read: Option<Vec<u8>>) -> Result<Vec<u8>, PlatformError> {
    match read {
        Some(bytes) => Ok(bytes),
        None => std::fs::read(path).map_err(PlatformError::file("read", path)),
    }
}

fn scan(
    call: &GuardCall,
    bytes: Option<Vec<u8>>,
    judge: &Judge<'_>,
    mut tell: impl FnMut(GuardScanned),
) -> Result<(), PlatformError> {
    let path = Path::new(&call.input);
    let bytes = bytes_of(path, bytes)?;
    if call.form == GuardForm::Whole {
        let verdict = judge.scan(call.kind, &text_of(path, bytes)?);
        tell(GuardScanned { id: None, verdict: Ok(verdict) });
        return Ok(());
    }
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    for (at, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let number = (at + 1).to_string();
        tell(match line_text(line) {
            Ok((id, text)) => {
                GuardScanned { id: Some(id.unwrap_or(number)), verdict: Ok(judge.scan(call.kind, &text)) }
            }
            Err(why) => GuardScanned { id: Some(number), verdict: Err(why) },
        });
    }
    Ok(())
}

/// A file's text as it is where it is UTF-8, else as the parsers read it.
fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String, PlatformError> {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error.into_bytes(),
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let input = Input { name: &name, bytes: &bytes, extent: Extent::Whole, passwords: &[] };
    let parsed = document::parse(&input)
        .map_err(|source| PlatformError::Parse { path: path.display().to_string(), source })?;
    Ok(parsed.text)
}

fn line_text(line: &[u8]) -> Result<(Option<String>, String), String> {
    let value: serde_json::Value =
        serde_json::from_slice(line).map_err(|error| format!("no JSON: {error}"))?;
    let id = value.get("id").or_else(|| value.get("_id")).and_then(|id| match id {
        serde_json::Value::String(id) => Some(id.clone()),
        serde_json::Value::Number(id) => Some(id.to_string()),
        _ => None,
    });
    let text = value.get("text").and_then(serde_json::Value::as_str).ok_or("it has no `text`")?;
    Ok((id, text.to_owned()))
}
