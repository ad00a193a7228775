//! Documents of SharePoint and OneDrive through Microsoft Graph.
//!
//! The cursor holds Graph's delta link and the drive's tree as it was, since Graph tells of a renamed folder and not
//! of what lies below it, and of a deletion by id alone.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

use access::{AccessList, Principal};
use document::Problem;
use provider::{DriveItem, DrivePlace, Grantee, Graph, GraphAccess, GraphError};
use runtime::Driver;
use serde::{Deserialize, Serialize};

use super::{ItemFailure, Listed, Listing, ListingExtent, Remembered, Source};
use crate::RagError;

/// The most items of one drive.
const ITEMS_MAX: usize = 500_000;
/// How many folders lie in one another at most.
const DEPTH_MAX: usize = 128;

/// A folder of a drive.
pub struct GraphSource {
    graph: Graph,
    driver: Driver,
    place: DrivePlace,
    /// The folder, without slashes around it; empty for the whole drive.
    folder: String,
    bytes_max: u64,
}

/// What one listing leaves for the next.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Position {
    drive: String,
    delta_link: String,
    tree: Tree,
}

/// The items of a drive by id.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Tree(BTreeMap<String, Node>);

#[derive(Clone, Serialize, Deserialize)]
struct Node {
    name: String,
    parent: Option<String>,
    /// What the content is known by; folders have none.
    tag: Option<String>,
    is_file: bool,
    size: u64,
}

impl GraphSource {
    /// Whether a text names a drive.
    pub fn is_named_by(text: &str) -> bool {
        text.starts_with("graph://")
    }

    /// The source that `graph://SITE/DRIVE/FOLDER` names.
    ///
    /// # Errors
    ///
    /// [`RagError::Listing`] when it names no drive.
    pub fn new(text: &str, access: GraphAccess, driver: Driver, bytes_max: u64) -> Result<Self, RagError> {
        let mut parts = text.strip_prefix("graph://").unwrap_or(text).splitn(3, '/');
        let (site, drive, folder) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        match (site.filter(|site| !site.is_empty()), drive.filter(|drive| !drive.is_empty())) {
            (Some(site), Some(drive)) => Ok(Self {
                graph: Graph::new(access),
                driver,
                place: DrivePlace { site: site.to_owned(), drive: drive.to_owned() },
                folder: folder.trim_matches('/').to_owned(),
                bytes_max,
            }),
            _ => Err(RagError::Listing {
                path: text.to_owned(),
                why: "it names no drive; write `graph://SITE/DRIVE/FOLDER`".into(),
            }),
        }
    }

    async fn listing(&self, remembered: &Remembered) -> Result<Listing, GraphError> {
        let before: Option<Position> =
            remembered.cursor.as_deref().and_then(|cursor| serde_json::from_str(cursor).ok());
        let drive = match &before {
            Some(before) => before.drive.clone(),
            None => self.graph.drive(&self.place).await?,
        };
        let link = before.as_ref().map(|before| before.delta_link.as_str());
        let changes = self.graph.changes(&drive, link).await?;
        let before = before.filter(|_| !changes.from_the_start);
        let extent = if before.is_some() { ListingExtent::Changes } else { ListingExtent::Whole };
        let old = before.map(|before| before.tree).unwrap_or_default();
        let mut tree = old.clone();
        let touched = tree.apply(&changes.items);
        if tree.0.len() > ITEMS_MAX {
            return Err(GraphError::Answer(format!("the drive has more than {ITEMS_MAX} items")));
        }
        let (old_paths, paths) = (old.paths(&self.folder), tree.paths(&self.folder));
        let mut listing = Listing { extent, ..Listing::default() };
        for (id, path) in &paths {
            // What is listed: all from the start on; then what changed itself, lies elsewhere now, or lies in a
            // folder whose permissions changed.
            let is_listed = extent == ListingExtent::Whole
                || old_paths.get(id) != Some(path)
                || tree.ancestors(id).any(|ancestor| touched.contains(ancestor));
            if is_listed && let Some(node) = tree.0.get(*id) {
                listing.items.push(self.listed(&drive, (*id, node), path).await);
            }
        }
        let now: HashSet<&String> = paths.values().collect();
        listing.gone =
            old_paths.values().filter(|path| !now.contains(path)).map(|path| self.source_of(path)).collect();
        listing.items.sort_by(|a, b| a.source.cmp(&b.source));
        let position = Position { drive, delta_link: changes.delta_link, tree };
        listing.cursor = serde_json::to_string(&position).ok();
        Ok(listing)
    }

    async fn listed(&self, drive: &str, (id, node): (&str, &Node), path: &str) -> Listed {
        let mut problems = Vec::new();
        let access = match self.graph.grantees(drive, id).await {
            Ok(grantees) => AccessList::Only(principals(grantees)),
            Err(error) => {
                problems.push(Problem {
                    place: "permissions".into(),
                    what: "who may read it is not known, so nobody sees it".into(),
                    why: error.to_string(),
                    content_lost: false,
                });
                AccessList::Unknown
            }
        };
        Listed {
            source: self.source_of(path),
            locator: PathBuf::from(format!("{drive}/{id}")),
            size: node.size,
            token: node.tag.clone(),
            access: Some(access),
            problems,
            ..Listed::default()
        }
    }

    fn source_of(&self, path: &str) -> String {
        format!("graph://{}/{}/{path}", self.place.site, self.place.drive)
    }

    fn fail(source: String, error: &GraphError) -> ItemFailure {
        let hint = match error {
            GraphError::TooLarge { .. } => "split it, or raise `ingest.file_bytes_max`",
            GraphError::Refused { status: 401 | 403, .. } => {
                "give the application `Sites.Read.All` or `Files.Read.All`, or check its secret; see docs/sources.md"
            }
            GraphError::Refused { status: 404, .. } => "check the site's and the drive's name",
            GraphError::Refused { status: 429 | 503, .. } => "it is busy; run the command again later",
            _ => "check the network and run the command again",
        };
        ItemFailure { source, error: error.to_string(), hint: hint.to_owned() }
    }
}

impl Source for GraphSource {
    fn root(&self) -> String {
        let root = self.source_of(&self.folder);
        root.trim_end_matches('/').to_owned()
    }

    fn list(&self, remembered: &Remembered) -> Listing {
        self.driver.wait(self.listing(remembered)).unwrap_or_else(|error| Listing {
            failures: vec![Self::fail(self.root(), &error)],
            ..Listing::default()
        })
    }

    fn read(&self, item: &Listed) -> Result<Vec<u8>, ItemFailure> {
        let locator = item.locator.to_string_lossy();
        let (drive, id) = locator.split_once('/').unwrap_or_default();
        let read = self.driver.wait(self.graph.content(drive, id, self.bytes_max));
        read.map(|bytes| bytes.to_vec()).map_err(|error| Self::fail(item.source.clone(), &error))
    }
}

impl Tree {
    /// Takes changes in. Gives the ids of what may be another document or have other readers now: files that
    /// changed, and whatever had its permissions changed.
    fn apply(&mut self, changes: &[DriveItem]) -> HashSet<String> {
        let mut touched = HashSet::new();
        for item in changes {
            if item.deleted.is_some() {
                self.0.remove(&item.id);
                continue;
            }
            let parent = item.parent_reference.as_ref().and_then(|parent| parent.id.clone());
            let is_root = item.root.is_some();
            let node = Node {
                name: item.name.clone(),
                parent: parent.filter(|_| !is_root),
                tag: item.c_tag.clone().or_else(|| item.e_tag.clone()),
                is_file: item.file.is_some() && item.folder.is_none(),
                size: item.size,
            };
            if node.is_file || item.shared_changed.is_some() {
                touched.insert(item.id.clone());
            }
            self.0.insert(item.id.clone(), node);
        }
        touched
    }

    /// Where each file below `folder` lies, by id. Names that begin with a dot are left out, as with files.
    fn paths(&self, folder: &str) -> BTreeMap<&str, String> {
        let mut paths = BTreeMap::new();
        for (id, node) in self.0.iter().filter(|(_, node)| node.is_file) {
            let mut names: Vec<&str> = self
                .ancestors(id)
                .filter_map(|id| self.0.get(id))
                .filter(|node| node.parent.is_some())
                .map(|node| node.name.as_str())
                .collect();
            names.reverse();
            let path = names.join("/");
            let below = if folder.is_empty() {
                Some(path.as_str())
            } else {
                path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
            };
            let is_shown = below.is_some_and(|below| !below.split('/').any(|name| name.starts_with('.')));
            if is_shown && node.parent.is_some() {
                paths.insert(id.as_str(), path);
            }
        }
        paths
    }

    /// An item and the folders that it lies in, from the inside out.
    fn ancestors<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        let parent = |id: &&'a str| self.0.get(*id).and_then(|node| node.parent.as_deref());
        std::iter::successors(Some(id), parent).take(DEPTH_MAX)
    }
}

fn principals(grantees: Vec<Grantee>) -> BTreeSet<Principal> {
    let named = grantees.into_iter().map(|grantee| match grantee {
        Grantee::User(name) => format!("user:{name}"),
        Grantee::Group(name) => format!("group:{name}"),
        Grantee::Application(name) => format!("app:{name}"),
    });
    named.filter_map(|name| name.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, name: &str, parent: &str) -> DriveItem {
        let parent = provider::ParentReference { id: Some(parent.to_owned()) };
        DriveItem { id: id.into(), name: name.into(), parent_reference: Some(parent), ..DriveItem::default() }
    }

    fn file(id: &str, name: &str, parent: &str) -> DriveItem {
        DriveItem { file: Some(serde_json::json!({})), ..item(id, name, parent) }
    }

    #[test]
    fn paths_follow_folders() {
        let root = DriveItem {
            id: "0".into(),
            name: "root".into(),
            root: Some(serde_json::json!({})),
            ..DriveItem::default()
        };
        let mut tree = Tree::default();
        tree.apply(&[
            root,
            item("1", "Guides", "0"),
            file("2", "a.md", "1"),
            file("3", "b.md", "0"),
            file("4", ".x", "0"),
        ]);
        let paths: Vec<_> = tree.paths("").into_values().collect();
        assert_eq!(paths, ["Guides/a.md", "b.md"]);
        assert_eq!(tree.paths("Guides").into_values().collect::<Vec<_>>(), ["Guides/a.md"]);
        tree.apply(&[item("1", "Manuals", "0")]);
        assert_eq!(tree.paths("").into_values().next().unwrap(), "Manuals/a.md");
        // Folders that lie in one another in a circle end somewhere.
        tree.apply(&[item("1", "a", "5"), item("5", "b", "1")]);
        assert_eq!(tree.paths("").len(), 2);
    }
}
