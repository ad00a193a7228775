//! What a part of an Office file refers to: other parts by their names in the package, and the outside.

use std::collections::HashMap;

use super::xml::Xml;

/// The relationships of one part, by their ids.
#[derive(Default)]
pub(crate) struct Relationships {
    by_id: HashMap<String, Relationship>,
    /// The ids in the order of the file.
    order: Vec<String>,
}

struct Relationship {
    /// The last segment of the type's address: `image`, `hyperlink`, `slide`, …
    kind: String,
    target: Target,
}

enum Target {
    /// A part of the package.
    Part(String),
    /// An address outside the package.
    Outside(String),
}

impl Relationships {
    /// Reads the relationships of the part `source` from their own part's text.
    pub(crate) fn read(text: &str, source: &str) -> Self {
        let mut found = Self::default();
        let mut xml = Xml::new(text);
        let Some(root) = xml.root() else { return found };
        while let Some(element) = xml.child(root.inner) {
            let (Some(id), Some(target)) = (element.attribute("Id"), element.attribute("Target")) else {
                continue;
            };
            let kind = element.attribute("Type").unwrap_or_default();
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            let outside = element.attribute("TargetMode").is_some_and(|mode| mode == "External");
            let target = if outside {
                Target::Outside(target)
            } else if let Some(part) = resolve(source, &target) {
                Target::Part(part)
            } else {
                continue;
            };
            if found.by_id.insert(id.clone(), Relationship { kind, target }).is_none() {
                found.order.push(id);
            }
        }
        found
    }

    /// The part that an id stands for.
    pub(crate) fn part(&self, id: &str) -> Option<&str> {
        match &self.by_id.get(id)?.target {
            Target::Part(part) => Some(part),
            Target::Outside(_) => None,
        }
    }

    /// The address outside the package that an id stands for.
    pub(crate) fn outside(&self, id: &str) -> Option<&str> {
        match &self.by_id.get(id)?.target {
            Target::Outside(address) => Some(address),
            Target::Part(_) => None,
        }
    }

    /// The addresses that links lead to, in the order of the file.
    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        self.order.iter().filter_map(|id| {
            let relationship = self.by_id.get(id)?;
            match &relationship.target {
                Target::Outside(address) if relationship.kind == "hyperlink" => Some(address.as_str()),
                _ => None,
            }
        })
    }

    /// The parts of one kind, in the order of the file.
    pub(crate) fn parts(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.order.iter().filter_map(move |id| {
            let relationship = self.by_id.get(id)?;
            match &relationship.target {
                Target::Part(part) if relationship.kind == kind => Some(part.as_str()),
                _ => None,
            }
        })
    }
}

/// The name of the part that holds the relationships of `source`.
pub(crate) fn part_of(source: &str) -> String {
    let (folder, name) = source.rsplit_once('/').map_or(("", source), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}_rels/{name}.rels")
}

/// A target as a name in the package, taken from the folder of `source`; `None` for one that would leave the
/// package, or that is only a place within the part.
fn resolve(source: &str, target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or_default().replace('\\', "/");
    if target.is_empty() || target.contains("://") {
        return None;
    }
    let folder =
        if target.starts_with('/') { "" } else { source.rsplit_once('/').map_or("", |(folder, _)| folder) };
    let mut path: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                path.pop()?;
            }
            segment => path.push(segment),
        }
    }
    (!path.is_empty()).then(|| path.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_stay_in_the_package() {
        let text = "<Relationships><Relationship Id='a' Type='x/image' Target='../media/i.png'/>\
            <Relationship Id='b' Type='x/image' Target='../../../etc/passwd'/>\
            <Relationship Id='c' Type='x/slide' Target='/ppt/slides/s.xml'/>\
            <Relationship Id='d' Type='x/hyperlink' Target='https://a.b/' TargetMode='External'/>\
            <Relationship Id='e' Type='x/hyperlink' Target='#mark'/></Relationships>";
        let found = Relationships::read(text, "ppt/slides/slide1.xml");
        assert_eq!(found.part("a"), Some("ppt/media/i.png"));
        assert_eq!(found.part("b"), None);
        assert_eq!(found.part("c"), Some("ppt/slides/s.xml"));
        assert_eq!((found.part("d"), found.outside("d")), (None, Some("https://a.b/")));
        assert_eq!((found.part("e"), found.outside("e")), (None, None));
        assert_eq!(found.parts("image").collect::<Vec<_>>(), ["ppt/media/i.png"]);
        assert_eq!(part_of("ppt/a.xml"), "ppt/_rels/a.xml.rels");
        assert_eq!(part_of(""), "_rels/.rels");
    }
}
