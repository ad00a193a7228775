//! Keys and usage in a state database, by one process and by two.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::sync::Arc;

use patou_gateway::{Calendar, KeyRefusal, KeyRing, KeyRole, KeySpec, Spender, UsageBook, Used};
use runtime::{Clock, ManualClock};
use store::Database;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

async fn database(home: &Path) -> Database {
    Database::open_sqlite(&home.join("state.db")).await.unwrap()
}

fn spec(name: &str) -> KeySpec {
    KeySpec { name: name.into(), roles: [KeyRole::Ingest].into(), ..KeySpec::default() }
}

#[tokio::test]
async fn a_key_is_let_in_until_it_expires_or_is_revoked() {
    let home = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(DAY));
    let ring = KeyRing::open(database(home.path()).await, clock.clone()).await.unwrap();
    let made = ring.create(spec("ci"), Some(2 * DAY)).await.unwrap();
    let secret = made.secret.reveal();
    assert_eq!(ring.admit(secret).await.unwrap().unwrap().spec.name, "ci");
    assert_eq!(ring.admit("patou-nobody").await.unwrap().unwrap_err(), KeyRefusal::Unknown);
    assert_eq!(ring.admit("").await.unwrap().unwrap_err(), KeyRefusal::Unknown);
    clock.advance_micros(DAY);
    assert_eq!(ring.admit(secret).await.unwrap().unwrap_err(), KeyRefusal::Expired);
    let other = ring.create(spec("other"), None).await.unwrap();
    ring.revoke(&other.key.id).await.unwrap();
    assert_eq!(ring.admit(other.secret.reveal()).await.unwrap().unwrap_err(), KeyRefusal::Revoked);
    assert!(ring.rotate(&other.key.id, 0).await.is_err());
    assert!(ring.revoke("none").await.is_err());
    assert_eq!(ring.list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn both_secrets_are_good_while_a_rotation_lasts() {
    let home = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(DAY));
    let ring = KeyRing::open(database(home.path()).await, clock.clone()).await.unwrap();
    let old = ring.create(spec("app"), None).await.unwrap();
    let new = ring.rotate(&old.key.id, 60 * SECOND).await.unwrap();
    assert_eq!(new.key.id, old.key.id);
    assert_eq!(new.key.prefixes.len(), 2);
    for secret in [&old.secret, &new.secret] {
        assert!(ring.admit(secret.reveal()).await.unwrap().is_ok());
    }
    clock.advance_micros(60 * SECOND);
    assert_eq!(ring.admit(old.secret.reveal()).await.unwrap().unwrap_err(), KeyRefusal::Expired);
    assert!(ring.admit(new.secret.reveal()).await.unwrap().is_ok());
}

#[tokio::test]
async fn what_another_process_revokes_is_refused_within_a_second() {
    let home = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(DAY));
    let here = KeyRing::open(database(home.path()).await, clock.clone()).await.unwrap();
    let there = KeyRing::open(database(home.path()).await, clock.clone()).await.unwrap();
    let made = there.create(spec("app"), None).await.unwrap();
    clock.advance_micros(SECOND / 2);
    assert!(here.admit(made.secret.reveal()).await.unwrap().is_ok());
    there.revoke(&made.key.id).await.unwrap();
    clock.advance_micros(SECOND - 1);
    assert_eq!(here.admit(made.secret.reveal()).await.unwrap().unwrap_err(), KeyRefusal::Revoked);
}

#[tokio::test]
async fn no_secret_stands_in_the_database() {
    let home = tempfile::tempdir().unwrap();
    let database = database(home.path()).await;
    let ring = KeyRing::open(database.clone(), Arc::new(ManualClock::new(DAY))).await.unwrap();
    let made = ring.create(spec("app"), None).await.unwrap();
    let dumped: Vec<(String, String)> = store::sqlx::query_as("SELECT digest, prefix FROM gateway_secrets")
        .fetch_all(database.pool())
        .await
        .unwrap();
    let (digest, prefix) = &dumped[0];
    let random = made.secret.reveal().trim_start_matches("patou-");
    assert!(!digest.contains(random) && made.secret.reveal().starts_with(prefix) && prefix.len() == 12);
}

#[tokio::test]
async fn usage_adds_up_across_writes_and_processes() {
    let home = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(DAY * 31));
    let book =
        UsageBook::open(database(home.path()).await, clock.clone(), Calendar::default()).await.unwrap();
    let on = |model| Spender { key_id: "k", team: "ml", model };
    let used = Used { prompt_tokens: 10, completion_tokens: 5, cost_micros: 3 };
    book.note(on("m"), used);
    book.note(on("m"), used);
    book.write().await.unwrap();
    book.note(on("m"), used);
    book.note(on("rag/docs"), used);
    let other =
        UsageBook::open(database(home.path()).await, clock.clone(), Calendar::default()).await.unwrap();
    other.note(on("m"), used);
    other.write().await.unwrap();
    let rows = book.rows("1970-02-01", "1970-02-28").await.unwrap();
    assert_eq!((rows.len(), rows[0].requests, rows[0].prompt_tokens), (2, 4, 40));
    let month = book.month().await.unwrap();
    assert_eq!(month.iter().map(|row| row.prompt_tokens + row.completion_tokens).sum::<u64>(), 75);
    assert_eq!(month.iter().map(|row| row.cost_micros).sum::<u64>(), 15);
    assert_eq!(book.rows("1970-02-02", "1970-02-28").await.unwrap(), []);
    assert_eq!(clock.now_micros(), DAY * 31);
}
