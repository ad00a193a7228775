//! What sources say of their items, and what a run remembers of them: an item whose token is known is not read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::jobs::is_lines;
use super::read::Reading;
use crate::RagError;
use crate::registry::{ItemRecord, SourceRecord, SourceUpdate};
use crate::source::{Listed, Listing, ListingExtent, Remembered, Source};

/// An item that gave more documents than this is read again each time: its record would be too long.
const DOCUMENTS_MAX: usize = 100_000;

/// A source of the run.
pub(super) struct Origin {
    pub source: Arc<dyn Source>,
    pub root: String,
    /// This root's documents that came with another, by source, with their ids.
    pub attachments: BTreeMap<String, String>,
}

/// An item that is as it was when it was ingested last.
pub(super) struct Passed {
    pub item: Arc<Listed>,
    /// The ids of the documents that it gave.
    pub documents: Vec<String>,
}

/// A source before it is listed.
pub(super) struct Opened {
    pub origin: Arc<Origin>,
    /// What the source may rely on.
    pub remembered: Remembered,
    record: SourceRecord,
    /// The items on record of which every document is there as this pipeline would make it.
    there: HashSet<String>,
}

/// What a source said when it was listed.
pub(super) struct Heard {
    pub origin: Arc<Origin>,
    pub record: SourceRecord,
    /// Items that are no more.
    pub gone: Vec<String>,
    /// Items on record that were not listed.
    pub unlisted: Vec<String>,
    pub extent: ListingExtent,
    cursor: Option<String>,
    /// The items that are read and have a token, with it.
    tokens: Vec<(String, String)>,
}

/// A source of which every item was met.
pub(super) struct Through {
    pub heard: Box<Heard>,
    /// Whether it could be listed and read so far as to know the ids of everything in it.
    pub whole: bool,
    /// How many of its items failed.
    pub failures: usize,
    /// The documents that items with a token gave.
    pub given: HashMap<String, Vec<String>>,
    /// Items of which something failed.
    pub failed: HashSet<String>,
}

impl Reading {
    /// Looks up what is known of a source.
    pub async fn opened(&self, source: Arc<dyn Source>) -> Result<Opened, RagError> {
        let (root, name) = (source.root(), &self.collection);
        let record = self.registry.source_record(name, &root).await?;
        let mut attachments = BTreeMap::new();
        let take = |id: String, source: String| {
            if source.split_once('#').is_some_and(|(file, _)| !is_lines(file)) {
                attachments.insert(source, id);
            }
        };
        self.registry.walk_root(name, &root, take).await?;
        let there = self.there(&root, &record).await?;
        let is_there = |item: &&ItemRecord| there.contains(&item.item);
        let remembered = Remembered {
            cursor: record.cursor.clone().filter(|_| there.len() == record.items.len()),
            tokens: record
                .items
                .iter()
                .filter(is_there)
                .map(|item| (item.item.clone(), item.token.clone()))
                .collect(),
        };
        Ok(Opened { origin: Arc::new(Origin { source, root, attachments }), remembered, record, there })
    }

    /// Of the items on record, those of which everything is there as this pipeline would make it.
    async fn there(&self, root: &str, record: &SourceRecord) -> Result<HashSet<String>, RagError> {
        let mut there = HashSet::new();
        for item in record.items.iter().filter(|item| item.fingerprint == self.pipeline.text()) {
            let known = self.registry.known(&self.collection, &item.documents, &[]).await?;
            let is_there = |id: &String| {
                known.documents.get(id).is_some_and(|document| {
                    document.root == root && self.pipeline.made(&document.fingerprint)
                })
            };
            if item.documents.iter().all(is_there) {
                there.insert(item.item.clone());
            }
        }
        Ok(there)
    }
}

impl Opened {
    /// Takes in a listing: what the source said of it as a whole, the items that are as they were, and those that
    /// are to be read.
    pub fn heard(self, listing: Listing) -> (Heard, Vec<Passed>, Vec<Arc<Listed>>) {
        let Self { origin, record, there, .. } = self;
        let known: HashMap<&str, &ItemRecord> =
            record.items.iter().map(|item| (item.item.as_str(), item)).collect();
        let (mut passed, mut items, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
        let mut listed = HashSet::new();
        for item in listing.items {
            let same = known.get_key_value(item.source.as_str());
            listed.extend(same.map(|(name, _)| *name));
            let unchanged = same
                .map(|(_, known)| known)
                .filter(|known| Some(&known.token) == item.token.as_ref() && there.contains(&known.item));
            match unchanged {
                Some(known) => {
                    passed.push(Passed { item: Arc::new(item), documents: known.documents.clone() });
                }
                None => {
                    tokens.extend(item.token.clone().map(|token| (item.source.clone(), token)));
                    items.push(Arc::new(item));
                }
            }
        }
        let is_unlisted =
            |item: &&ItemRecord| !listed.contains(item.item.as_str()) && origin.source.covers(&item.item);
        let unlisted = record.items.iter().filter(is_unlisted).map(|item| item.item.clone()).collect();
        let Listing { extent, gone, cursor, .. } = listing;
        (Heard { origin, record, gone, unlisted, extent, cursor, tokens }, passed, items)
    }
}

impl Heard {
    /// Whether a document came from an item that the source says is no more.
    pub fn is_gone(&self) -> impl Fn(&str) -> bool {
        let recorded: HashSet<&str> = self.record.items.iter().map(|item| item.item.as_str()).collect();
        let gone: HashSet<&str> = self.gone.iter().map(String::as_str).collect();
        move |source| {
            carriers(source)
                .find(|carrier| gone.contains(carrier) || recorded.contains(carrier))
                .is_some_and(|carrier| gone.contains(carrier))
        }
    }
}

impl Through {
    /// Whether every document that the source has was listed, and its id is known.
    pub fn is_everything(&self) -> bool {
        self.whole && self.heard.extent == ListingExtent::Whole
    }

    /// What the next run may rely on: items of which every document is live, and a cursor. A cursor passes over
    /// what failed, and is kept only when nothing did.
    pub fn update(mut self, fingerprint: &str) -> Option<SourceUpdate> {
        let everything = self.is_everything();
        let Heard { origin, gone, unlisted, cursor, tokens, .. } = *self.heard;
        let mut update = SourceUpdate { root: origin.root.clone(), gone, ..SourceUpdate::default() };
        if everything {
            update.gone.extend(unlisted);
        }
        update.cursor = cursor.filter(|_| self.whole && self.failures == 0);
        for (item, token) in tokens {
            let documents = self.given.remove(&item).unwrap_or_default();
            if !self.failed.contains(&item) && documents.len() <= DOCUMENTS_MAX {
                let fingerprint = fingerprint.to_owned();
                update.items.push(ItemRecord { item, token, fingerprint, documents });
            }
        }
        let is_empty = update.items.is_empty() && update.gone.is_empty() && update.cursor.is_none();
        (!is_empty).then_some(update)
    }
}

/// A source and everything that it may lie in: `a.zip/b.eml#c` may lie in `a.zip/b.eml` and in `a.zip`.
fn carriers(source: &str) -> impl Iterator<Item = &str> {
    let cuts = source.rmatch_indices(['/', '#']).map(|(place, _)| &source[..place]);
    std::iter::once(source).chain(cuts)
}
