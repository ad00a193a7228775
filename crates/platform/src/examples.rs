//! `demo`: the examples in the binary, ingested and asked.

use access::{PrivateText, Reader};
use include_dir::{Dir, include_dir};
use rag::{Gone, IngestReport, IngestRequest, MemorySource, RagError};

use crate::parts::Embedding;
use crate::use_cases::collection_from;
use crate::{AskCall, AskOutcome, IngestWatch, Platform, PlatformError, SearchCall};

static EXAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/corpus");

/// The collection that the examples are ingested into.
pub const EXAMPLE_COLLECTION: &str = "examples";
/// What `demo` asks.
pub const EXAMPLE_QUESTION: &str = "Why is a day on Venus longer than its year?";

/// What `demo` did.
#[derive(Clone, Debug)]
pub struct DemoAnswer {
    /// The ingest of the examples.
    pub report: IngestReport,
    /// The answer to [`EXAMPLE_QUESTION`].
    pub outcome: AskOutcome,
    /// Why the model is missing, where it could not be reached: then words alone were searched.
    pub without_model: Option<String>,
}

impl Platform {
    /// Ingests the examples and asks them a question. Where no source of the model can be reached, goes on
    /// with BM25 alone.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the home cannot be used, or a part fails.
    pub async fn demo(&self, watch: &IngestWatch<'_>) -> Result<DemoAnswer, PlatformError> {
        self.require_settings()?;
        self.home()?;
        let without_model = match self.embedder.prepare(watch.pulling).await {
            Ok(()) => None,
            Err(error) => Some(error.to_string()),
        };
        let embedding = if without_model.is_none() { Embedding::On } else { Embedding::Off };
        let library = self.library(embedding).await?;
        let collection = collection_from(EXAMPLE_COLLECTION)?;
        // Examples that were ingested without the model are ingested again now that it is here, and the
        // other way round.
        let stale = match library.record(&collection).await {
            Ok(record) => record.settings.embedder.is_some() != (embedding == Embedding::On),
            Err(RagError::UnknownCollection(_)) => false,
            Err(error) => return Err(error.into()),
        };
        if stale {
            library.delete(&collection).await?;
        }
        let request = IngestRequest {
            collection,
            sources: vec![Box::new(examples())],
            access: None,
            gone: Gone::Remove,
        };
        let report = library.ingest(request, watch.tell, watch.stop).await?;
        let call = SearchCall {
            text: PrivateText::new(EXAMPLE_QUESTION),
            collection: EXAMPLE_COLLECTION.into(),
            top_k: None,
            mode: None,
            filter: None,
            reader: Reader::Operator,
        };
        let outcome = self.ask(&AskCall::new(call), &|_| {}, watch.pulling).await?;
        Ok(DemoAnswer { report, outcome, without_model })
    }
}

/// The examples as a source.
fn examples() -> MemorySource {
    let mut items = Vec::new();
    collect(&EXAMPLES, &mut items);
    MemorySource::new("examples", items)
}

fn collect(directory: &Dir<'_>, items: &mut Vec<(String, Vec<u8>)>) {
    for file in directory.files() {
        items.push((file.path().to_string_lossy().replace('\\', "/"), file.contents().to_vec()));
    }
    for inner in directory.dirs() {
        collect(inner, items);
    }
}
