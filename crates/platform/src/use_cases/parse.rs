//! `parse`: what Patou reads in a file.

use std::path::Path;

use document::{Document, Extent, Input};
use runtime::blocking;

use crate::{Platform, PlatformError};

impl Platform {
    /// Reads a file as ingestion would: faithfully, or cleaned as it is before it is cut into chunks.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the file cannot be read or is of no known format.
    pub async fn parse(&self, path: &Path, extent: Extent) -> Result<Document, PlatformError> {
        let path = path.to_owned();
        blocking(move || parse_file(&path, extent)).await?
    }
}

#[expect(clippy::disallowed_methods, reason = "the file to parse is named by the user and read here alone")]
fn parse_file(path: &Path, extent: Extent) -> Result<Document, PlatformError> {
    let bytes = std::fs::read(path).map_err(PlatformError::file("read", path))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let input = Input { name: &name, bytes: &bytes, extent, passwords: &[] };
    document::parse(&input)
        .map_err(|source| PlatformError::Parse { path: path.display().to_string(), source })
}
