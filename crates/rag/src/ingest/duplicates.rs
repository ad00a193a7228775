//! Documents that say what another one says already: found by hash and by sketch, before anything of them is embedded.
//!
//! A document is compared with the documents of its collection that are no linked duplicates themselves, those before it
//! in the same run included. What becomes of one is a policy; none of them hides a document from somebody who may read
//! it and not the other: both have the same access list, or the document is kept as it is.

use std::collections::HashMap;

use access::AccessList;

use super::read::Prepared;
use crate::sketch::{BANDS, Sketch};

/// How many documents of one band are compared at most: a bound on what a crowd of likenesses costs.
const LIKENESSES_MAX: usize = 256;
const NONE: u32 = u32::MAX;
const HASH_BYTES: usize = 8;

/// What becomes of a document that says what another one says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicatePolicy {
    /// It is a document like any other.
    #[default]
    Keep,
    /// It says which document it is a duplicate of, and a search shows a passage that both have once.
    Link,
    /// It is left out, if it is not there already.
    Skip,
}

impl DuplicatePolicy {
    /// Each by its name in configuration.
    pub const NAMES: &[(&str, Self)] = &[("keep", Self::Keep), ("link", Self::Link), ("skip", Self::Skip)];
}

/// How many documents say what another one says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DuplicateCounts {
    /// To the letter.
    pub exact: usize,
    /// Nearly.
    pub near: usize,
    /// How many of them were left out.
    pub skipped: usize,
}

/// What a text is recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Likeness {
    exact: [u8; HASH_BYTES],
    near: Option<Sketch>,
}

impl Likeness {
    /// Of a text; `None` where it says nothing.
    pub fn of(text: &str) -> Option<Self> {
        let hash = blake3::hash(text.trim().as_bytes());
        let exact = *hash.as_bytes().first_chunk::<HASH_BYTES>()?;
        (!text.trim().is_empty()).then(|| Self { exact, near: Sketch::of(text) })
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let near = self.near.as_ref().map(Sketch::to_bytes).unwrap_or_default();
        [self.exact.to_vec(), near].concat()
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (exact, near) = bytes.split_first_chunk::<HASH_BYTES>()?;
        Some(Self { exact: *exact, near: Sketch::from_bytes(near) })
    }
}

/// What is to be done with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Take,
    /// It is linked to the document of this id.
    Link(String),
    Skip,
}

/// The documents that others are compared with.
#[derive(Default)]
pub(super) struct Originals {
    documents: Vec<Original>,
    exact: HashMap<[u8; HASH_BYTES], u32>,
    /// The last document of each band, from which the others follow.
    bands: HashMap<i64, u32>,
    pub counts: DuplicateCounts,
}

struct Original {
    id: String,
    access: AccessList,
    near: Option<Sketch>,
    /// The document before this one in each of its bands.
    next: [u32; BANDS],
}

impl Originals {
    /// Adds a document.
    pub fn add(&mut self, id: String, access: AccessList, likeness: Likeness) {
        let Ok(place) = u32::try_from(self.documents.len()) else { return };
        self.exact.entry(likeness.exact).or_insert(place);
        let mut next = [NONE; BANDS];
        if let Some(near) = &likeness.near {
            for (next, band) in next.iter_mut().zip(near.bands()) {
                *next = self.bands.insert(band, place).unwrap_or(NONE);
            }
        }
        self.documents.push(Original { id, access, near: likeness.near, next });
    }

    /// Compares a document that is about to be brought in, counts it, and adds it where it is taken.
    pub fn judge(&mut self, prepared: &Prepared, access: AccessList, policy: DuplicatePolicy) -> Verdict {
        let Some(likeness) = prepared.likeness.clone() else { return Verdict::Take };
        let (id, is_new) = (&prepared.met.id, prepared.met.before.is_none());
        let verdict = match self.find(id, &likeness) {
            None => Verdict::Take,
            Some(original) => {
                let (other, may) = (original.id.clone(), original.access == access);
                match policy {
                    DuplicatePolicy::Link if may => Verdict::Link(other),
                    DuplicatePolicy::Skip if may && is_new => Verdict::Skip,
                    _ => Verdict::Take,
                }
            }
        };
        match verdict {
            Verdict::Take => self.add(id.clone(), access, likeness),
            Verdict::Skip => self.counts.skipped += 1,
            Verdict::Link(_) => {}
        }
        verdict
    }

    /// The document that says what this one says; it is counted.
    fn find(&mut self, id: &str, likeness: &Likeness) -> Option<&Original> {
        let exact = self.exact.get(&likeness.exact).copied();
        if let Some(place) = exact.filter(|place| self.documents[*place as usize].id != id) {
            self.counts.exact += 1;
            return self.documents.get(place as usize);
        }
        let place = self.near(id, likeness.near.as_ref()?)?;
        self.counts.near += 1;
        self.documents.get(place as usize)
    }

    fn near(&self, id: &str, sketch: &Sketch) -> Option<u32> {
        for (band, key) in sketch.bands().into_iter().enumerate() {
            let mut place = self.bands.get(&key).copied().unwrap_or(NONE);
            for _ in 0..LIKENESSES_MAX {
                let Some(other) = self.documents.get(place as usize) else { break };
                if other.id != id && other.near.as_ref().is_some_and(|near| near.is_near(sketch)) {
                    return Some(place);
                }
                place = other.next[band];
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(seed: usize) -> String {
        (0..200).map(|place| format!("w{}", (seed * 7919 + place * 31) % 4000)).collect::<Vec<_>>().join(" ")
    }

    fn originals(texts: &[&str]) -> Originals {
        let mut originals = Originals::default();
        for (number, text) in texts.iter().enumerate() {
            originals.add(number.to_string(), AccessList::Public, Likeness::of(text).unwrap());
        }
        originals
    }

    #[test]
    fn finds_the_same_and_the_nearly_same_and_not_itself() {
        let (a, b) = (words(1), words(2));
        let mut originals = originals(&[&a, &b, "short"]);
        let mut check = |id: &str, text: &str, expected: Option<&str>| {
            let found = originals.find(id, &Likeness::of(text).unwrap()).map(|found| found.id.clone());
            assert_eq!(found.as_deref(), expected, "{id}");
        };
        check("9", &format!("{a}\n"), Some("0"));
        check("9", &a.replacen("w3019 ", "changed ", 1), Some("0"));
        check("9", " short", Some("2"));
        check("9", "shorter", None);
        check("9", &words(3), None);
        check("0", &a, None);
        assert_eq!((originals.counts.exact, originals.counts.near), (2, 1));
    }

    #[test]
    fn a_likeness_comes_back_from_its_bytes() {
        for text in [words(1), "short".to_owned()] {
            let likeness = Likeness::of(&text).unwrap();
            assert_eq!(Likeness::from_bytes(&likeness.to_bytes()), Some(likeness));
        }
        assert_eq!(Likeness::from_bytes(b"odd"), None);
        assert_eq!(Likeness::of(" \n"), None);
    }
}
