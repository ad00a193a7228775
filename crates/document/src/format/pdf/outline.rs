//! Bookmarks, page labels, layers and links: what a file says about its pages beside what they show.

use std::collections::{HashMap, HashSet};

use super::file::File;
use super::object::{Dictionary, Object};
use super::strings;

/// More bookmarks than this are not looked at.
const BOOKMARKS_MAX: usize = 20_000;
/// Nor are name trees with more nodes.
const NODES_MAX: usize = 50_000;

/// A bookmark.
pub(super) struct Bookmark {
    /// What it says.
    pub title: String,
    /// The page it leads to, 1-based.
    pub page: u32,
    /// How many bookmarks it stands under.
    pub depth: u8,
}

/// The bookmarks of a file that lead to pages. `pages` has the numbers of the pages' objects.
pub(super) fn bookmarks(file: &File<'_>, pages: &HashMap<u32, u32>) -> Vec<Bookmark> {
    let catalog = file.catalog();
    let outlines = file.get(&catalog, b"Outlines");
    let Some(first) = outlines.dictionary().map(|own| own.get(b"First").clone()) else { return Vec::new() };
    let mut names: Option<HashMap<Vec<u8>, Object>> = None;
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut waiting = vec![(first, 0u8)];
    while let Some((item, depth)) = waiting.pop() {
        if let Object::Reference(number) = item
            && (!seen.insert(number) || seen.len() > BOOKMARKS_MAX)
        {
            continue;
        }
        let own = file.resolve(&item);
        let Some(own) = own.dictionary() else { continue };
        waiting.push((own.get(b"Next").clone(), depth));
        if depth < 20 {
            waiting.push((own.get(b"First").clone(), depth + 1));
        }
        let title = file.get(own, b"Title").string().map(strings::decode).unwrap_or_default();
        let target = match file.get(own, b"Dest") {
            Object::Null => {
                let action = file.get(own, b"A");
                action.dictionary().map(|action| file.get(action, b"D")).unwrap_or(Object::Null)
            }
            target => target,
        };
        let target = match target.string().or(target.name()) {
            Some(name) => {
                let names = names.get_or_insert_with(|| destinations(file, &catalog));
                names.get(name).cloned().unwrap_or(Object::Null)
            }
            None => target,
        };
        let page = target.array().and_then(|parts| match parts.first() {
            Some(Object::Reference(number)) => pages.get(number).copied(),
            Some(Object::Integer(index)) => u32::try_from(index.saturating_add(1)).ok(),
            _ => None,
        });
        if let Some(page) = page {
            found.push(Bookmark { title: title.trim().to_owned(), page, depth });
        }
    }
    found
}

/// Layers that are switched off as the file opens.
pub(super) fn layers_off(file: &File<'_>) -> HashSet<u32> {
    let properties = file.get(&file.catalog(), b"OCProperties");
    let Some(properties) = properties.dictionary() else { return HashSet::new() };
    let usual = file.get(properties, b"D");
    let Some(usual) = usual.dictionary() else { return HashSet::new() };
    let numbers = |object: &Object| -> HashSet<u32> {
        let number = |object: &Object| match object {
            Object::Reference(number) => Some(*number),
            _ => None,
        };
        object.array().unwrap_or_default().iter().filter_map(number).collect()
    };
    let mut off = numbers(&file.get(usual, b"OFF"));
    if file.get(usual, b"BaseState").name() == Some(b"OFF") {
        let on = numbers(&file.get(usual, b"ON"));
        off.extend(numbers(&file.get(properties, b"OCGs")).difference(&on));
    }
    off
}

/// Named destinations.
fn destinations(file: &File<'_>, catalog: &Dictionary) -> HashMap<Vec<u8>, Object> {
    let mut found = HashMap::new();
    let place = |object: Object| match object.dictionary() {
        Some(own) => file.get(own, b"D"),
        None => object,
    };
    if let Some(old) = file.get(catalog, b"Dests").dictionary() {
        for (name, object) in old.iter().take(BOOKMARKS_MAX) {
            found.insert(name.to_vec(), place(file.resolve(object)));
        }
    }
    let names = file.get(catalog, b"Names");
    let tree = names.dictionary().map(|names| names.get(b"Dests").clone()).unwrap_or(Object::Null);
    let (mut waiting, mut seen) = (vec![tree], HashSet::new());
    while let Some(node) = waiting.pop() {
        if let Object::Reference(number) = node
            && (!seen.insert(number) || seen.len() > NODES_MAX)
        {
            continue;
        }
        let own = file.resolve(&node);
        let Some(own) = own.dictionary() else { continue };
        let kids = file.get(own, b"Kids");
        let room = NODES_MAX.saturating_sub(waiting.len());
        waiting.extend(kids.array().unwrap_or_default().iter().take(room).cloned());
        let list = file.get(own, b"Names");
        for pair in list.array().unwrap_or_default().chunks_exact(2) {
            if let Some(name) = pair[0].string()
                && found.len() < BOOKMARKS_MAX
            {
                found.insert(name.to_vec(), place(file.resolve(&pair[1])));
            }
        }
    }
    found
}
