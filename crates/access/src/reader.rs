//! Who is asking.

use std::collections::BTreeSet;

use crate::{AccessList, Principal};

/// Who is asking, as far as reading goes. Every search, list, count and facet takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The local command line without `--as`, or an administrator: all but [`AccessList::Unknown`].
    Operator,
    /// Nobody in particular: [`AccessList::Public`] only.
    Anonymous,
    /// Public documents plus those whose list names any of these.
    Principals(BTreeSet<Principal>),
}

impl Reader {
    /// Whether this reader may read a document with that list. The meaning that every engine's
    /// compiled filter has to agree with.
    pub fn may_read(&self, list: &AccessList) -> bool {
        match (self, list) {
            (_, AccessList::Unknown) => false,
            (_, AccessList::Public) | (Self::Operator, AccessList::Only(_)) => true,
            (Self::Anonymous, AccessList::Only(_)) => false,
            (Self::Principals(mine), AccessList::Only(named)) => !mine.is_disjoint(named),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<Principal> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn unknown_is_read_by_nobody() {
        for reader in [Reader::Operator, Reader::Anonymous, Reader::Principals(set(&["user:a"]))] {
            assert!(!reader.may_read(&AccessList::Unknown), "{reader:?}");
        }
    }

    #[test]
    fn a_list_admits_the_named_and_the_operator() {
        let list = AccessList::Only(set(&["user:a", "group:g"]));
        assert!(Reader::Operator.may_read(&list));
        assert!(Reader::Principals(set(&["group:g", "user:z"])).may_read(&list));
        assert!(!Reader::Principals(set(&["user:z"])).may_read(&list));
        assert!(!Reader::Anonymous.may_read(&list));
        assert!(!Reader::Principals(BTreeSet::new()).may_read(&list));
    }

    #[test]
    fn public_is_read_by_all() {
        for reader in [Reader::Operator, Reader::Anonymous, Reader::Principals(BTreeSet::new())] {
            assert!(reader.may_read(&AccessList::Public), "{reader:?}");
        }
    }
}
