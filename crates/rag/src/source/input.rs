//! What a user writes after `ingest`, made into a source.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::{Remembered, Source, TreeSource};
use crate::RagError;

/// The source that one argument of `ingest` names: a file, a directory, or a pattern such as
/// `docs/**/*.md`. A file of more than `bytes_max` bytes will be a failed item.
///
/// # Errors
///
/// [`RagError::NoSuchInput`] or [`RagError::Listing`] when there is nothing of that name.
pub fn open_path(text: &str, bytes_max: u64) -> Result<Box<dyn Source>, RagError> {
    let path = Path::new(text);
    let listing = |why: String| RagError::Listing { path: text.to_owned(), why };
    if path.is_dir() {
        let source = TreeSource::directory(path, bytes_max).map_err(|error| listing(error.to_string()))?;
        return Ok(Box::new(source));
    }
    if path.exists() {
        let source = TreeSource::file(path, bytes_max).map_err(|error| listing(error.to_string()))?;
        return Ok(Box::new(source));
    }
    if !text.contains(['*', '?', '[', '{']) {
        return Err(RagError::NoSuchInput(text.to_owned()));
    }
    let (base, pattern) = split_pattern(text);
    let matcher = GlobBuilder::new(&pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| listing(error.to_string()))?
        .compile_matcher();
    let source = TreeSource::matching(&base, matcher, bytes_max)
        .map_err(|_| RagError::NoSuchInput(base.display().to_string()))?;
    if source.list(&Remembered::default()).items.is_empty() {
        return Err(listing("no file matches the pattern".into()));
    }
    Ok(Box::new(source))
}

/// A number that stands for what files the arguments of `ingest` name, how long they are and when they were written
/// last. It is a hint for whoever watches: the same number proves nothing, another one that something changed.
pub fn state_of_paths(inputs: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for input in inputs {
        match open_path(input, u64::MAX) {
            Ok(source) => {
                for item in source.list(&Remembered::default()).items {
                    let modified = item.locator.metadata().and_then(|metadata| metadata.modified()).ok();
                    (item.source, item.size, modified).hash(&mut hasher);
                }
            }
            Err(_) => input.hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// Cuts a pattern at the first component with a special character: the directory before it, and the rest.
fn split_pattern(text: &str) -> (PathBuf, String) {
    let special = text.find(['*', '?', '[', '{']).unwrap_or(text.len());
    match text[..special].rfind('/') {
        Some(0) => (PathBuf::from("/"), text[1..].to_owned()),
        Some(slash) => (PathBuf::from(&text[..slash]), text[slash + 1..].to_owned()),
        None => (PathBuf::from("."), text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_starts_where_its_first_star_is() {
        let cut = |text| {
            let (base, pattern) = split_pattern(text);
            (base.display().to_string(), pattern)
        };
        assert_eq!(cut("a/b/*.md"), ("a/b".into(), "*.md".into()));
        assert_eq!(cut("a/b*/c.md"), ("a".into(), "b*/c.md".into()));
        assert_eq!(cut("/*.md"), ("/".into(), "*.md".into()));
        assert_eq!(cut("*.md"), (".".into(), "*.md".into()));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test writes files")]
    fn another_state_is_another_number() {
        let home = tempfile::tempdir().unwrap();
        let state = || state_of_paths(&[home.path().display().to_string()]);
        let empty = state();
        std::fs::write(home.path().join("a.md"), "a").unwrap();
        let one = state();
        assert!(one != empty && one == state());
        std::fs::write(home.path().join("a.md"), "aa").unwrap();
        assert_ne!(state(), one);
    }

    #[test]
    fn what_is_not_there_is_said() {
        let missing = open_path("no/such/file.md", 1).err().unwrap();
        assert!(matches!(missing, RagError::NoSuchInput(_)));
        let empty = open_path("*.no-such-ending", 1).err().unwrap();
        assert!(matches!(empty, RagError::Listing { .. }));
    }
}
