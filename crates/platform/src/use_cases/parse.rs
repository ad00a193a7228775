//! `parse`: what Patou reads in a file.

use std::path::Path;

use document::{Document, Extent, Input};
use rag::Passwords;
use runtime::{Shutdown, blocking};

use crate::{Platform, PlatformError};

impl Platform {
    /// Reads a file as ingestion would, its pictures too: faithfully, or cleaned as it is before it is cut into chunks.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the file cannot be read or is of no known format.
    pub async fn parse(&self, path: &Path, extent: Extent) -> Result<Document, PlatformError> {
        let extraction = self.extraction().await?;
        let (path, passwords) = (path.to_owned(), extraction.passwords.clone());
        let mut document = blocking(move || parse_file(&path, extent, &passwords)).await??;
        extraction.read_pictures(&mut document, &Shutdown::new()).await;
        Ok(document)
    }
}

#[expect(clippy::disallowed_methods, reason = "the file to parse is named by the user and read here alone")]
fn parse_file(path: &Path, extent: Extent, passwords: &Passwords) -> Result<Document, PlatformError> {
    let bytes = std::fs::read(path).map_err(PlatformError::file("read", path))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let input = Input { name: &name, bytes: &bytes, extent, passwords: passwords.reveal() };
    document::parse(&input)
        .map_err(|source| PlatformError::Parse { path: path.display().to_string(), source })
}
