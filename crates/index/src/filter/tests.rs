//! The filter language: what reads, what it means, where errors point.

use proptest::prelude::*;

use super::*;
use crate::FieldKind;

fn fields() -> Vec<Field> {
    [
        ("lang", FieldKind::Keyword),
        ("tag", FieldKind::Keyword),
        ("not", FieldKind::Keyword),
        ("pages", FieldKind::Integer),
        ("score", FieldKind::Float),
        ("draft", FieldKind::Bool),
        ("date", FieldKind::Date),
    ]
    .map(|(name, kind)| Field { name: name.into(), kind })
    .to_vec()
}

fn parse(text: &str) -> Filter {
    Filter::parse(text, &fields()).unwrap_or_else(|error| panic!("{error}\n{}", error.pointer()))
}

fn payload(values: &[(&str, Value)]) -> Payload {
    Payload(values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn sample() -> Payload {
    payload(&[
        ("lang", Value::Str("en".into())),
        ("tag", Value::StrList(vec!["a".into(), "b\"c".into()])),
        ("pages", Value::Int(12)),
        ("score", Value::Float(0.5)),
        ("draft", Value::Bool(false)),
        ("date", Value::Date("2026-01-31T23:30:00Z".into())),
    ])
}

#[test]
fn means_what_it_says() {
    let checks = [
        (r#"lang = "en" and date >= 2026-01-01 and tag in ("a","b")"#, true),
        (r"lang = 'de' or pages > 11", true),
        ("pages > 12", false),
        ("pages >= 12 and pages <= 12 and not pages < 12", true),
        (r#"tag = "a" and tag != "a""#, false),
        (r#"tag = 'b"c'"#, true),
        (r#"tag = "b\"c" AND NOT tag not in ("x", "a")"#, true),
        (r#"tag != "zzz""#, true),
        ("score = 0.5 and score < 1 and score > -1e3", true),
        ("draft = false and draft != true", true),
        ("exists lang and not exists `not`", true),
        (r#"`not` != "x""#, true),
        ("date = 2026-01-31", true),
        ("date <= 2026-01-31 and not date > 2026-01-31 and not date < 2026-01-31", true),
        ("date < 2026-01-31T23:30:00Z", false),
        ("date in (2026-01-30, 2026-02-01T00:30:00+01:00)", true),
        (r#"(lang = "de" or lang = "en") and (pages = 1 or pages = 12)"#, true),
        (r#"lang = "de" or lang = "en" and pages = 1"#, false),
    ];
    for (text, expected) in checks {
        let filter = parse(text);
        assert_eq!(filter.matches(&sample()), expected, "{text}");
        assert_eq!(parse(&filter.to_string()), filter, "{text}");
    }
}

#[test]
fn values_that_are_none_match_nothing() {
    let empty = payload(&[
        ("tag", Value::StrList(vec![])),
        ("score", Value::Float(f64::NAN)),
        ("date", Value::Date("soon".into())),
    ]);
    for text in
        ["exists tag", "exists score", "score <= 0 or score >= 0", "date < 2026-01-01", "date >= 2026-01-01"]
    {
        assert!(!parse(text).matches(&empty), "{text}");
    }
    assert!(parse("exists date and tag != 'a'").matches(&empty));
}

#[test]
fn errors_point_at_the_column() {
    let deep = format!("{}pages = 1{}", "(".repeat(40), ")".repeat(40));
    let long = format!("pages in ({}1)", "1,".repeat(5000));
    let checks = [
        ("", 1, "ends where a field", ""),
        ("lang", 5, "ends where a comparison", ""),
        ("lang =", 7, "ends where a value", ""),
        ("lang = en", 8, "a value should be here", "in quotes"),
        (r#"lagn = "en""#, 1, "no field `lagn`", "did you mean `lang`?"),
        (r#"Lang = "en""#, 1, "no field `Lang`", "did you mean `lang`?"),
        ("colour = 1", 1, "no field `colour`", "fields are `lang`"),
        (r#"date >= "2026-01-01""#, 9, "a text was found where field `date` needs a date", "without quotes"),
        ("date >= 2026-02-30", 9, "no number and no date", "without quotes"),
        ("pages = 2026-01-01", 9, "a date was found", "digits"),
        ("pages = 1.5", 9, "a number was found", "digits"),
        ("pages = 9007199254740993", 9, "a number was found", "at most"),
        ("pages = inf", 9, "a value should be here", ""),
        ("score = 1e999", 9, "a number was found", ""),
        ("draft = 1", 9, "a number was found", "true"),
        (r#"lang < "en""#, 6, "no order", "`in`"),
        (r#"lang = "en" lang = "de""#, 13, "`and`, `or` or the end", ""),
        (r#"lang in "en""#, 9, "`(` should be here", ""),
        ("lang in ()", 10, "a value should be here", ""),
        (r#"lang in ("a" "b")"#, 14, "`,` or `)`", ""),
        (r#"lang not = "a""#, 10, "`in` should be here", ""),
        (r#"(lang = "en""#, 13, "ends where `)`", ""),
        (r#"lang = "en"#, 8, "quote is not closed", ""),
        (r#"lang = "é\q""#, 10, "no such escape", ""),
        (r#"tag = "ä" & lang = "en""#, 11, "`&` means nothing here", ""),
        ("exists 5", 8, "a field should be here", ""),
        ("not", 4, "ends where a field", ""),
        ("`lang = 5", 1, "backtick is not closed", ""),
        ("_access = '+'", 1, "no field `_access`", ""),
        (&deep, 33, "levels of nesting", ""),
        (&long, 1, "bytes", ""),
    ];
    for (text, column, problem, hint) in checks {
        let error = Filter::parse(text, &fields()).unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.to_string().contains(problem), "{text}: {error}");
        assert!(error.hint().contains(hint), "{text}: {}", error.hint());
        let pointer = error.pointer();
        let (_, caret) = pointer.split_once('\n').unwrap();
        assert!(caret.ends_with('^') && caret.chars().count() <= column, "{text}");
    }
}

#[test]
fn the_pointer_shows_the_place() {
    let error = Filter::parse("lang = \"é\" and\tlagn = 1", &fields()).unwrap_err();
    assert_eq!(error.pointer(), "lang = \"é\" and lagn = 1\n               ^");
}

fn literal(kind: FieldKind) -> BoxedStrategy<Literal> {
    match kind {
        FieldKind::Keyword => ".{0,12}".prop_map(Literal::Text).boxed(),
        FieldKind::Integer => {
            (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(Literal::Int).boxed()
        }
        FieldKind::Float => prop::num::f64::NORMAL.prop_map(|number| Literal::Float(number + 0.0)).boxed(),
        FieldKind::Bool => any::<bool>().prop_map(Literal::Bool).boxed(),
        FieldKind::Date => (-60_000_000_000_000_000i64..200_000_000_000_000_000, any::<bool>())
            .prop_map(|(micros, whole)| {
                let text = date::rfc3339(micros);
                let text = if whole { text[..10].to_owned() } else { text };
                let moment = date::moment(&text).unwrap();
                Literal::Date(DateLiteral { text, moment })
            })
            .boxed(),
    }
}

fn leaf() -> BoxedStrategy<Node> {
    prop::sample::select(fields())
        .prop_flat_map(|Field { name, kind }| {
            let ordered = !matches!(kind, FieldKind::Keyword | FieldKind::Bool);
            let operators =
                [Operator::Equal, Operator::Below, Operator::AtMost, Operator::Above, Operator::AtLeast];
            let operators = operators[..if ordered { 5 } else { 1 }].to_vec();
            let (compared, listed, existing) = (name.clone(), name.clone(), name);
            prop_oneof![
                (prop::sample::select(operators), literal(kind)).prop_map(move |(operator, literal)| {
                    Node::Compare { field: compared.clone(), operator, literal }
                }),
                prop::collection::vec(literal(kind), 1..4)
                    .prop_map(move |literals| Node::In { field: listed.clone(), literals }),
                Just(Node::Exists { field: existing }),
            ]
        })
        .boxed()
}

fn tree() -> impl Strategy<Value = Filter> {
    leaf()
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Node::And),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Node::Or),
                inner.prop_map(|node| Node::Not(Box::new(node))),
            ]
        })
        .prop_map(|root| Filter { root })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(filter in tree()) {
        let text = filter.to_string();
        prop_assume!(text.len() <= LENGTH_BYTES_MAX);
        prop_assert_eq!(Filter::parse(&text, &fields()).unwrap(), filter, "{}", text);
    }

    #[test]
    fn any_text_reads_or_is_refused(text in r#"[a-z0-9 "'`()=<>!,.\-:é\\]{0,60}"#) {
        if let Err(error) = Filter::parse(&text, &fields()) {
            prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
        }
    }
}
