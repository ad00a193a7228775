//! The guards of collections: what is done with what is found in their documents, in questions and in answers.

use std::collections::HashMap;

use guard::{Egress, Guard, Judges};

use crate::CollectionName;

/// The guards of a library.
#[derive(Clone, Default)]
pub struct Guarding {
    /// The guard of collections that have none of their own.
    pub guard: Guard,
    /// Those of collections that have one.
    pub collections: HashMap<String, Guard>,
    /// Who is asked beside it.
    pub judges: Judges,
    /// The hosts that answers of chat models may point to; `None` for any.
    pub egress: Option<Egress>,
}

impl Guarding {
    /// The guard of a collection.
    pub fn of(&self, collection: &CollectionName) -> &Guard {
        self.collections.get(collection.as_str()).unwrap_or(&self.guard)
    }
}
