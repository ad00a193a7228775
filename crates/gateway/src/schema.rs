//! The tables.

use store::Migrations;

pub(crate) const MIGRATIONS: Migrations = Migrations { owner: "gateway", steps: &[FIRST, SECOND, THIRD] };

const FIRST: &[&str] = &[
    "CREATE TABLE gateway_keys (
        id TEXT PRIMARY KEY,
        spec TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT,
        revoked_at BIGINT
    )",
    // A key has one secret, and for a while two after it was rotated. Only digests are kept.
    "CREATE TABLE gateway_secrets (
        digest TEXT PRIMARY KEY,
        key_id TEXT NOT NULL REFERENCES gateway_keys (id) ON DELETE CASCADE,
        prefix TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT
    )",
    "CREATE INDEX gateway_secrets_by_key ON gateway_secrets (key_id)",
    // Counts changes of the two tables above, so that a process sees at a glance whether to read them again.
    "CREATE TABLE gateway_changes (name TEXT PRIMARY KEY, number BIGINT NOT NULL)",
    "INSERT INTO gateway_changes VALUES ('keys', 0)",
    "CREATE TABLE gateway_usage (
        day TEXT NOT NULL,
        key_id TEXT NOT NULL,
        team TEXT NOT NULL,
        model TEXT NOT NULL,
        requests BIGINT NOT NULL,
        prompt_tokens BIGINT NOT NULL,
        completion_tokens BIGINT NOT NULL,
        PRIMARY KEY (day, key_id, team, model)
    )",
];

const SECOND: &[&str] = &["ALTER TABLE gateway_usage ADD COLUMN cost_micros BIGINT NOT NULL DEFAULT 0"];

/// What tokens stand for, sealed.
const THIRD: &[&str] = &["CREATE TABLE gateway_values (token TEXT PRIMARY KEY, sealed BLOB NOT NULL)"];
