//! Wiring: from settings to the parts that serve.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};

use access::{Principal, Reader};
use async_trait::async_trait;
use gateway::{Gateway, KeyRing, TokenVerifier};
use index::{EmbeddedIndex, IndexError, IndexSpec, SearchIndex};
use model::{ChatModel, Embedder};
use rag::{EmbeddingCache, Generator, IndexPlace, Indexes, Library, Parts, Registry};
use runtime::{SystemClock, blocking};
use store::Database;

use crate::config::Resolved;
use crate::environment::Environment;
use crate::home::{Home, HomeLock};
use crate::models::{StackEmbedder, chat_model};
use crate::reload::Writing;
use crate::routes::StandingBackend;
use crate::{PlatformError, Settings};

/// What a user wrote on the command line that holds for every command.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--home`.
    pub home: Option<PathBuf>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--stack`.
    pub stack: Option<String>,
    /// `--offline`.
    pub offline: bool,
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Everything a front needs: the settings, the home, and the use cases as methods.
pub struct Platform {
    pub(crate) resolved: Resolved,
    pub(crate) home_directory: PathBuf,
    home: Mutex<Option<Home>>,
    lock: tokio::sync::Mutex<Option<HomeLock>>,
    library: tokio::sync::OnceCell<Library>,
    registry: tokio::sync::OnceCell<Registry>,
    pub(crate) keys: tokio::sync::OnceCell<KeyRing>,
    pub(crate) tokens: OnceLock<TokenVerifier>,
    pub(crate) environment: Environment,
    /// Held by whoever carries out events: those of one object come one after another.
    pub(crate) events: tokio::sync::Mutex<()>,
    pub(crate) embedder: Arc<StackEmbedder>,
    chat: OnceLock<Option<Arc<dyn ChatModel>>>,
    pub(crate) gateway: tokio::sync::OnceCell<Arc<Gateway>>,
    /// The servers that routes were last made with.
    pub(crate) backends: Mutex<BTreeMap<String, StandingBackend>>,
    /// What was written, and how it goes with reading it anew.
    pub(crate) writing: Writing,
    pub(crate) judges: OnceLock<guard::Judges>,
}

/// Whether the library is opened with the stack's embedder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Embedding {
    /// As the stack says.
    On,
    /// Words alone; for `demo` where no model can be reached.
    Off,
}

impl Platform {
    /// Resolves the settings. Nothing is made or opened yet, and problems in the configuration are kept
    /// for [`Platform::require_settings`].
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when there is no place for a home, or a named configuration file cannot be read.
    pub fn new(options: &Options) -> Result<Self, PlatformError> {
        let environment = Environment::read();
        let home_directory = home_directory(options, &environment)?;
        let (writing, resolved) = Writing::read(options, &environment, &home_directory)?;
        let models = home_directory.join("models");
        let embedder = Arc::new(StackEmbedder::new(&resolved.settings, models, &environment)?);
        Ok(Self {
            resolved,
            home_directory,
            home: Mutex::default(),
            lock: tokio::sync::Mutex::default(),
            library: tokio::sync::OnceCell::new(),
            registry: tokio::sync::OnceCell::new(),
            keys: tokio::sync::OnceCell::new(),
            tokens: OnceLock::new(),
            environment,
            events: tokio::sync::Mutex::default(),
            embedder,
            chat: OnceLock::new(),
            gateway: tokio::sync::OnceCell::new(),
            backends: Mutex::default(),
            writing,
            judges: OnceLock::new(),
        })
    }

    /// The settings, if nothing is wrong with them.
    ///
    /// # Errors
    ///
    /// [`PlatformError::Config`] with every problem.
    pub fn require_settings(&self) -> Result<&Settings, PlatformError> {
        if self.resolved.problems.is_empty() {
            Ok(&self.resolved.settings)
        } else {
            Err(PlatformError::Config(self.resolved.problems.clone()))
        }
    }

    /// Everything about the configuration: values, origins, problems.
    pub fn configuration(&self) -> &Resolved {
        &self.resolved
    }

    /// Where the home is, whether it has been made yet or not.
    pub fn home_directory(&self) -> &Path {
        &self.home_directory
    }

    /// The home, made if it is not there.
    pub(crate) fn home(&self) -> Result<Home, PlatformError> {
        let mut home = self.home.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(home) = home.as_ref() {
            return Ok(home.clone());
        }
        let opened = Home::open(&self.home_directory)?;
        *home = Some(opened.clone());
        Ok(opened)
    }

    /// The stack's chat model, if it has one.
    pub(crate) fn chat(&self) -> Result<Option<Arc<dyn ChatModel>>, PlatformError> {
        if let Some(chat) = self.chat.get() {
            return Ok(chat.clone());
        }
        let chat = chat_model(self.require_settings()?, &self.environment)?;
        Ok(self.chat.get_or_init(|| chat).clone())
    }

    /// The registry, for commands that look no further: they work while another process ingests.
    pub(crate) async fn registry(&self) -> Result<&Registry, PlatformError> {
        self.registry.get_or_try_init(|| self.open_registry()).await
    }

    /// The library, with the home held for this process from now on.
    pub(crate) async fn library(&self, embedding: Embedding) -> Result<&Library, PlatformError> {
        self.library.get_or_try_init(|| self.open_library(embedding)).await
    }

    /// Boxed, since the compiler cannot prove of a future that holds this one that it is `Send`.
    fn open_registry(&self) -> BoxFuture<'_, Result<Registry, PlatformError>> {
        Box::pin(async {
            self.require_settings()?;
            let database = Database::open_sqlite(&self.home()?.state_database()).await?;
            Ok(Registry::open(database).await?)
        })
    }

    fn open_library(&self, embedding: Embedding) -> BoxFuture<'_, Result<Library, PlatformError>> {
        Box::pin(async move {
            let settings = self.require_settings()?;
            let home = self.home()?;
            let mut lock = self.lock.lock().await;
            if lock.is_none() {
                *lock = Some(home.lock().await?);
            }
            let cache = Database::open_sqlite_cache(&home.embedding_database()).await?;
            let embedder: Arc<dyn Embedder> = self.embedder.clone();
            Ok(Library::new(Parts {
                registry: self.registry().await?.clone(),
                cache: EmbeddingCache::open(cache).await?,
                indexes: Arc::new(EmbeddedIndexes { home }),
                embedder: (embedding == Embedding::On).then_some(embedder),
                generator: self.chat()?.map(|chat| Generator {
                    chat,
                    prompt_tokens_max: settings.prompt_tokens_max,
                    answer_tokens_max: settings.answer_tokens_max,
                }),
                clock: Arc::new(SystemClock),
                chunking: settings.chunking.clone(),
                duplicates: settings.duplicates,
                extraction: self.extraction().await?,
                guarding: self.guarding()?,
            }))
        })
    }
}

/// The embedded engine's indexes below the home.
pub(crate) struct EmbeddedIndexes {
    pub home: Home,
}

#[async_trait]
impl Indexes for EmbeddedIndexes {
    async fn open(&self, place: &IndexPlace, spec: &IndexSpec) -> Result<Arc<dyn SearchIndex>, IndexError> {
        let (folder, spec) = (self.home.index(place), spec.clone());
        let shown = folder.display().to_string();
        let opened = blocking(move || EmbeddedIndex::open(&folder, &spec)).await;
        let opened = opened.map_err(|source| IndexError::Panicked { action: "open", path: shown, source })?;
        Ok(Arc::new(opened?))
    }

    async fn remove(&self, place: &IndexPlace) -> Result<(), IndexError> {
        let folder = self.home.index(place);
        let shown = folder.display().to_string();
        let removed = blocking(move || EmbeddedIndex::remove(&folder)).await;
        removed.map_err(|source| IndexError::Panicked { action: "remove", path: shown, source })?
    }
}

/// Who asks on the local command line: the operator, or those named with `--as`.
///
/// # Errors
///
/// [`PlatformError::Argument`] when a name is no principal.
pub fn reader_from(names: &[String]) -> Result<Reader, PlatformError> {
    if names.is_empty() {
        return Ok(Reader::Operator);
    }
    Ok(Reader::Principals(principals_from(names)?.into_iter().collect()))
}

pub(crate) fn principals_from(names: &[String]) -> Result<Vec<Principal>, PlatformError> {
    let parse = |name: &String| {
        name.parse().map_err(|error: access::PrincipalError| PlatformError::Argument {
            what: error.to_string(),
            hint: "write `user:NAME`, `group:NAME` or `app:NAME`".into(),
        })
    };
    names.iter().map(parse).collect()
}

fn home_directory(options: &Options, environment: &Environment) -> Result<PathBuf, PlatformError> {
    options
        .home
        .clone()
        .or_else(|| environment.get("PATOU_HOME").map(PathBuf::from))
        .or_else(|| environment.data_directory())
        .ok_or_else(|| PlatformError::Argument {
            what: "there is no place for a home: neither `PATOU_HOME` nor `HOME` is set".into(),
            hint: "name one with `--home DIR`".into(),
        })
}
