//! Events of object stores: what was written, removed or renamed is carried out without listing anything.

use rag::{BlobAddress, BlobEvents, Gone, IngestReport, IngestRequest, Registry};

use super::collection_from;
use crate::parts::Embedding;
use crate::{IngestWatch, Platform, PlatformError};

/// One event of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobEvent {
    /// The storage account.
    pub account: String,
    /// The container.
    pub container: String,
    /// The object's name.
    pub key: String,
    /// What happened to it.
    pub change: BlobChange,
    /// Its place among the events of this object: compared as text. `None` where the store gave none.
    pub sequencer: Option<String>,
}

/// What happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobChange {
    /// It was written.
    Written {
        /// Its `ETag`.
        etag: Option<String>,
    },
    /// It was removed, or goes by another name now.
    Removed,
}

/// What became of events.
#[derive(Clone, Debug, Default)]
pub struct EventsReport {
    /// Events that were carried out.
    pub applied: usize,
    /// Events that came before, or that a later one overtook.
    pub outdated: usize,
    /// Objects that no source root of the collection holds.
    pub ignored: Vec<String>,
    /// What the ingest did.
    pub ingest: IngestReport,
}

/// An event that is to be carried out.
struct Due<'a> {
    event: &'a BlobEvent,
    source: String,
}

impl Platform {
    /// Carries out events of objects that lie where this collection was ingested from before: an event cannot send
    /// credentials to a place that nobody named.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the collection is unknown or the run as a whole cannot go on.
    pub async fn blob_events(
        &self,
        collection: &str,
        events: &[BlobEvent],
        watch: &IngestWatch<'_>,
    ) -> Result<EventsReport, PlatformError> {
        let name = collection_from(collection)?;
        let _one_by_one = self.events.lock().await;
        let library = self.library(Embedding::On).await?;
        library.record(&name).await?;
        let registry = library.registry();
        let roots: Vec<BlobAddress> =
            registry.roots(&name).await?.iter().filter_map(|root| BlobAddress::parse(root)).collect();
        let mut report = EventsReport::default();
        let mut due: Vec<(&BlobAddress, Vec<Due<'_>>)> = Vec::new();
        for event in events {
            let Some((root, source)) = place(&roots, event) else {
                report.ignored.push(format!("az://{}/{}/{}", event.account, event.container, event.key));
                continue;
            };
            if is_outdated(registry, &name, (event, &source)).await? {
                report.outdated += 1;
                continue;
            }
            let next = Due { event, source };
            match due.iter_mut().find(|(other, _)| *other == root) {
                Some((_, others)) => report.outdated += put_in_order(others, next),
                None => due.push((root, vec![next])),
            }
        }
        let mut sources = Vec::with_capacity(due.len());
        for (root, events) in &due {
            report.applied += events.len();
            sources.push(self.blob_source((*root).clone(), Some(changes(events)))?);
        }
        if sources.is_empty() {
            return Ok(report);
        }
        self.embedder.prepare(watch.pulling).await?;
        let request = IngestRequest { collection: name.clone(), sources, access: None, gone: Gone::Keep };
        report.ingest = library.ingest(request, watch.tell, watch.stop).await?;
        if report.ingest.stopped {
            return Ok(report);
        }
        // What failed may be sent again, and is tried again then.
        let failed = |source: &str| report.ingest.failed.iter().any(|failure| failure.source == source);
        for due in due.iter().flat_map(|(_, events)| events).filter(|due| !failed(&due.source)) {
            if let Some(sequencer) = &due.event.sequencer {
                registry.set_sequencer(&name, &due.source, sequencer).await?;
            }
        }
        Ok(report)
    }
}

/// The root that an object lies below, the deepest if there are several, and the name that it is shown under.
fn place<'a>(roots: &'a [BlobAddress], event: &BlobEvent) -> Option<(&'a BlobAddress, String)> {
    let container = format!("az://{}/{}", event.account, event.container);
    let holds = |root: &&BlobAddress| {
        let bare = BlobAddress { place: root.place.clone(), prefix: String::new() };
        bare.root() == container && root.holds(&event.key)
    };
    let root = roots.iter().filter(holds).max_by_key(|root| root.prefix.len())?;
    Some((root, root.source_of(&event.key)))
}

async fn is_outdated(
    registry: &Registry,
    collection: &rag::CollectionName,
    (event, source): (&BlobEvent, &str),
) -> Result<bool, PlatformError> {
    let Some(sequencer) = &event.sequencer else { return Ok(false) };
    let before = registry.sequencer(collection, source).await?;
    Ok(before.is_some_and(|before| !comes_after(sequencer, &before)))
}

/// Puts an event in line; of two for one object the later one stays. Gives how many were dropped.
fn put_in_order<'a>(due: &mut Vec<Due<'a>>, next: Due<'a>) -> usize {
    let Some(other) = due.iter_mut().find(|other| other.source == next.source) else {
        due.push(next);
        return 0;
    };
    let later = match (&next.event.sequencer, &other.event.sequencer) {
        (Some(next), Some(other)) => comes_after(next, other),
        _ => true,
    };
    if later {
        *other = next;
    }
    1
}

/// Whether a sequencer comes after another: they are compared as text, the shorter filled up with zeros in front.
fn comes_after(one: &str, other: &str) -> bool {
    let width = one.len().max(other.len());
    format!("{one:0>width$}").to_lowercase() > format!("{other:0>width$}").to_lowercase()
}

fn changes(due: &[Due<'_>]) -> BlobEvents {
    let mut changes = BlobEvents::default();
    for Due { event, .. } in due {
        match &event.change {
            BlobChange::Written { etag } => changes.changed.push((event.key.clone(), etag.clone())),
            BlobChange::Removed => changes.gone.push(event.key.clone()),
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(key: &str, sequencer: &str) -> BlobEvent {
        BlobEvent {
            account: "acc".into(),
            container: "box".into(),
            key: key.into(),
            change: BlobChange::Removed,
            sequencer: Some(sequencer.into()),
        }
    }

    #[test]
    fn sequencers_are_in_order_whatever_their_length() {
        assert!(comes_after("0000000000000A", "9"));
        assert!(comes_after("10", "F"));
        assert!(!comes_after("a", "A") && !comes_after("1", "2"));
    }

    #[test]
    fn an_object_belongs_to_the_deepest_root() {
        let roots: Vec<_> = ["az://acc/box", "az://acc/box/a", "az://other/box", "s3://box"]
            .iter()
            .filter_map(|root| BlobAddress::parse(root))
            .collect();
        assert_eq!(place(&roots, &event("a/b", "1")).unwrap().0.root(), "az://acc/box/a");
        assert_eq!(place(&roots, &event("ab", "1")).unwrap().1, "az://acc/box/ab");
        assert!(place(&roots[1..], &event("ab", "1")).is_none());
    }

    #[test]
    fn the_last_of_several_events_stays() {
        let (first, second) = (event("a", "2"), event("a", "1"));
        let due = |event| Due { event, source: "a".into() };
        let mut line = Vec::new();
        assert_eq!(put_in_order(&mut line, due(&first)), 0);
        assert_eq!(put_in_order(&mut line, due(&second)), 1);
        assert_eq!(line[0].event.sequencer.as_deref(), Some("2"));
    }
}
