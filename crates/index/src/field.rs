//! What points can be filtered by, and what is fixed when an index is made.

use serde::{Deserialize, Serialize};

use crate::{IndexError, Point, Scope};

/// The longest field name, in bytes.
const NAME_BYTES_MAX: usize = 1024;

/// What values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Texts compared whole; a point may have several.
    Keyword,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Float,
    /// True or false.
    Bool,
    /// Instants, or days.
    Date,
}

impl FieldKind {
    /// What a value of this kind is called in a message.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Keyword => "a text",
            Self::Integer => "a whole number",
            Self::Float => "a number",
            Self::Bool => "true or false",
            Self::Date => "a date",
        }
    }
}

/// A named field that filters can use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// Its name: ASCII letters, digits and `_`, the first a letter. Names that begin with `_` are the
    /// index's own.
    pub name: String,
    /// What values it has.
    pub kind: FieldKind,
}

/// What is fixed when an index is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexSpec {
    /// How many numbers a vector has; `None` for an index that is searched by words alone.
    pub dimension: Option<usize>,
    /// The fields it starts with; [`crate::SearchIndex::add_fields`] adds more.
    pub fields: Vec<Field>,
}

impl IndexSpec {
    /// This spec with more fields; `None` when they are all there.
    pub(crate) fn with_fields(&self, more: &[Field]) -> Result<Option<Self>, IndexError> {
        let mut fields = self.fields.clone();
        for field in more {
            check_name(&field.name)?;
            match fields.iter().find(|known| known.name == field.name) {
                None => fields.push(field.clone()),
                Some(known) if known.kind == field.kind => {}
                Some(known) => {
                    return Err(IndexError::KindConflict {
                        field: field.name.clone(),
                        known: known.kind,
                        asked: field.kind,
                    });
                }
            }
        }
        let grown = fields.len() > self.fields.len();
        Ok(grown.then_some(Self { dimension: self.dimension, fields }))
    }

    /// The kind of a field.
    pub(crate) fn kind(&self, name: &str) -> Result<FieldKind, IndexError> {
        let field = self.fields.iter().find(|field| field.name == name);
        field.map(|field| field.kind).ok_or_else(|| IndexError::UnknownField(name.to_owned()))
    }

    /// Refuses a filter that names fields which are not here.
    pub(crate) fn check_scope(&self, scope: &Scope) -> Result<(), IndexError> {
        let unknown = scope.filter.as_ref().and_then(|filter| filter.unknown_field(&self.fields));
        unknown.map_or(Ok(()), |name| Err(IndexError::UnknownField(name.to_owned())))
    }

    /// Refuses a vector that does not fit.
    pub(crate) fn check_vector(&self, vector: Option<&[f32]>) -> Result<(), IndexError> {
        let Some(vector) = vector else { return Ok(()) };
        let expected = self.dimension.unwrap_or(0);
        if vector.len() != expected || expected == 0 {
            return Err(IndexError::Dimension { expected, found: vector.len() });
        }
        if vector.iter().all(|number| number.is_finite()) { Ok(()) } else { Err(IndexError::Vector) }
    }

    /// Refuses points whose vector or payload does not fit.
    pub(crate) fn check_points(&self, points: &[Point]) -> Result<(), IndexError> {
        for point in points {
            self.check_vector(point.vector.as_deref())?;
            for (name, value) in &point.payload.0 {
                let (expected, found) = (self.kind(name)?, value.kind());
                if found != expected {
                    return Err(IndexError::Value { field: name.clone(), expected, found });
                }
            }
        }
        Ok(())
    }

    /// Refuses a field whose values cannot be counted.
    pub(crate) fn check_facet(&self, name: &str) -> Result<(), IndexError> {
        match self.kind(name)? {
            FieldKind::Keyword | FieldKind::Integer | FieldKind::Bool => Ok(()),
            FieldKind::Float | FieldKind::Date => Err(IndexError::NoFacet(name.to_owned())),
        }
    }
}

fn check_name(name: &str) -> Result<(), IndexError> {
    let mut bytes = name.bytes();
    let starts_well = bytes.next().is_some_and(|first| first.is_ascii_alphabetic());
    let fits = starts_well && bytes.all(|c| c.is_ascii_alphanumeric() || c == b'_');
    if fits && name.len() <= NAME_BYTES_MAX {
        Ok(())
    } else {
        Err(IndexError::FieldName(name.chars().take(64).collect()))
    }
}
