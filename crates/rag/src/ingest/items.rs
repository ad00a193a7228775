//! What sources say of their items, and what a run remembers of them: an item whose token is known is not read.

use std::collections::{HashMap, HashSet};

use access::AccessList;

use super::{IngestEvent, Run};
use crate::RagError;
use crate::registry::{ItemRecord, SourceRecord, SourceUpdate};
use crate::source::{Listed, Remembered};

/// An item that gave more documents than this is read again each time: its record would be too long.
const DOCUMENTS_MAX: usize = 100_000;

/// The items of a run, by source root.
#[derive(Default)]
pub(super) struct Items(HashMap<String, Root>);

#[derive(Default)]
struct Root {
    items: HashMap<String, Item>,
    gone: Vec<String>,
    cursor: Option<String>,
}

/// What a source said of an item.
struct Item {
    /// Absent where there is none, or where it is on record already.
    token: Option<String>,
    access: Option<AccessList>,
}

impl Items {
    /// Who may read a document, by what its source said of the item that it comes from.
    pub(super) fn access(&self, root: &str, source: &str) -> Option<&AccessList> {
        let items = &self.0.get(root)?.items;
        carriers(source).find_map(|carrier| items.get(carrier))?.access.as_ref()
    }

    /// Everything was listed: what is on record and was not listed will be forgotten.
    pub(super) fn forget_unlisted(&mut self, root: &str, record: &SourceRecord) {
        if record.items.is_empty() {
            return;
        }
        let root = self.0.entry(root.to_owned()).or_default();
        let unlisted = record.items.iter().filter(|known| !root.items.contains_key(&known.item));
        root.gone.extend(unlisted.map(|known| known.item.clone()).collect::<Vec<_>>());
    }

    /// The source is through, and its next listing may begin where this one ended.
    pub(super) fn ended(&mut self, root: &str, cursor: Option<String>) {
        if cursor.is_some() {
            self.0.entry(root.to_owned()).or_default().cursor = cursor;
        }
    }
}

impl Run<'_> {
    /// What a source may rely on: nothing of what another pipeline made or what is not there any more.
    pub(super) fn remembered(&self, root: &str, record: &SourceRecord) -> Remembered {
        let (whole, other): (Vec<_>, Vec<_>) =
            record.items.iter().partition(|item| self.is_there(root, item));
        Remembered {
            cursor: record.cursor.clone().filter(|_| other.is_empty()),
            tokens: whole.into_iter().map(|item| (item.item.clone(), item.token.clone())).collect(),
        }
    }

    /// Whether everything that an item gave is there as this pipeline would make it.
    fn is_there(&self, root: &str, item: &ItemRecord) -> bool {
        let there = |id: &String| {
            self.documents
                .get(id)
                .is_some_and(|document| document.root == root && self.pipeline.made(&document.fingerprint))
        };
        item.fingerprint == self.pipeline.text() && item.documents.iter().all(there)
    }

    /// Counts the documents of items whose token is known; gives the items that are to be read.
    pub(super) fn pass_unchanged(
        &mut self,
        root: &str,
        record: &SourceRecord,
        listed: Vec<Listed>,
    ) -> Vec<Listed> {
        if listed.iter().all(|item| item.token.is_none() && item.access.is_none()) {
            return listed;
        }
        let known: HashMap<&str, &ItemRecord> =
            record.items.iter().map(|item| (item.item.as_str(), item)).collect();
        let mut to_read = Vec::new();
        for item in listed {
            let unchanged = known
                .get(item.source.as_str())
                .filter(|known| Some(&known.token) == item.token.as_ref() && self.is_there(root, known));
            let said = Item {
                token: if unchanged.is_some() { None } else { item.token.clone() },
                access: item.access.clone(),
            };
            self.items.0.entry(root.to_owned()).or_default().items.insert(item.source.clone(), said);
            match unchanged {
                Some(known) => known.documents.iter().for_each(|id| self.pass(id, root)),
                None => to_read.push(item),
            }
        }
        to_read
    }

    fn pass(&mut self, id: &str, root: &str) {
        let Some(source) = self.documents.get(id).map(|document| document.source.clone()) else { return };
        (self.tell)(IngestEvent::Item(source.clone()));
        if self.admit(id, &source, root) {
            self.unchanged(id.to_owned(), &source, root);
        }
    }

    /// Removes the documents of items that the source says are no more.
    pub(super) async fn remove_items(
        &mut self,
        root: &str,
        record: &SourceRecord,
        items: Vec<String>,
    ) -> Result<(), RagError> {
        if items.is_empty() {
            return Ok(());
        }
        let recorded: HashSet<&str> = record.items.iter().map(|item| item.item.as_str()).collect();
        let gone: HashSet<&str> = items.iter().map(String::as_str).collect();
        let is_gone = |source: &str| {
            carriers(source)
                .find(|carrier| gone.contains(carrier) || recorded.contains(carrier))
                .is_some_and(|carrier| gone.contains(carrier))
        };
        let documents = self.documents.values();
        let documents = documents
            .filter(|document| document.root == root && is_gone(&document.source))
            .map(|document| document.id.clone())
            .collect();
        self.items.0.entry(root.to_owned()).or_default().gone.extend(items);
        self.remove(documents).await
    }

    /// Writes down what the next run may rely on: items of which every document is live, and cursors.
    pub(super) async fn remember(&mut self) -> Result<(), RagError> {
        let failed: HashSet<&str> =
            self.report.failed.iter().flat_map(|failure| carriers(&failure.source)).collect();
        let mut given: HashMap<(&str, &str), Vec<String>> = HashMap::new();
        for document in self.documents.values().filter(|document| self.seen.contains(&document.id)) {
            let Some(root) = self.items.0.get(&document.root) else { continue };
            let item = carriers(&document.source).find_map(|carrier| root.items.get_key_value(carrier));
            if let Some((item, _)) = item {
                given.entry((document.root.as_str(), item.as_str())).or_default().push(document.id.clone());
            }
        }
        let mut updates = Vec::new();
        for (name, root) in &self.items.0 {
            let mut update = SourceUpdate {
                root: name.clone(),
                gone: root.gone.clone(),
                cursor: root.cursor.clone(),
                items: Vec::new(),
            };
            for (item, said) in &root.items {
                let Some(token) = said.token.clone().filter(|_| !failed.contains(item.as_str())) else {
                    continue;
                };
                let documents = given.remove(&(name.as_str(), item.as_str())).unwrap_or_default();
                if documents.len() <= DOCUMENTS_MAX {
                    let (item, fingerprint) = (item.clone(), self.pipeline.text().to_owned());
                    update.items.push(ItemRecord { item, token, fingerprint, documents });
                }
            }
            updates.push(update);
        }
        for update in &updates {
            self.library.parts.registry.remember_source(&self.collection.record.name, update).await?;
        }
        Ok(())
    }
}

/// A source and everything that it may lie in: `a.zip/b.eml#c` may lie in `a.zip/b.eml` and in `a.zip`.
fn carriers(source: &str) -> impl Iterator<Item = &str> {
    let cuts = source.rmatch_indices(['/', '#']).map(|(place, _)| &source[..place]);
    std::iter::once(source).chain(cuts)
}
