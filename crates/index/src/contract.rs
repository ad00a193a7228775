//! The contract as tests: one suite, run over every implementation.
//!
//! A new engine joins by one line in [`suite!`]. What an engine may not do differently, at any size or
//! after any history, belongs here; what is its own (files, crashes) belongs beside it.

mod history;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use access::{AccessList, Principal, PrivateText, Reader};
use tempfile::TempDir;

use crate::{
    EmbeddedIndex, Field, FieldKind, Filter, IndexError, IndexSpec, Legs, MemoryIndex, Payload, Point,
    PointId, Scope, ScoreRequest, SearchIndex, SearchRequest, Value,
};

/// Enough that a handful of points makes the engine build its compact segments.
pub(super) const DIMENSION: usize = 64;

/// An index under test, and the folder that it may need.
pub(super) struct Subject {
    pub index: Arc<dyn SearchIndex>,
    _home: Option<TempDir>,
}

pub(super) fn memory() -> Subject {
    Subject { index: Arc::new(MemoryIndex::new(&spec()).unwrap()), _home: None }
}

pub(super) fn embedded() -> Subject {
    let home = TempDir::new().unwrap();
    let index = EmbeddedIndex::open(home.path(), &spec()).unwrap();
    Subject { index: Arc::new(index), _home: Some(home) }
}

pub(super) fn spec() -> IndexSpec {
    let fields = [
        ("lang", FieldKind::Keyword),
        ("tag", FieldKind::Keyword),
        ("pages", FieldKind::Integer),
        ("score", FieldKind::Float),
        ("draft", FieldKind::Bool),
        ("date", FieldKind::Date),
    ];
    let fields = fields.map(|(name, kind)| Field { name: name.into(), kind }).to_vec();
    IndexSpec { dimension: Some(DIMENSION), fields }
}

pub(super) fn id(number: u64) -> PointId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    PointId(bytes)
}

pub(super) fn only(names: &[&str]) -> AccessList {
    AccessList::Only(principals(names))
}

pub(super) fn principals(names: &[&str]) -> BTreeSet<Principal> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn direction(place: usize) -> Vec<f32> {
    (0..DIMENSION).map(|at| if at == place { 2.0 } else { 0.0 }).collect()
}

fn point(number: u64, text: &str) -> Point {
    Point {
        id: id(number),
        vector: Some(direction(number as usize % DIMENSION)),
        lexical_text: text.into(),
        access: AccessList::Public,
        payload: Payload::default(),
    }
}

fn with(mut point: Point, values: &[(&str, Value)]) -> Point {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    point.payload = Payload(values.collect::<BTreeMap<_, _>>());
    point
}

pub(super) fn operator() -> Scope {
    Scope { reader: Reader::Operator, filter: None }
}

fn filtered(text: &str) -> Scope {
    Scope { reader: Reader::Operator, filter: Some(Filter::parse(text, &spec().fields).unwrap()) }
}

fn ask(scope: Scope, dense: Option<Vec<f32>>, lexical: Option<&str>) -> SearchRequest {
    SearchRequest { scope, dense, lexical: lexical.map(PrivateText::new), limit: 10 }
}

fn ids(legs: &[crate::ScoredPoint]) -> Vec<PointId> {
    legs.iter().map(|point| point.id).collect()
}

async fn finds_by_both_legs(index: &dyn SearchIndex) {
    let texts = ["the red fox", "a blue whale", "red red wine"];
    let points = texts.iter().enumerate().map(|(at, text)| point(at as u64, text)).collect();
    index.upsert(points).await.unwrap();
    let legs = index.search(&ask(operator(), Some(direction(1)), Some("red"))).await.unwrap();
    assert_eq!(legs.dense[0].id, id(1));
    assert!((legs.dense[0].score - 1.0).abs() < 1e-6 && legs.dense[1].score.abs() < 1e-6);
    assert_eq!(legs.dense.len(), 3);
    assert_eq!(ids(&legs.lexical), [id(2), id(0)]);
    let none = index.search(&ask(operator(), None, Some("the of"))).await.unwrap();
    assert_eq!(none, Legs::default());
    let vectors = index.vectors(&[id(1), id(99)]).await.unwrap();
    assert_eq!(vectors.len(), 1);
    assert_eq!(vectors[&id(1)][1], 1.0);
}

async fn ties_go_by_id(index: &dyn SearchIndex) {
    let points =
        (0..40).rev().map(|number| Point { vector: Some(direction(0)), ..point(number, "same words") });
    index.upsert(points.collect()).await.unwrap();
    index.optimize().await.unwrap();
    let legs = index.search(&ask(operator(), Some(direction(0)), Some("words"))).await.unwrap();
    let mut sorted: Vec<_> = (0..40).map(id).collect();
    sorted.sort_unstable();
    assert_eq!(ids(&legs.dense), sorted[..10]);
    assert_eq!(ids(&legs.lexical), sorted[..10]);
}

async fn works_without_vectors(index: &dyn SearchIndex) {
    index.upsert(vec![Point { vector: None, ..point(1, "red fox") }, point(2, "red hen")]).await.unwrap();
    let legs = index.search(&ask(operator(), Some(direction(2)), Some("fox"))).await.unwrap();
    assert_eq!(ids(&legs.dense), [id(2)]);
    assert_eq!(ids(&legs.lexical), [id(1)]);
    let request = ScoreRequest {
        scope: operator(),
        dense: Some(direction(2)),
        lexical: Some(PrivateText::new("hen")),
        ids: vec![id(1), id(2), id(3)],
    };
    let scores = index.score(&request).await.unwrap();
    assert_eq!(scores.dense.keys().collect::<Vec<_>>(), [&id(2)]);
    assert_eq!(scores.lexical.len(), 2);
    assert_eq!(scores.lexical[&id(1)], 0.0);
    assert!(scores.lexical[&id(2)] > 0.0);
}

async fn replaces_and_deletes(index: &dyn SearchIndex) {
    index.upsert(vec![point(1, "red fox"), point(2, "blue whale")]).await.unwrap();
    index.upsert(vec![point(1, "green frog")]).await.unwrap();
    let found = index.search(&ask(operator(), None, Some("fox frog"))).await.unwrap();
    assert_eq!(ids(&found.lexical), [id(1)]);
    assert_eq!(index.search(&ask(operator(), None, Some("fox"))).await.unwrap().lexical, []);
    index.delete(&[id(2), id(77)]).await.unwrap();
    index.delete(&[]).await.unwrap();
    assert_eq!(index.point_ids().await.unwrap(), [id(1)].into());
    assert_eq!(index.count(&operator()).await.unwrap(), 1);
}

async fn forgets_what_was_deleted(index: &dyn SearchIndex) {
    let kept: Vec<_> = (0..20).map(|number| point(number, &format!("red fox number {number}"))).collect();
    index.upsert(kept).await.unwrap();
    index.flush().await.unwrap();
    let request = ask(operator(), Some(direction(3)), Some("red number 7"));
    let before = index.search(&request).await.unwrap();
    let gone = (20..50).map(|number| point(number, &format!("red herring number {number}")));
    index.upsert(gone.collect()).await.unwrap();
    assert_ne!(index.search(&request).await.unwrap(), before);
    index.delete(&(20..50).map(id).collect::<Vec<_>>()).await.unwrap();
    let close = |after: &Legs| {
        assert_eq!(ids(&after.lexical), ids(&before.lexical));
        assert!(after.lexical.iter().zip(&before.lexical).all(|(a, b)| (a.score - b.score).abs() < 1e-4));
    };
    close(&index.search(&request).await.unwrap());
    index.flush().await.unwrap();
    index.optimize().await.unwrap();
    close(&index.search(&request).await.unwrap());
}

async fn obeys_access_lists(index: &dyn SearchIndex) {
    let lists =
        [AccessList::Public, only(&["user:ada"]), only(&["group:ml", "user:bob"]), AccessList::Unknown];
    let points = lists
        .iter()
        .zip(0..)
        .map(|(access, number)| Point { access: access.clone(), ..point(number, "word") });
    index.upsert(points.collect()).await.unwrap();
    let seen = |reader: Reader| async {
        let scope = Scope { reader, filter: None };
        let legs = index.search(&ask(scope.clone(), Some(direction(0)), Some("word"))).await.unwrap();
        assert_eq!(index.count(&scope).await.unwrap(), legs.lexical.len());
        let dense: BTreeSet<_> = ids(&legs.dense).into_iter().collect();
        assert_eq!(dense, ids(&legs.lexical).into_iter().collect());
        dense
    };
    assert_eq!(seen(Reader::Operator).await, [id(0), id(1), id(2)].into());
    assert_eq!(seen(Reader::Anonymous).await, [id(0)].into());
    assert_eq!(seen(Reader::Principals(principals(&["user:ada"]))).await, [id(0), id(1)].into());
    assert_eq!(seen(Reader::Principals(principals(&["group:ml"]))).await, [id(0), id(2)].into());
    assert_eq!(seen(Reader::Principals(BTreeSet::new())).await, [id(0)].into());
    index.set_access(&[id(0), id(1), id(50)], &AccessList::Unknown).await.unwrap();
    index.set_access(&[id(3)], &AccessList::Public).await.unwrap();
    assert_eq!(seen(Reader::Operator).await, [id(2), id(3)].into());
    assert_eq!(seen(Reader::Anonymous).await, [id(3)].into());
    assert_eq!(index.point_ids().await.unwrap().len(), 4);
}

/// Filters, and the points of [`filters_and_counts`] that each lets through.
const FILTERED: &[(&str, &[u64])] = &[
    ("lang = 'en'", &[0]),
    ("lang != 'en'", &[1, 2, 3, 4, 5]),
    ("tag = 'b'", &[1, 2]),
    ("tag in ('a', 'zzz') or draft = true", &[1, 2]),
    ("tag not in ('a')", &[0, 2, 3, 4, 5]),
    ("date <= 2026-01-31", &[3]),
    ("date < 2026-01-31", &[]),
    ("exists date", &[3, 5]),
    ("exists tag", &[1, 2]),
    ("exists score", &[4]),
    ("score < 0 or score > 0", &[]),
    ("score = 0", &[4]),
    ("lang = ''", &[4]),
    ("pages > 2 and pages <= 3", &[0]),
    ("pages in (1, 3)", &[0]),
    ("score in (0, 1.5)", &[4]),
    ("not (exists lang or exists tag)", &[5]),
];

async fn filters_and_counts(index: &dyn SearchIndex) {
    let long = "x".repeat(70_000);
    let points = [
        with(point(0, "word"), &[("lang", Value::Str("en".into())), ("pages", Value::Int(3))]),
        with(
            point(1, "word"),
            &[
                ("lang", Value::Str("de".into())),
                ("tag", Value::StrList(vec!["a".into(), "b".into(), "a".into()])),
            ],
        ),
        with(point(2, "word"), &[("tag", Value::Str("b".into())), ("draft", Value::Bool(true))]),
        with(
            point(3, "word"),
            &[("lang", Value::Str(long.clone())), ("date", Value::Date("2026-01-31T23:59:59Z".into()))],
        ),
        with(point(4, "word"), &[("score", Value::Float(-0.0)), ("lang", Value::Str(String::new()))]),
        with(
            point(5, "word"),
            &[
                ("score", Value::Float(f64::NAN)),
                ("tag", Value::StrList(vec![])),
                ("date", Value::Date("soon".into())),
            ],
        ),
    ];
    index.upsert(points.to_vec()).await.unwrap();
    for &(text, expected) in FILTERED {
        let scope = filtered(text);
        let legs = index.search(&ask(scope.clone(), Some(direction(0)), Some("word"))).await.unwrap();
        let expected: BTreeSet<_> = expected.iter().copied().map(id).collect();
        assert_eq!(ids(&legs.dense).into_iter().collect::<BTreeSet<_>>(), expected, "{text}");
        assert_eq!(ids(&legs.lexical).into_iter().collect::<BTreeSet<_>>(), expected, "{text}");
        assert_eq!(index.count(&scope).await.unwrap(), expected.len(), "{text}");
    }
    let facet = |field, limit| async move { index.facet(&operator(), field, limit).await.unwrap() };
    assert_eq!(facet("tag", 9).await, [("b".into(), 2), ("a".into(), 1)]);
    assert_eq!(facet("tag", 1).await, [("b".into(), 2)]);
    let langs = [String::new(), "de".into(), "en".into(), long].map(|lang| (lang, 1));
    assert_eq!(facet("lang", 9).await, langs);
    assert_eq!(facet("draft", 9).await, [("true".into(), 1)]);
    assert_eq!(facet("pages", 9).await, [("3".into(), 1)]);
    assert!(matches!(index.facet(&operator(), "date", 9).await, Err(IndexError::NoFacet(_))));
}

async fn takes_new_fields(index: &dyn SearchIndex) {
    let owner = Field { name: "owner".into(), kind: FieldKind::Keyword };
    let owned = with(point(1, "word"), &[("owner", Value::Str("ada".into()))]);
    assert!(matches!(index.upsert(vec![owned.clone()]).await, Err(IndexError::UnknownField(_))));
    index.upsert(vec![point(2, "word")]).await.unwrap();
    index.add_fields(std::slice::from_ref(&owner)).await.unwrap();
    index.add_fields(&[owner.clone(), spec().fields[0].clone()]).await.unwrap();
    index.upsert(vec![owned]).await.unwrap();
    let filter = Filter::parse("owner = 'ada'", &index.fields()).unwrap();
    let scope = Scope { reader: Reader::Operator, filter: Some(filter) };
    assert_eq!(index.count(&scope).await.unwrap(), 1);
    assert_eq!(index.fields().len(), spec().fields.len() + 1);
    let conflict = Field { name: "owner".into(), kind: FieldKind::Date };
    assert!(matches!(index.add_fields(&[conflict]).await, Err(IndexError::KindConflict { .. })));
    for name in ["_access", "", "a b", "1a", "a.b", "é"] {
        let field = Field { name: name.into(), kind: FieldKind::Bool };
        assert!(matches!(index.add_fields(&[field]).await, Err(IndexError::FieldName(_))), "{name}");
    }
}

async fn refuses_what_does_not_fit(index: &dyn SearchIndex) {
    let short = Point { vector: Some(vec![1.0]), ..point(1, "word") };
    let refused = index.upsert(vec![point(0, "word"), short]).await;
    assert!(matches!(refused, Err(IndexError::Dimension { expected: DIMENSION, found: 1 })));
    let odd = Point { vector: Some(vec![f32::NAN; DIMENSION]), ..point(1, "word") };
    assert!(matches!(index.upsert(vec![odd]).await, Err(IndexError::Vector)));
    let misfit = with(point(1, "word"), &[("pages", Value::Str("three".into()))]);
    assert!(matches!(index.upsert(vec![misfit]).await, Err(IndexError::Value { .. })));
    assert_eq!(index.count(&operator()).await.unwrap(), 0);
    let asked = index.search(&ask(operator(), Some(vec![0.5; 3]), None)).await;
    assert!(matches!(asked, Err(IndexError::Dimension { .. })));
    let other = [Field { name: "other".into(), kind: FieldKind::Bool }];
    let scope =
        Scope { reader: Reader::Operator, filter: Some(Filter::parse("other = true", &other).unwrap()) };
    assert!(matches!(index.count(&scope).await, Err(IndexError::UnknownField(_))));
    assert!(matches!(index.search(&ask(scope, None, None)).await, Err(IndexError::UnknownField(_))));
    let empty = SearchRequest { limit: 0, ..ask(operator(), Some(direction(0)), Some("word")) };
    assert_eq!(index.search(&empty).await.unwrap(), Legs::default());
}

/// Runs every check over an implementation.
macro_rules! suite {
    ($($subject:ident: $($check:ident),+;)+) => {$(
        mod $subject {
            $(
                #[tokio::test]
                async fn $check() {
                    let subject = super::$subject();
                    super::$check(subject.index.as_ref()).await;
                }
            )+
        }
    )+};
    ($($subject:ident),+) => {
        suite! {$(
            $subject: finds_by_both_legs, ties_go_by_id, works_without_vectors, replaces_and_deletes,
                forgets_what_was_deleted, obeys_access_lists, filters_and_counts, takes_new_fields,
                refuses_what_does_not_fit;
        )+}
    };
}

suite!(memory, embedded);
