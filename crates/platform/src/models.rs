//! The stack's models: the embedder, known by name from the start and loaded when it is needed, and the chat
//! model where the stack has one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use model::{ChatModel, Embedder, ModelError};
use outbound::{AddressPolicy, Outbound, OutboundOptions};
pub use provider::PullEvent;
use provider::{
    EncoderOptions, Endpoint, LocalEncoder, ModelPaths, OpenAiChat, OpenAiChatOptions, OpenAiEmbedder,
    OpenAiEmbedderOptions, PullOptions,
};
use tokio::sync::{Notify, Semaphore};

use crate::api_key::{KeyPlace, api_key};
use crate::environment::Environment;
use crate::settings::ModelServer;
use crate::{Platform, PlatformError, Settings, StackName};

/// How many tokens of a text the product's encoder reads; see the manual on the encoder limit.
const ENCODER_TOKENS_MAX: usize = 512;
/// A call with at most so many texts is a question that somebody waits for; one with more is an ingest.
const INTERACTIVE_TEXTS_MAX: usize = 4;
/// An ingest lets questions in after so many bytes of text, about 2,000 tokens: what the encoder computes in
/// a third of a second on two cores. Workers idle at the end of each turn, which costs 5 % of the throughput,
const BULK_BYTES: usize = 8 << 10;
/// so turns are longer as long as nobody has asked anything.
const BULK_BYTES_UNASKED: usize = 64 << 10;
/// How long an ingest lets questions go first.
const BULK_PATIENCE: Duration = Duration::from_secs(1);

/// What is known of the embedding model's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelState {
    /// The model's name.
    pub name: &'static str,
    /// Where its files are or would be.
    pub path: PathBuf,
    /// Whether they are there.
    pub present: bool,
}

/// The stack's embedder. A local one cannot embed until [`StackEmbedder::prepare`] has returned.
pub(crate) struct StackEmbedder {
    id: String,
    name: String,
    engine: Engine,
}

enum Engine {
    Local(Box<Local>),
    Server(OpenAiEmbedder),
}

/// The local encoder, once its files are here, and who may use it next.
struct Local {
    pull: PullOptions,
    options: EncoderOptions,
    encoder: OnceLock<LocalEncoder>,
    turn: Turn,
}

/// One call computes at a time, and questions go before ingests.
#[derive(Debug)]
struct Turn {
    one: Semaphore,
    was_asked: AtomicBool,
    questions: AtomicUsize,
    free: Notify,
}

impl StackEmbedder {
    /// The embedder that the settings name.
    pub(crate) fn new(
        settings: &Settings,
        models: PathBuf,
        environment: &Environment,
    ) -> Result<Self, PlatformError> {
        let own = &settings.self_hosted;
        if settings.stack == StackName::SelfHosted && !own.embedding.url.is_empty() {
            let endpoint = endpoint(&own.embedding, environment)?;
            let name = endpoint.model.clone();
            let (dimension, tokens_max) = (own.embedding_dimension, own.embedding_tokens_max);
            let embedder = OpenAiEmbedder::new(OpenAiEmbedderOptions { endpoint, dimension, tokens_max });
            return Ok(Self { id: embedder.id().to_owned(), name, engine: Engine::Server(embedder) });
        }
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = if settings.encoder_threads == 0 { cores() } else { settings.encoder_threads };
        let precision = settings.encoder_precision;
        let options = EncoderOptions { max_tokens: ENCODER_TOKENS_MAX, threads, precision };
        let local = Local {
            pull: PullOptions {
                models_dir: models,
                offline: settings.offline,
                hf_endpoint: Some(settings.hf_endpoint.clone()),
            },
            options: options.clone(),
            encoder: OnceLock::new(),
            turn: Turn::default(),
        };
        Ok(Self {
            id: provider::encoder_id(&options),
            name: provider::MODEL_NAME.to_owned(),
            engine: Engine::Local(Box::new(local)),
        })
    }

    /// The model's name, as clients ask for it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the model computes in this process.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.engine, Engine::Local(_))
    }

    /// Whether it can embed now.
    pub(crate) fn is_prepared(&self) -> bool {
        match &self.engine {
            Engine::Local(local) => local.encoder.get().is_some(),
            Engine::Server(_) => true,
        }
    }

    /// Sees to it that the model's files are here, fetching them if need be.
    pub(crate) async fn prepare(&self, tell: &(dyn Fn(PullEvent) + Sync)) -> Result<(), ModelError> {
        let Engine::Local(local) = &self.engine else { return Ok(()) };
        local.ready(&self.id, tell).await.map(drop)
    }

    /// Loads the model where its files are here. One that cannot be loaded is told of by whoever needs it.
    pub(crate) async fn prepare_present(&self) {
        if let Engine::Local(local) = &self.engine
            && ModelPaths::below(&local.pull.models_dir).are_present()
        {
            let _ = local.ready(&self.id, &|_| {}).await;
        }
    }

    /// As [`Embedder::embed`], by a model that is loaded: `None` where it is not. In bulk, questions go first even where
    /// texts are few.
    pub(crate) async fn embed_loaded(
        &self,
        texts: &[String],
        is_bulk: bool,
    ) -> Option<Result<Vec<Vec<f32>>, ModelError>> {
        match &self.engine {
            Engine::Local(local) if is_bulk => Some(local.embed_in_bulk(local.encoder.get()?, texts).await),
            Engine::Local(local) => Some(local.embed(local.encoder.get()?, texts).await),
            Engine::Server(embedder) => Some(embedder.embed(texts).await),
        }
    }
}

impl Local {
    async fn ready(&self, id: &str, tell: &(dyn Fn(PullEvent) + Sync)) -> Result<&LocalEncoder, ModelError> {
        if let Some(encoder) = self.encoder.get() {
            return Ok(encoder);
        }
        let paths = provider::pull(&self.pull, tell).await?;
        let options = self.options.clone();
        let encoder =
            runtime::blocking(move || LocalEncoder::open(&paths, options)).await.map_err(|error| {
                ModelError::Failed { model: id.to_owned(), why: format!("loading it broke down: {error}") }
            })??;
        // Another task may have been first: its encoder is as good.
        Ok(self.encoder.get_or_init(|| encoder))
    }

    async fn embed(&self, encoder: &LocalEncoder, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        if texts.len() <= INTERACTIVE_TEXTS_MAX {
            return self.turn.question(encoder.embed(texts)).await;
        }
        self.embed_in_bulk(encoder, texts).await
    }

    async fn embed_in_bulk(
        &self,
        encoder: &LocalEncoder,
        texts: &[String],
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        // Sequences are packed by length: the longest of all go together, as if there were one call.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|place| std::cmp::Reverse(texts[*place].len()));
        let mut vectors = vec![Vec::new(); texts.len()];
        let mut rest = &order[..];
        while !rest.is_empty() {
            let (some, later) = rest.split_at(self.turn.length(rest.iter().map(|place| texts[*place].len())));
            rest = later;
            let batch: Vec<String> = some.iter().map(|place| texts[*place].clone()).collect();
            let embedded = self.turn.bulk(encoder.embed(&batch)).await?;
            for (place, vector) in some.iter().zip(embedded) {
                vectors[*place] = vector;
            }
        }
        Ok(vectors)
    }
}

impl Default for Turn {
    fn default() -> Self {
        let (was_asked, questions) = (AtomicBool::new(false), AtomicUsize::new(0));
        Self { one: Semaphore::new(1), was_asked, questions, free: Notify::new() }
    }
}

impl Turn {
    /// How many of the texts next in line, by their lengths in bytes, go into one turn: at least one.
    fn length(&self, texts: impl Iterator<Item = usize>) -> usize {
        let asked = self.was_asked.load(Ordering::SeqCst);
        let most = if asked { BULK_BYTES } else { BULK_BYTES_UNASKED };
        let mut bytes = 0;
        let fitting = texts.take_while(|text| {
            bytes += text;
            bytes <= most
        });
        fitting.count().max(1)
    }

    async fn question<T>(&self, work: impl Future<Output = T>) -> T {
        self.was_asked.store(true, Ordering::SeqCst);
        let _waiting = Waiting::new(self);
        let _one = self.one.acquire().await;
        work.await
    }

    /// Waits until no question does, and no longer than [`BULK_PATIENCE`]: an ingest goes on under any load.
    async fn bulk<T>(&self, work: impl Future<Output = T>) -> T {
        let mut patience = std::pin::pin!(tokio::time::sleep(BULK_PATIENCE));
        loop {
            let free = self.free.notified();
            if self.questions.load(Ordering::SeqCst) == 0 {
                break;
            }
            tokio::select! {
                () = free => {}
                () = &mut patience => break,
            }
        }
        let _one = self.one.acquire().await;
        work.await
    }
}

/// Counts a question until it is through or given up.
struct Waiting<'a>(&'a Turn);

impl<'a> Waiting<'a> {
    fn new(turn: &'a Turn) -> Self {
        turn.questions.fetch_add(1, Ordering::SeqCst);
        Self(turn)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.0.questions.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.free.notify_waiters();
        }
    }
}

#[async_trait]
impl Embedder for StackEmbedder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        match &self.engine {
            Engine::Local(_) => provider::ENCODER_DIMENSION,
            Engine::Server(embedder) => embedder.dimension(),
        }
    }

    fn max_tokens(&self) -> usize {
        match &self.engine {
            Engine::Local(local) => local.options.max_tokens,
            Engine::Server(embedder) => embedder.max_tokens(),
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        match &self.engine {
            // Before the tokenizer is here nothing is cut by this count; a byte is never more than a token.
            Engine::Local(local) => {
                local.encoder.get().map_or(text.len(), |encoder| encoder.count_tokens(text))
            }
            Engine::Server(embedder) => embedder.count_tokens(text),
        }
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        match &self.engine {
            Engine::Local(local) => local.embed(local.ready(&self.id, &|_| {}).await?, texts).await,
            Engine::Server(embedder) => embedder.embed(texts).await,
        }
    }
}

/// The stack's chat model, if it has one.
pub(crate) fn chat_model(
    settings: &Settings,
    environment: &Environment,
) -> Result<Option<Arc<dyn ChatModel>>, PlatformError> {
    let own = &settings.self_hosted;
    if settings.stack != StackName::SelfHosted {
        return Ok(None);
    }
    if own.chat.url.is_empty() || own.chat.model.is_empty() {
        return Err(PlatformError::Argument {
            what: "the stack `selfhosted` has no chat model".into(),
            hint: "set `chat_url` and `chat_model` in `[stacks.selfhosted]`".into(),
        });
    }
    let endpoint = endpoint(&own.chat, environment)?;
    let options = OpenAiChatOptions { endpoint, context_tokens: own.chat_context_tokens };
    Ok(Some(Arc::new(OpenAiChat::new(options))))
}

/// The server that the settings name. It is one that the operator named, wherever it stands.
pub(crate) fn endpoint(server: &ModelServer, environment: &Environment) -> Result<Endpoint, PlatformError> {
    let idle_timeout = Duration::from_secs(server.idle_seconds_max);
    let first_timeout = Duration::from_secs(server.first_seconds_max);
    let options = OutboundOptions {
        addresses: AddressPolicy::AllowPrivate,
        // The limits on an answer's beginning and pauses are the endpoint's; this one is behind them.
        read_timeout: first_timeout.max(idle_timeout) + Duration::from_secs(1),
        ..OutboundOptions::default()
    };
    Ok(Endpoint {
        client: Outbound::new(&options).map_err(PlatformError::Outbound)?,
        base_url: server.url.clone(),
        api_key: api_key(
            KeyPlace { variable: &server.api_key_env, file: &server.api_key_file, of: &server.url },
            environment,
        )?,
        model: server.model.clone(),
        first_timeout,
        idle_timeout,
    })
}

impl Platform {
    /// The models that the stack needs, and whether they are here.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the home cannot be used.
    pub fn models(&self) -> Result<Vec<ModelState>, PlatformError> {
        self.require_settings()?;
        if !self.embedder.is_local() {
            return Ok(Vec::new());
        }
        let paths = self.model_paths()?;
        Ok(vec![ModelState {
            name: provider::MODEL_NAME,
            present: paths.are_present(),
            path: paths.directory().to_owned(),
        }])
    }

    /// Pulls the stack's models, verifying what is there already.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when a model is damaged or cannot be fetched.
    pub async fn pull_models(
        &self,
        tell: &(dyn Fn(PullEvent) + Sync),
    ) -> Result<Vec<ModelState>, PlatformError> {
        self.require_settings()?;
        self.home()?;
        if let Engine::Local(local) = &self.embedder.engine {
            provider::pull(&local.pull, tell).await?;
            self.verify_models().await?;
        }
        self.models()
    }

    /// Hashes the models that are here and compares with what they should be.
    pub(crate) async fn verify_models(&self) -> Result<(), PlatformError> {
        let paths = self.model_paths()?;
        Ok(runtime::blocking(move || provider::verify(&paths)).await??)
    }

    pub(crate) fn model_paths(&self) -> Result<ModelPaths, PlatformError> {
        Ok(ModelPaths::below(&self.home()?.models()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_are_short_once_somebody_asked_and_hold_at_least_one_text() {
        let turn = Turn::default();
        let texts = || std::iter::repeat_n(4000, 40);
        assert_eq!(turn.length(texts()), 16);
        turn.question(async {}).await;
        assert_eq!(turn.length(texts()), 2);
        assert_eq!(turn.length([100_000, 5].into_iter()), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_ingest_goes_on_however_many_questions_come() {
        let turn = Turn::default();
        let asking = async {
            let _always = Waiting::new(&turn);
            loop {
                turn.question(tokio::time::sleep(Duration::from_millis(5))).await;
            }
        };
        tokio::select! {
            biased;
            () = asking => {}
            () = turn.bulk(async {}) => {}
        }
        assert!(turn.was_asked.load(Ordering::SeqCst));
    }
}
