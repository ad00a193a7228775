//! The filter language: a typed tree over payload fields, its meaning and its printed form.
//!
//! A filter can only be made by [`Filter::parse`], so that every tree in the house names fields that exist
//! and compares them with values of their kind. Engines compile it; [`Filter::matches`] is what they have
//! to agree with.

mod error;
mod lexer;
mod literal;
mod parser;

use std::fmt;

pub use error::FilterError;
pub(crate) use literal::{DateLiteral, Literal};

use crate::{Field, Payload, Value, date};

/// The longest filter, in bytes.
const LENGTH_BYTES_MAX: usize = 8192;
/// How deep parentheses and `not` can be nested.
const DEPTH_MAX: usize = 32;

/// Which points count: `lang = "en" and date >= 2026-01-01 and not tag in ("a", "b")`.
///
/// A condition on a field holds for a point if it holds for any of the field's values; `!=` and `not in`
/// are the negations of `=` and `in`, so they hold where the field has no value. A date without a time is
/// the whole day in UTC: `date <= 2026-01-31` takes in all of that day.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    root: Node,
}

/// One node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// All of at least two.
    And(Vec<Node>),
    /// Any of at least two.
    Or(Vec<Node>),
    /// The opposite.
    Not(Box<Node>),
    /// A value of the field stands in this relation to the literal.
    Compare { field: String, operator: Operator, literal: Literal },
    /// A value of the field is one of these.
    In { field: String, literals: Vec<Literal> },
    /// The field has a value.
    Exists { field: String },
}

/// How a value stands to a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Operator {
    fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }

    fn holds<T: PartialOrd>(self, value: T, literal: T) -> bool {
        match self {
            Self::Equal => value == literal,
            Self::Below => value < literal,
            Self::AtMost => value <= literal,
            Self::Above => value > literal,
            Self::AtLeast => value >= literal,
        }
    }

    fn holds_of(self, instant: i64, literal: &DateLiteral) -> bool {
        let day = literal.moment;
        match self {
            Self::Equal => day.start <= instant && instant < day.end,
            Self::Below => instant < day.start,
            Self::AtMost => instant < day.end,
            Self::Above => instant >= day.end,
            Self::AtLeast => instant >= day.start,
        }
    }
}

impl Filter {
    /// Reads an expression over the given fields.
    ///
    /// # Errors
    ///
    /// [`FilterError`] that points at the column where the expression stops making sense: a syntax error, a
    /// field that does not exist, a value of another kind than the field's, or a limit passed.
    pub fn parse(text: &str, fields: &[Field]) -> Result<Self, FilterError> {
        parser::parse(text, fields).map(|root| Self { root })
    }

    /// Whether a point with this payload counts.
    pub fn matches(&self, payload: &Payload) -> bool {
        self.root.matches(payload)
    }

    /// The tree, for those who compile it.
    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// The names of the fields that it asks for.
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.root.fields()
    }

    /// The first field of the filter that is not among these.
    pub(crate) fn unknown_field(&self, fields: &[Field]) -> Option<&str> {
        self.root.fields().into_iter().find(|name| fields.iter().all(|field| field.name != *name))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.write(f)
    }
}

impl Node {
    fn matches(&self, payload: &Payload) -> bool {
        match self {
            Self::And(nodes) => nodes.iter().all(|node| node.matches(payload)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(payload)),
            Self::Not(node) => !node.matches(payload),
            Self::Compare { field, operator, literal } => {
                payload.get(field).is_some_and(|value| holds(value, *operator, literal))
            }
            Self::In { field, literals } => payload
                .get(field)
                .is_some_and(|value| literals.iter().any(|literal| holds(value, Operator::Equal, literal))),
            Self::Exists { field } => payload.get(field).is_some(),
        }
    }

    fn fields(&self) -> Vec<&str> {
        match self {
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().flat_map(Self::fields).collect(),
            Self::Not(node) => node.fields(),
            Self::Compare { field, .. } | Self::In { field, .. } | Self::Exists { field } => vec![field],
        }
    }

    /// Prints the node so that it reads back as itself.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(nodes) => write_joined(f, nodes, " and "),
            Self::Or(nodes) => write_joined(f, nodes, " or "),
            Self::Not(node) => match &**node {
                Self::Compare { field, operator: Operator::Equal, literal } => {
                    write!(f, "{} != {literal}", lexer::Name(field))
                }
                Self::In { field, literals } => write_in(f, field, "not in", literals),
                node => {
                    f.write_str("not ")?;
                    node.write_operand(f)
                }
            },
            Self::Compare { field, operator, literal } => {
                write!(f, "{} {} {literal}", lexer::Name(field), operator.as_str())
            }
            Self::In { field, literals } => write_in(f, field, "in", literals),
            Self::Exists { field } => write!(f, "exists {}", lexer::Name(field)),
        }
    }

    fn write_operand(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self, Self::And(_) | Self::Or(_)) {
            f.write_str("(")?;
            self.write(f)?;
            f.write_str(")")
        } else {
            self.write(f)
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, nodes: &[Node], word: &str) -> fmt::Result {
    for (place, node) in nodes.iter().enumerate() {
        if place > 0 {
            f.write_str(word)?;
        }
        node.write_operand(f)?;
    }
    Ok(())
}

fn write_in(f: &mut fmt::Formatter<'_>, field: &str, word: &str, literals: &[Literal]) -> fmt::Result {
    write!(f, "{} {word} (", lexer::Name(field))?;
    for (place, literal) in literals.iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        write!(f, "{comma}{literal}")?;
    }
    f.write_str(")")
}

fn holds(value: &Value, operator: Operator, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Str(text), Literal::Text(literal)) => operator == Operator::Equal && text == literal,
        (Value::StrList(texts), Literal::Text(literal)) => {
            operator == Operator::Equal && texts.contains(literal)
        }
        (Value::Int(value), Literal::Int(literal)) => operator.holds(*value, *literal),
        (Value::Float(value), Literal::Float(literal)) => operator.holds(*value, *literal),
        (Value::Bool(value), Literal::Bool(literal)) => operator.holds(*value, *literal),
        (Value::Date(text), Literal::Date(literal)) => {
            date::moment(text).is_some_and(|value| operator.holds_of(value.start, literal))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
