//! What a point can be filtered by: typed values under field names.

use std::collections::BTreeMap;

use crate::FieldKind;

/// The value of one field of one point.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, compared whole.
    Str(String),
    /// A whole number.
    Int(i64),
    /// A number; one that is not finite counts as no value.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// A date or an instant ([`crate::is_date`]); any other text matches no comparison.
    Date(String),
    /// Several texts; a filter matches if one of them does. None at all count as no value.
    StrList(Vec<String>),
}

impl Value {
    /// The kind of field that holds such values.
    pub fn kind(&self) -> FieldKind {
        match self {
            Self::Str(_) | Self::StrList(_) => FieldKind::Keyword,
            Self::Int(_) => FieldKind::Integer,
            Self::Float(_) => FieldKind::Float,
            Self::Bool(_) => FieldKind::Bool,
            Self::Date(_) => FieldKind::Date,
        }
    }

    /// Whether there is anything in it.
    pub(crate) fn is_present(&self) -> bool {
        match self {
            Self::Float(number) => number.is_finite(),
            Self::StrList(texts) => !texts.is_empty(),
            Self::Str(_) | Self::Int(_) | Self::Bool(_) | Self::Date(_) => true,
        }
    }
}

/// Values by field name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payload(pub BTreeMap<String, Value>);

impl Payload {
    /// The value of a field, if there is one.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| value.is_present())
    }
}
