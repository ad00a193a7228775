//! Answers whose every sentence can be checked against the stored text: taken from the documents, or written
//! by a chat model over passages of them.

mod condense;
mod extractive;
mod guarded;
mod heard;
mod passages;
mod prompt;
mod prose;
mod refusal;
mod support;
mod writer;

use std::sync::Arc;

use access::PrivateText;
use document::Span;
use futures_util::StreamExt;
use model::{ChatModel, ChatRequest, FinishReason, Message, Usage};
use runtime::Stopwatch;

use crate::{Guarding, Hit, Library, PageBox, RagError, Retrieval, RetrievalTimings, SearchQuery};
use extractive::Extract;
use guard::Guard;
use guarded::Marks;
use heard::Heard;
use passages::Budget;
pub use refusal::Refusal;
pub use support::Support;
pub use writer::AnswerEvent;

/// How many hits an answerer reads.
const HITS: usize = 8;
/// What an answer says when there is none.
const DO_NOT_KNOW: &str = "I do not know: nothing in this collection that you may read answers the question.";
/// What it says where the guard stands in between.
const NOT_PERMITTED: &str = "The guard did not let this question or its answer through.";
/// The name that extractive answers give as their model.
const EXTRACTIVE: &str = "extractive";
/// Tokens that the rules, labels and the question take besides passages and history.
const FRAME_TOKENS: usize = 600;
/// The share of what a prompt may hold that history can take: one in so many.
const HISTORY_SHARE: usize = 4;

/// A question in a conversation.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked now, where, and by whom.
    pub search: SearchQuery,
    /// What was said before, oldest first.
    pub history: Vec<Message>,
}

/// The chat model that writes answers, and what it may take.
#[derive(Clone)]
pub struct Generator {
    /// The model.
    pub chat: Arc<dyn ChatModel>,
    /// The most tokens of a prompt; the model's context bounds it too.
    pub prompt_tokens_max: usize,
    /// The most tokens of an answer.
    pub answer_tokens_max: u32,
}

/// An answer, or a refusal that says why.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The answer with markers such as `[1]`; for a refusal, that it is not known.
    pub text: String,
    /// Why there is no answer.
    pub refusal: Option<Refusal>,
    /// What the markers stand for, by marker.
    pub citations: Vec<Citation>,
    /// What each sentence of the answer rests on.
    pub support: Vec<Support>,
    /// Who wrote it.
    pub model: String,
    /// Whether the answer was cut at the most tokens it may have.
    pub is_cut: bool,
    /// Tokens that the chat model took; none where it was not asked.
    pub usage: Usage,
    /// Where the time went.
    pub timings: AnswerTimings,
    /// What it was made from, for those who look into it.
    pub inspection: Inspection,
}

/// Milliseconds by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnswerTimings {
    /// Embedding the question and searching.
    pub retrieval: RetrievalTimings,
    /// Making the question stand alone, choosing the passages and writing the prompt.
    pub prompt_ms: f64,
    /// From asking the model to its first text.
    pub ttft_ms: f64,
    /// From asking the model to its end; for an extractive answer, choosing and ordering the sentences.
    pub generation_ms: f64,
}

/// What an answer was made from.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// The question as it was searched for.
    pub question: PrivateText,
    /// What was found.
    pub hits: Vec<Hit>,
    /// What the chat model was told; empty where it was not asked.
    pub prompt: Vec<Message>,
}

/// A place in a document version, and what stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Citation {
    /// The `n` of `[n]`.
    pub marker: usize,
    /// The document.
    pub document_id: String,
    /// The version that was read.
    pub version: String,
    /// The document's source.
    pub source: String,
    /// The document's title.
    pub title: Option<String>,
    /// The page, 1-based, where the format has pages.
    pub page: Option<u32>,
    /// Where the chunk that it is of stands on that page, for formats that say so.
    pub area: Option<PageBox>,
    /// The headings that the quote stands under.
    pub heading_path: Vec<String>,
    /// Where the quote is in the version's stored text.
    pub span: Span,
    /// The stored text at the span, byte for byte.
    pub quote: String,
}

impl Library {
    /// Answers a question from a collection. `tell` is given the answer as it comes.
    ///
    /// # Errors
    ///
    /// What [`Library::search`] says, and [`RagError::Chat`] when the chat model fails.
    pub async fn answer(
        &self,
        question: &Question,
        tell: &(dyn Fn(AnswerEvent) + Send + Sync),
    ) -> Result<Answer, RagError> {
        let clock = Stopwatch::start();
        let generator = self.parts.generator.as_ref();
        let guard = self.parts.guarding.of(&question.search.collection);
        let asked = question.search.text.reveal();
        let asked = match guarded::question(&self.parts.guarding, guard, &question.history, asked).await {
            guarded::Let::Pass(asked) => asked,
            guarded::Let::Refuse => return Ok(self.not_permitted(question, tell)),
        };
        let text = condense::stand_alone(&question.history, &asked, generator).await;
        let condense_ms = clock.elapsed_ms();
        let query = SearchQuery {
            text: PrivateText::new(text),
            top_k: HITS.max(question.search.top_k),
            ..question.search.clone()
        };
        let retrieval = self.search(&query).await?;
        let mut answer = match generator {
            Some(generator) => {
                let guard = Guarded { guarding: &self.parts.guarding, guard, asked: &asked };
                let writing = Writing { library: self, question, query: &query, generator, guard, tell };
                writing.answer(retrieval).await?
            }
            None => self.extractive(&query, retrieval, tell).await?,
        };
        answer.timings.prompt_ms += condense_ms;
        Ok(answer)
    }

    /// The answer to a question that the guard does not let through: nothing was looked for.
    fn not_permitted(&self, question: &Question, tell: &(dyn Fn(AnswerEvent) + Send + Sync)) -> Answer {
        let model = self.parts.generator.as_ref().map_or(EXTRACTIVE, |generator| generator.chat.name());
        let mut answer = Answer::new(model, &question.search, Retrieval::default());
        answer.refuse(Refusal::NotPermitted, tell);
        answer
    }

    /// An answer out of sentences of the documents.
    async fn extractive(
        &self,
        query: &SearchQuery,
        mut retrieval: Retrieval,
        tell: &(dyn Fn(AnswerEvent) + Send + Sync),
    ) -> Result<Answer, RagError> {
        let clock = Stopwatch::start();
        retrieval.hits.truncate(HITS);
        let embedder = match &retrieval.query_vector {
            Some(_) => self.parts.embedder.as_ref(),
            None => None,
        };
        let question = extractive::Question {
            text: query.text.reveal(),
            vector: retrieval.query_vector.as_deref(),
            hits: &retrieval.hits,
        };
        let extract = extractive::extract(&question, embedder).await?;
        let mut answer = Answer::new(EXTRACTIVE, query, retrieval);
        match extract {
            Err(refusal) => answer.refuse(refusal, tell),
            Ok(extracts) => compose(&mut answer, extracts, tell),
        }
        answer.timings.generation_ms = clock.elapsed_ms();
        Ok(answer)
    }
}

impl Answer {
    fn new(model: &str, query: &SearchQuery, retrieval: Retrieval) -> Self {
        Self {
            text: String::new(),
            refusal: None,
            citations: Vec::new(),
            support: Vec::new(),
            model: model.to_owned(),
            is_cut: false,
            usage: Usage::default(),
            timings: AnswerTimings { retrieval: retrieval.timings, ..AnswerTimings::default() },
            inspection: Inspection { question: query.text.clone(), hits: retrieval.hits, prompt: Vec::new() },
        }
    }

    fn refuse(&mut self, refusal: Refusal, tell: &(dyn Fn(AnswerEvent) + Send + Sync)) {
        let said = if refusal == Refusal::NotPermitted { NOT_PERMITTED } else { DO_NOT_KNOW };
        said.clone_into(&mut self.text);
        self.citations.clear();
        self.support.clear();
        self.refusal = Some(refusal);
        tell(AnswerEvent::Token(self.text.clone()));
    }
}

/// What guards an answer.
#[derive(Clone, Copy)]
struct Guarded<'a> {
    guarding: &'a Guarding,
    guard: &'a Guard,
    /// The question as the guard lets it through.
    asked: &'a str,
}

/// An answer that a chat model writes.
struct Writing<'a> {
    library: &'a Library,
    question: &'a Question,
    query: &'a SearchQuery,
    generator: &'a Generator,
    guard: Guarded<'a>,
    tell: &'a (dyn Fn(AnswerEvent) + Send + Sync),
}

impl Writing<'_> {
    async fn answer(&self, retrieval: Retrieval) -> Result<Answer, RagError> {
        let chat = &self.generator.chat;
        let clock = Stopwatch::start();
        let mut answer = Answer::new(chat.name(), self.query, retrieval);
        let hits = std::mem::take(&mut answer.inspection.hits);
        if let Some(refusal) = refusal::before_generation(self.query.text.reveal(), &hits) {
            answer.inspection.hits = hits;
            answer.refuse(refusal, self.tell);
            return Ok(answer);
        }
        let count = |text: &str| chat.count_tokens(text);
        let answer_tokens = self.generator.answer_tokens_max as usize;
        let room = chat.context_tokens().saturating_sub(answer_tokens + FRAME_TOKENS);
        let room = room.min(self.generator.prompt_tokens_max);
        let history = condense::recent(&self.question.history, room / HISTORY_SHARE, &count);
        let taken: usize = history.iter().map(|message| count(message.text.reveal())).sum();
        let budget = Budget { tokens_max: room.saturating_sub(taken), count: &count };
        let mut passages = self.library.passages(&self.query.collection, &hits, &budget).await?;
        guarded::assembled(self.guard.guard, &mut passages);
        // Eighty bits that nobody can foresee, of each of the two words.
        let marks = Marks::new(&format!("{} {}", runtime::new_nonce(), runtime::new_nonce()));
        let messages = prompt::answer(&passages, &history, self.guard.asked, &marks);
        answer.inspection.hits = hits;
        answer.inspection.prompt.clone_from(&messages);
        answer.timings.prompt_ms = clock.elapsed_ms();
        self.write(messages, (&passages, &marks), &mut answer).await?;
        Ok(answer)
    }

    /// Has the model write, and passes on what it says.
    async fn write(
        &self,
        messages: Vec<Message>,
        (passages, marks): (&[passages::Passage], &Marks),
        answer: &mut Answer,
    ) -> Result<(), RagError> {
        let clock = Stopwatch::start();
        let chat = &self.generator.chat;
        let prompt_tokens: usize = messages.iter().map(|m| chat.count_tokens(m.text.reveal())).sum();
        let request = ChatRequest {
            messages,
            tokens_max: Some(self.generator.answer_tokens_max),
            temperature: Some(0.0),
            original: None,
        };
        let mut stream = chat.chat(request).await.map_err(RagError::Chat)?;
        let mut heard = Heard::new(self, (passages, marks));
        let (mut usage, mut first_ms) = (None, None);
        while let Some(event) = stream.next().await {
            let event = event.map_err(RagError::Chat)?;
            if !event.text.is_empty() {
                first_ms.get_or_insert_with(|| clock.elapsed_ms());
                heard.push(&event.text);
            }
            usage = event.usage.or(usage);
            answer.is_cut = answer.is_cut || event.finish == Some(FinishReason::Length);
            if heard.leaks() {
                break;
            }
        }
        let completion_tokens = chat.count_tokens(&heard.said) as u64;
        let (passes, written) = heard.finish(self.guard.asked, passages).await;
        // A server that does not count leaves it to the estimate.
        answer.usage = usage.unwrap_or(Usage { prompt_tokens: prompt_tokens as u64, completion_tokens });
        answer.timings.ttft_ms = first_ms.unwrap_or_else(|| clock.elapsed_ms());
        answer.timings.generation_ms = clock.elapsed_ms();
        if !passes {
            answer.refuse(Refusal::NotPermitted, self.tell);
        } else if written.refused {
            answer.refuse(Refusal::NotSupported, self.tell);
        } else {
            answer.text = written.text;
            answer.citations = written.citations;
            answer.support = support::aligned(written.support, self.library.parts.embedder.as_ref()).await;
        }
        Ok(())
    }
}

/// Sentences in their order, each with the marker of the place it was taken from.
fn compose(answer: &mut Answer, extracts: Vec<Extract>, tell: &(dyn Fn(AnswerEvent) + Send + Sync)) {
    for (place, extract) in extracts.into_iter().enumerate() {
        let marker = place + 1;
        let space = if answer.text.is_empty() { "" } else { " " };
        let token = format!("{space}{} [{marker}]", extract.sentence);
        answer.text.push_str(&token);
        answer.support.push(support::of(&extract.sentence, vec![marker], &[extract.quote.as_str()]));
        let citation = Citation {
            marker,
            document_id: extract.hit.found.document_id,
            version: extract.hit.found.version,
            source: extract.hit.found.source,
            title: extract.hit.found.title,
            page: extract.hit.found.chunk.page,
            area: extract.hit.found.chunk.area,
            heading_path: extract.hit.found.chunk.heading_path,
            span: extract.span,
            quote: extract.quote,
        };
        answer.citations.push(citation.clone());
        tell(AnswerEvent::Citation(citation));
        tell(AnswerEvent::Token(token));
    }
}
