//! Which routes and teams there are, exchanged as a whole while requests go on with those they began with.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::call::CallError;
use crate::quota::Limits;
use crate::route::Route;

/// The routes and teams as they are now.
pub(crate) struct Table(RwLock<Arc<Entries>>);

/// Routes and teams that belong together.
pub(crate) struct Entries {
    pub routes: BTreeMap<String, Arc<Route>>,
    teams: BTreeMap<String, Limits>,
}

impl Table {
    pub fn new(routes: Vec<Route>, teams: BTreeMap<String, Limits>) -> Self {
        Self(RwLock::new(Arc::new(Entries::of(routes, teams))))
    }

    pub fn now(&self) -> Arc<Entries> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn replace(&self, routes: Vec<Route>, teams: BTreeMap<String, Limits>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Entries::of(routes, teams));
    }
}

impl Entries {
    fn of(routes: Vec<Route>, teams: BTreeMap<String, Limits>) -> Self {
        let routes = routes.into_iter().map(|route| (route.name.clone(), Arc::new(route))).collect();
        Self { routes, teams }
    }

    pub fn route(&self, model: &str) -> Result<Arc<Route>, CallError> {
        self.routes.get(model).cloned().ok_or_else(|| CallError::UnknownModel(model.to_owned()))
    }

    /// How much all callers together may use of a model.
    pub fn limits(&self, model: &str) -> Limits {
        self.routes.get(model).map(|route| route.limits).unwrap_or_default()
    }

    pub fn team(&self, team: &str) -> Limits {
        self.teams.get(team).copied().unwrap_or_default()
    }
}
