//! What is the embedded engine's own: its folder, its lock, what it keeps and what it refuses to open.

#![expect(clippy::disallowed_methods, reason = "the tests damage files")]

use std::fs;
use std::path::PathBuf;

use access::{PrivateText, Reader};
use tempfile::TempDir;

use super::*;
use crate::{FieldKind, Payload};

const DIMENSION: usize = 32;

fn spec() -> IndexSpec {
    let lang = Field { name: "lang".into(), kind: FieldKind::Keyword };
    IndexSpec { dimension: Some(DIMENSION), fields: vec![lang] }
}

fn points(numbers: std::ops::Range<u8>) -> Vec<Point> {
    let point = |number: u8| Point {
        id: PointId([number; 16]),
        vector: Some((0..DIMENSION).map(|at| f32::from(number) - at as f32).collect()),
        lexical_text: format!("word number{number} {}", "filler ".repeat(usize::from(number))),
        access: AccessList::Public,
        payload: Payload::default(),
    };
    numbers.map(point).collect()
}

fn scope() -> Scope {
    Scope { reader: Reader::Operator, filter: None }
}

fn question() -> SearchRequest {
    SearchRequest {
        scope: scope(),
        dense: Some(vec![1.0; DIMENSION]),
        lexical: Some(PrivateText::new("word number7")),
        limit: 20,
    }
}

fn engines(home: &TempDir) -> Vec<PathBuf> {
    let paths = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("engine-")).collect()
}

#[tokio::test]
async fn keeps_what_was_flushed() {
    let home = TempDir::new().unwrap();
    let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
    index.upsert(points(0..40)).await.unwrap();
    index.flush().await.unwrap();
    let before = index.search(&question()).await.unwrap();
    let bare = IndexSpec { dimension: Some(DIMENSION), fields: Vec::new() };
    drop(index);
    let index = EmbeddedIndex::open(home.path(), &bare).unwrap();
    assert_eq!(index.fields(), spec().fields, "fields stay though the caller named none");
    assert_eq!(index.search(&question()).await.unwrap().dense, before.dense);
    assert_eq!(index.count(&scope()).await.unwrap(), 40);
}

#[tokio::test]
async fn order_depends_on_the_points_alone() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let straight = EmbeddedIndex::open(one.path(), &spec()).unwrap();
    straight.upsert(points(0..60)).await.unwrap();
    straight.optimize().await.unwrap();
    let crooked = EmbeddedIndex::open(other.path(), &spec()).unwrap();
    for start in [50, 20, 0, 90, 30] {
        crooked.upsert(points(start..start + 30)).await.unwrap();
        crooked.optimize().await.unwrap();
    }
    crooked.upsert(points(0..60)).await.unwrap();
    crooked.delete(&(60..120).map(|number| PointId([number; 16])).collect::<Vec<_>>()).await.unwrap();
    crooked.optimize().await.unwrap();
    let answer = straight.search(&question()).await.unwrap();
    assert_eq!(crooked.search(&question()).await.unwrap(), answer, "equal to the bit");
    assert_eq!(engines(&other).len(), 1);
    drop(crooked);
    let again = EmbeddedIndex::open(other.path(), &spec()).unwrap();
    assert_eq!(again.search(&question()).await.unwrap(), answer);
}

#[tokio::test]
async fn an_orderly_index_is_left_alone() {
    let home = TempDir::new().unwrap();
    let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
    index.upsert(points(0..40)).await.unwrap();
    index.optimize().await.unwrap();
    let before = engines(&home);
    index.optimize().await.unwrap();
    drop(index);
    let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
    index.optimize().await.unwrap();
    assert_eq!(engines(&home), before);
}

#[tokio::test]
async fn the_log_is_kept_short() {
    let home = TempDir::new().unwrap();
    let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
    for _ in 0..8 {
        for _ in 0..20 {
            index.upsert(points(0..250)).await.unwrap();
        }
        index.flush().await.unwrap();
        let log = engines(&home)[0].join("wal");
        let bytes: u64 = fs::read_dir(log).unwrap().map(|part| part.unwrap().metadata().unwrap().len()).sum();
        assert!(bytes <= 16 << 20, "{bytes}");
    }
    drop(index);
    let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
    index.upsert(points(100..101)).await.unwrap();
    index.delete(&[PointId([7; 16])]).await.unwrap();
    assert_eq!(index.count(&scope()).await.unwrap(), 249, "later writes are not taken for old ones");
}

#[tokio::test]
async fn one_process_at_a_time() {
    let home = TempDir::new().unwrap();
    let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
    let second = EmbeddedIndex::open(home.path(), &spec()).unwrap_err();
    assert!(matches!(second, IndexError::Locked { .. }) && !second.hint().is_empty());
    drop(index);
    EmbeddedIndex::open(home.path(), &spec()).unwrap();
}

#[tokio::test]
async fn refuses_other_settings() {
    let home = TempDir::new().unwrap();
    drop(EmbeddedIndex::open(home.path(), &spec()).unwrap());
    let other = IndexSpec { dimension: Some(DIMENSION + 1), fields: Vec::new() };
    let error = EmbeddedIndex::open(home.path(), &other).unwrap_err();
    assert!(matches!(error, IndexError::OtherSettings { what: "dimension", .. }), "{error}");
    let manifest = home.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("bm25 1", "bm25 0")).unwrap();
    let error = EmbeddedIndex::open(home.path(), &spec()).unwrap_err();
    assert!(matches!(error, IndexError::OtherSettings { what: "analysis", .. }), "{error}");
    fs::write(&manifest, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    let error = EmbeddedIndex::open(home.path(), &spec()).unwrap_err();
    assert!(matches!(error, IndexError::Newer { found: 2, known: 1, .. }), "{error}");
}

#[tokio::test]
async fn tells_what_is_damaged() {
    let home = TempDir::new().unwrap();
    let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
    index.upsert(points(0..40)).await.unwrap();
    index.optimize().await.unwrap();
    drop(index);
    let manifest = home.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, "{").unwrap();
    let error = EmbeddedIndex::open(home.path(), &spec()).unwrap_err();
    assert!(matches!(error, IndexError::Damaged { .. }), "{error}");
    fs::write(&manifest, text).unwrap();
    for entry in fs::read_dir(engines(&home)[0].join("segments")).unwrap() {
        fs::write(entry.unwrap().path().join("segment.json"), "{").unwrap();
    }
    let error = EmbeddedIndex::open(home.path(), &spec()).unwrap_err();
    assert!(matches!(error, IndexError::Damaged { .. }), "{error}");
    assert!(!error.hint().is_empty());
    let file = home.path().join("lock");
    let error = EmbeddedIndex::open(&file.join("below"), &spec()).unwrap_err();
    assert!(matches!(error, IndexError::File { action: "create", .. }), "{error}");
}

#[tokio::test]
async fn clears_away_what_an_interruption_left() {
    let home = TempDir::new().unwrap();
    drop(EmbeddedIndex::open(home.path(), &spec()).unwrap());
    fs::create_dir_all(home.path().join("engine-2/segments/half")).unwrap();
    fs::write(home.path().join("manifest.json.new"), "{").unwrap();
    let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
    assert_eq!(engines(&home).len(), 1);
    index.upsert(points(0..40)).await.unwrap();
    index.optimize().await.unwrap();
    assert_eq!(index.count(&scope()).await.unwrap(), 40);
}
