//! What can go wrong with an index.

use runtime::TaskError;

use crate::FieldKind;

/// Why an index operation failed. `Display` never holds a document's text.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A file or folder of the index could not be used.
    #[error("cannot {action} `{path}`")]
    File {
        /// What was attempted, as a verb.
        action: &'static str,
        /// The file or folder.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Another process has the index open.
    #[error("index `{path}` is in use by another process")]
    Locked {
        /// The index's folder.
        path: String,
    },
    /// What is on the disk is not an index of ours, or is damaged.
    #[error("index `{path}` is damaged: {why}")]
    Damaged {
        /// The index's folder, or the file in it.
        path: String,
        /// What was found.
        why: String,
    },
    /// A newer program has written the index.
    #[error("index `{path}` has format {found}, this program knows up to {known}")]
    Newer {
        /// The index's folder.
        path: String,
        /// The format on the disk.
        found: u32,
        /// The newest format this program has.
        known: u32,
    },
    /// The index was made with other settings than the program has.
    #[error("index `{path}` was made with {what} {made_with}, asked for was {asked}")]
    OtherSettings {
        /// The index's folder.
        path: String,
        /// Which setting.
        what: &'static str,
        /// What the index has.
        made_with: String,
        /// What the caller has.
        asked: String,
    },
    /// There is too little room on the disk to write safely.
    #[error("the disk under index `{path}` is full: {free_mib} MiB are free, {needed_mib} MiB are needed")]
    DiskFull {
        /// The index's folder.
        path: String,
        /// How much is free.
        free_mib: u64,
        /// How much has to be.
        needed_mib: u64,
    },
    /// A vector has the wrong number of numbers.
    #[error("a vector has {found} dimensions, the index has {expected}")]
    Dimension {
        /// What the index has; 0 for an index without vectors.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// A vector cannot be compared by cosine.
    #[error("a vector has a number that is not finite")]
    Vector,
    /// No such field.
    #[error("the index has no field `{0}`")]
    UnknownField(String),
    /// A value does not fit its field.
    #[error("field `{field}` holds {expected:?} values, not {found:?}")]
    Value {
        /// The field.
        field: String,
        /// What it holds.
        expected: FieldKind,
        /// What was given.
        found: FieldKind,
    },
    /// A field cannot be called that.
    #[error("`{0}` is not a field name")]
    FieldName(String),
    /// The field is there with another kind.
    #[error("field `{field}` holds {known:?} values and cannot hold {asked:?} ones as well")]
    KindConflict {
        /// The field.
        field: String,
        /// What it holds.
        known: FieldKind,
        /// What was asked for.
        asked: FieldKind,
    },
    /// Values of this field cannot be counted.
    #[error("the values of field `{0}` cannot be counted: only texts, whole numbers and booleans can")]
    NoFacet(String),
    /// The engine refused or failed.
    #[error("cannot {action} in index `{path}`: {why}")]
    Engine {
        /// What was attempted, as a verb.
        action: &'static str,
        /// The index's folder.
        path: String,
        /// What the engine said.
        why: String,
    },
    /// The engine broke down while it worked.
    #[error("index `{path}` broke down while trying to {action}")]
    Panicked {
        /// What was attempted, as a verb.
        action: &'static str,
        /// The index's folder.
        path: String,
        /// The task that ended.
        #[source]
        source: TaskError,
    },
    /// The index broke down before and takes no more calls.
    #[error("index `{path}` broke down earlier and has to be opened again")]
    Poisoned {
        /// The index's folder.
        path: String,
    },
}

impl IndexError {
    /// What the user can do about it; empty when the message says it all.
    pub fn hint(&self) -> &'static str {
        match self {
            _ if self.is_disk_full() => "free some space and run the command again",
            Self::File { .. } => "check the path, its permissions and the space on the disk",
            Self::Locked { .. } => "wait for the other patou to finish, or stop it",
            Self::Damaged { .. } => "delete the collection and ingest it again",
            Self::Newer { .. } => "use the newer patou that wrote this home",
            Self::OtherSettings { .. } => {
                "use the embedder it was made with, or delete the collection and ingest it again"
            }
            Self::Value { .. } | Self::KindConflict { .. } => "give the field one kind of value throughout",
            Self::FieldName(_) => "use ASCII letters, digits and `_`, beginning with a letter",
            Self::Engine { .. } | Self::Panicked { .. } | Self::Poisoned { .. } => {
                "run the command again; if it fails again, run `patou doctor`"
            }
            Self::DiskFull { .. }
            | Self::Dimension { .. }
            | Self::Vector
            | Self::UnknownField(_)
            | Self::NoFacet(_) => "",
        }
    }

    /// Whether the disk (or the quota on it) is full.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::DiskFull { .. } => true,
            Self::File { source, .. } => {
                matches!(source.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
            }
            Self::Engine { why, .. } => why.contains("No space left"),
            _ => false,
        }
    }
}
