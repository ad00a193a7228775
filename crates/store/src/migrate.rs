//! Bringing each owner's tables to the version that the program expects.

use sqlx::Row;

use crate::{Database, StoreError};

/// The tables of one owner: version `n` is reached by running the first `n` steps in order.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// Whose tables these are: a crate's name.
    pub owner: &'static str,
    /// Each step is a list of statements. A step that was ever released is never edited.
    pub steps: &'static [&'static [&'static str]],
}

const REGISTER: &str =
    "CREATE TABLE IF NOT EXISTS store_migrations (owner TEXT PRIMARY KEY, version BIGINT NOT NULL)";

impl Database {
    /// Runs the steps that this database has not seen, all in one transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::Newer`] when the database was written by a newer program, [`StoreError::Query`] when
    /// a statement fails, in which case no step was done.
    pub async fn migrate(&self, migrations: &Migrations) -> Result<(), StoreError> {
        let known = i64::try_from(migrations.steps.len()).unwrap_or(i64::MAX);
        if self.version_of(migrations.owner).await.is_ok_and(|version| version == known) {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        let failed = || StoreError::query("prepare the tables");
        sqlx::query(REGISTER).execute(transaction.connection()).await.map_err(failed())?;
        let found: i64 = sqlx::query("SELECT version FROM store_migrations WHERE owner = $1")
            .bind(migrations.owner)
            .fetch_optional(transaction.connection())
            .await
            .map_err(failed())?
            .map_or(0, |row| row.get(0));
        if found > known {
            return Err(StoreError::Newer { owner: migrations.owner, found, known });
        }
        let done = usize::try_from(found).unwrap_or(0);
        for step in migrations.steps.get(done..).unwrap_or_default() {
            for statement in *step {
                sqlx::query(*statement).execute(transaction.connection()).await.map_err(failed())?;
            }
        }
        sqlx::query(
            "INSERT INTO store_migrations (owner, version) VALUES ($1, $2) \
             ON CONFLICT (owner) DO UPDATE SET version = excluded.version",
        )
        .bind(migrations.owner)
        .bind(known)
        .execute(transaction.connection())
        .await
        .map_err(failed())?;
        transaction.commit().await
    }

    async fn version_of(&self, owner: &str) -> Result<i64, sqlx::Error> {
        let row = sqlx::query("SELECT version FROM store_migrations WHERE owner = $1")
            .bind(owner)
            .fetch_one(self.pool())
            .await?;
        row.try_get(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migrations = Migrations { owner: "t", steps: &[&["CREATE TABLE a (x BIGINT)"]] };
    const TWO: Migrations =
        Migrations { owner: "t", steps: &[&["CREATE TABLE a (x BIGINT)"], &["CREATE TABLE b (y TEXT)"]] };

    #[tokio::test]
    async fn steps_run_once_and_a_newer_database_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let database = Database::open_sqlite(&home.path().join("state.db")).await.unwrap();
        database.migrate(&ONE).await.unwrap();
        database.migrate(&ONE).await.unwrap();
        database.migrate(&TWO).await.unwrap();
        sqlx::query("INSERT INTO b VALUES ('x')").execute(database.pool()).await.unwrap();
        let refused = database.migrate(&ONE).await.unwrap_err();
        assert!(matches!(refused, StoreError::Newer { found: 2, known: 1, .. }), "{refused}");
    }
}
