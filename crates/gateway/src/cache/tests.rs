//! No answer crosses a partition; of many that ask alike, one asks the model.

use std::collections::BTreeSet;

use proptest::prelude::*;
use runtime::ManualClock;

use super::*;
use crate::{Key, KeySpec, Operation};

fn request(body: &str) -> Request {
    Request::read(Operation::Chat, Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

fn caller(id: &str, team: Option<&str>, principals: &[&str]) -> Caller {
    let spec = KeySpec {
        team: team.map(str::to_owned),
        principals: principals.iter().map(|name| name.parse().unwrap()).collect::<BTreeSet<_>>(),
        ..KeySpec::default()
    };
    let key =
        Key { id: id.into(), spec, prefixes: Vec::new(), created_at: 0, expires_at: None, revoked_at: None };
    Caller { key: Some(Arc::new(key)), ..Caller::default() }
}

fn key_of(body: &str, caller: &Caller, sharing: Sharing) -> CacheKey {
    CacheKey::of(&request(body), caller, sharing, "v1")
}

const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi  there"}],"temperature":0}"#;

#[test]
fn layout_and_order_do_not_matter_and_everything_else_does() {
    let me = caller("k", None, &[]);
    let same = r#"{ "temperature" : 0, "messages":[ {"role": "user","content":"hi  there"} ],
        "model":"m" }"#;
    assert_eq!(key_of(BODY, &me, Sharing::Key), key_of(same, &me, Sharing::Key));
    for other in [
        r#"{"model":"m","messages":[{"role":"user","content":"hi there"}],"temperature":0}"#,
        r#"{"model":"m","messages":[{"role":"user","content":"hi  there"}],"temperature":0.0}"#,
        r#"{"model":"m","messages":[{"role":"user","content":"hi  there"}],"temperature":0,"stream":true}"#,
        r#"{"model":"n","messages":[{"role":"user","content":"hi  there"}],"temperature":0}"#,
    ] {
        assert_ne!(key_of(BODY, &me, Sharing::Key), key_of(other, &me, Sharing::Key), "{other}");
    }
    let policy = |policy| CacheKey::of(&request(BODY), &me, Sharing::Key, policy);
    assert_ne!(policy("v1"), policy("v2"));
}

#[test]
fn a_team_shares_among_those_who_read_in_the_same_names() {
    let key = |id, team, principals: &[&str]| key_of(BODY, &caller(id, team, principals), Sharing::Team);
    assert_eq!(key("a", Some("ml"), &["group:x"]), key("b", Some("ml"), &["group:x"]));
    assert_ne!(key("a", Some("ml"), &["group:x"]), key("b", Some("ml"), &[]));
    assert_ne!(key("a", Some("ml"), &[]), key("b", Some("hr"), &[]));
    assert_ne!(key("a", None, &[]), key("b", None, &[]), "without a team a key is alone");
    assert_ne!(key("ml", None, &[]), key("a", Some("ml"), &[]));
}

fn looking(control: CacheControl) -> Looking<'static> {
    let second = Duration::from_secs(1);
    Looking { model: "m", keep: Duration::from_secs(60), control, patience: 30 * second }
}

fn cache() -> (Arc<AnswerCache>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(1_000_000));
    (AnswerCache::new(1 << 20, Arc::clone(&clock) as Arc<dyn Clock>, None), clock)
}

async fn body_of(cache: &Arc<AnswerCache>, key: CacheKey, control: CacheControl) -> Option<(Bytes, u64)> {
    match cache.look(key, looking(control)).await {
        Found::Answer(kept, age) => Some((kept.body, age)),
        Found::Flight(_) => None,
    }
}

/// How far work is, without waiting for it.
async fn polled<T>(mut work: std::pin::Pin<&mut impl Future<Output = T>>) -> std::task::Poll<T> {
    std::future::poll_fn(|context| std::task::Poll::Ready(work.as_mut().poll(context))).await
}

async fn keep(cache: &Arc<AnswerCache>, key: CacheKey, body: &[u8]) {
    let Found::Flight(mut flight) = cache.look(key, looking(CacheControl::default())).await else { return };
    flight.record(body);
    flight.land();
}

#[tokio::test]
async fn an_answer_lives_as_long_as_its_route_and_its_reader_say() {
    let (cache, clock) = cache();
    let key = key_of(BODY, &caller("k", None, &[]), Sharing::Key);
    keep(&cache, key, b"answer").await;
    clock.advance_micros(10_000_000);
    let body = |control: &str| body_of(&cache, key, CacheControl::of_header(control));
    assert_eq!(body("").await, Some((Bytes::from_static(b"answer"), 10)));
    assert!(body("max-age=10").await.is_some() && body("public, Max-Age=9").await.is_none());
    assert!(body("no-cache").await.is_none());
    assert!(CacheControl::of_header("no-store").no_store);
    clock.advance_micros(50_000_000);
    assert!(body("").await.is_none());
    keep(&cache, key, b"answer").await;
    assert_eq!((cache.purge(Some("other")), cache.purge(Some("m")), cache.purge(None)), (0, 1, 0));
    keep(&cache, key, &vec![b'x'; ANSWER_BYTES_MAX + 1]).await;
    assert!(body("").await.is_none(), "too long to be kept");
}

#[tokio::test]
async fn one_asks_and_the_others_wait_and_the_next_takes_over_where_it_fails() {
    let (cache, _) = cache();
    let key = key_of(BODY, &caller("k", None, &[]), Sharing::Key);
    let Found::Flight(first) = cache.look(key, looking(CacheControl::default())).await else { panic!() };
    let mut waiting: Vec<_> =
        (0..5).map(|_| Box::pin(cache.look(key, looking(CacheControl::default())))).collect();
    for one in &mut waiting {
        assert!(polled(one.as_mut()).await.is_pending());
    }
    drop(first);
    let mut asking = None;
    for one in &mut waiting {
        match polled(one.as_mut()).await {
            std::task::Poll::Ready(Found::Flight(flight)) => assert!(asking.replace(flight).is_none()),
            std::task::Poll::Ready(Found::Answer(..)) => panic!("there is no answer yet"),
            std::task::Poll::Pending => {}
        }
    }
    let mut flight = asking.unwrap();
    flight.record(b"answer");
    flight.land();
    let mut answered = 0;
    for one in waiting.iter_mut().skip(1) {
        if let std::task::Poll::Ready(Found::Answer(kept, _)) = polled(one.as_mut()).await {
            answered += usize::from(kept.body == "answer");
        }
    }
    assert_eq!(answered, 4);
}

/// A cache that compares by words, and what comes of asking it.
async fn asks(cache: &Arc<AnswerCache>, text: &str, me: &Caller, shadow: bool) -> Option<f32> {
    let body = serde_json::json!({"model": "m", "messages": [
        {"role": "system", "content": "house"}, {"role": "user", "content": text},
    ]});
    let request = request(&body.to_string());
    let key = |request: &Request| CacheKey::of(request, me, Sharing::Key, "v1");
    let own = key(&request);
    let Found::Flight(mut flight) = cache.look(own, looking(CacheControl::default())).await else {
        return Some(1.0);
    };
    let likeness = Likeness { cosine_min: 0.95, is_shadow: shadow };
    match flight.alike(&request, (likeness, CacheControl::default()), key).await {
        Some(like) => Some(like.cosine),
        None => {
            flight.record(b"{\"choices\":[]}");
            flight.land();
            None
        }
    }
}

#[tokio::test]
async fn a_question_that_means_the_same_gets_the_kept_answer_of_its_own_partition() {
    let clock = Arc::new(ManualClock::new(1_000_000));
    let embedder = Some(Arc::new(model::HashEmbedder::new(64)) as Arc<dyn Embedder>);
    let cache = AnswerCache::new(1 << 20, Arc::clone(&clock) as Arc<dyn Clock>, embedder);
    let (me, you) = (caller("k", None, &[]), caller("l", None, &[]));
    assert_eq!(asks(&cache, "how do I scale a node pool", &me, false).await, None);
    assert!(asks(&cache, "how do I scale a pool node?", &me, false).await.unwrap() > 0.99);
    assert_eq!(asks(&cache, "how do I scale a pool node!", &you, false).await, None, "somebody else's");
    assert_eq!(asks(&cache, "how do I scale a node pool 2", &me, false).await, None, "a number more");
    assert_eq!(asks(&cache, "how do I scale no node pool", &me, false).await, None, "turned round");
    assert_eq!(asks(&cache, "what is a quota", &me, false).await, None);
    assert_eq!(asks(&cache, "is what a quota", &me, true).await, None, "only measured");
    clock.advance_micros(61_000_000);
    assert_eq!(asks(&cache, "how do I scale a pool, node", &me, false).await, None, "too old");
    assert_eq!(
        asks(&cache, "how do I scale a pool; node", &me, false).await.map(|cosine| cosine > 0.99),
        Some(true)
    );
    cache.purge(None);
    assert_eq!(asks(&cache, "how do I scale, a pool node", &me, false).await, None, "forgotten");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Callers of different partitions and requests that differ never have a key in common, and those of one
    /// partition with the same request always have.
    #[test]
    fn no_answer_crosses_a_partition(
        ids in prop::collection::vec("[ab]{1,2}", 2), teams in prop::collection::vec(prop::option::of("[ab]{1,2}"), 2),
        groups in prop::collection::vec(prop::collection::btree_set("[ab]{1,2}", 0..3), 2),
        texts in prop::collection::vec("[ab\" ]{0,3}", 2), by_team: bool,
    ) {
        let sharing = if by_team { Sharing::Team } else { Sharing::Key };
        let principals = |at: usize| groups[at].iter().map(|name| format!("group:{name}")).collect::<Vec<_>>();
        let key = |at: usize| {
            let named = principals(at);
            let named: Vec<&str> = named.iter().map(String::as_str).collect();
            let body = serde_json::json!({"model": "m", "messages": [texts[at]]}).to_string();
            key_of(&body, &caller(&ids[at], teams[at].as_deref(), &named), sharing)
        };
        let partition = |at: usize| match (&teams[at], by_team) {
            (Some(team), true) => ("team", team.clone(), principals(at)),
            _ => ("key", ids[at].clone(), principals(at)),
        };
        let alike = partition(0) == partition(1) && texts[0] == texts[1];
        prop_assert_eq!(key(0) == key(1), alike);
    }
}
