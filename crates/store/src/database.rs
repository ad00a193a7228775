//! One database: a pool for reading, and one transaction at a time for writing.

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, Connection};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::StoreError;

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECTIONS_MAX: u32 = 4;

/// An open database. Clones share the pool.
#[derive(Clone)]
pub struct Database {
    pool: AnyPool,
    writer: Arc<Mutex<()>>,
}

/// A write transaction: rolled back when dropped, unless committed. There is one at a time, so that
/// a writer never fails halfway for having read before another wrote.
pub struct Transaction {
    inner: sqlx::Transaction<'static, sqlx::Any>,
    _turn: OwnedMutexGuard<()>,
}

impl Database {
    /// Opens the SQLite database in the file at `path`, making it if it is not there: write-ahead log,
    /// a commit is on the disk when it returns.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] when the file cannot be opened or is not a database.
    pub async fn open_sqlite(path: &Path) -> Result<Self, StoreError> {
        Self::open(path, Durability::Full).await
    }

    /// As [`Database::open_sqlite`], for what can be computed again: the last commits before a power cut may
    /// be lost, whole; a process that dies loses none.
    ///
    /// # Errors
    ///
    /// As [`Database::open_sqlite`].
    pub async fn open_sqlite_cache(path: &Path) -> Result<Self, StoreError> {
        Self::open(path, Durability::Process).await
    }

    async fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(install_default_drivers);
        let shown = path.display().to_string();
        let open_error = |source| StoreError::Open { path: shown.clone(), source };
        let url = format!("sqlite://{}?mode=rwc", url_path(path));
        // A pool tries a failing connection again until its time is up; a first one alone fails at once.
        let mut first = sqlx::AnyConnection::connect(&url).await.map_err(open_error)?;
        prepare(&mut first, durability).await.map_err(open_error)?;
        first.close().await.map_err(open_error)?;
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| Box::pin(prepare(connection, durability)))
            .connect(&url)
            .await
            .map_err(open_error)?;
        Ok(Self { pool, writer: Arc::default() })
    }

    /// The pool, for queries outside a transaction.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a write transaction, waiting for its turn.
    ///
    /// # Errors
    ///
    /// [`StoreError::Query`] when no connection is to be had.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let turn = Arc::clone(&self.writer).lock_owned().await;
        // Boxed, since the compiler cannot prove of a future that holds this one that it is `Send`.
        let begun: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(self.pool.begin());
        let inner = begun.await.map_err(StoreError::query("begin a transaction"))?;
        Ok(Transaction { inner, _turn: turn })
    }

    /// Closes every connection. Work after it fails.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Transaction {
    /// The connection, for an owner's queries.
    pub fn connection(&mut self) -> &mut sqlx::AnyConnection {
        &mut self.inner
    }

    /// Makes everything done in the transaction permanent, at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Query`] when the database refuses, in which case nothing was done.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.inner.commit().await.map_err(StoreError::query("commit"))
    }
}

/// What a commit survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// A power cut.
    Full,
    /// The end of the process.
    Process,
}

/// The log is brought into the database every 32 MiB: ids are hashes, so that each page is written many times
/// over, and once is enough.
async fn prepare(connection: &mut sqlx::AnyConnection, durability: Durability) -> Result<(), sqlx::Error> {
    let synchronous = match durability {
        Durability::Full => "PRAGMA synchronous = FULL",
        Durability::Process => "PRAGMA synchronous = NORMAL",
    };
    for pragma in [
        "PRAGMA busy_timeout = 10000",
        "PRAGMA journal_mode = WAL",
        "PRAGMA wal_autocheckpoint = 8192",
        synchronous,
        "PRAGMA foreign_keys = ON",
        "PRAGMA cache_size = -16000",
    ] {
        sqlx::query(pragma).execute(&mut *connection).await?;
    }
    Ok(())
}

/// A path as the URL parser wants it: percent, question and hash signs are its own.
fn url_path(path: &Path) -> String {
    path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23").replace(' ', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_transaction_is_all_or_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("odd name #1? 100%.db");
        let database = Database::open_sqlite(&path).await.unwrap();
        assert!(path.exists());
        sqlx::query("CREATE TABLE t (x BIGINT)").execute(database.pool()).await.unwrap();
        let mut kept = database.begin().await.unwrap();
        sqlx::query("INSERT INTO t VALUES ($1)").bind(1i64).execute(kept.connection()).await.unwrap();
        kept.commit().await.unwrap();
        let mut dropped = database.begin().await.unwrap();
        sqlx::query("INSERT INTO t VALUES ($1)").bind(2i64).execute(dropped.connection()).await.unwrap();
        drop(dropped);
        let (count,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM t").fetch_one(database.pool()).await.unwrap();
        assert_eq!(count, 1);
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "a test writes its own file")]
    async fn a_file_that_is_no_database_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state.db");
        std::fs::write(&path, "this is not a database at all, but it is long enough to look").unwrap();
        let error = Database::open_sqlite(&path).await.err().unwrap();
        assert!(error.to_string().contains("state.db"), "{error}");
    }
}
