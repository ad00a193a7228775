//! Quotas that several processes count together, in a Redis that they share.
//!
//! Setting aside and settling are one script each, so that no window is overspent whoever asks when. What a process that
//! is gone had set aside counts as used. While the Redis is away, requests are refused, or each process lets its share
//! of every limit through; which of the two is chosen, and told aloud.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::Clock;

use super::{
    Claim, Headroom, Ledger, Limits, Moment, QuotaRefusal, Reservation, Wanted, Window, seconds_until,
};
use crate::calendar::{self, Calendar};

mod link;
mod settling;

pub use link::{RedisAddress, RedisError};

use link::{Incarnation, Link, Redis};
use settling::{Settlement, Settling};

/// What becomes of requests while the Redis is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenAway {
    /// They are refused.
    #[default]
    Refuse,
    /// Each of so many processes lets its share of every limit through, and counts by itself.
    Share(u32),
}

/// Why there is no reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreserved {
    /// There is no room.
    Refused(QuotaRefusal),
    /// Nobody can say whether there is room.
    Away,
}

/// Counters in a Redis.
pub struct SharedLedger {
    redis: Redis,
    clock: Arc<dyn Clock>,
    calendar: Calendar,
    when_away: WhenAway,
    /// Counts while the Redis is away, and what nothing limits.
    own: Arc<Ledger>,
    seen: Mutex<HashMap<String, Seen>>,
    settling: Settling,
}

/// What was left in an account's windows when it was last told.
#[derive(Clone, Copy, Default)]
struct Seen {
    minute: i64,
    month: i64,
    minute_left: u64,
    month_left: u64,
}

/// Tokens set aside for one request, here or in the Redis. Dropped, it settles that nothing was used.
pub struct SharedReservation {
    ledger: Arc<SharedLedger>,
    tokens: u64,
    /// `None` once it is settled.
    held: Option<Held>,
}

/// Where tokens are set aside.
enum Held {
    There { incarnation: Arc<Incarnation>, claims: Vec<Claim>, minute: i64, month: i64 },
    Here { reservation: Reservation, claims: Vec<Claim>, minute: i64, month: i64 },
}

impl SharedLedger {
    /// Counters at this address. Where nobody answers there it counts as away, until [`SharedLedger::tend`] finds it.
    ///
    /// # Errors
    ///
    /// [`RedisError`] where the address is none.
    pub async fn open(
        address: RedisAddress,
        when_away: WhenAway,
        (clock, calendar): (Arc<dyn Clock>, Calendar),
    ) -> Result<Arc<Self>, RedisError> {
        let redis = Redis::new(address)?;
        redis.connect().await;
        Ok(Arc::new(Self {
            redis,
            own: Ledger::new(Arc::clone(&clock), calendar),
            clock,
            calendar,
            when_away,
            seen: Mutex::default(),
            settling: Settling::default(),
        }))
    }

    /// Whether the Redis is away.
    pub fn is_away(&self) -> bool {
        self.redis.link().is_none()
    }

    /// What becomes of requests then.
    pub fn when_away(&self) -> WhenAway {
        self.when_away
    }

    /// As [`Ledger::restore`]: a month never counts less than this process's own book does.
    pub async fn restore(&self, months: &[(String, u64)]) {
        let month = self.now().month;
        for (account, tokens) in months {
            self.own.restore(account, *tokens);
        }
        let Some(link) = self.redis.link() else { return };
        let keys: Vec<(String, u64)> =
            months.iter().map(|(account, tokens)| (month_key(account, month), *tokens)).collect();
        if let Err(error) = self.redis.restore(&link, &keys).await {
            self.redis.lost(&link, &error);
        }
    }

    /// As [`Ledger::reserve`].
    ///
    /// # Errors
    ///
    /// Where there is no room, or nobody can say whether there is.
    pub async fn reserve(
        self: &Arc<Self>,
        claims: Vec<Claim>,
        wanted: Wanted,
    ) -> Result<SharedReservation, Unreserved> {
        // What was set aside for somebody who leaves meanwhile is given back, so this is not dropped half-way.
        let ledger = Arc::clone(self);
        let work = runtime::spawn(async move { ledger.reserved(claims, wanted).await });
        work.join().await.unwrap_or(Err(Unreserved::Away))
    }

    async fn reserved(
        self: &Arc<Self>,
        claims: Vec<Claim>,
        wanted: Wanted,
    ) -> Result<SharedReservation, Unreserved> {
        let now = self.now();
        // A process that slept for too long counts as gone, and is another one from then on.
        for _ in 0..2 {
            let Some(link) = self.redis.link().filter(|_| !claims.is_empty()) else { break };
            match self.redis.reserve(&link, &keys(&claims, now.minute, now.month), (&claims, wanted)).await {
                Ok(told) => match told.split_first() {
                    Some((1, told)) => return Ok(self.granted(&link, claims, (now, told))),
                    Some((0, told)) => {
                        return Err(Unreserved::Refused(refusal(&claims, told, (now, wanted))));
                    }
                    _ => self.redis.renew(&link).await,
                },
                Err(error) => self.redis.lost(&link, &error),
            }
        }
        self.reserved_here(claims, (wanted, now))
    }

    fn granted(
        self: &Arc<Self>,
        link: &Link,
        claims: Vec<Claim>,
        (now, told): (Moment, &[i64]),
    ) -> SharedReservation {
        let tokens = told.first().map_or(0, |granted| counted(*granted));
        let mut seen = self.seen();
        for (claim, left) in claims.iter().zip(told.get(1..).unwrap_or_default().chunks(2)) {
            let left = |place: usize| left.get(place).map_or(0, |left| counted(*left));
            let (minute_left, month_left) = (left(0), left(1));
            let fresh = Seen { minute: now.minute, month: now.month, minute_left, month_left };
            seen.insert(claim.account.clone(), fresh);
        }
        drop(seen);
        let incarnation = Arc::clone(&link.incarnation);
        let held = Held::There { incarnation, claims, minute: now.minute, month: now.month };
        SharedReservation { ledger: Arc::clone(self), tokens, held: Some(held) }
    }

    /// Sets tokens aside in this process alone.
    fn reserved_here(
        self: &Arc<Self>,
        claims: Vec<Claim>,
        (wanted, now): (Wanted, Moment),
    ) -> Result<SharedReservation, Unreserved> {
        let shares = match self.when_away {
            WhenAway::Refuse if !claims.is_empty() => return Err(Unreserved::Away),
            WhenAway::Refuse => Vec::new(),
            WhenAway::Share(processes) => claims.iter().map(|claim| share(claim, processes)).collect(),
        };
        let reservation = self.own.reserve(shares, wanted).map_err(Unreserved::Refused)?;
        let tokens = reservation.tokens();
        let held = Held::Here { reservation, claims, minute: now.minute, month: now.month };
        Ok(SharedReservation { ledger: Arc::clone(self), tokens, held: Some(held) })
    }

    /// As [`Ledger::headroom`], as of the last time that the account was heard of.
    pub fn headroom(&self, account: &str, limits: &Limits) -> Option<Headroom> {
        if self.is_away() {
            return match self.when_away {
                WhenAway::Refuse => None,
                WhenAway::Share(processes) => self.own.headroom(account, &limits.share(processes)),
            };
        }
        let now = self.now();
        let seen = self.seen().get(account).copied().unwrap_or_default();
        let minute = limits.tokens_per_minute.map(|limit| Headroom {
            limit,
            left: if seen.minute == now.minute { seen.minute_left.min(limit) } else { limit },
            resets_in_s: seconds_until(now.micros, calendar::next_minute(now.micros)),
        });
        let month = limits.tokens_per_month.map(|limit| Headroom {
            limit,
            left: if seen.month == now.month { seen.month_left.min(limit) } else { limit },
            resets_in_s: seconds_until(now.micros, self.calendar.next_month(now.micros)),
        });
        minute.into_iter().chain(month).min_by_key(|room| room.left)
    }

    fn now(&self) -> Moment {
        Moment::of(self.clock.as_ref(), self.calendar)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has what is known of accounts follow a settlement that is on its way.
    fn foresee(&self, settlement: &Settlement) {
        let mut seen = self.seen();
        for claim in &settlement.claims {
            let Some(seen) = seen.get_mut(&claim.account) else { continue };
            let back = |left: u64| left.saturating_add(settlement.reserved).saturating_sub(settlement.used);
            if seen.minute == settlement.minute {
                seen.minute_left = back(seen.minute_left);
            }
            if seen.month == settlement.month {
                seen.month_left = back(seen.month_left);
            }
        }
    }
}

impl SharedReservation {
    /// How many tokens were set aside.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// As [`Reservation::settle`]. What goes beyond all room is told in the log once the Redis says so.
    pub fn settle(mut self, used: u64) -> u64 {
        self.settled(used)
    }

    fn settled(&mut self, used: u64) -> u64 {
        let (over, settlement) = match self.held.take() {
            None => return 0,
            Some(Held::There { incarnation, claims, minute, month }) => {
                let incarnation = Some(incarnation);
                (0, Settlement { incarnation, claims, minute, month, reserved: self.tokens, used })
            }
            Some(Held::Here { reservation, claims, minute, month }) => {
                let over = reservation.settle(used);
                let (used, reserved) = (used - over, 0);
                (over, Settlement { incarnation: None, claims, minute, month, reserved, used })
            }
        };
        if !settlement.claims.is_empty() {
            self.ledger.foresee(&settlement);
            self.ledger.settling.put(settlement);
        }
        over
    }
}

impl Drop for SharedReservation {
    fn drop(&mut self) {
        self.settled(0);
    }
}

impl Limits {
    /// One of so many equal parts.
    fn share(&self, parts: u32) -> Self {
        let parts = parts.max(1);
        Self {
            tokens_per_minute: self.tokens_per_minute.map(|limit| limit / u64::from(parts)),
            tokens_per_month: self.tokens_per_month.map(|limit| limit / u64::from(parts)),
            streams: self.streams.map(|limit| limit / parts),
        }
    }
}

fn share(claim: &Claim, parts: u32) -> Claim {
    Claim { account: claim.account.clone(), limits: claim.limits.share(parts) }
}

fn refusal(claims: &[Claim], told: &[i64], (now, wanted): (Moment, Wanted)) -> QuotaRefusal {
    let number = |place: usize| told.get(place).map_or(0, |number| counted(*number));
    let place = usize::try_from(number(0)).unwrap_or(usize::MAX).saturating_sub(1);
    let claim = claims.get(place).or(claims.first());
    let limits = claim.map(|claim| claim.limits).unwrap_or_default();
    let (window, limit, asked, ends) = match number(1) {
        3 => (Window::Streams, limits.streams.map(u64::from), 1, now.micros),
        2 => (Window::Month, limits.tokens_per_month, wanted.least, now.calendar.next_month(now.micros)),
        _ => (Window::Minute, limits.tokens_per_minute, wanted.least, calendar::next_minute(now.micros)),
    };
    QuotaRefusal {
        account: claim.map(|claim| claim.account.clone()).unwrap_or_default(),
        window,
        limit: limit.unwrap_or_default(),
        left: number(2),
        asked,
        resets_in_s: seconds_until(now.micros, ends),
    }
}

/// The windows of accounts, each account's minute, month and requests under way after one another.
fn keys(claims: &[Claim], minute: i64, month: i64) -> Vec<String> {
    let windows = |claim: &Claim| {
        let account = &claim.account;
        [
            format!("patou:{{quota}}:{account}:minute:{minute}"),
            month_key(account, month),
            format!("patou:{{quota}}:{account}:streams"),
        ]
    };
    claims.iter().flat_map(windows).collect()
}

fn month_key(account: &str, month: i64) -> String {
    format!("patou:{{quota}}:{account}:month:{month}")
}

/// A number that a script gave; what is below 0 is none.
fn counted(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests;
