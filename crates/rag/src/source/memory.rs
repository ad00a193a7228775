//! Documents whose bytes are here already: standard input, a fetched page, the examples in the binary.

use std::path::PathBuf;

use super::{ItemFailure, Listed, Listing, Remembered, Source};

/// Named bytes that belong to one root.
pub struct MemorySource {
    root: String,
    items: Vec<(String, Vec<u8>)>,
}

impl MemorySource {
    /// The items of `root`, each with the source that it is shown under.
    pub fn new(root: impl Into<String>, items: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut items: Vec<_> = items.into_iter().collect();
        items.sort();
        Self { root: root.into(), items }
    }
}

impl Source for MemorySource {
    fn root(&self) -> String {
        self.root.clone()
    }

    fn list(&self, _remembered: &Remembered) -> Listing {
        let listed = |(source, bytes): &(String, Vec<u8>)| Listed {
            source: source.clone(),
            locator: PathBuf::from(source),
            size: bytes.len() as u64,
            ..Listed::default()
        };
        Listing { items: self.items.iter().map(listed).collect(), ..Listing::default() }
    }

    fn read(&self, item: &Listed) -> Result<Vec<u8>, ItemFailure> {
        let found = self.items.iter().find(|(source, _)| *source == item.source);
        found.map(|(_, bytes)| bytes.clone()).ok_or_else(|| ItemFailure {
            source: item.source.clone(),
            error: "there is no item of that name".into(),
            hint: "list the source again".into(),
        })
    }
}
