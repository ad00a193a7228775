//! The configuration's file: read at the start, and anew while a server runs.
//!
//! Routes, backends, prompts and teams are exchanged as a whole, or not at all; everything else holds from the next start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::{ConfigFile, Resolved, find_file, resolve_from};
use crate::environment::Environment;
use crate::settings::FAMILIES;
use crate::{Options, Platform, PlatformError};

/// Where settings are written, and what stood there when it was last looked at.
pub(crate) struct Writing {
    options: Options,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was read last, good or not; `None` without a file.
    seen: Option<(PathBuf, String)>,
    /// Why what stands there does not hold; `None` where it does.
    rejected: Option<String>,
}

/// What came of reading the configuration anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloaded {
    /// How many models are routed now.
    pub routes: usize,
    /// The settings that were changed and hold from the next start alone.
    pub waiting: Vec<String>,
}

impl Writing {
    /// Reads what the options, the environment and the file say.
    pub(crate) fn read(
        options: &Options,
        environment: &Environment,
        home: &Path,
    ) -> Result<(Self, Resolved), PlatformError> {
        let file = file(options, environment, home)?;
        let resolved = resolved(options, environment, file.as_ref());
        let state = State { seen: file.map(|file| (file.path, file.text)), rejected: None };
        Ok((Self { options: options.clone(), state: Mutex::new(state) }, resolved))
    }

    /// Why what is written does not hold; `None` where it does.
    pub(crate) fn rejected(&self) -> Option<String> {
        let rejected = self.state().rejected.clone()?;
        Some(format!("what is written in the configuration does not hold: {rejected}"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Platform {
    /// Whether the configuration's file says something else than when it was last read.
    pub fn is_configuration_new(&self) -> bool {
        let found = file(&self.writing.options, &self.environment, &self.home_directory);
        let Ok(found) = found else { return false };
        found.map(|file| (file.path, file.text)) != self.writing.state().seen
    }

    /// Reads the configuration anew and exchanges routes, backends, prompts and teams. Requests that are under way go on
    /// with those they began with. Where something is wrong nothing is exchanged, and [`Platform::readiness`] tells.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] that says what is wrong.
    pub async fn reload(&self) -> Result<Reloaded, PlatformError> {
        let reloaded = self.exchange().await;
        self.writing.state().rejected = reloaded.as_ref().err().map(ToString::to_string);
        reloaded
    }

    async fn exchange(&self) -> Result<Reloaded, PlatformError> {
        let options = &self.writing.options;
        let file = file(options, &self.environment, &self.home_directory)?;
        let resolved = resolved(options, &self.environment, file.as_ref());
        self.writing.state().seen = file.map(|file| (file.path, file.text));
        if !resolved.problems.is_empty() {
            return Err(PlatformError::Config(resolved.problems));
        }
        let settings = &resolved.settings.gateway;
        if settings.compares() && !self.require_settings()?.gateway.compares() {
            return Err(PlatformError::Argument {
                what: "the first route with `cache_likeness` holds from the next start".into(),
                hint: "restart the server, or leave it out for now".into(),
            });
        }
        let gateway = self.gateway().await?;
        let routes = self.routes(settings)?;
        let count = routes.len();
        gateway.replace(routes, settings.teams.clone());
        Ok(Reloaded { routes: count, waiting: waiting(&self.resolved, &resolved) })
    }
}

/// The settings that differ, but for those that are exchanged.
fn waiting(before: &Resolved, now: &Resolved) -> Vec<String> {
    let is_exchanged =
        |name: &str| FAMILIES.iter().any(|family| family.is_exchanged && name.starts_with(family.name));
    let written = |resolved: &Resolved| {
        let values = resolved.values.iter().filter(|value| !is_exchanged(&value.name));
        values.map(|value| (value.name.to_string(), value.value.clone())).collect::<BTreeMap<_, _>>()
    };
    let (before, now) = (written(before), written(now));
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != now.get(*name)).cloned().collect()
}

fn resolved(options: &Options, environment: &Environment, file: Option<&ConfigFile>) -> Resolved {
    let mut flags = Vec::new();
    if let Some(stack) = &options.stack {
        flags.push(("stack", stack.clone(), "--stack"));
    }
    if options.offline {
        flags.push(("model.offline", "true".to_owned(), "--offline"));
    }
    resolve_from(file, environment, &flags)
}

#[expect(clippy::disallowed_methods, reason = "the configuration file is read here and nowhere else")]
fn file(
    options: &Options,
    environment: &Environment,
    home: &Path,
) -> Result<Option<ConfigFile>, PlatformError> {
    let named = options.config.clone().or_else(|| environment.get("PATOU_CONFIG").map(PathBuf::from));
    let Some(path) = find_file(named.as_deref(), home) else { return Ok(None) };
    let text = std::fs::read_to_string(&path).map_err(PlatformError::file("read", &path))?;
    Ok(Some(ConfigFile { path, text }))
}
