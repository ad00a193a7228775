//! `search` and `ask`.

use access::{PrivateText, Reader};
use model::Message;
use rag::{Answer, AnswerEvent, Mode, Question, Retrieval, SearchQuery};
use runtime::Stopwatch;

use super::collection_from;
use crate::parts::Embedding;
use crate::{Platform, PlatformError, PullEvent};

/// A question to a collection, as a front has it. What is `None` is as configured.
#[derive(Clone, Debug)]
pub struct SearchCall {
    /// What is asked.
    pub text: PrivateText,
    /// Where.
    pub collection: String,
    /// How many hits.
    pub top_k: Option<usize>,
    /// Which legs.
    pub mode: Option<Mode>,
    /// Which documents, as a filter expression.
    pub filter: Option<String>,
    /// Who asks.
    pub reader: Reader,
}

/// A question in a conversation.
#[derive(Clone, Debug)]
pub struct AskCall {
    /// The question now.
    pub search: SearchCall,
    /// What was said before, oldest first.
    pub history: Vec<Message>,
    /// Names this request in logs.
    pub trace_id: String,
}

impl AskCall {
    /// A question without a conversation before it.
    pub fn new(search: SearchCall) -> Self {
        Self { search, history: Vec::new(), trace_id: runtime::new_id() }
    }
}

/// An answer with what goes around it.
#[derive(Clone, Debug)]
pub struct AskOutcome {
    /// The answer or refusal.
    pub answer: Answer,
    /// Names this request in logs.
    pub trace_id: String,
    /// The stack that served.
    pub stack: &'static str,
    /// Milliseconds from the first step to the last.
    pub total_ms: f64,
}

impl Platform {
    /// Searches a collection; gives the milliseconds it took as a whole, too.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] for an unknown collection, a filter that does not fit, or a part that fails.
    pub async fn search(
        &self,
        call: &SearchCall,
        pulling: &(dyn Fn(PullEvent) + Sync),
    ) -> Result<(Retrieval, f64), PlatformError> {
        let clock = Stopwatch::start();
        let query = self.query(call)?;
        let retrieval = self.ready(&query, pulling).await?.search(&query).await?;
        Ok((retrieval, clock.elapsed_ms()))
    }

    /// Answers a question from a collection. `tell` is given the answer as it comes.
    ///
    /// # Errors
    ///
    /// As [`Platform::search`].
    pub async fn ask(
        &self,
        call: &AskCall,
        tell: &(dyn Fn(AnswerEvent) + Send + Sync),
        pulling: &(dyn Fn(PullEvent) + Sync),
    ) -> Result<AskOutcome, PlatformError> {
        let clock = Stopwatch::start();
        let search = self.query(&call.search)?;
        let library = self.ready(&search, pulling).await?;
        let answer = library.answer(&Question { search, history: call.history.clone() }, tell).await?;
        Ok(AskOutcome {
            answer,
            trace_id: call.trace_id.clone(),
            stack: self.resolved.settings.stack.as_str(),
            total_ms: clock.elapsed_ms(),
        })
    }

    /// Whether a question can be put to its collection: told before an answer begins.
    ///
    /// # Errors
    ///
    /// As [`Platform::search`], for what is wrong with the call itself.
    pub async fn check(&self, call: &SearchCall) -> Result<(), PlatformError> {
        let query = self.query(call)?;
        Ok(self.library(Embedding::On).await?.check(&query).await?)
    }

    pub(crate) fn query(&self, call: &SearchCall) -> Result<SearchQuery, PlatformError> {
        let settings = self.require_settings()?;
        let argument =
            |what: &str, hint: &str| PlatformError::Argument { what: what.into(), hint: hint.into() };
        if call.text.reveal().trim().is_empty() {
            return Err(argument("the question is empty", "put it in quotes: `patou ask \"…\"`"));
        }
        let top_k = call.top_k.unwrap_or(settings.top_k);
        if !(1..=1000).contains(&top_k) {
            return Err(argument("`--top-k` takes a number from 1 to 1000", "leave it out for 10"));
        }
        Ok(SearchQuery {
            collection: collection_from(&call.collection)?,
            text: call.text.clone(),
            reader: call.reader.clone(),
            filter: call.filter.clone(),
            mode: call.mode.unwrap_or(settings.mode),
            fusion: settings.fusion(),
            top_k,
            candidates: settings.candidates.max(top_k),
        })
    }

    /// The library with the collection open and the model at hand, if this query needs one. The two take
    /// about as long as each other; neither waits for the other.
    pub(crate) async fn ready(
        &self,
        query: &SearchQuery,
        pulling: &(dyn Fn(PullEvent) + Sync),
    ) -> Result<&rag::Library, PlatformError> {
        let library = self.library(Embedding::On).await?;
        let record = library.record(&query.collection).await?;
        let prepare = async {
            if query.mode == Mode::Lexical || record.settings.embedder.is_none() {
                return Ok(());
            }
            self.embedder.prepare(pulling).await
        };
        let (prepared, opened) = tokio::join!(prepare, library.open(&query.collection));
        prepared?;
        opened?;
        Ok(library)
    }
}
