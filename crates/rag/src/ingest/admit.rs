//! Which item may become which document: at most one in a run, and only of the root that owns it.

use std::collections::{HashMap, HashSet};

use access::AccessList;

use super::duplicates::{DuplicatePolicy, Originals, Verdict};
use super::items::{Heard, Through};
use super::read::{Met, Outcome, Prepared};
use super::suspicion::Held;
use crate::ids::{self, NameKey};
use crate::source::ItemFailure;

/// What a run has met so far. Names are kept as hashes: a run meets more of them than fit into memory whole.
#[derive(Default)]
pub(super) struct Admission {
    /// The access list that the run was asked to set.
    pub access: Option<AccessList>,
    pub unchanged: usize,
    pub failed: Vec<ItemFailure>,
    pub quarantined: usize,
    /// Documents that are held back, for the run to take.
    pub held: Vec<Held>,
    /// Documents whose live version stops answering, since what they have become is blocked.
    pub withdrawn: Vec<String>,
    /// Documents whose access list alone changes, by the list that they get.
    pub access_changes: HashMap<AccessList, Vec<String>>,
    /// The sources that are through, for the run to take.
    pub through: Vec<Through>,
    /// What documents are compared with; read when the first is brought in.
    pub originals: Option<Originals>,
    current: Current,
    seen: HashSet<NameKey>,
    /// Which id the run has met under which source.
    sources: HashMap<NameKey, NameKey>,
}

/// What was met of the source that is being read.
#[derive(Default)]
struct Current {
    /// Whether something could not be read so far as to know its ids.
    is_partial: bool,
    failures: usize,
    given: HashMap<String, Vec<String>>,
    failed: HashSet<String>,
}

impl Admission {
    pub fn new(access: Option<AccessList>) -> Self {
        Self { access, ..Self::default() }
    }

    /// Whether the run has met the document.
    pub fn has_seen(&self, id: &str) -> bool {
        self.seen.contains(&ids::name_key(id))
    }

    /// Counts what became of an item. Gives the document that is to be brought in.
    pub fn take(&mut self, outcome: Outcome) -> Option<Box<Prepared>> {
        match outcome {
            Outcome::Failed { id, item, failure, .. } => {
                match id {
                    Some(id) => drop(self.seen.insert(ids::name_key(&id))),
                    None => self.current.is_partial = true,
                }
                self.fail(item.map(|item| item.source.clone()), failure);
                None
            }
            Outcome::Unchanged(met) => {
                if self.admit(&met) {
                    self.unchanged(met);
                }
                None
            }
            Outcome::Ready(prepared) => self.admit(&prepared.met).then_some(prepared),
            Outcome::Held(held) => {
                if self.admit(&held.met) {
                    self.hold(*held);
                }
                None
            }
        }
    }

    /// Says whether a document that is to be brought in says what another one says, and does with it what the policy
    /// asks for. Gives it unless it is left out.
    pub fn compare(&mut self, mut prepared: Box<Prepared>, policy: DuplicatePolicy) -> Option<Box<Prepared>> {
        let originals = self.originals.get_or_insert_default();
        let access = prepared.met.access(self.access.as_ref());
        match originals.judge(&prepared, access, policy) {
            Verdict::Take => {}
            Verdict::Link(original) => {
                let said = serde_json::Value::String(original.clone());
                prepared.document.metadata.insert("duplicate_of".into(), said);
                prepared.duplicate_of = Some(original);
            }
            Verdict::Skip => {
                // Without its token on record it is read again each time, and comes in when the other one is gone.
                self.current.failed.insert(prepared.met.item.source.clone());
                return None;
            }
        }
        Some(prepared)
    }

    /// Every item of a source was taken.
    pub fn ended(&mut self, heard: Box<Heard>) {
        let Current { is_partial, failures, given, failed } = std::mem::take(&mut self.current);
        self.through.push(Through { heard, whole: !is_partial, failures, given, failed });
    }

    fn hold(&mut self, mut held: Held) {
        self.quarantined += 1;
        // Without its token on record it is judged again each time, and comes in when somebody has let it in.
        self.current.failed.insert(held.met.item.source.clone());
        if held.withdraws && held.met.before.is_some() {
            self.withdrawn.push(held.met.id.clone());
        }
        if !held.is_rejected {
            held.record.access = held.met.access(self.access.as_ref());
            self.held.push(held);
        }
    }

    fn fail(&mut self, item: Option<String>, failure: ItemFailure) {
        self.current.failed.extend(item);
        self.current.failures += 1;
        self.failed.push(failure);
    }

    fn unchanged(&mut self, met: Met) {
        let current = met.before.as_ref().map(|before| &before.access);
        match met.wanted(self.access.as_ref()) {
            Some(wanted) if Some(wanted) != current => {
                self.access_changes.entry(wanted.clone()).or_default().push(met.id);
            }
            _ => self.unchanged += 1,
        }
    }

    /// Whether the item may become its document: not when this run has met the id before, and not when the
    /// id or the source belongs to another root. What it refuses is a failed item.
    fn admit(&mut self, met: &Met) -> bool {
        let key = ids::name_key(&met.id);
        let source_key = ids::name_key(&met.source);
        let owner = met.before.as_ref().map(|before| before.root.as_str()).filter(|root| *root != met.root);
        let holder = met.holder.as_ref().filter(|holder| **holder != met.id);
        let refusal = if self.seen.contains(&key) {
            let error = format!("its id `{}` was met before in this run", met.id);
            Some((error, "give each record an id of its own"))
        } else if let Some(owner) = owner {
            let error = format!("its id `{}` belongs to the source root `{owner}`", met.id);
            Some((error, "ingest it into another collection, or delete that document first"))
        } else if let Some(holder) = holder {
            let error = format!("document `{holder}` of another source root has the same name");
            Some((error, "ingest it into another collection, or delete that document first"))
        } else if self.sources.get(&source_key).is_some_and(|other| *other != key) {
            let error = "a document of another source root in this run has the same name".to_owned();
            Some((error, "ingest it into another collection"))
        } else {
            None
        };
        if let Some((error, hint)) = refusal {
            let failure = ItemFailure { source: met.source.clone(), error, hint: hint.into() };
            self.fail(Some(met.item.source.clone()), failure);
            return false;
        }
        if met.item.token.is_some() {
            self.current.given.entry(met.item.source.clone()).or_default().push(met.id.clone());
        }
        self.seen.insert(key);
        self.sources.insert(source_key, key);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(id: &str, source: &str, root: &str) -> Met {
        let (id, source, root) = (id.to_owned(), source.to_owned(), root.to_owned());
        let item =
            std::sync::Arc::new(crate::source::Listed { source: source.clone(), ..Default::default() });
        Met { item, id, source, root, bytes: 1, before: None, holder: None, carrier_access: None }
    }

    #[test]
    fn one_item_a_document_and_one_document_a_source() {
        let mut admission = Admission::new(None);
        let mut check = |id, source, root, admitted| {
            assert_eq!(admission.admit(&met(id, source, root)), admitted, "{id} {source} {root}");
        };
        check("1", "a.md", "r", true);
        check("1", "b.md", "r", false);
        check("2", "a.md", "s", false);
        check("2", "c.md", "s", true);
        assert!(admission.has_seen("2") && !admission.has_seen("3"));
        assert_eq!(admission.failed.len(), 2);
        let held = Met { holder: Some("9".into()), ..met("3", "d.md", "r") };
        assert!(!admission.admit(&held));
        assert!(admission.failed[2].error.contains("`9`"));
    }
}
