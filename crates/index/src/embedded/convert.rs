//! Between our words and the engine's: ids, payloads, points, scopes.

use std::collections::HashMap;

use access::{AccessList, Reader};
use qdrant_edge::external::ordered_float::OrderedFloat;
use qdrant_edge::external::serde_json::{Map, Value as Json};
use qdrant_edge::external::uuid::Uuid;
use qdrant_edge::{
    AnyVariants, Condition, DateTimeWrapper, FieldCondition, Filter as EngineFilter, HasIdCondition,
    IsEmptyCondition, JsonPath, Match, PayloadSchemaType, PointId as EngineId, PointStructPersisted, Range,
    Record, ValueVariants, VectorInternal, VectorPersisted, VectorStructInternal, VectorStructPersisted,
};

use super::settings::{DENSE, LEXICAL};
use crate::filter::{DateLiteral, Literal, Node, Operator};
use crate::point::unit;
use crate::{FieldKind, Payload, Point, PointId, Scope, Value, date, words};

/// The payload field that says who may read a point. A point without it is seen by nobody.
pub(super) const ACCESS: &str = "_access";
/// In [`ACCESS`]: the operator may read it. No principal looks like this.
const OPERATOR: &str = "+";
/// In [`ACCESS`]: everybody may.
const EVERYBODY: &str = "*";

pub(super) fn engine_id(id: PointId) -> EngineId {
    EngineId::Uuid(Uuid::from_bytes(id.0))
}

/// Our id of an engine's point; the engine's numbered points are none of ours.
pub(super) fn our_id(id: EngineId) -> Option<PointId> {
    match id {
        EngineId::Uuid(uuid) => Some(PointId(uuid.into_bytes())),
        EngineId::NumId(_) => None,
    }
}

/// A point with its vectors and its payload as the engine keeps them.
pub(super) fn engine_point(point: Point) -> PointStructPersisted {
    let terms = words::document(&point.lexical_text);
    let mut vectors = HashMap::from([(LEXICAL.to_owned(), VectorPersisted::Sparse(terms))]);
    if let Some(vector) = point.vector {
        vectors.insert(DENSE.to_owned(), VectorPersisted::Dense(unit(vector)));
    }
    let mut payload = engine_payload(&point.payload);
    payload.insert(ACCESS.to_owned(), access_values(&point.access));
    PointStructPersisted {
        id: engine_id(point.id),
        vector: VectorStructPersisted::Named(vectors),
        payload: Some(qdrant_edge::Payload(payload)),
    }
}

/// Whether a point of the engine has words.
pub(super) fn has_words(record: &Record) -> bool {
    match &record.vector {
        Some(VectorStructInternal::Named(vectors)) => {
            matches!(vectors.get(LEXICAL), Some(VectorInternal::Sparse(words)) if !words.indices.is_empty())
        }
        _ => false,
    }
}

/// Whether a point that is to be written has a dense vector.
pub(super) fn has_vector(point: &PointStructPersisted) -> bool {
    matches!(&point.vector, VectorStructPersisted::Named(vectors) if vectors.contains_key(DENSE))
}

/// The dense one of a point's vectors.
pub(super) fn dense_of(vector: VectorStructInternal) -> Option<Vec<f32>> {
    match vector {
        VectorStructInternal::Named(mut vectors) => match vectors.remove(DENSE)? {
            VectorInternal::Dense(vector) => Some(vector),
            VectorInternal::Sparse(_) | VectorInternal::MultiDense(_) => None,
        },
        VectorStructInternal::Single(_) | VectorStructInternal::MultiDense(_) => None,
    }
}

fn engine_payload(payload: &Payload) -> Map<String, Json> {
    let present = payload.0.iter().filter(|(_, value)| value.is_present());
    present.map(|(name, value)| (name.clone(), engine_value(value))).collect()
}

fn engine_value(value: &Value) -> Json {
    match value {
        Value::Str(text) => Json::from(text.as_str()),
        Value::Int(number) => Json::from(*number),
        // One zero is enough: engines disagree on whether −0 is below it.
        Value::Float(number) => Json::from(number + 0.0),
        Value::Bool(value) => Json::from(*value),
        Value::Date(text) => match date::moment(text) {
            Some(moment) => Json::from(date::rfc3339(moment.start)),
            None => Json::from(text.as_str()),
        },
        Value::StrList(texts) => {
            let mut distinct: Vec<&str> = texts.iter().map(String::as_str).collect();
            distinct.sort_unstable();
            distinct.dedup();
            Json::from(distinct)
        }
    }
}

/// What [`ACCESS`] holds for an access list.
pub(super) fn access_values(access: &AccessList) -> Json {
    match access {
        AccessList::Public => Json::from(vec![OPERATOR, EVERYBODY]),
        AccessList::Only(named) => {
            let named = named.iter().map(ToString::to_string);
            Json::from([OPERATOR.to_owned()].into_iter().chain(named).collect::<Vec<_>>())
        }
        AccessList::Unknown => Json::Array(Vec::new()),
    }
}

/// The engine's name for a kind of field.
pub(super) fn engine_kind(kind: FieldKind) -> PayloadSchemaType {
    match kind {
        FieldKind::Keyword => PayloadSchemaType::Keyword,
        FieldKind::Integer => PayloadSchemaType::Integer,
        FieldKind::Float => PayloadSchemaType::Float,
        FieldKind::Bool => PayloadSchemaType::Bool,
        FieldKind::Date => PayloadSchemaType::Datetime,
    }
}

/// A field's name as the engine's path. Names are plain, so that a path is one key.
pub(super) fn path(field: &str) -> JsonPath {
    JsonPath { first_key: field.to_owned(), rest: Vec::new() }
}

/// The scope as the engine's filter.
pub(super) fn engine_scope(scope: &Scope) -> EngineFilter {
    let readable = match &scope.reader {
        Reader::Operator => is(ACCESS, OPERATOR),
        Reader::Anonymous => is(ACCESS, EVERYBODY),
        Reader::Principals(mine) => {
            let mine = mine.iter().map(ToString::to_string);
            any_text(ACCESS, [EVERYBODY.to_owned()].into_iter().chain(mine))
        }
    };
    let mut must = vec![readable];
    must.extend(scope.filter.as_ref().map(|filter| condition(filter.root())));
    all(must)
}

/// The scope, and of it only these points.
pub(super) fn engine_scope_of(scope: &Scope, ids: &[PointId]) -> EngineFilter {
    let mut filter = engine_scope(scope);
    let ids: HasIdCondition = ids.iter().map(|id| engine_id(*id)).collect();
    filter.must.get_or_insert_default().insert(0, Condition::HasId(ids));
    filter
}

fn condition(node: &Node) -> Condition {
    match node {
        Node::And(nodes) => Condition::Filter(all(nodes.iter().map(condition).collect())),
        Node::Or(nodes) => any(nodes.iter().map(condition).collect()),
        Node::Not(node) => none(condition(node)),
        Node::Compare { field, operator, literal } => compare(field, *operator, literal),
        Node::In { field, literals } => one_of(field, literals),
        Node::Exists { field } => none(Condition::IsEmpty(IsEmptyCondition::from(path(field)))),
    }
}

fn compare(field: &str, operator: Operator, literal: &Literal) -> Condition {
    match literal {
        Literal::Text(text) => is(field, text),
        Literal::Bool(value) => matching(field, Match::new_value(ValueVariants::Bool(*value))),
        Literal::Int(number) if operator == Operator::Equal => {
            matching(field, Match::new_value(ValueVariants::Integer(*number)))
        }
        #[expect(clippy::cast_precision_loss, reason = "the parser keeps whole numbers below 2⁵³")]
        Literal::Int(number) => within(field, operator, *number as f64),
        Literal::Float(number) => within(field, operator, *number),
        Literal::Date(date) => during(field, operator, date),
    }
}

fn one_of(field: &str, literals: &[Literal]) -> Condition {
    let texts: Vec<String> = literals
        .iter()
        .filter_map(|literal| if let Literal::Text(text) = literal { Some(text.clone()) } else { None })
        .collect();
    if texts.len() == literals.len() {
        return any_text(field, texts);
    }
    any(literals.iter().map(|literal| compare(field, Operator::Equal, literal)).collect())
}

fn within(field: &str, operator: Operator, number: f64) -> Condition {
    let number = Some(OrderedFloat(number));
    let mut range = Range { lt: None, gt: None, gte: None, lte: None };
    match operator {
        Operator::Equal => (range.gte, range.lte) = (number, number),
        Operator::Below => range.lt = number,
        Operator::AtMost => range.lte = number,
        Operator::Above => range.gt = number,
        Operator::AtLeast => range.gte = number,
    }
    Condition::Field(FieldCondition::new_range(path(field), range))
}

fn during(field: &str, operator: Operator, literal: &DateLiteral) -> Condition {
    let start = DateTimeWrapper::from_timestamp(literal.moment.start);
    let end = DateTimeWrapper::from_timestamp(literal.moment.end);
    let mut range = Range { lt: None, gt: None, gte: None, lte: None };
    match operator {
        Operator::Equal => (range.gte, range.lt) = (start, end),
        Operator::Below => range.lt = start,
        Operator::AtMost => range.lt = end,
        Operator::Above => range.gte = end,
        Operator::AtLeast => range.gte = start,
    }
    Condition::Field(FieldCondition::new_datetime_range(path(field), range))
}

fn is(field: &str, text: &str) -> Condition {
    matching(field, Match::new_value(ValueVariants::String(text.to_owned())))
}

fn any_text(field: &str, texts: impl IntoIterator<Item = String>) -> Condition {
    matching(field, Match::new_any(AnyVariants::Strings(texts.into_iter().collect())))
}

fn matching(field: &str, wanted: Match) -> Condition {
    Condition::Field(FieldCondition::new_match(path(field), wanted))
}

fn all(must: Vec<Condition>) -> EngineFilter {
    EngineFilter { must: Some(must), should: None, min_should: None, must_not: None }
}

fn any(should: Vec<Condition>) -> Condition {
    Condition::Filter(EngineFilter { must: None, should: Some(should), min_should: None, must_not: None })
}

fn none(condition: Condition) -> Condition {
    let must_not = Some(vec![condition]);
    Condition::Filter(EngineFilter { must: None, should: None, min_should: None, must_not })
}
