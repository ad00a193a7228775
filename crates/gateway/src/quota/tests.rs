//! No quota is overspent, whatever the order of reserving, metering, settling, leaving and time.

use std::sync::Arc;

use proptest::prelude::*;
use runtime::ManualClock;

use super::*;

const MINUTE: i64 = 60_000_000;

fn ledger(now: i64) -> (Arc<Ledger>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(now));
    (Ledger::new(Arc::clone(&clock) as Arc<dyn Clock>, Calendar::default()), clock)
}

/// Sets tokens aside for one account.
fn reserve(
    ledger: &Arc<Ledger>,
    account: &str,
    limits: &Limits,
    tokens: u64,
) -> Result<Reservation, QuotaRefusal> {
    let claim = Claim { account: account.to_owned(), limits: *limits };
    ledger.reserve(vec![claim], Wanted { least: tokens, most: tokens })
}

fn per_minute(tokens: u64) -> Limits {
    Limits { tokens_per_minute: Some(tokens), ..Limits::default() }
}

#[test]
fn what_is_reserved_is_not_there_for_others_until_it_is_settled() {
    let (ledger, clock) = ledger(5 * MINUTE + 45_000_000);
    let limits = per_minute(100);
    let first = reserve(&ledger, "k", &limits, 80).unwrap();
    let refused = reserve(&ledger, "k", &limits, 30).err().unwrap();
    let expect = QuotaRefusal {
        account: "k".into(),
        window: Window::Minute,
        limit: 100,
        left: 20,
        asked: 30,
        resets_in_s: 15,
    };
    assert_eq!(refused, expect);
    assert!(reserve(&ledger, "other", &limits, 100).is_ok());
    assert_eq!(first.settle(10), 0);
    assert_eq!(ledger.headroom("k", &limits).unwrap().left, 90);
    clock.advance_micros(15_000_000);
    assert_eq!(ledger.headroom("k", &limits), Some(Headroom { limit: 100, left: 100, resets_in_s: 60 }));
}

#[test]
fn an_answer_ends_where_its_reservation_does_and_a_dropped_one_pays_what_came() {
    let (ledger, _) = ledger(0);
    let limits = per_minute(100);
    let mut answer = reserve(&ledger, "k", &limits, 10).unwrap();
    assert_eq!(
        (answer.meter(7), answer.meter(3), answer.meter(4)),
        (Metered::Within, Metered::Within, Metered::Exhausted(0))
    );
    drop(answer);
    assert_eq!(ledger.headroom("k", &limits).unwrap().left, 90);
    assert_eq!(reserve(&ledger, "k", &limits, 10).unwrap().settle(25), 0, "there is room for it");
    assert_eq!(ledger.headroom("k", &limits).unwrap().left, 65);
    let beside = reserve(&ledger, "k", &limits, 60).unwrap();
    assert_eq!(reserve(&ledger, "k", &limits, 5).unwrap().settle(25), 20, "the rest is set aside");
    drop(beside);
}

#[test]
fn streams_and_months_are_limits_too() {
    let (ledger, clock) = ledger(0);
    let limits = Limits { streams: Some(1), tokens_per_month: Some(50), ..Limits::default() };
    ledger.restore("k", 20);
    let one = reserve(&ledger, "k", &limits, 10).unwrap();
    assert_eq!(reserve(&ledger, "k", &limits, 1).err().unwrap().window, Window::Streams);
    drop(one);
    let refused = reserve(&ledger, "k", &limits, 31).err().unwrap();
    assert_eq!((refused.window, refused.left), (Window::Month, 30));
    clock.advance_micros(refused.resets_in_s as i64 * 1_000_000);
    assert!(reserve(&ledger, "k", &limits, 31).is_ok());
}

#[test]
fn a_reservation_is_as_large_as_the_narrowest_window_and_counts_in_all() {
    let (ledger, _) = ledger(0);
    let claims = |key: u64, team: u64| {
        let claim = |account: &str, tokens| Claim { account: account.into(), limits: per_minute(tokens) };
        vec![claim("key", key), claim("team", team)]
    };
    let wanted = Wanted { least: 10, most: 100 };
    let first = ledger.reserve(claims(1000, 60), wanted).unwrap();
    assert_eq!(first.tokens(), 60);
    let refused = ledger.reserve(claims(1000, 60), wanted).err().unwrap();
    assert_eq!((refused.account.as_str(), refused.left, refused.asked), ("team", 0, 10));
    first.settle(25);
    let left = |account, tokens| ledger.headroom(account, &per_minute(tokens)).unwrap().left;
    assert_eq!((left("key", 1000), left("team", 60)), (975, 35), "the refused one took nothing");
}

#[derive(Clone, Debug)]
enum Step {
    Reserve(u64),
    Meter(usize, u64),
    Settle(usize, u64),
    Leave(usize),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1u64..60).prop_map(Step::Reserve),
        4 => (any::<usize>(), 0u64..40).prop_map(|(which, tokens)| Step::Meter(which, tokens)),
        2 => (any::<usize>(), 0u64..90).prop_map(|(which, tokens)| Step::Settle(which, tokens)),
        1 => any::<usize>().prop_map(Step::Leave),
        1 => (0i64..40_000_000).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    /// The model: a request charges, to the minute it was let in, at most what was reserved for it.
    #[test]
    fn no_minute_is_ever_overspent(limit in 1u64..200, steps in steps()) {
        let (ledger, clock) = ledger(0);
        let limits = per_minute(limit);
        let mut open: Vec<(Reservation, i64)> = Vec::new();
        let mut charged: std::collections::BTreeMap<i64, u64> = std::collections::BTreeMap::new();
        for step in steps {
            match step {
                Step::Reserve(tokens) => {
                    let minute = calendar::minute(clock.now_micros());
                    let held: u64 = open.iter().filter(|(_, of)| *of == minute).map(|(one, _)| one.tokens()).sum();
                    let used = charged.get(&minute).copied().unwrap_or(0);
                    let fits = used + held + tokens <= limit;
                    match reserve(&ledger, "k", &limits, tokens) {
                        Ok(reservation) => { prop_assert!(fits); open.push((reservation, minute)); }
                        Err(refusal) => { prop_assert!(!fits); prop_assert_eq!(refusal.left, limit - used - held); }
                    }
                }
                Step::Meter(which, tokens) if !open.is_empty() => {
                    let place = which % open.len();
                    open[place].0.meter(tokens);
                }
                Step::Settle(which, tokens) if !open.is_empty() => {
                    let (one, minute) = open.swap_remove(which % open.len());
                    let most = one.tokens();
                    let over = one.settle(tokens);
                    prop_assert!(over <= tokens.saturating_sub(most));
                    *charged.entry(minute).or_default() += tokens - over;
                }
                Step::Leave(which) if !open.is_empty() => {
                    let (one, minute) = open.swap_remove(which % open.len());
                    *charged.entry(minute).or_default() += one.metered;
                    drop(one);
                }
                Step::Wait(micros) => clock.advance_micros(micros),
                Step::Meter(..) | Step::Settle(..) | Step::Leave(_) => {}
            }
            prop_assert!(charged.values().all(|used| *used <= limit), "{charged:?}");
        }
    }
}

#[test]
fn ten_thousand_at_once_never_overspend() {
    let (ledger, _) = ledger(0);
    let limits = Limits { tokens_per_minute: Some(50_000), ..Limits::default() };
    let used = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for worker in 0..8u64 {
            let (ledger, used) = (&ledger, &used);
            scope.spawn(move || {
                for turn in 0..1_250u64 {
                    let tokens = 1 + (turn * 37 + worker * 101) % 90;
                    let Ok(mut one) = reserve(ledger, "k", &limits, tokens) else { continue };
                    let really = (turn * 13 + worker) % (tokens + 20);
                    let billed = match turn % 3 {
                        0 => really - one.settle(really),
                        1 => {
                            one.meter(really);
                            really.min(tokens)
                        }
                        _ => 0,
                    };
                    used.fetch_add(billed, std::sync::atomic::Ordering::SeqCst);
                }
            });
        }
    });
    let used = used.into_inner();
    assert!(used <= 50_000);
    assert_eq!(ledger.headroom("k", &limits).unwrap().left, 50_000 - used);
}
