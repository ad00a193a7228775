//! What becomes of documents that say what another one says, and who may see what.

use access::{AccessList, Reader};
use patou_rag::{DuplicateCounts, DuplicatePolicy, Gone, IngestReport, IngestRequest, MemorySource};
use runtime::Shutdown;

use crate::support::{Bench, query};

fn manual() -> String {
    (0..120).map(|word| format!("valve{}", word * word % 97)).collect::<Vec<_>>().join(" ")
}

fn named(name: &str, text: &str) -> (String, Vec<u8>) {
    (name.to_owned(), text.as_bytes().to_vec())
}

/// The manual, its copy, a copy with one word changed, and something else.
fn items() -> Vec<(String, Vec<u8>)> {
    let manual = manual();
    let changed = manual.replacen("valve1 ", "lamp ", 1);
    vec![
        named("a.md", &manual),
        named("b.md", &manual),
        named("c.md", &changed),
        named("d.md", "nothing like it"),
    ]
}

async fn ingest(
    bench: &Bench,
    items: Vec<(String, Vec<u8>)>,
    access: Option<AccessList>,
    gone: Gone,
) -> IngestReport {
    let sources: Vec<Box<dyn patou_rag::Source>> = vec![Box::new(MemorySource::new("test", items))];
    let request = IngestRequest { collection: bench.name.clone(), sources, access, gone };
    bench.library.ingest(request, &|_| {}, &Shutdown::new()).await.unwrap()
}

#[tokio::test]
async fn passages_are_found_by_section_and_folder() {
    let bench = Bench::with_duplicates(DuplicatePolicy::Keep).await;
    let long = |word: &str| format!("valve {word}. ").repeat(200);
    let front = "---\ntags: [harbour]\n---\n# Cranes\n";
    let text = format!("{front}\n{}\n\n## Hoists\n\n{}\n", long("one"), long("two"));
    ingest(&bench, vec![named("site/north/a.md", &text)], None, Gone::Keep).await;
    for (filter, expected) in [
        ("section = \"Hoists\"", "two"),
        ("section = \"Cranes\"", "one"),
        ("tag = \"north\"", "one"),
        ("tag = \"harbour\" and section = \"Hoists\"", "two"),
        ("tag = \"a.md\"", ""),
        ("page = 1", ""),
    ] {
        let mut asked = query(&bench.name, "valve", Reader::Operator);
        asked.filter = Some(filter.to_owned());
        let hits = bench.library.search(&asked).await.unwrap().hits;
        assert_eq!(hits.is_empty(), expected.is_empty(), "{filter}");
        assert!(expected.is_empty() || hits.iter().any(|hit| hit.text.contains(expected)), "{filter}");
        let is_hoists = |hit: &patou_rag::Hit| hit.found.chunk.heading_path.contains(&"Hoists".to_owned());
        assert!(!filter.contains("Hoists") || hits.iter().all(is_hoists), "{filter}");
    }
}

async fn sources_found(bench: &Bench, query: &str) -> Vec<String> {
    let hits = bench.search(query).await;
    hits.into_iter().map(|hit| hit.found.source).collect()
}

#[tokio::test]
async fn kept_duplicates_are_counted_and_are_documents() {
    let bench = Bench::with_duplicates(DuplicatePolicy::Keep).await;
    let report = ingest(&bench, items(), None, Gone::Keep).await;
    assert_eq!((report.added, report.duplicates), (4, DuplicateCounts { exact: 1, near: 1, skipped: 0 }));
    let found = sources_found(&bench, "valve1 valve4").await;
    assert!(found.contains(&"a.md".to_owned()) && found.contains(&"b.md".to_owned()), "{found:?}");
}

#[tokio::test]
async fn a_linked_duplicate_names_its_original_and_a_passage_is_shown_once() {
    let bench = Bench::with_duplicates(DuplicatePolicy::Link).await;
    let report = ingest(&bench, items(), None, Gone::Keep).await;
    assert_eq!((report.added, report.duplicates.exact, report.duplicates.near), (4, 1, 1));
    let found = sources_found(&bench, "valve1 valve4").await;
    let same = found.iter().filter(|source| ["a.md", "b.md"].contains(&source.as_str())).count();
    assert_eq!(
        (same, found.contains(&"c.md".to_owned())),
        (1, true),
        "one of the two, and the changed one: {found:?}"
    );

    let documents = bench.library.registry().documents(&bench.name, &Reader::Operator).await.unwrap();
    let original = documents.iter().find(|document| document.source == "a.md").unwrap();
    let copy = documents.iter().find(|document| document.source == "b.md").unwrap();
    assert_eq!(copy.metadata["duplicate_of"], serde_json::json!(original.id));

    // Without its original the copy answers.
    bench.library.delete_documents(&bench.name, std::slice::from_ref(&original.id)).await.unwrap();
    assert!(sources_found(&bench, "valve1 valve4").await.contains(&"b.md".to_owned()));
}

#[tokio::test]
async fn a_skipped_duplicate_comes_in_when_its_original_is_gone() {
    let bench = Bench::with_duplicates(DuplicatePolicy::Skip).await;
    let report = ingest(&bench, items(), None, Gone::Remove).await;
    assert_eq!((report.added, report.duplicates.skipped, report.failed.len()), (2, 2, 0));
    let again = ingest(&bench, items(), None, Gone::Remove).await;
    assert_eq!((again.unchanged, again.duplicates.skipped), (2, 2));
    let without = items().split_off(1);
    let report = ingest(&bench, without.clone(), None, Gone::Remove).await;
    assert_eq!(report.deleted, 1);
    let report = ingest(&bench, without, None, Gone::Remove).await;
    assert_eq!((report.added, report.duplicates.skipped), (1, 1), "the copy is the original now");
}

#[tokio::test]
async fn a_document_that_others_may_read_is_never_hidden_by_one_that_they_may_not() {
    let secret = AccessList::from_principals(["group:board".parse().unwrap()]);
    for policy in [DuplicatePolicy::Link, DuplicatePolicy::Skip] {
        let bench = Bench::with_duplicates(policy).await;
        ingest(&bench, vec![named("secret.md", &manual())], Some(secret.clone()), Gone::Keep).await;
        let report = ingest(&bench, vec![named("open.md", &manual())], None, Gone::Keep).await;
        assert_eq!((report.added, report.duplicates.exact, report.duplicates.skipped), (1, 1, 0));
        let hits = bench.search_as("valve1 valve4", Reader::Anonymous).await;
        assert_eq!(hits[0].found.source, "open.md");
        assert_eq!(hits[0].found.duplicate_of, None, "what one may not know of is not named");
    }
}
