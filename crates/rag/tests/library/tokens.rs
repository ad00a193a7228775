//! Change tokens, tombstones and access lists that a source brings.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use access::{AccessList, Reader};
use patou_rag::{
    Gone, IngestReport, IngestRequest, ItemFailure, Listed, Listing, ListingExtent, Remembered, Source,
};
use runtime::Shutdown;

use super::support::Bench;

/// A source that a test writes by hand, and that counts what is asked of it.
#[derive(Clone, Default)]
struct Shelf(Arc<State>);

#[derive(Default)]
struct State {
    items: Mutex<Vec<(Listed, String)>>,
    listing: Mutex<Listing>,
    cursors: Mutex<Vec<Option<String>>>,
    reads: AtomicUsize,
}

impl Shelf {
    fn put(&self, name: &str, token: &str, text: &str) {
        let listed = Listed { source: name.into(), token: Some(token.into()), ..Listed::default() };
        let mut items = self.0.items.lock().unwrap();
        items.retain(|(item, _)| item.source != name);
        items.push((listed, text.into()));
    }

    fn allow(&self, name: &str, access: AccessList) {
        let mut items = self.0.items.lock().unwrap();
        items.iter_mut().filter(|(item, _)| item.source == name).for_each(|(item, _)| {
            item.access = Some(access.clone());
        });
    }

    /// The next listings show changes alone: these items, and these that are gone.
    fn changes(&self, changed: &[&str], gone: &[&str], cursor: &str) {
        self.0.items.lock().unwrap().retain(|(item, _)| changed.contains(&item.source.as_str()));
        let gone = gone.iter().map(|name| (*name).to_owned()).collect();
        let (extent, cursor) = (ListingExtent::Changes, Some(cursor.to_owned()));
        *self.0.listing.lock().unwrap() = Listing { extent, gone, cursor, ..Listing::default() };
    }

    /// Runs an ingest; gives its report and how many items were read.
    async fn run(&self, bench: &Bench, gone: Gone) -> (IngestReport, usize) {
        let before = self.0.reads.load(Ordering::SeqCst);
        let sources: Vec<Box<dyn Source>> = vec![Box::new(self.clone())];
        let request = IngestRequest { collection: bench.name.clone(), sources, access: None, gone };
        let report = bench.library.ingest(request, &|_| {}, &Shutdown::new()).await.unwrap();
        (report, self.0.reads.load(Ordering::SeqCst) - before)
    }
}

impl Source for Shelf {
    fn root(&self) -> String {
        "shelf".into()
    }

    fn list(&self, remembered: &Remembered) -> Listing {
        self.0.cursors.lock().unwrap().push(remembered.cursor.clone());
        let items = self.0.items.lock().unwrap().iter().map(|(item, _)| item.clone()).collect();
        Listing { items, ..self.0.listing.lock().unwrap().clone() }
    }

    fn read(&self, item: &Listed) -> Result<Vec<u8>, ItemFailure> {
        self.0.reads.fetch_add(1, Ordering::SeqCst);
        let items = self.0.items.lock().unwrap();
        Ok(items.iter().find(|(known, _)| known.source == item.source).unwrap().1.clone().into_bytes())
    }
}

#[tokio::test]
async fn what_is_listed_with_a_known_token_is_not_read() {
    let (bench, shelf) = (Bench::new().await, Shelf::default());
    shelf.put("a.md", "1", "alpha");
    shelf.put("b.md", "1", "beta");
    shelf.put("c.jsonl", "1", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    let (first, reads) = shelf.run(&bench, Gone::Keep).await;
    assert_eq!((first.added, reads), (4, 3));
    let (second, reads) = shelf.run(&bench, Gone::Remove).await;
    assert_eq!((second.unchanged, second.deleted, reads), (4, 0, 0), "{second:?}");

    shelf.put("a.md", "2", "alpha changed");
    let (third, reads) = shelf.run(&bench, Gone::Keep).await;
    assert_eq!((third.updated, third.unchanged, reads), (1, 3, 1));

    // A document that somebody deleted comes back: its item is read again, and no other.
    let reader = Reader::Operator;
    let gone = bench.library.registry().document(&bench.name, &reader, "c.jsonl#2").await.unwrap().id;
    bench.library.delete_documents(&bench.name, &[gone]).await.unwrap();
    let (fourth, reads) = shelf.run(&bench, Gone::Keep).await;
    assert_eq!((fourth.added, fourth.unchanged, reads), (1, 3, 1));
}

#[tokio::test]
async fn an_item_that_failed_is_tried_again() {
    let (bench, shelf) = (Bench::new().await, Shelf::default());
    shelf.put("a.md", "1", "alpha");
    shelf.put("p.png", "1", "\0");
    shelf.put("c.jsonl", "1", "{\"text\":\"one\"}\nbroken\n");
    assert_eq!(shelf.run(&bench, Gone::Keep).await.0.failed.len(), 2);
    let (again, reads) = shelf.run(&bench, Gone::Keep).await;
    assert_eq!((again.failed.len(), again.unchanged, reads), (2, 2, 2));
}

#[tokio::test]
async fn changes_and_tombstones_need_no_whole_listing() {
    let (bench, shelf) = (Bench::new().await, Shelf::default());
    for name in ["a.md", "b.md", "b.md.txt", "b.md/c.md"] {
        shelf.put(name, "1", name);
    }
    shelf.0.listing.lock().unwrap().cursor = Some("one".into());
    assert_eq!(shelf.run(&bench, Gone::Keep).await.0.added, 4);
    shelf.put("a.md", "2", "other");
    shelf.changes(&["a.md"], &["b.md"], "two");
    let (report, _) = shelf.run(&bench, Gone::Remove).await;
    assert_eq!((report.updated, report.deleted, report.unchanged), (1, 1, 0));
    assert_eq!(bench.library.audit(&bench.name).await.unwrap(), 3);
    shelf.changes(&[], &[], "three");
    shelf.run(&bench, Gone::Remove).await;
    assert_eq!(*shelf.0.cursors.lock().unwrap(), [None, Some("one".to_owned()), Some("two".to_owned())]);
}

#[tokio::test]
async fn a_cursor_stays_behind_what_failed() {
    let (bench, shelf) = (Bench::new().await, Shelf::default());
    shelf.put("p.png", "1", "\0");
    shelf.0.listing.lock().unwrap().cursor = Some("one".into());
    shelf.run(&bench, Gone::Keep).await;
    shelf.run(&bench, Gone::Keep).await;
    assert_eq!(*shelf.0.cursors.lock().unwrap(), [None, None]);
}

#[tokio::test]
async fn a_sources_access_lists_hold_without_reading_again() {
    let (bench, shelf) = (Bench::new().await, Shelf::default());
    let only = |name: &str| AccessList::from_principals([name.parse().unwrap()]);
    let reader = |name: &str| Reader::Principals([name.parse().unwrap()].into());
    shelf.put("a.md", "1", "alpha");
    shelf.put("b.md", "1", "alpha");
    shelf.allow("a.md", only("user:ada"));
    shelf.allow("b.md", AccessList::Unknown);
    shelf.run(&bench, Gone::Keep).await;
    assert_eq!(bench.search_as("alpha", reader("user:ada")).await.len(), 1);
    assert_eq!(bench.search_as("alpha", Reader::Operator).await.len(), 1, "what is unknown is nobody's");
    shelf.allow("a.md", only("user:bob"));
    let (report, reads) = shelf.run(&bench, Gone::Keep).await;
    assert_eq!((report.updated, report.unchanged, reads, report.tokens_embedded), (1, 1, 0, 0));
    assert_eq!(bench.search_as("alpha", reader("user:ada")).await.len(), 0);
    assert_eq!(bench.search_as("alpha", reader("user:bob")).await.len(), 1);
}
