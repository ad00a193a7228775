//! Random histories of writes, asked random questions: nothing comes out that reader and filter do not
//! admit, everything does that they do, and the embedded engine says what the plain definitions say.

use std::collections::HashMap;

use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};

use super::*;

const NAMES: [&str; 4] = ["user:ada", "user:bob", "group:ml", "app:ci"];
const WORDS: [&str; 6] = ["red", "blue", "fox", "whale", "wine", "harbour"];
const FILTERS: [&str; 12] = [
    "lang = 'en'",
    "lang != 'en' and exists tag",
    "tag in ('a', 'b') or pages > 5",
    "not (tag = 'a' and tag = 'b')",
    "pages >= -3 and pages < 4",
    "pages in (1, 2, 3)",
    "score <= 0.5",
    "not score > -1",
    "draft = true or not exists draft",
    "date > 2026-01-15 or date = 2026-01-01",
    "date <= 2026-01-10T12:00:00Z",
    "tag not in ('c') and (draft = false or lang in ('de', 'fr'))",
];

#[derive(Clone, Debug)]
enum Step {
    Upsert(Vec<Point>),
    Delete(Vec<u64>),
    SetAccess(Vec<u64>, AccessList),
    Flush,
    Optimize,
}

#[derive(Clone, Debug)]
struct Question {
    scope: Scope,
    dense: Vec<f32>,
    lexical: String,
    limit: usize,
}

fn access() -> impl Strategy<Value = AccessList> {
    prop_oneof![
        2 => Just(AccessList::Public),
        3 => prop::sample::subsequence(&NAMES[..], 1..=3).prop_map(|names| only(&names)),
        1 => Just(AccessList::Unknown),
        1 => Just(AccessList::Only(BTreeSet::new())),
    ]
}

fn reader() -> impl Strategy<Value = Reader> {
    prop_oneof![
        Just(Reader::Operator),
        Just(Reader::Anonymous),
        prop::sample::subsequence(&NAMES[..], 0..=3).prop_map(|names| Reader::Principals(principals(&names))),
    ]
}

fn payload() -> impl Strategy<Value = Payload> {
    let keyword = |values: &'static [&'static str]| prop::sample::select(values).prop_map(str::to_owned);
    let date = (1i64..32, 0i64..24, any::<bool>()).prop_map(|(day, hour, whole)| {
        Value::Date(if whole {
            format!("2026-01-{day:02}")
        } else {
            format!("2026-01-{day:02}T{hour:02}:00:00+01:00")
        })
    });
    let values = (
        prop::option::of(keyword(&["en", "de", "fr"]).prop_map(Value::Str)),
        prop::option::of(prop::collection::vec(keyword(&["a", "b", "c"]), 0..3).prop_map(Value::StrList)),
        prop::option::of((-5i64..10).prop_map(Value::Int)),
        prop::option::of((-20i32..20).prop_map(|tenth| Value::Float(f64::from(tenth) / 10.0))),
        prop::option::of(any::<bool>().prop_map(Value::Bool)),
        prop::option::of(date),
    );
    values.prop_map(|(lang, tag, pages, score, draft, date)| {
        let named = [
            ("lang", lang),
            ("tag", tag),
            ("pages", pages),
            ("score", score),
            ("draft", draft),
            ("date", date),
        ];
        Payload(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    })
}

fn vector() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-1.0f32..1.0, DIMENSION)
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 0..8).prop_map(|words| words.join(" "))
}

fn point() -> impl Strategy<Value = Point> {
    (0u64..30, prop::option::weighted(0.9, vector()), words(), access(), payload()).prop_map(
        |(number, vector, lexical_text, access, payload)| Point {
            id: id(number),
            vector,
            lexical_text,
            access,
            payload,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(point(), 1..12).prop_map(Step::Upsert),
        2 => prop::collection::vec(0u64..35, 0..6).prop_map(Step::Delete),
        2 => (prop::collection::vec(0u64..35, 0..6), access()).prop_map(|(ids, access)| Step::SetAccess(ids, access)),
        1 => Just(Step::Flush),
        1 => Just(Step::Optimize),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let filter = prop::option::of(prop::sample::select(&FILTERS[..]));
    (reader(), filter, vector(), words(), prop_oneof![Just(3usize), Just(100)]).prop_map(
        |(reader, filter, dense, lexical, limit)| {
            let filter = filter.map(|text| Filter::parse(text, &spec().fields).unwrap());
            Question { scope: Scope { reader, filter }, dense, lexical, limit }
        },
    )
}

async fn apply(index: &dyn SearchIndex, step: &Step) {
    let named = |numbers: &[u64]| numbers.iter().copied().map(id).collect::<Vec<_>>();
    match step {
        Step::Upsert(points) => index.upsert(points.clone()).await,
        Step::Delete(numbers) => index.delete(&named(numbers)).await,
        Step::SetAccess(numbers, access) => index.set_access(&named(numbers), access).await,
        Step::Flush => index.flush().await,
        Step::Optimize => index.optimize().await,
    }
    .unwrap();
}

/// What should be in an index after the steps: the definition, without any index.
fn expected(steps: &[Step]) -> HashMap<PointId, Point> {
    let mut held: HashMap<PointId, Point> = HashMap::new();
    for step in steps {
        match step {
            Step::Upsert(points) => held.extend(points.iter().map(|point| (point.id, point.clone()))),
            Step::Delete(numbers) => numbers.iter().for_each(|number| drop(held.remove(&id(*number)))),
            Step::SetAccess(numbers, access) => {
                for number in numbers {
                    if let Some(point) = held.get_mut(&id(*number)) {
                        point.access = access.clone();
                    }
                }
            }
            Step::Flush | Step::Optimize => {}
        }
    }
    held
}

/// Checks every kind of read of one index against the points that should be in it.
async fn check(index: &dyn SearchIndex, held: &HashMap<PointId, Point>, question: &Question) {
    let Question { scope, dense, lexical, limit } = question.clone();
    let allowed: BTreeSet<PointId> = held
        .values()
        .filter(|point| scope.admits(&point.access, &point.payload))
        .map(|point| point.id)
        .collect();
    let with_vector = allowed.iter().filter(|id| held[id].vector.is_some()).count();
    let wanted = crate::terms(&lexical);
    let sharing =
        allowed.iter().filter(|id| !crate::terms(&held[id].lexical_text).is_disjoint(&wanted)).count();

    let request = SearchRequest {
        scope: scope.clone(),
        dense: Some(dense.clone()),
        lexical: Some(PrivateText::new(&lexical)),
        limit,
    };
    let legs = index.search(&request).await.unwrap();
    for leg in [&legs.dense, &legs.lexical] {
        assert!(leg.iter().all(|found| allowed.contains(&found.id)), "{question:?}");
        assert!(leg.is_sorted_by(|a, b| a.score > b.score || (a.score == b.score && a.id < b.id)));
    }
    assert_eq!(legs.dense.len(), with_vector.min(limit));
    assert_eq!(legs.lexical.len(), sharing.min(limit));

    let request = ScoreRequest {
        scope: scope.clone(),
        dense: Some(dense),
        lexical: Some(PrivateText::new(&lexical)),
        ids: (0..35).map(id).collect(),
    };
    let scores = index.score(&request).await.unwrap();
    assert_eq!(scores.lexical.keys().copied().collect::<BTreeSet<_>>(), allowed);
    assert_eq!(scores.dense.len(), with_vector);
    assert!(scores.dense.keys().all(|id| allowed.contains(id)));
    assert_eq!(scores.lexical.values().filter(|score| **score > 0.0).count(), sharing);
    for (leg, scores) in [(&legs.dense, &scores.dense), (&legs.lexical, &scores.lexical)] {
        assert!(leg.iter().all(|found| (found.score - scores[&found.id]).abs() < 1e-4));
    }

    assert_eq!(index.count(&scope).await.unwrap(), allowed.len());
    for field in ["lang", "tag", "pages", "draft"] {
        let counted: usize =
            index.facet(&scope, field, 100).await.unwrap().iter().map(|(_, count)| count).sum();
        let values = |id: &PointId| match held[id].payload.get(field) {
            Some(Value::StrList(texts)) => texts.iter().collect::<BTreeSet<_>>().len(),
            value => usize::from(value.is_some()),
        };
        assert_eq!(counted, allowed.iter().map(values).sum::<usize>(), "{field}");
    }
}

/// Checks that two indexes say the same of one question.
async fn agree(a: &dyn SearchIndex, b: &dyn SearchIndex, question: &Question) {
    let Question { scope, dense, lexical, .. } = question.clone();
    let lexical = Some(PrivateText::new(&lexical));
    let request =
        ScoreRequest { scope: scope.clone(), dense: Some(dense), lexical, ids: (0..35).map(id).collect() };
    let (mine, yours) = (a.score(&request).await.unwrap(), b.score(&request).await.unwrap());
    for (mine, yours) in [(mine.dense, yours.dense), (mine.lexical, yours.lexical)] {
        assert_eq!(mine.len(), yours.len());
        assert!(mine.iter().all(|(id, score)| (score - yours[id]).abs() < 1e-4), "{mine:?}\n{yours:?}");
    }
    for field in ["lang", "tag", "pages", "draft"] {
        assert_eq!(a.facet(&scope, field, 2).await.unwrap(), b.facet(&scope, field, 2).await.unwrap());
    }
    assert_eq!(a.point_ids().await.unwrap(), b.point_ids().await.unwrap());
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn memory_keeps_to_the_definitions(
        steps in prop::collection::vec(step(), 1..10),
        questions in prop::collection::vec(question(), 1..6),
    ) {
        let subject = memory();
        runtime().block_on(async {
            for step in &steps {
                apply(subject.index.as_ref(), step).await;
            }
            for question in &questions {
                check(subject.index.as_ref(), &expected(&steps), question).await;
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn embedded_agrees_with_memory(
        steps in prop::collection::vec(step(), 1..10),
        questions in prop::collection::vec(question(), 3..12),
    ) {
        let (subject, plain) = (embedded(), memory());
        runtime().block_on(async {
            for step in &steps {
                apply(subject.index.as_ref(), step).await;
                apply(plain.index.as_ref(), step).await;
            }
            for question in &questions {
                check(subject.index.as_ref(), &expected(&steps), question).await;
                // Until it is put in order, an index may weigh removed words still.
                apply(subject.index.as_ref(), &Step::Optimize).await;
                agree(subject.index.as_ref(), plain.index.as_ref(), question).await;
            }
        });
    }
}
