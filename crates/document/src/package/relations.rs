//! How the parts of an Office package refer to each other.

use std::collections::HashMap;

use super::Package;
use crate::xml::{self, Token, Xml};

/// What a part refers to, by the names it uses.
#[derive(Debug, Default)]
pub(crate) struct Relations(HashMap<String, Relation>);

/// A reference to another part, or to something outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    /// The last word of its type: `worksheet`, `image`, `hyperlink`.
    pub kind: String,
    /// The part's name in the package, or the address outside.
    pub target: String,
    /// Whether it is outside.
    pub external: bool,
}

impl Relations {
    /// The relations of a part, of the package itself for an empty name. A part without any has none; one whose
    /// relations cannot be read has those that can.
    pub(crate) fn of(package: &mut Package<'_>, part: &str) -> Self {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let separator = if folder.is_empty() { "" } else { "/" };
        let path = format!("{folder}{separator}_rels/{name}.rels");
        let Ok(Some(bytes)) = package.read(&path) else { return Self::default() };
        let text = xml::decoded(bytes);
        let mut xml = Xml::new(&text);
        let mut relations = HashMap::new();
        while let Ok(Some(token)) = xml.next() {
            let Token::Start(tag) = token else { continue };
            if tag.local() != "Relationship" {
                continue;
            }
            let (Some(id), Some(kind), Some(target)) =
                (tag.attribute("Id"), tag.attribute("Type"), tag.attribute("Target"))
            else {
                continue;
            };
            let external = tag.attribute("TargetMode").is_some_and(|mode| mode == "External");
            let target = if external { target.into_owned() } else { resolved(folder, &target) };
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            relations.insert(id.into_owned(), Relation { kind, target, external });
        }
        Self(relations)
    }

    /// The part that an id stands for; `None` for what is outside or unknown.
    pub(crate) fn part(&self, id: &str) -> Option<&str> {
        self.0.get(id).filter(|relation| !relation.external).map(|relation| relation.target.as_str())
    }

    /// The address outside the package that an id stands for.
    pub(crate) fn outside(&self, id: &str) -> Option<&str> {
        self.0.get(id).filter(|relation| relation.external).map(|relation| relation.target.as_str())
    }

    /// The parts of a kind, in order of their ids.
    pub(crate) fn parts(&self, kind: &str) -> Vec<String> {
        let own = self.0.iter().filter(|(_, relation)| relation.kind == kind && !relation.external);
        let mut own: Vec<_> = own.map(|(id, relation)| (id.len(), id, relation.target.clone())).collect();
        own.sort();
        own.into_iter().map(|(_, _, target)| target).collect()
    }
}

/// A part's name from how another in `folder` refers to it. What would lead out of the package stays in it.
fn resolved(folder: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    let mut path: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.retain(|step| !step.is_empty());
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::tests::package;

    #[test]
    fn targets_are_parts_of_the_package() {
        let rels = "<Relationships><Relationship Id='r1' Type='x/y/image' Target='../media/a.png'/>\
                    <Relationship Id='r2' Type='x/hyperlink' Target='http://a/' TargetMode='External'/>\
                    <Relationship Id='r3' Type='x/image' Target='/../../b.png'/></Relationships>";
        let bytes = package(&[("xl/drawings/_rels/d.xml.rels", rels.as_bytes())]);
        let relations = Relations::of(&mut Package::open(&bytes).unwrap(), "xl/drawings/d.xml");
        assert_eq!(relations.part("r1"), Some("xl/media/a.png"));
        assert_eq!((relations.part("r2"), relations.outside("r2")), (None, Some("http://a/")));
        assert_eq!(relations.parts("image"), ["xl/media/a.png", "b.png"]);
    }
}
