//! The files of a Git repository at one revision. A file's object id is its token, so that a repository in which
//! nothing changed costs one fetch of nothing. What is not in the repository's own objects is said, not followed.

mod repository;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use outbound::Outbound;
use runtime::Driver;

use super::{ItemFailure, Listed, Listing, Remembered, Source};
use crate::{RagError, ids};
use repository::{Entry, Kind, Repository};

/// How many links from name to name within a repository are followed.
const LINKS_MAX: usize = 8;
/// What begins a file whose content lies in Git LFS.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// How repositories are reached.
#[derive(Clone, Debug)]
pub struct GitAccess {
    /// Says which addresses may be reached.
    pub outbound: Outbound,
    /// Waits for it.
    pub driver: Driver,
    /// Where fetched objects are kept.
    pub cache: PathBuf,
    /// The largest file that is read, in bytes.
    pub bytes_max: u64,
}

/// A repository at a revision.
pub struct GitSource {
    access: GitAccess,
    /// As the user wrote it, without the revision: another revision of it is an update.
    root: String,
    url: String,
    revision: String,
    /// What sources begin with: the repository's name.
    name: String,
    open: Mutex<Option<Repository>>,
}

impl GitSource {
    /// Whether a text names a repository.
    pub fn is_named_by(text: &str) -> bool {
        text.starts_with("git+")
    }

    /// The source that `git+https://host/repository@revision` or `git+PATH@revision` names. Without a revision it is
    /// the repository's default branch.
    ///
    /// # Errors
    ///
    /// [`RagError::Listing`] when it is none.
    pub fn new(text: &str, access: GitAccess) -> Result<Self, RagError> {
        let listing = |why: &str| RagError::Listing { path: text.to_owned(), why: why.to_owned() };
        let place = text.strip_prefix("git+").unwrap_or(text);
        // A branch may have slashes in its name, a user's name in front of a host is no revision.
        let host_end = place.find("://").map_or(0, |at| {
            let host = at + 3;
            place[host..].find('/').map_or(place.len(), |slash| host + slash)
        });
        let cut = place[host_end.min(place.len())..].find('@').map(|at| host_end + at);
        let (url, revision) = cut.map_or((place, "HEAD"), |at| (&place[..at], &place[at + 1..]));
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        if url.contains("://") && !is_web && !url.starts_with("file://") {
            return Err(listing("repositories are read from a path, `file://`, `https://` or `http://`"));
        }
        let credentials = is_web
            && url
                .split("://")
                .nth(1)
                .is_some_and(|rest| rest.split('/').next().is_some_and(|host| host.contains('@')));
        if credentials {
            return Err(listing("credentials in a URL would be kept; give them to Git's credential helper"));
        }
        let odd =
            |word: &str| word.is_empty() || word.starts_with('-') || word.contains(['\0', '\n', ':', ' ']);
        if revision.is_empty() || odd(revision) || url.is_empty() || url.starts_with('-') {
            return Err(listing("it names no repository and revision"));
        }
        let name = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().trim_end_matches(".git");
        let name = if name.is_empty() { "repository" } else { name }.to_owned();
        let (root, revision) = (format!("git+{url}"), revision.to_owned());
        Ok(Self { access, root, url: url.to_owned(), revision, name, open: Mutex::new(None) })
    }

    fn fetched(&self) -> Result<Repository, String> {
        let folder = self.access.cache.join(ids::hex(&ids::vector_key("git", &self.url)));
        let mut pinned = None;
        if self.url.starts_with("http") {
            let wait = self.access.outbound.permitted_addresses(&self.url);
            pinned = Some(self.access.driver.wait(wait).map_err(|error| error.to_string())?);
        }
        let remote = repository::Remote { url: &self.url, revision: &self.revision, pinned };
        Repository::fetch(&folder, &remote)
    }

    fn fail(&self, source: &str, error: String, hint: &str) -> ItemFailure {
        ItemFailure { source: source.to_owned(), error, hint: hint.to_owned() }
    }

    /// The entry that a name leads to, links within the repository followed.
    fn resolved<'a>(
        repository: &Repository,
        entries: &'a HashMap<&str, &Entry>,
        entry: &'a Entry,
    ) -> Option<&'a Entry> {
        let mut current = entry;
        for _ in 0..LINKS_MAX {
            if current.kind != Kind::Link {
                return Some(current);
            }
            let target = repository.read(&current.object, 4096).ok()?;
            let target = String::from_utf8(target).ok()?;
            current = entries.get(beside(&current.path, &target)?.as_str())?;
        }
        None
    }
}

impl Source for GitSource {
    fn root(&self) -> String {
        self.root.clone()
    }

    fn list(&self, _remembered: &Remembered) -> Listing {
        let mut listing = Listing::default();
        let listed = self.fetched().and_then(|repository| Ok((repository.entries()?, repository)));
        let (entries, repository) = match listed {
            Ok(listed) => listed,
            Err(why) => {
                let hint =
                    "check the address, the revision (a branch, a tag or a whole commit id) and the access";
                listing.failures.push(self.fail(&self.root, why, hint));
                return listing;
            }
        };
        let by_path: HashMap<&str, &Entry> =
            entries.iter().map(|entry| (entry.path.as_str(), entry)).collect();
        for entry in entries.iter().filter(|entry| !entry.path.split('/').any(|part| part.starts_with('.'))) {
            // A link whose target lies elsewhere is listed, and fails when it is read.
            let target = Self::resolved(&repository, &by_path, entry).unwrap_or(entry);
            listing.items.push(Listed {
                source: format!("{}/{}", self.name, entry.path),
                locator: PathBuf::from(format!("{}:{}", target.kind.as_str(), target.object)),
                size: target.size,
                token: Some(target.object.clone()),
                ..Listed::default()
            });
        }
        listing.items.sort_by(|a, b| a.source.cmp(&b.source));
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(repository);
        listing
    }

    fn read(&self, item: &Listed) -> Result<Vec<u8>, ItemFailure> {
        let locator = item.locator.to_string_lossy();
        let (kind, object) = locator.split_once(':').unwrap_or_default();
        if kind == Kind::Submodule.as_str() {
            let why = format!("it is a submodule at commit `{object}`, which is a repository of its own");
            return Err(self.fail(&item.source, why, "ingest that repository as a source of its own"));
        }
        if kind == Kind::Link.as_str() {
            let why = "it is a symbolic link that leads out of the repository or nowhere".to_owned();
            return Err(self.fail(&item.source, why, "mend the link"));
        }
        if item.size > self.access.bytes_max {
            let why =
                format!("the file has {} bytes, over the limit of {}", item.size, self.access.bytes_max);
            return Err(self.fail(&item.source, why, "split it, or raise `ingest.file_bytes_max`"));
        }
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = || "the repository was not listed".to_owned();
        let bytes =
            open.as_ref().ok_or_else(missing).and_then(|open| open.read(object, self.access.bytes_max));
        let bytes = bytes.map_err(|why| self.fail(&item.source, why, "run the command again"))?;
        if bytes.starts_with(LFS_POINTER) {
            let why = "its content lies in Git LFS; the repository holds a pointer".to_owned();
            let hint = "check the repository out with `git lfs pull` and ingest the directory";
            return Err(self.fail(&item.source, why, hint));
        }
        Ok(bytes)
    }
}

/// The path that a link's target names, seen from the link; `None` where it leads out of the repository.
fn beside(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside() {
        assert_eq!(beside("a/b/c", "../d").as_deref(), Some("a/d"));
        assert_eq!(beside("c", "./d/e").as_deref(), Some("d/e"));
        assert_eq!(beside("c", "../d"), None);
        assert_eq!(beside("c", "/etc/passwd"), None);
    }
}
