//! Objects of Azure Blob Storage and S3. An object's `ETag` is its token.

use std::path::PathBuf;

use provider::{BlobAccess, BlobError, BlobPlace, Blobs};
use runtime::Driver;

use super::{ItemFailure, Listed, Listing, ListingExtent, Remembered, Source};
use crate::RagError;

/// Objects below a prefix, or those of them that events name.
pub struct BlobSource {
    blobs: Blobs,
    driver: Driver,
    address: BlobAddress,
    events: Option<BlobEvents>,
}

/// A container and a folder in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobAddress {
    /// The container.
    pub place: BlobPlace,
    /// The folder, without slashes around it; empty for all.
    pub prefix: String,
}

/// What events say of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobEvents {
    /// Objects that are new or other than they were, with their `ETag`s.
    pub changed: Vec<(String, Option<String>)>,
    /// Objects that are no more.
    pub gone: Vec<String>,
}

impl BlobAddress {
    /// Reads `az://ACCOUNT/CONTAINER/PREFIX` or `s3://BUCKET/PREFIX`; `None` where a text is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let cut = |rest: &str| {
            let (first, rest) = rest.split_once('/').unwrap_or((rest, ""));
            (!first.is_empty()).then(|| (first.to_owned(), rest.to_owned()))
        };
        let (place, prefix) = if let Some(rest) = text.strip_prefix("az://") {
            let (account, rest) = cut(rest)?;
            let (container, prefix) = cut(&rest)?;
            (BlobPlace::Azure { account, container }, prefix)
        } else {
            let (bucket, prefix) = cut(text.strip_prefix("s3://")?)?;
            (BlobPlace::S3 { bucket }, prefix)
        };
        Some(Self { place, prefix: prefix.trim_matches('/').to_owned() })
    }

    /// Whether a text is meant to be an address of this kind.
    pub fn is_named_by(text: &str) -> bool {
        text.starts_with("az://") || text.starts_with("s3://")
    }

    /// The address as a user would write it; what owns the documents that come from it.
    pub fn root(&self) -> String {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        format!("{}{slash}{}", self.container(), self.prefix)
    }

    /// Whether an object lies there.
    pub fn holds(&self, key: &str) -> bool {
        let rest = key.strip_prefix(&self.prefix);
        self.prefix.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// How an object there is shown.
    pub fn source_of(&self, key: &str) -> String {
        format!("{}/{key}", self.container())
    }

    fn container(&self) -> String {
        match &self.place {
            BlobPlace::Azure { account, container } => format!("az://{account}/{container}"),
            BlobPlace::S3 { bucket } => format!("s3://{bucket}"),
        }
    }
}

impl BlobSource {
    /// The objects at an address; with `events`, those alone that they name.
    ///
    /// # Errors
    ///
    /// [`RagError::Listing`] when the credentials make no sense.
    pub fn new(
        address: BlobAddress,
        access: &BlobAccess,
        driver: Driver,
        events: Option<BlobEvents>,
    ) -> Result<Self, RagError> {
        let blobs = Blobs::new(&address.place, access)
            .map_err(|error| RagError::Listing { path: address.root(), why: error.to_string() })?;
        Ok(Self { blobs, driver, address, events })
    }

    fn listed(&self, key: &str, etag: Option<String>, size: u64) -> Listed {
        Listed {
            source: self.address.source_of(key),
            locator: PathBuf::from(key),
            size,
            // The store says it with quotes in one place and without in another.
            token: etag.map(|etag| etag.trim_matches('"').to_owned()),
            ..Listed::default()
        }
    }

    fn fail(source: String, error: &BlobError) -> ItemFailure {
        let hint = match error {
            BlobError::Denied(_) => "check the variables that hold the credentials; see docs/sources.md",
            BlobError::TooLarge { .. } => "split it, or raise `ingest.file_bytes_max`",
            BlobError::Missing => "check the name; or it was removed meanwhile",
            BlobError::TooMany => "ingest it by prefixes",
            BlobError::Failed(_) => "check the address and the network, and run the command again",
        };
        ItemFailure { source, error: error.to_string(), hint: hint.to_owned() }
    }
}

impl Source for BlobSource {
    fn root(&self) -> String {
        self.address.root()
    }

    fn list(&self, _remembered: &Remembered) -> Listing {
        let mut listing = Listing::default();
        if let Some(events) = &self.events {
            listing.extent = ListingExtent::Changes;
            let changed = events.changed.iter().filter(|(key, _)| is_shown(&self.address, key));
            listing.items = changed.map(|(key, etag)| self.listed(key, etag.clone(), 0)).collect();
            listing.gone = events.gone.iter().map(|key| self.address.source_of(key)).collect();
            return listing;
        }
        match self.driver.wait(self.blobs.list(&self.address.prefix)) {
            Ok(blobs) => {
                let blobs = blobs.into_iter().filter(|blob| is_shown(&self.address, &blob.key));
                listing.items = blobs.map(|blob| self.listed(&blob.key, blob.etag, blob.size)).collect();
                listing.items.sort_by(|a, b| a.source.cmp(&b.source));
            }
            Err(error) => listing.failures.push(Self::fail(self.root(), &error)),
        }
        listing
    }

    fn read(&self, item: &Listed) -> Result<Vec<u8>, ItemFailure> {
        let read = self.driver.wait(self.blobs.read(&item.locator.to_string_lossy()));
        read.map(|bytes| bytes.to_vec()).map_err(|error| Self::fail(item.source.clone(), &error))
    }
}

/// Names that begin with a dot below the prefix are not listed, as with files; nor are markers of folders.
fn is_shown(address: &BlobAddress, key: &str) -> bool {
    let below = key.strip_prefix(&address.prefix).unwrap_or(key);
    !key.ends_with('/') && !below.split('/').any(|part| part.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let read = |text: &str| BlobAddress::parse(text).map(|address| (address.root(), address.prefix));
        assert_eq!(read("az://acc/box/a/b/"), Some(("az://acc/box/a/b".into(), "a/b".into())));
        assert_eq!(read("s3://bucket"), Some(("s3://bucket".into(), String::new())));
        assert_eq!(read("az://acc"), None);
        assert_eq!(read("s3://"), None);
        let address = BlobAddress::parse("s3://bucket/a").unwrap();
        assert!(
            address.holds("a/b") && !address.holds("ab") && address.source_of("a/b") == "s3://bucket/a/b"
        );
        assert!(
            is_shown(&address, "a/b.md") && !is_shown(&address, "a/.x/b.md") && !is_shown(&address, "a/b/")
        );
    }
}
