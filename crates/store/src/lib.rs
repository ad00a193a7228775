//! The state database: opening it, transactions, and the migrations that each owner ships.
//!
//! Owns the connection pool and the table of applied migrations. It knows no other crate's tables: an owner
//! hands in its statements and runs its own queries on [`Database::pool`] or a [`Transaction`]. SQL is
//! written so that SQLite and PostgreSQL both take it: `$1`, `ON CONFLICT`, `RETURNING`, TEXT ids, BIGINT
//! microseconds, JSON as TEXT.

mod database;
mod error;
mod migrate;

pub use database::{Database, Transaction};
pub use error::StoreError;
pub use migrate::Migrations;
pub use sqlx;
