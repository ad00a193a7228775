//! Files: one, a directory with everything below it, or those that a pattern matches.

#![expect(clippy::disallowed_methods, reason = "this module is where documents' files are read")]

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use globset::GlobMatcher;

use super::{ItemFailure, Listed, Listing, Remembered, Source, files_of};

/// How often a file that changes while it is read is tried.
const READ_ATTEMPTS: usize = 3;

/// Files below one directory.
pub struct TreeSource {
    /// The directory, as the system names it.
    root: PathBuf,
    scope: Scope,
    bytes_max: u64,
}

enum Scope {
    Everything,
    One(String),
    Matching(GlobMatcher),
}

impl TreeSource {
    /// Everything below `directory`. A file of more than `bytes_max` bytes is a failed item, unless it is
    /// read a line at a time.
    ///
    /// # Errors
    ///
    /// When the directory cannot be resolved.
    pub fn directory(directory: &Path, bytes_max: u64) -> io::Result<Self> {
        Ok(Self { root: directory.canonicalize()?, scope: Scope::Everything, bytes_max })
    }

    /// One file.
    ///
    /// # Errors
    ///
    /// When the file cannot be resolved.
    pub fn file(file: &Path, bytes_max: u64) -> io::Result<Self> {
        let file = file.canonicalize()?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let (Some(root), Some(name)) = (file.parent(), name) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
        };
        Ok(Self { root: root.to_owned(), scope: Scope::One(name), bytes_max })
    }

    /// The files below `directory` whose path relative to it matches.
    ///
    /// # Errors
    ///
    /// When the directory cannot be resolved.
    pub fn matching(directory: &Path, pattern: GlobMatcher, bytes_max: u64) -> io::Result<Self> {
        Ok(Self { root: directory.canonicalize()?, scope: Scope::Matching(pattern), bytes_max })
    }

    fn consider(&self, path: &Path, listing: &mut Listing) {
        let source = relative(&self.root, path);
        let listed = match &self.scope {
            Scope::Everything | Scope::One(_) => true,
            Scope::Matching(pattern) => pattern.is_match(&source),
        };
        if !listed {
            return;
        }
        match path.metadata() {
            Ok(metadata) => {
                let (locator, size) = (path.to_owned(), metadata.len());
                listing.items.push(Listed { source, locator, size, ..Listed::default() });
            }
            Err(error) => listing.failures.push(failure(&source, "read", &error)),
        }
    }

    fn read_once(&self, item: &Listed) -> Result<Option<Vec<u8>>, ItemFailure> {
        let wrap = |error: io::Error| failure(&item.source, "read", &error);
        let before = stamp(&item.locator).map_err(wrap)?;
        if before.0 > self.bytes_max {
            return Err(ItemFailure {
                source: item.source.clone(),
                error: format!("the file has {} bytes, over the limit of {}", before.0, self.bytes_max),
                hint: "split it, or raise `ingest.file_bytes_max`".into(),
            });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(before.0).unwrap_or(0) + 1);
        let file = File::open(&item.locator).map_err(wrap)?;
        file.take(self.bytes_max + 1).read_to_end(&mut bytes).map_err(wrap)?;
        let after = stamp(&item.locator).map_err(wrap)?;
        Ok((before == after && before.0 == bytes.len() as u64).then_some(bytes))
    }
}

impl Source for TreeSource {
    fn root(&self) -> String {
        self.root.to_string_lossy().into_owned()
    }

    fn covers(&self, source: &str) -> bool {
        match &self.scope {
            Scope::Everything => true,
            Scope::One(name) => files_of(source).any(|file| file == name),
            Scope::Matching(pattern) => files_of(source).any(|file| pattern.is_match(file)),
        }
    }

    fn list(&self, _remembered: &Remembered) -> Listing {
        let mut listing = Listing::default();
        if let Scope::One(name) = &self.scope {
            self.consider(&self.root.join(name), &mut listing);
            return listing;
        }
        let visible = |entry: &walkdir::DirEntry| {
            entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
        };
        let walk = walkdir::WalkDir::new(&self.root).follow_links(true).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(visible) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => self.consider(entry.path(), &mut listing),
                Ok(_) => {}
                Err(error) => listing.failures.push(ItemFailure {
                    source: error.path().map_or_else(|| ".".to_owned(), |path| relative(&self.root, path)),
                    error: format!("cannot list: {error}"),
                    hint: "check its permissions".into(),
                }),
            }
        }
        listing.items.sort_by(|a, b| a.source.cmp(&b.source));
        listing
    }

    fn read(&self, item: &Listed) -> Result<Vec<u8>, ItemFailure> {
        for _ in 0..READ_ATTEMPTS {
            if let Some(bytes) = self.read_once(item)? {
                return Ok(bytes);
            }
        }
        Err(ItemFailure {
            source: item.source.clone(),
            error: "the file changed while it was read".into(),
            hint: "run the command again when nothing writes to it".into(),
        })
    }

    fn open(&self, item: &Listed) -> Result<Box<dyn BufRead + Send>, ItemFailure> {
        let file = File::open(&item.locator).map_err(|error| failure(&item.source, "read", &error))?;
        Ok(Box::new(BufReader::with_capacity(1 << 20, file)))
    }
}

/// What tells that a file is still the one it was: size and time of the last change.
fn stamp(path: &Path) -> io::Result<(u64, Option<SystemTime>)> {
    let metadata = path.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// A path below the root as a user would write it, with `/` everywhere.
fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn failure(source: &str, action: &str, error: &io::Error) -> ItemFailure {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => "check its permissions",
        io::ErrorKind::NotFound => "it was removed meanwhile; run the command again",
        _ => "check the file and run the command again",
    };
    ItemFailure {
        source: source.to_owned(),
        error: format!("cannot {action} it: {error}"),
        hint: hint.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &TreeSource) -> Vec<String> {
        source.list(&Remembered::default()).items.into_iter().map(|item| item.source).collect()
    }

    #[test]
    fn lists_what_is_asked_for() {
        let home = tempfile::tempdir().unwrap();
        for name in ["b.md", "sub/a.md", "sub/c.txt", ".git/config"] {
            std::fs::create_dir_all(home.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(home.path().join(name), name).unwrap();
        }
        let all = TreeSource::directory(home.path(), 100).unwrap();
        assert_eq!(names(&all), ["b.md", "sub/a.md", "sub/c.txt"]);
        let pattern = globset::Glob::new("**/*.md").unwrap().compile_matcher();
        let some = TreeSource::matching(home.path(), pattern, 100).unwrap();
        assert_eq!(names(&some), ["b.md", "sub/a.md"]);
        let one = TreeSource::file(&home.path().join("sub/a.md"), 100).unwrap();
        assert_eq!(names(&one), ["a.md"]);
        assert!(one.root().ends_with("sub") && !one.covers("c.txt"));
        let item = &all.list(&Remembered::default()).items[0];
        assert_eq!(all.read(item).unwrap(), b"b.md");
    }

    #[test]
    fn a_file_over_the_limit_is_refused_with_the_limit() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("a.md"), "0123456789").unwrap();
        let source = TreeSource::directory(home.path(), 9).unwrap();
        let refused = source.read(&source.list(&Remembered::default()).items[0]).unwrap_err();
        assert!(refused.error.contains("10 bytes"), "{refused:?}");
        assert!(refused.hint.contains("ingest.file_bytes_max"));
    }

    #[test]
    fn what_lies_in_a_file_is_covered_by_it() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("c.jsonl"), "").unwrap();
        let source = TreeSource::file(&home.path().join("c.jsonl"), 9).unwrap();
        assert!(source.covers("c.jsonl#7") && source.covers("c.jsonl") && !source.covers("d.jsonl#7"));
        let pattern = globset::GlobBuilder::new("*").literal_separator(true).build().unwrap();
        let source = TreeSource::matching(home.path(), pattern.compile_matcher(), 9).unwrap();
        assert!(source.covers("a.zip/b/c.md") && source.covers("m.eml#a.zip/b.md"));
        assert!(!source.covers("b/c.md") && !source.covers("b/a.zip/c.md"));
    }
}
