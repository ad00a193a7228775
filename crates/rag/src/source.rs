//! Where documents come from: a source lists what it has and gives the bytes of each item.

mod blobs;
mod fields;
mod git;
mod graph;
mod input;
mod memory;
mod tree;
mod web;

use std::collections::HashMap;

use access::AccessList;
use document::Problem;

pub use blobs::{BlobAddress, BlobEvents, BlobSource};
pub(crate) use fields::{BASE_FIELDS, labels_of, payload_of};
pub use git::{GitAccess, GitSource};
pub use graph::GraphSource;
pub use input::{open_path, state_of_paths};
pub use memory::MemorySource;
pub use tree::TreeSource;
pub use web::{Web, WebLimits, WebSource};

/// What a source has under one name, before it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The URI as the user would write it.
    pub source: String,
    /// How to find it again, as the source itself understands.
    pub locator: std::path::PathBuf,
    /// How many bytes it had when it was listed.
    pub size: u64,
    /// What its content is known by, where the source can tell: an `ETag`, an object's id, a hash. The same token
    /// is the same content; size and time alone are none.
    pub token: Option<String>,
    /// Who may read it, where the source knows.
    pub access: Option<AccessList>,
    /// The name that tells its format, where its source does not: a page's URL has no ending.
    pub format_name: Option<String>,
    /// What the source could not tell of it; they become the document's.
    pub problems: Vec<Problem>,
}

impl Listed {
    /// The name that tells its format.
    pub fn format_name(&self) -> &str {
        self.format_name.as_deref().unwrap_or(&self.source)
    }
}

/// What a source has now, or what has changed in it.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// What there is, by source.
    pub items: Vec<Listed>,
    /// Places that could not be looked into. While there is one, nothing is taken to be gone.
    pub failures: Vec<ItemFailure>,
    /// Whether `items` is everything there is.
    pub extent: ListingExtent,
    /// Items that the source says are no more, by source.
    pub gone: Vec<String>,
    /// Where this listing ended: handed to the next one when all of this one was ingested.
    pub cursor: Option<String>,
}

/// How much a listing shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListingExtent {
    /// Everything there is: what is not listed is gone.
    #[default]
    Whole,
    /// What has changed since the cursor: what is not listed is as it was.
    Changes,
}

/// What the runs before left behind about a source, all of it ingested by the pipeline of now.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// Where the listing before ended.
    pub cursor: Option<String>,
    /// The token of each item, by source. An item that is listed with it is not read.
    pub tokens: HashMap<String, String>,
}

/// One item that could not be ingested, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemFailure {
    /// The item's source.
    pub source: String,
    /// What went wrong.
    pub error: String,
    /// The remedy.
    pub hint: String,
}

/// A place that documents come from. Synchronous: it is driven from the blocking pool.
pub trait Source: Send + Sync {
    /// Names the place for good: what owns the documents that come from it.
    fn root(&self) -> String;

    /// Whether a document that this root owns is one that the listing would show if it were still there.
    fn covers(&self, _source: &str) -> bool {
        true
    }

    /// Everything there is now, or what has changed since the cursor that is remembered.
    fn list(&self, remembered: &Remembered) -> Listing;

    /// The bytes of an item.
    ///
    /// # Errors
    ///
    /// [`ItemFailure`] when it cannot be read, is too large, or changes while it is read.
    fn read(&self, item: &Listed) -> Result<Vec<u8>, ItemFailure>;

    /// Opens an item to be read a line at a time, for files that hold many documents. Where the source has no
    /// better way, it is read whole first.
    ///
    /// # Errors
    ///
    /// [`ItemFailure`] when it cannot be opened.
    fn open(&self, item: &Listed) -> Result<Box<dyn std::io::BufRead + Send>, ItemFailure> {
        Ok(Box::new(std::io::Cursor::new(self.read(item)?)))
    }
}

/// What a document of this source may have been read from: itself, and every file that it may lie in. A document
/// within an archive is named `a.zip/b.md`; a mail's attachment, and a line of a file of records, after a `#`.
pub(crate) fn files_of(source: &str) -> impl Iterator<Item = &str> {
    let cuts = source.char_indices().filter(|(_, c)| matches!(c, '/' | '#'));
    let within = cuts.filter_map(|(place, c)| {
        let file = &source[..place];
        (c == '#' || document::is_archive_name(file)).then_some(file)
    });
    std::iter::once(source).chain(within)
}
