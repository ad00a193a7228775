//! Several processes that count in one Redis overspend nothing, whatever happens to them or to it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use runtime::ManualClock;

use super::*;

const MINUTE: i64 = 60_000_000;

struct Stand {
    redis: testkit::Redis,
    clock: Arc<ManualClock>,
}

fn stand() -> Option<Stand> {
    Some(Stand { redis: testkit::Redis::start()?, clock: Arc::new(ManualClock::new(0)) })
}

impl Stand {
    /// A process of its own.
    async fn node(&self, when_away: WhenAway) -> Arc<SharedLedger> {
        let address = RedisAddress { url: self.redis.url(), password: None };
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        SharedLedger::open(address, when_away, (clock, Calendar::default())).await.unwrap()
    }
}

fn claims(account: &str, limits: Limits) -> Vec<Claim> {
    vec![Claim { account: account.to_owned(), limits }]
}

fn per_minute(tokens: u64) -> Limits {
    Limits { tokens_per_minute: Some(tokens), ..Limits::default() }
}

async fn reserve(
    node: &Arc<SharedLedger>,
    account: &str,
    limits: Limits,
    tokens: u64,
) -> Result<SharedReservation, Unreserved> {
    node.reserve(claims(account, limits), Wanted { least: tokens, most: tokens }).await
}

fn left(refused: Result<SharedReservation, Unreserved>) -> (Window, u64) {
    match refused.err() {
        Some(Unreserved::Refused(refusal)) => (refusal.window, refusal.left),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn what_one_process_sets_aside_is_not_there_for_another() {
    let Some(stand) = stand() else { return };
    let (one, two) = (stand.node(WhenAway::Refuse).await, stand.node(WhenAway::Refuse).await);
    let limits = Limits { tokens_per_month: Some(1000), streams: Some(2), ..per_minute(100) };
    let first = reserve(&one, "key:a", limits, 80).await.unwrap();
    assert_eq!(left(reserve(&two, "key:a", limits, 30).await), (Window::Minute, 20));
    let second = reserve(&two, "key:a", limits, 20).await.unwrap();
    assert_eq!(two.headroom("key:a", &limits).unwrap().left, 0);
    assert_eq!(left(reserve(&one, "key:a", limits, 1).await), (Window::Streams, 0));
    first.settle(10);
    assert_eq!(one.headroom("key:a", &limits).unwrap().left, 90, "as far as this process knows");
    one.settle_waiting().await;
    assert_eq!(left(reserve(&two, "key:a", limits, 71).await), (Window::Minute, 70));
    drop(second);
    two.settle_waiting().await;
    stand.clock.advance_micros(MINUTE);
    assert_eq!(left(reserve(&two, "key:a", limits, 101).await), (Window::Minute, 100));
    let month = Limits { tokens_per_minute: None, ..limits };
    assert_eq!(left(reserve(&two, "key:a", month, 991).await), (Window::Month, 990));
    let part = two.reserve(claims("key:a", month), Wanted { least: 1, most: 5000 }).await.unwrap();
    assert_eq!(part.tokens(), 990);
}

#[tokio::test]
async fn what_a_process_that_is_gone_had_set_aside_counts_as_used() {
    let Some(stand) = stand() else { return };
    let (one, two) = (stand.node(WhenAway::Refuse).await, stand.node(WhenAway::Refuse).await);
    let limits = Limits { streams: Some(1), ..per_minute(100) };
    let lost = reserve(&one, "key:a", limits, 60).await.unwrap();
    assert_eq!(left(reserve(&two, "key:a", limits, 10).await).0, Window::Streams);
    // As if nothing had been heard of either for too long.
    one.redis.forget_processes().await;
    let other = reserve(&two, "key:a", limits, 30).await.unwrap();
    assert_eq!(left(reserve(&two, "key:a", per_minute(100), 20).await), (Window::Minute, 10));
    // It was not gone after all: what it says now changes nothing.
    lost.settle(5);
    one.settle_waiting().await;
    assert_eq!(left(reserve(&one, "key:a", per_minute(100), 20).await), (Window::Minute, 10));
    drop(other);
    two.settle_waiting().await;
    assert_eq!(left(reserve(&one, "key:a", per_minute(100), 41).await), (Window::Minute, 40));
}

#[tokio::test]
async fn whoever_leaves_while_tokens_are_set_aside_leaves_none_behind() {
    let Some(stand) = stand() else { return };
    let node = stand.node(WhenAway::Refuse).await;
    for _ in 0..20 {
        let mut asking = Box::pin(reserve(&node, "key:a", per_minute(100), 100));
        // Begun, and dropped before there is an answer.
        assert!(futures_util::poll!(&mut asking).is_pending());
        drop(asking);
    }
    let free = async {
        loop {
            node.settle_waiting().await;
            if reserve(&node, "key:b", per_minute(1), 1).await.is_ok()
                && reserve(&node, "key:a", per_minute(100), 100).await.is_ok()
            {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), free).await.unwrap();
}

#[tokio::test]
async fn while_the_redis_is_away_requests_are_refused_or_each_process_has_its_share() {
    let Some(mut stand) = stand() else { return };
    let (strict, sharing) = (stand.node(WhenAway::Refuse).await, stand.node(WhenAway::Share(4)).await);
    assert!(reserve(&strict, "key:a", per_minute(100), 10).await.is_ok());
    strict.settle_waiting().await;
    let under_way = reserve(&sharing, "key:a", per_minute(100), 10).await.unwrap();
    stand.redis.kill();
    assert_eq!(reserve(&strict, "key:a", per_minute(100), 1).await.err(), Some(Unreserved::Away));
    assert!(strict.is_away());
    assert!(reserve(&strict, "key:a", Limits::default(), 1).await.is_err(), "it may be limited elsewhere");
    assert!(strict.reserve(Vec::new(), Wanted { least: 1, most: 1 }).await.is_ok(), "nothing limits it");
    let here = reserve(&sharing, "key:a", per_minute(100), 20).await.unwrap();
    assert_eq!(left(reserve(&sharing, "key:a", per_minute(100), 6).await), (Window::Minute, 5));
    here.settle(15);
    under_way.settle(7);
    sharing.settle_waiting().await;
    stand.redis.restart();
    strict.redis.connect().await;
    sharing.redis.connect().await;
    sharing.settle_waiting().await;
    assert!(!strict.is_away() && !sharing.is_away());
    // What was used meanwhile counts from now on; what was set aside in the one that is gone, is gone with it.
    assert_eq!(left(reserve(&strict, "key:a", per_minute(100), 86).await), (Window::Minute, 85));
}

#[tokio::test]
async fn a_month_begins_where_the_book_ends() {
    let Some(stand) = stand() else { return };
    let limits = Limits { tokens_per_month: Some(100), ..Limits::default() };
    let node = stand.node(WhenAway::Refuse).await;
    node.restore(&[("key:a".into(), 40)]).await;
    let other = stand.node(WhenAway::Refuse).await;
    other.restore(&[("key:a".into(), 30)]).await;
    assert_eq!(left(reserve(&other, "key:a", limits, 61).await), (Window::Month, 60));
}

#[tokio::test]
async fn an_address_that_is_none_is_told_and_a_redis_that_is_not_there_is_away() {
    let open = |url: &str| {
        let address = RedisAddress { url: url.into(), password: None };
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(0));
        SharedLedger::open(address, WhenAway::Refuse, (clock, Calendar::default()))
    };
    assert!(open("http://localhost").await.is_err());
    assert!(open("redis://127.0.0.1:1/").await.unwrap().is_away());
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_at_once_in_three_processes_never_overspend() {
    let Some(stand) = stand() else { return };
    let limits = Limits { tokens_per_month: Some(50_000), ..Limits::default() };
    let billed = Arc::new(AtomicU64::new(0));
    // As many as a node has under way: more of them wait for it, not for the Redis.
    let room = Arc::new(tokio::sync::Semaphore::new(300));
    let mut work = Vec::new();
    for node in 0..3u64 {
        let node = (stand.node(WhenAway::Refuse).await, node);
        for turn in 0..3_334u64 {
            let ((node, number), billed) = ((Arc::clone(&node.0), node.1), Arc::clone(&billed));
            let room = Arc::clone(&room);
            work.push(async move {
                let _place = room.acquire().await.unwrap();
                let tokens = 1 + (turn * 37 + number * 101) % 90;
                let Ok(one) = reserve(&node, "model:m", limits, tokens).await else { return };
                tokio::task::yield_now().await;
                let really = (turn * 13 + number) % (tokens + 1);
                billed.fetch_add(really, Ordering::SeqCst);
                one.settle(really);
                node.settle_waiting().await;
            });
        }
    }
    let work: Vec<_> = work.into_iter().map(runtime::spawn).collect();
    for one in work {
        one.join().await.unwrap();
    }
    let used = billed.load(Ordering::SeqCst);
    assert!((1..=50_000).contains(&used), "{used}");
    let node = stand.node(WhenAway::Refuse).await;
    assert_eq!(left(reserve(&node, "model:m", limits, 50_001).await), (Window::Month, 50_000 - used));
}

#[derive(Clone, Debug)]
enum Step {
    Reserve(usize, u64),
    Settle(usize, u64),
    Leave(usize),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0usize..3, 1u64..60).prop_map(|(node, tokens)| Step::Reserve(node, tokens)),
        2 => (any::<usize>(), 0u64..90).prop_map(|(which, tokens)| Step::Settle(which, tokens)),
        1 => any::<usize>().prop_map(Step::Leave),
        1 => (0i64..40_000_000).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..60)
}

/// The model: a request charges, to the minute it was let in, at most what was set aside for it and what room there is.
async fn no_minute_is_overspent(stand: &Stand, nodes: &[Arc<SharedLedger>], limit: u64, steps: Vec<Step>) {
    let account = format!("key:{}", runtime::new_id());
    let mut open: Vec<(SharedReservation, i64)> = Vec::new();
    let mut charged: BTreeMap<i64, u64> = BTreeMap::new();
    for step in steps {
        let minute = calendar::minute(stand.clock.now_micros());
        match step {
            Step::Reserve(node, tokens) => {
                let held: u64 =
                    open.iter().filter(|(_, of)| *of == minute).map(|(one, _)| one.tokens()).sum();
                let room = limit - charged.get(&minute).copied().unwrap_or(0) - held;
                match reserve(&nodes[node], &account, per_minute(limit), tokens).await {
                    Ok(reservation) => {
                        assert!(tokens <= room);
                        open.push((reservation, minute));
                    }
                    Err(Unreserved::Refused(refusal)) => {
                        assert!(tokens > room);
                        assert_eq!(refusal.left, room);
                    }
                    Err(Unreserved::Away) => panic!("it is there"),
                }
            }
            Step::Settle(which, tokens) if !open.is_empty() => {
                let (one, of) = open.swap_remove(which % open.len());
                let held: u64 =
                    open.iter().filter(|(_, other)| *other == of).map(|(one, _)| one.tokens()).sum();
                let used = charged.entry(of).or_default();
                *used += tokens.min(limit - *used - held);
                let node = Arc::clone(&one.ledger);
                one.settle(tokens);
                node.settle_waiting().await;
            }
            Step::Leave(which) if !open.is_empty() => {
                let (one, _) = open.swap_remove(which % open.len());
                let node = Arc::clone(&one.ledger);
                drop(one);
                node.settle_waiting().await;
            }
            Step::Wait(micros) => stand.clock.advance_micros(micros),
            Step::Settle(..) | Step::Leave(_) => {}
        }
        assert!(charged.values().all(|used| *used <= limit), "{charged:?}");
    }
}

#[test]
fn three_processes_agree_with_the_model() {
    let Some(stand) = stand() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let nodes: Vec<_> = (0..3).map(|_| runtime.block_on(stand.node(WhenAway::Refuse))).collect();
    let config = ProptestConfig { failure_persistence: None, cases: 60, ..ProptestConfig::default() };
    proptest!(config, |(limit in 1u64..200, steps in steps())| {
        runtime.block_on(no_minute_is_overspent(&stand, &nodes, limit, steps));
    });
}
