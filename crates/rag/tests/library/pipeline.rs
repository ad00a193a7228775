//! What the pipeline promises: order, back-pressure, stopping and going on, and no trace of what failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use model::{Embedder, HashEmbedder, ModelError};
use patou_rag::{Gone, IngestEvent, IngestRequest, MemorySource, RagError};
use runtime::Shutdown;

use crate::support::{Bench, source};

/// Does something at each of its calls, and fails where that says so.
struct Watched {
    inner: HashEmbedder,
    calls: AtomicUsize,
    at_call: Box<dyn Fn(usize) -> bool + Send + Sync>,
}

async fn watched(at_call: impl Fn(usize) -> bool + Send + Sync + 'static) -> Bench {
    let (inner, calls) = (HashEmbedder::new(64), AtomicUsize::new(0));
    Bench::with_embedder(Arc::new(Watched { inner, calls, at_call: Box::new(at_call) })).await
}

#[async_trait]
impl Embedder for Watched {
    fn id(&self) -> &str {
        self.inner.id()
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn max_tokens(&self) -> usize {
        self.inner.max_tokens()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.inner.count_tokens(text)
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        if (self.at_call)(self.calls.fetch_add(1, Ordering::SeqCst)) {
            return self.inner.embed(texts).await;
        }
        Err(ModelError::Failed { model: self.id().to_owned(), why: "on purpose".into() })
    }
}

fn sections(number: usize, count: usize) -> String {
    let section = |part: usize| {
        format!("## Part {part}\n\nStation {number} part {part} keeps {}.\n\n", "relay lamp wire ".repeat(25))
    };
    (0..count).map(section).collect()
}

fn many(count: usize) -> Vec<(String, Vec<u8>)> {
    (0..count).map(|number| (format!("s{number:04}.md"), sections(number, 5).into_bytes())).collect()
}

fn request(bench: &Bench, items: Vec<(String, Vec<u8>)>, gone: Gone) -> IngestRequest {
    let source = MemorySource::new("test", items);
    IngestRequest { collection: bench.name.clone(), sources: vec![Box::new(source)], access: None, gone }
}

#[tokio::test]
async fn documents_go_through_in_the_order_of_their_listing_and_are_told_of() {
    let bench = Bench::new().await;
    let told = std::sync::Mutex::new((Vec::new(), 0));
    let tell = |event: IngestEvent| {
        let mut told = told.lock().unwrap();
        match event {
            IngestEvent::Item(source) => told.0.push(source),
            IngestEvent::Embedded(tokens) => told.1 += tokens,
            IngestEvent::Listed(_) | IngestEvent::Progress(_) => {}
        }
    };
    let items = many(300);
    let report = bench
        .library
        .ingest(request(&bench, items.clone(), Gone::Keep), &tell, &Shutdown::new())
        .await
        .unwrap();
    let (sources, tokens) = told.into_inner().unwrap();
    assert_eq!(sources, items.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
    assert_eq!((report.added, report.chunks.added), (300, 1500));
    assert_eq!(report.tokens_embedded, tokens);
    assert!(report.stages.parse > 0.0 && report.stages.write > 0.0);
    assert_eq!(bench.library.audit(&bench.name).await.unwrap(), 1500);
}

#[tokio::test]
async fn a_run_that_was_stopped_goes_on_where_it_was() {
    let stop = Shutdown::new();
    let asked = stop.clone();
    let bench = watched(move |call| {
        if call == 9 {
            asked.request();
        }
        true
    })
    .await;
    let items = many(400);
    let first =
        bench.library.ingest(request(&bench, items.clone(), Gone::Remove), &|_| {}, &stop).await.unwrap();
    assert!(first.stopped && first.added < 400, "{}", first.added);
    let live = bench.library.audit(&bench.name).await.unwrap();
    assert_eq!(live, first.added * 5, "whole documents only");
    let second =
        bench.library.ingest(request(&bench, items, Gone::Remove), &|_| {}, &Shutdown::new()).await.unwrap();
    assert_eq!((second.unchanged, second.added), (first.added, 400 - first.added));
    assert!(second.chunks.reused >= 512 - live.min(512), "what was embedded before it stopped was kept");
    assert_eq!(bench.library.audit(&bench.name).await.unwrap(), 2000);
}

#[tokio::test]
async fn a_run_that_fails_leaves_no_trace_in_the_next_one() {
    let bench = watched(|call| call != 9).await;
    let failed =
        bench.library.ingest(request(&bench, many(400), Gone::Keep), &|_| {}, &Shutdown::new()).await;
    assert!(matches!(failed, Err(RagError::Model(_))), "{failed:?}");
    let report = bench.ingest(&[("a.md", "alpha")]).await;
    assert_eq!(report.added, 1);
    let live = bench.library.audit(&bench.name).await.unwrap();
    assert_eq!(live % 5, 1, "whole documents only, and the new one");
    assert!(!bench.library.record(&bench.name).await.unwrap().unsettled);
}

#[tokio::test]
async fn one_name_under_two_roots_in_one_run_is_one_document() {
    let bench = Bench::new().await;
    let other = MemorySource::new("elsewhere", [("a.md".to_owned(), b"beta".to_vec())]);
    let request = IngestRequest {
        collection: bench.name.clone(),
        sources: vec![Box::new(source(&[("a.md", "alpha")])), Box::new(other)],
        access: None,
        gone: Gone::Keep,
    };
    let report = bench.library.ingest(request, &|_| {}, &Shutdown::new()).await.unwrap();
    assert_eq!((report.added, report.failed.len()), (1, 1));
}
