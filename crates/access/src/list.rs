//! Who may read one document.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Principal;

/// Who may read a document. There is no default: a caller says which, and what is not known is
/// [`AccessList::Unknown`], which no reader sees.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessList {
    /// Every reader.
    Public,
    /// The named principals, and the operator.
    Only(BTreeSet<Principal>),
    /// The source's permissions could not be read: nobody, the operator included.
    Unknown,
}

impl AccessList {
    /// The list that `--acl` flags make: none given is `Public`.
    pub fn from_principals(principals: impl IntoIterator<Item = Principal>) -> Self {
        let set: BTreeSet<_> = principals.into_iter().collect();
        if set.is_empty() { Self::Public } else { Self::Only(set) }
    }
}
