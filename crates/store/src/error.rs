//! What can go wrong with the state database.

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened.
    #[error("cannot open the database `{path}`")]
    Open {
        /// The database file.
        path: String,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// A query failed.
    #[error("cannot {action} in the state database")]
    Query {
        /// What was attempted, as a verb phrase.
        action: &'static str,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// A newer program has written this database.
    #[error("tables of `{owner}` have version {found}, this program knows up to {known}")]
    Newer {
        /// Whose tables.
        owner: &'static str,
        /// The version in the database.
        found: i64,
        /// The newest version this program has.
        known: i64,
    },
}

impl StoreError {
    /// Wraps a driver error with what was attempted; made for `map_err`.
    pub fn query(action: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Query { action, source }
    }

    /// Whether the disk (or the quota on it) is full.
    pub fn is_disk_full(&self) -> bool {
        let (Self::Open { source, .. } | Self::Query { source, .. }) = self else { return false };
        source.to_string().contains("disk is full") || source.to_string().contains("code: 13)")
    }
}
