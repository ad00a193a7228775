//! What a PDF file's objects are in memory: cheap to clone, and never a panic to ask for what is not there.

use std::sync::Arc;

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    /// Nothing, and whatever could not be read.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// A name, without its slash and with its escapes undone.
    Name(Arc<[u8]>),
    /// A string's bytes.
    String(Arc<[u8]>),
    /// Objects in order.
    Array(Arc<[Self]>),
    /// Objects by name.
    Dictionary(Dictionary),
    /// Bytes with a dictionary.
    Stream(Stream),
    /// An object elsewhere, by its number.
    Reference(u32),
}

/// Objects by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dictionary(Arc<[(Arc<[u8]>, Object)]>);

/// Where a stream's bytes are in the file, still encrypted and filtered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stream {
    /// What it says of itself.
    pub dictionary: Dictionary,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// The object's number, which its key is made of.
    pub number: u32,
    /// The object's generation, which its key is made of.
    pub generation: u16,
}

impl Object {
    /// A number of any kind.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }

    /// A whole number.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Real(value) if value.fract() == 0.0 => Some(*value as i64),
            _ => None,
        }
    }

    /// A name.
    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    /// A string.
    pub(super) fn string(&self) -> Option<&[u8]> {
        match self {
            Self::String(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// An array's objects.
    pub(super) fn array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(objects) => Some(objects),
            _ => None,
        }
    }

    /// A dictionary, a stream's too.
    pub(super) fn dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            Self::Stream(stream) => Some(&stream.dictionary),
            _ => None,
        }
    }

    /// A stream.
    pub(super) fn stream(&self) -> Option<&Stream> {
        match self {
            Self::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    /// How many objects and bytes of strings it holds, itself included: roughly what reading it took.
    pub(super) fn weight(&self) -> usize {
        1 + match self {
            Self::String(bytes) | Self::Name(bytes) => bytes.len(),
            Self::Array(objects) => objects.iter().map(Self::weight).sum(),
            Self::Dictionary(own) | Self::Stream(Stream { dictionary: own, .. }) => {
                own.iter().map(|(_, object)| object.weight()).sum()
            }
            _ => 0,
        }
    }

    /// The object with every string in it changed.
    pub(super) fn map_strings(self, change: &dyn Fn(&[u8]) -> Vec<u8>) -> Self {
        match self {
            Self::String(bytes) => Self::String(change(&bytes).into()),
            Self::Array(objects) => {
                Self::Array(objects.iter().map(|object| object.clone().map_strings(change)).collect())
            }
            Self::Dictionary(dictionary) => Self::Dictionary(dictionary.map_strings(change)),
            Self::Stream(stream) => {
                let dictionary = stream.dictionary.map_strings(change);
                Self::Stream(Stream { dictionary, ..stream })
            }
            other => other,
        }
    }
}

impl Dictionary {
    /// A dictionary of these; of two with one name, the first counts.
    pub(super) fn new(mut entries: Vec<(Arc<[u8]>, Object)>) -> Self {
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        Self(entries.into())
    }

    /// What stands under a name, as it is written; [`Object::Null`] when nothing does.
    pub(super) fn get(&self, name: &[u8]) -> &Object {
        let place = self.0.partition_point(|(own, _)| &**own < name);
        match self.0.get(place) {
            Some((own, object)) if &**own == name => object,
            _ => &Object::Null,
        }
    }

    /// Every name with what stands under it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.0.iter().map(|(name, object)| (&**name, object))
    }

    /// How many names it has.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn map_strings(&self, change: &dyn Fn(&[u8]) -> Vec<u8>) -> Self {
        let changed =
            |(name, object): &(Arc<[u8]>, Object)| (name.clone(), object.clone().map_strings(change));
        Self(self.0.iter().map(changed).collect())
    }
}
