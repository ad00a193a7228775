//! Where documents come from: a source lists what it has and gives the bytes of each item.

mod fields;
mod input;
mod memory;
mod tree;

pub(crate) use fields::{BASE_FIELDS, Labels, labels_of};
pub use input::open_path;
pub use memory::MemorySource;
pub use tree::TreeSource;

/// What a source has under one name, before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The URI as the user would write it.
    pub source: String,
    /// How to find it again, as the source itself understands.
    pub locator: std::path::PathBuf,
    /// How many bytes it had when it was listed.
    pub size: u64,
}

/// Everything that a source has now.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// What there is, by source.
    pub items: Vec<Listed>,
    /// Places that could not be looked into. While there is one, nothing is taken to be gone.
    pub failures: Vec<ItemFailure>,
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
    fn covers(&self, source: &str) -> bool;

    /// Everything there is now.
    fn list(&self) -> Listing;

    /// The bytes of an item.
    ///
    /// # Errors
    ///
    /// [`ItemFailure`] when it cannot be read, is too large, or changes while it is read.
    fn read(&self, item: &Listed) -> Result<Vec<u8>, ItemFailure>;

    /// Opens an item to be read a line at a time, for files that hold many documents.
    ///
    /// # Errors
    ///
    /// [`ItemFailure`] when it cannot be opened.
    fn open(&self, item: &Listed) -> Result<Box<dyn std::io::BufRead + Send>, ItemFailure>;
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
