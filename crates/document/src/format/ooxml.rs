//! What Word and PowerPoint files have in common: a package of XML parts that refer to one another, properties,
//! DrawingML pictures, charts and diagrams, and formulas.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use self::relationships::Relationships;
use super::{Context, Damage, markdown};
use crate::locked::is_locked;
use crate::package::Package;
use crate::{Attachment, Document, Problem, Scan};

pub(super) mod chart;
pub(super) mod diagram;
pub(super) mod formula;
pub(super) mod grid;
pub(super) mod inline;
mod picture;
#[cfg(test)]
pub(super) use picture::tests as picture_tests;
mod properties;
pub(super) mod relationships;
mod symbols;
pub(super) mod writer;
pub(super) mod xml;

/// How deep tables, groups, text boxes and content controls may be nested; what is deeper is a problem.
pub(super) const NESTING_MAX: usize = 48;
/// How many bytes of text may be written more than once, because cells span others.
const REPEATED_BYTES_MAX: usize = 32 << 20;
/// How many problems of one document are told one by one.
const PROBLEMS_MAX: usize = 1_000;
/// The first bytes of an OLE compound file, which an encrypted Office file is.
const COMPOUND: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// An Office file being read, and what was found beside its text.
pub(super) struct Office<'a> {
    package: Package<'a>,
    /// Pictures whose text is not in the text.
    pub scans: Vec<Scan>,
    pub problems: Vec<Problem>,
    pub metadata: BTreeMap<String, Value>,
    attachments: Vec<Attachment>,
    title: Option<String>,
    /// Parts that were taken as pictures, with whether they show anything.
    pictures: HashMap<String, bool>,
    /// How many bytes may be written more often than the file holds them.
    pub room: usize,
    /// Scans before this one know where their text belongs.
    placed: usize,
}

/// Whether bytes are a package with a part whose name begins so, or an encrypted one.
pub(super) fn is_office(bytes: &[u8], folder: &str) -> bool {
    if is_locked(bytes) {
        return true;
    }
    bytes.starts_with(b"PK")
        && Package::open(bytes).is_ok_and(|package| {
            let mut types = false;
            let mut found = false;
            for name in package.names() {
                types |= name == "[Content_Types].xml";
                found |= name.starts_with(folder);
            }
            types && found
        })
}

/// The branch of alternate content that is read: the first that asks for nothing unknown, else the fallback.
/// What of the element is not read is skipped with it.
pub(super) fn branch<'x>(xml: &mut xml::Xml<'x>, element: &xml::Element<'_>) -> Option<xml::Element<'x>> {
    while let Some(part) = xml.child(element.inner) {
        match part.name() {
            "Choice" if is_known(&part.attribute("Requires").unwrap_or_default()) => return Some(part),
            "Fallback" => return Some(part),
            _ => {}
        }
    }
    None
}

/// Whether content that asks for these extensions is read here. What is not: new kinds of charts, ink and
/// three-dimensional models, whose fallback is a picture.
fn is_known(requires: &str) -> bool {
    let unknown =
        |prefix: &str| prefix.starts_with("cx") || prefix.starts_with("am3d") || prefix.starts_with("aink");
    !requires.split_whitespace().any(|prefix| unknown(prefix) || prefix == "wpi")
}

impl<'a> Office<'a> {
    /// Opens a file, and finds its main part: `usual` is where it is in files that do not say.
    ///
    /// # Errors
    ///
    /// [`Damage`] when it is encrypted, is no package, or has no main part.
    pub(super) fn open(bytes: &'a [u8], usual: &str) -> Result<(Self, String), Damage> {
        if is_locked(bytes) {
            return Err(Damage::Locked);
        }
        if bytes.starts_with(&COMPOUND) {
            return Err(Damage::Broken("it is of the binary format before 2007".into()));
        }
        let mut office = Self {
            package: Package::open(bytes)?,
            scans: Vec::new(),
            problems: Vec::new(),
            metadata: BTreeMap::new(),
            attachments: Vec::new(),
            title: None,
            pictures: HashMap::new(),
            room: REPEATED_BYTES_MAX,
            placed: 0,
        };
        let relationships = office.relationships("")?;
        let main = relationships.parts("officeDocument").next().unwrap_or(usual).to_owned();
        if let Some(part) = relationships.parts("core-properties").next()
            && let Some(text) = office.text(part)?
        {
            (office.title, office.metadata) = properties::core(&text);
        }
        if let Some(part) = relationships.parts("extended-properties").next()
            && let Some(text) = office.text(part)?
        {
            properties::extended(&text, &mut office.metadata);
        }
        Ok((office, main))
    }

    /// The text of the main part.
    ///
    /// # Errors
    ///
    /// [`Damage`] when it is not there or cannot be read.
    pub(super) fn main(&mut self, part: &str) -> Result<String, Damage> {
        Ok(xml::decoded(self.package.require(part)?))
    }

    /// The text of a part; `None` when it is not there, or damaged, which is a problem.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the package goes over its limits.
    pub(super) fn text(&mut self, part: &str) -> Result<Option<String>, Damage> {
        Ok(self.bytes(part)?.map(xml::decoded))
    }

    /// The bytes of a part, as [`Office::text`].
    pub(super) fn bytes(&mut self, part: &str) -> Result<Option<Vec<u8>>, Damage> {
        match self.package.read(part) {
            Ok(bytes) => Ok(bytes),
            Err(Damage::Broken(why)) => {
                self.lost(part, "a part of the file", &why);
                Ok(None)
            }
            Err(damage) => Err(damage),
        }
    }

    /// What a part refers to; nothing when it says nothing. The part without a name is the package itself.
    pub(super) fn relationships(&mut self, part: &str) -> Result<Relationships, Damage> {
        let text = self.text(&relationships::part_of(part))?;
        Ok(text.map(|text| Relationships::read(&text, part)).unwrap_or_default())
    }

    /// Notes something that could not be read, and is missing from the text.
    pub(super) fn lost(&mut self, place: &str, what: &str, why: &str) {
        let (place, what, why) = (place.to_owned(), what.to_owned(), why.to_owned());
        self.add(Problem { place, what, why, content_lost: true });
    }

    /// Notes something that is in the text, and yet has to be told.
    pub(super) fn noted(&mut self, place: &str, what: &str, why: &str) {
        let (place, what, why) = (place.to_owned(), what.to_owned(), why.to_owned());
        self.add(Problem { place, what, why, content_lost: false });
    }

    fn add(&mut self, problem: Problem) {
        if self.problems.len() == PROBLEMS_MAX {
            let (place, what) = ("the whole document".into(), "further problems".into());
            let why = format!("only the first {PROBLEMS_MAX} are told one by one");
            self.problems.push(Problem { place, what, why, content_lost: true });
        }
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    /// Notes where the XML of a part could not be read on, if it could not.
    pub(super) fn damage(&mut self, xml: &xml::Xml<'_>, place: &str) {
        if let Some(why) = xml.damage() {
            self.lost(place, "the rest of it", why);
        }
    }

    /// Scans that were found since the last call belong at this place of the text.
    pub(super) fn place_scans(&mut self, at: usize) {
        for scan in &mut self.scans[self.placed..] {
            scan.at = at;
        }
        self.placed = self.scans.len();
    }

    /// Takes the files that a part embeds.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the package goes over its limits.
    pub(super) fn attach(&mut self, relationships: &Relationships) -> Result<(), Damage> {
        for kind in ["package", "oleObject", "aFChunk"] {
            for part in relationships.parts(kind) {
                let name = part.rsplit('/').next().unwrap_or(part).to_owned();
                let taken: HashSet<&str> = self.attachments.iter().map(|own| own.name.as_str()).collect();
                if taken.contains(name.as_str()) {
                    continue;
                }
                if let Some(bytes) = self.bytes(part)? {
                    self.attachments.push(Attachment { name, bytes });
                }
            }
        }
        Ok(())
    }

    /// The document, once its text is written.
    pub(super) fn document(mut self, context: &Context<'_>, text: String) -> Document {
        self.place_scans(text.len());
        let mut document = Document::new(context.format, text);
        document.blocks = markdown::blocks(&document.text).blocks;
        document.title = self.title.or_else(|| markdown::first_heading(&document.blocks));
        document.scans = self.scans;
        document.attachments = self.attachments;
        document.problems = self.problems;
        document.metadata = self.metadata;
        document
    }
}

#[cfg(test)]
pub(super) mod tests;
