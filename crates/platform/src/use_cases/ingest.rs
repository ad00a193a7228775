//! `ingest`.

use std::io::Read;

use access::AccessList;
use rag::{Gone, IngestEvent, IngestReport, IngestRequest, MemorySource, Source};
use runtime::{Shutdown, blocking};

use tracing::warn;

use super::collection_from;
use crate::parts::{Embedding, principals_from};
use crate::{Platform, PlatformError, PullEvent};

/// The word that, given to `--acl`, says that everybody may read.
const PUBLIC: &str = "public";

/// What to ingest, as a user writes it.
#[derive(Clone, Debug, Default)]
pub struct IngestCall {
    /// Files, directories, patterns, addresses, or `-` for standard input.
    pub inputs: Vec<String>,
    /// The name that standard input goes by; its ending tells the format. Else it is looked at.
    pub standard_input_name: Option<String>,
    /// Where to.
    pub collection: String,
    /// What becomes of documents that their source no longer has.
    pub gone: Gone,
    /// Who may read; none leaves documents that are there as they are and makes new ones public.
    pub acl: Vec<String>,
    /// What `-` stands for, where it was read already; else this process's standard input.
    pub standard_input: Option<Vec<u8>>,
    /// Documents that came with the call, all of the source root `upload`.
    pub uploads: Vec<Upload>,
}

/// A document that came with a call.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The name it goes by.
    pub source: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The source root of documents that came with a call.
const UPLOAD: &str = "upload";

/// Who is told how an ingest goes on, and who can stop it.
pub struct IngestWatch<'a> {
    /// Told how the model's pull goes on.
    pub pulling: &'a (dyn Fn(PullEvent) + Sync),
    /// Told how the ingest goes on.
    pub tell: &'a (dyn Fn(IngestEvent) + Sync),
    /// Looked at between steps.
    pub stop: &'a Shutdown,
}

impl Platform {
    /// Ingests what `call` names.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the run as a whole cannot go on; failed items are in the report.
    pub async fn ingest(
        &self,
        call: &IngestCall,
        watch: &IngestWatch<'_>,
    ) -> Result<IngestReport, PlatformError> {
        let settings = self.require_settings()?;
        let collection = collection_from(&call.collection)?;
        let access = access_from(&call.acl)?;
        let mut sources: Vec<Box<dyn Source>> = Vec::with_capacity(call.inputs.len());
        for input in &call.inputs {
            sources.push(match input.as_str() {
                "-" => {
                    let bytes = match &call.standard_input {
                        Some(bytes) => bytes.clone(),
                        None => read_standard_input(settings.file_bytes_max).await?,
                    };
                    let name = call.standard_input_name.as_deref();
                    Box::new(standard_input(name, bytes, settings.file_bytes_max)?)
                }
                input => self.source(input, watch.stop).await?,
            });
        }
        if !call.uploads.is_empty() {
            let items = call.uploads.iter().map(|upload| (upload.source.clone(), upload.bytes.clone()));
            sources.push(Box::new(MemorySource::new(UPLOAD, items)));
        }
        let library = self.library(Embedding::On).await?;
        self.embedder.prepare(watch.pulling).await?;
        let request = IngestRequest { collection, sources, access, gone: call.gone };
        let report = library.ingest(request, watch.tell, watch.stop).await?;
        let share_max = self.quarantine_share_max();
        if report.quarantined > 0 && report.quarantined_share() > share_max {
            let (quarantined, collection) = (report.quarantined, &call.collection);
            warn!(collection, quarantined, share_max, "more documents are held back than usual");
        }
        Ok(report)
    }

    /// From which share of an ingest's documents on being held back is an alarm.
    pub fn quarantine_share_max(&self) -> f64 {
        self.resolved.settings.guard.quarantine_share_max
    }
}

/// The access list that `--acl` flags make; none is none.
fn access_from(names: &[String]) -> Result<Option<AccessList>, PlatformError> {
    match names {
        [] => Ok(None),
        [name] if name == PUBLIC => Ok(Some(AccessList::Public)),
        names => Ok(Some(AccessList::from_principals(principals_from(names)?))),
    }
}

/// Everything on standard input, and one byte more than is taken at most.
///
/// # Errors
///
/// [`PlatformError::File`] when it cannot be read.
pub(crate) async fn read_standard_input(bytes_max: u64) -> Result<Vec<u8>, PlatformError> {
    let read = blocking(move || {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(bytes_max + 1).read_to_end(&mut bytes).map(|_| bytes)
    })
    .await?;
    read.map_err(PlatformError::file("read", std::path::Path::new("-")))
}

/// Standard input as a source with one document, called `stdin` unless it has a name.
fn standard_input(name: Option<&str>, bytes: Vec<u8>, bytes_max: u64) -> Result<MemorySource, PlatformError> {
    if bytes.len() as u64 > bytes_max {
        return Err(PlatformError::Argument {
            what: format!("standard input has more than {bytes_max} bytes"),
            hint: "split it, or raise `ingest.file_bytes_max`".into(),
        });
    }
    let looks = || if looks_like_markup(&bytes) { "stdin.html" } else { "stdin.md" };
    let name = name.unwrap_or_else(looks);
    Ok(MemorySource::new("-", [(name.to_owned(), bytes)]))
}

fn looks_like_markup(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).trim_start().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}
