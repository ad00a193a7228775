//! A library over the in-memory index: what ingestion, search and answers promise.

#![expect(clippy::unwrap_used, reason = "a test")]

mod blobs;
mod chat;
mod containers;
mod duplicates;
mod git;
mod graph;
mod pipeline;
mod quarantine;
mod site;
mod support;
mod tokens;
mod web;

use std::collections::BTreeSet;

use access::{AccessList, PrivateText, Reader};
use patou_rag::{Gone, IngestRequest, MemorySource, RagError};
use proptest::prelude::*;
use runtime::Shutdown;
use support::{Bench, query};

#[tokio::test]
async fn a_document_is_added_found_updated_and_removed() {
    let bench = Bench::new().await;
    let report =
        bench.ingest(&[("a.md", "# Keys\n\nRotate the keys weekly."), ("b.md", "# Tea\n\nGreen tea.")]).await;
    assert_eq!((report.added, report.updated, report.unchanged, report.failed.len()), (2, 0, 0, 0));
    let again =
        bench.ingest(&[("a.md", "# Keys\n\nRotate the keys weekly."), ("b.md", "# Tea\n\nGreen tea.")]).await;
    assert_eq!((again.added, again.unchanged, again.tokens_embedded), (0, 2, 0));
    let hits = bench.search("rotate keys").await;
    assert_eq!(hits[0].found.source, "a.md");
    assert_eq!(hits[0].text, "# Keys\n\nRotate the keys weekly.");

    let changed =
        bench.ingest(&[("a.md", "# Keys\n\nRotate the keys daily."), ("b.md", "# Tea\n\nGreen tea.")]).await;
    assert_eq!(
        (changed.updated, changed.unchanged, changed.chunks.added, changed.chunks.removed),
        (1, 1, 1, 1)
    );
    let hits = bench.search("rotate keys weekly").await;
    assert!(hits.iter().all(|hit| !hit.text.contains("weekly")), "the old version still answers");

    let back =
        bench.ingest(&[("a.md", "# Keys\n\nRotate the keys weekly."), ("b.md", "# Tea\n\nGreen tea.")]).await;
    assert_eq!((back.updated, back.chunks.reused, back.tokens_embedded), (1, 1, 0));

    let synced = bench.sync(&[("b.md", "# Tea\n\nGreen tea.")]).await;
    assert_eq!((synced.deleted, synced.unchanged, synced.chunks.removed), (1, 1, 1));
    assert!(bench.search("rotate keys").await.iter().all(|hit| hit.found.source == "b.md"));
    assert_eq!(bench.library.audit(&bench.name).await.unwrap(), 1);
}

#[tokio::test]
async fn every_item_is_counted_once() {
    let bench = Bench::new().await;
    let lines = "{\"_id\":\"x\",\"text\":\"one\"}\nbroken\n{\"_id\":\"x\",\"text\":\"two\"}\n{\"_id\":\"y\",\"text\":\"\"}\n";
    let report = bench.ingest(&[("c.jsonl", lines), ("p.png", "\u{0}"), ("e.md", "")]).await;
    assert_eq!((report.added, report.failed.len()), (3, 3), "{report:?}");
    let failed: BTreeSet<_> = report.failed.iter().map(|failure| failure.source.as_str()).collect();
    assert_eq!(failed, BTreeSet::from(["c.jsonl#2", "c.jsonl#x", "p.png"]));
    assert_eq!(report.problems, 2, "an empty record and an empty file are documents with a problem each");
    let other = MemorySource::new(
        "elsewhere",
        [("d.jsonl".to_owned(), b"{\"_id\":\"x\",\"text\":\"three\"}".to_vec())],
    );
    let report = bench.run(other, Gone::Keep, None).await;
    assert_eq!((report.added, report.failed.len()), (0, 1));
    assert!(report.failed[0].error.contains("`test`"), "{:?}", report.failed);
}

#[tokio::test]
async fn what_is_staged_and_not_flipped_is_removed_when_opened_next() {
    let bench = Bench::new().await;
    bench.ingest(&[("a.md", "alpha beta")]).await;
    let before = bench.search("alpha").await;
    bench.indexes.stage_orphan(&bench.name, "alpha alpha orphan").await;
    bench.library.registry().set_unsettled(&bench.name, true).await.unwrap();
    let reopened = bench.reopen().await;
    assert_eq!(reopened.search("alpha").await, before);
    assert_eq!(reopened.library.audit(&bench.name).await.unwrap(), 1);
    reopened.indexes.drop_points(&bench.name).await;
    let restored = reopened.reopen().await;
    assert_eq!(restored.search("alpha").await, before, "live points that are missing are put back");
}

#[tokio::test]
async fn a_run_that_is_asked_to_stop_leaves_nothing_half_done() {
    let bench = Bench::new().await;
    let stop = Shutdown::new();
    let request = IngestRequest {
        collection: bench.name.clone(),
        sources: vec![Box::new(support::source(&[("a.md", "alpha"), ("b.md", "beta")]))],
        access: None,
        gone: Gone::Remove,
    };
    let tell = |_| stop.request();
    let report = bench.library.ingest(request, &tell, &stop).await.unwrap();
    assert!(report.stopped);
    assert_eq!(bench.library.audit(&bench.name).await.unwrap(), report.added);
}

#[tokio::test]
async fn access_changes_hold_from_the_commit_without_embedding() {
    let bench = Bench::new().await;
    let only = |name: &str| AccessList::from_principals([name.parse().unwrap()]);
    let reader = |name: &str| Reader::Principals([name.parse().unwrap()].into());
    bench.run(support::source(&[("a.md", "alpha")]), Gone::Keep, Some(only("user:ada"))).await;
    assert_eq!(bench.search_as("alpha", reader("user:ada")).await.len(), 1);
    assert_eq!(bench.search_as("alpha", reader("user:bob")).await.len(), 0);
    let kept = bench.ingest(&[("a.md", "alpha")]).await;
    assert_eq!(kept.unchanged, 1, "no list given leaves the list as it is");
    assert_eq!(bench.search_as("alpha", Reader::Anonymous).await.len(), 0);
    let moved = bench.run(support::source(&[("a.md", "alpha")]), Gone::Keep, Some(only("user:bob"))).await;
    assert_eq!((moved.updated, moved.tokens_embedded, moved.chunks.added), (1, 0, 0));
    assert_eq!(bench.search_as("alpha", reader("user:ada")).await.len(), 0);
    assert_eq!(bench.search_as("alpha", reader("user:bob")).await.len(), 1);
    bench.run(support::source(&[("a.md", "alpha")]), Gone::Keep, Some(AccessList::Unknown)).await;
    assert_eq!(bench.search_as("alpha", Reader::Operator).await.len(), 0);
}

#[tokio::test]
async fn a_collection_keeps_its_embedder() {
    let bench = Bench::new().await;
    bench.ingest(&[("a.md", "alpha")]).await;
    let other = bench.with_dimension(32).await;
    let refused = other.library.open(&bench.name).await.err().unwrap();
    assert!(matches!(refused, RagError::OtherEmbedder { .. }), "{refused}");
}

#[tokio::test]
async fn answers_quote_the_stored_text_or_refuse() {
    let bench = Bench::new().await;
    bench
        .ingest(&[(
            "ops.md",
            "# Backups\n\nBackups are kept for thirty days. The oldest backup is deleted first.\n\n# Keys\n\nKeys rotate weekly.",
        )])
        .await;
    let mut asked = query(&bench.name, "How long are backups kept?", Reader::Operator);
    let answer = bench.answer(&asked).await.unwrap();
    assert!(answer.refusal.is_none(), "{answer:?}");
    assert!(answer.text.contains("thirty days") && answer.text.contains("[1]"), "{}", answer.text);
    for citation in &answer.citations {
        let text = bench.library.registry().text(&bench.name, &citation.document_id, &citation.version).await;
        let text = text.unwrap().unwrap();
        assert_eq!(&text[citation.span.start..citation.span.end], citation.quote);
    }
    assert!(answer.support.iter().all(|support| support.supported));
    asked.text = PrivateText::new("zebra quantum soufflé");
    let refused = bench.answer(&asked).await.unwrap();
    assert!(refused.refusal.is_some() && refused.citations.is_empty());
}

fn lists() -> impl Strategy<Value = AccessList> {
    prop_oneof![
        Just(AccessList::Public),
        Just(AccessList::Unknown),
        prop::collection::btree_set(0..4u8, 0..3).prop_map(|names| AccessList::Only(
            names.into_iter().map(|name| format!("user:u{name}").parse().unwrap()).collect()
        )),
    ]
}

fn readers() -> impl Strategy<Value = Reader> {
    prop_oneof![
        Just(Reader::Operator),
        Just(Reader::Anonymous),
        prop::collection::btree_set(0..4u8, 0..3).prop_map(|names| Reader::Principals(
            names.into_iter().map(|name| format!("user:u{name}").parse().unwrap()).collect()
        )),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever asks, whatever was ingested and changed in whatever order, nobody is shown, told the number
    /// of, or cited a chunk that they may not read.
    #[test]
    fn no_reader_learns_of_what_it_may_not_read(
        steps in prop::collection::vec((0..6usize, lists(), 0..3u8), 1..12),
        reader in readers(),
        filter in prop::option::of(0..3u8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::new().await;
            let mut truth = std::collections::BTreeMap::new();
            for (document, access, variant) in steps {
                let source = format!("d{document}.md");
                let text = format!("---\nvariant: v{variant}\n---\n\nshared words of document {document} variant {variant}.");
                bench.run(support::source(&[(source.as_str(), text.as_str())]), Gone::Keep, Some(access.clone())).await;
                truth.insert(source, (access, variant));
            }
            let expected: BTreeSet<String> = truth
                .iter()
                .filter(|(_, (access, variant))| reader.may_read(access) && filter.is_none_or(|only| only == *variant))
                .map(|(source, _)| source.clone())
                .collect();
            let mut asked = query(&bench.name, "shared words of document", reader.clone());
            asked.filter = filter.map(|variant| format!("variant = \"v{variant}\""));
            let known = truth.values().any(|(_, variant)| filter.is_none_or(|only| only == *variant));
            if !known {
                return;
            }
            let found = bench.library.search(&asked).await.unwrap().hits;
            let shown: BTreeSet<String> = found.iter().map(|hit| hit.found.source.clone()).collect();
            assert_eq!(shown, expected);
            let answer = bench.answer(&asked).await.unwrap();
            assert!(answer.citations.iter().all(|citation| expected.contains(&citation.source)));
            assert!(!expected.is_empty() || answer.refusal.is_some());
            let readable = truth.values().filter(|(access, _)| reader.may_read(access)).count();
            let listed = bench.library.registry().documents(&bench.name, &reader).await.unwrap();
            assert_eq!(listed.len(), readable);
            let summaries = bench.library.registry().summaries(&reader).await.unwrap();
            assert_eq!(summaries[0].documents, readable);
        });
    }
}
