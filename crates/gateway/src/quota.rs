//! Token quotas: reserved before a model is asked, metered while it answers, settled when it is through.
//!
//! For every account and window, at every moment: tokens used and tokens reserved together are at most the limit.
//! A reservation that is dropped settles what was metered until then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::Clock;
use serde::{Deserialize, Serialize};

use crate::calendar::{self, Calendar};

mod counters;
mod shared;

pub use counters::{Counters, Hold};
pub use shared::{RedisAddress, RedisError, SharedLedger, Unreserved, WhenAway};

/// How much an account may use. What is absent is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Tokens within a minute of the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Tokens within a calendar month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_month: Option<u64>,
    /// Requests under way at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streams: Option<u32>,
}

/// What a limit is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// A minute of the clock.
    Minute,
    /// A calendar month.
    Month,
    /// This moment: requests under way.
    Streams,
}

impl Limits {
    /// Whether tokens are limited.
    pub fn has_tokens(&self) -> bool {
        self.tokens_per_minute.is_some() || self.tokens_per_month.is_some()
    }

    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Window {
    /// Its name in messages and headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Month => "month",
            Self::Streams => "streams",
        }
    }
}

/// One account's part in a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The account.
    pub account: String,
    /// What limits it.
    pub limits: Limits,
}

/// How many tokens a request wants set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Fewer are of no use to it.
    pub least: u64,
    /// It cannot use more.
    pub most: u64,
}

/// Why there is no reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaRefusal {
    /// Whose limit.
    pub account: String,
    /// Which limit.
    pub window: Window,
    /// The limit, in tokens; in requests for [`Window::Streams`].
    pub limit: u64,
    /// What is left of it.
    pub left: u64,
    /// What was asked for.
    pub asked: u64,
    /// When the window begins anew, in seconds from now, at least 1.
    pub resets_in_s: u64,
}

/// What is left, for those who pace themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headroom {
    /// The narrowest limit.
    pub limit: u64,
    /// What is left of it, reservations taken off.
    pub left: u64,
    /// When it begins anew, in seconds from now.
    pub resets_in_s: u64,
}

/// Whether metered tokens are within the reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metered {
    /// They are.
    Within,
    /// They came to its end: so many of them are within, and the answer ends there.
    Exhausted(u64),
}

/// Every account's windows.
pub struct Ledger {
    clock: Arc<dyn Clock>,
    calendar: Calendar,
    accounts: Mutex<HashMap<String, Account>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    minute: Spent,
    month: Spent,
    streams: u32,
}

/// What one window holds.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    /// Which minute or month it is.
    period: i64,
    used: u64,
    reserved: u64,
}

/// Tokens set aside for one request.
pub struct Reservation {
    ledger: Arc<Ledger>,
    accounts: Vec<Claim>,
    minute: i64,
    month: i64,
    reserved: u64,
    metered: u64,
}

impl Ledger {
    /// A ledger in which nothing was used.
    pub fn new(clock: Arc<dyn Clock>, calendar: Calendar) -> Arc<Self> {
        Arc::new(Self { clock, calendar, accounts: Mutex::default() })
    }

    /// Says what an account used of the month at hand before this process began.
    pub fn restore(&self, account: &str, month_tokens: u64) {
        let month = self.now().month;
        let mut accounts = self.accounts();
        let spent = &mut accounts.entry(account.to_owned()).or_default().month;
        spent.roll(month);
        spent.used = spent.used.max(month_tokens);
    }

    /// Sets tokens aside in every window of every account, or in none: as many as are wanted at most, where the
    /// narrowest window has no room for them as many as it has.
    ///
    /// # Errors
    ///
    /// [`QuotaRefusal`] for the narrowest window where it has no room for the least that is wanted.
    pub fn reserve(
        self: &Arc<Self>,
        claims: Vec<Claim>,
        wanted: Wanted,
    ) -> Result<Reservation, QuotaRefusal> {
        let now = self.now();
        let mut accounts = self.accounts();
        let mut granted = wanted.most;
        for claim in &claims {
            let own = accounts.entry(claim.account.clone()).or_default();
            own.roll(now);
            granted = granted.min(own.admit(claim, wanted.least, now)?);
        }
        for claim in &claims {
            let own = accounts.entry(claim.account.clone()).or_default();
            own.minute.reserved += granted;
            own.month.reserved += granted;
            own.streams += 1;
        }
        drop(accounts);
        let (ledger, minute, month) = (Arc::clone(self), now.minute, now.month);
        Ok(Reservation { ledger, accounts: claims, minute, month, reserved: granted, metered: 0 })
    }

    /// What is left to an account; `None` where no tokens are limited.
    pub fn headroom(&self, account: &str, limits: &Limits) -> Option<Headroom> {
        if !limits.has_tokens() {
            return None;
        }
        let now = self.now();
        let mut own = self.accounts().get(account).copied().unwrap_or_default();
        own.roll(now);
        let rooms = own.windows(limits, now).map(|room| room.headroom);
        rooms.min_by_key(|room| room.left)
    }

    fn now(&self) -> Moment {
        Moment::of(self.clock.as_ref(), self.calendar)
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a reservation back and notes what was used instead. Gives what was used beyond both the reservation
    /// and the room that is left.
    fn settle(&self, reservation: &Reservation, used: u64) -> u64 {
        let mut accounts = self.accounts();
        let (minute, month, reserved) = (reservation.minute, reservation.month, reservation.reserved);
        let mut charged = used;
        for claim in &reservation.accounts {
            let Some(own) = accounts.get_mut(&claim.account) else { continue };
            own.minute.give_back(minute, reserved);
            own.month.give_back(month, reserved);
            own.streams = own.streams.saturating_sub(1);
            charged = charged.min(own.room(reservation, &claim.limits));
        }
        for claim in &reservation.accounts {
            let Some(own) = accounts.get_mut(&claim.account) else { continue };
            own.minute.charge(minute, charged);
            own.month.charge(month, charged);
        }
        used - charged
    }
}

/// A moment, and the periods that it is in.
#[derive(Clone, Copy)]
struct Moment {
    micros: i64,
    minute: i64,
    month: i64,
    calendar: Calendar,
}

impl Moment {
    fn of(clock: &dyn Clock, calendar: Calendar) -> Self {
        let micros = clock.now_micros();
        Self { micros, minute: calendar::minute(micros), month: calendar.month(micros), calendar }
    }
}

/// A window with a limit.
struct Room {
    window: Window,
    headroom: Headroom,
}

impl Account {
    fn roll(&mut self, now: Moment) {
        self.minute.roll(now.minute);
        self.month.roll(now.month);
    }

    /// The windows of tokens that are limited.
    fn windows(&self, limits: &Limits, now: Moment) -> impl Iterator<Item = Room> + use<> {
        let minute = limits.tokens_per_minute.map(|limit| Room {
            window: Window::Minute,
            headroom: Headroom {
                limit,
                left: self.minute.left(limit),
                resets_in_s: seconds_until(now.micros, calendar::next_minute(now.micros)),
            },
        });
        let month = limits.tokens_per_month.map(|limit| Room {
            window: Window::Month,
            headroom: Headroom {
                limit,
                left: self.month.left(limit),
                resets_in_s: seconds_until(now.micros, now.calendar.next_month(now.micros)),
            },
        });
        minute.into_iter().chain(month)
    }

    /// How many tokens the narrowest window has room for.
    fn admit(&self, claim: &Claim, least: u64, now: Moment) -> Result<u64, QuotaRefusal> {
        let account = || claim.account.clone();
        if let Some(limit) = claim.limits.streams.filter(|limit| self.streams >= *limit) {
            let limit = u64::from(limit);
            let (window, account) = (Window::Streams, account());
            return Err(QuotaRefusal { account, window, limit, left: 0, asked: 1, resets_in_s: 1 });
        }
        let Some(narrowest) = self.windows(&claim.limits, now).min_by_key(|room| room.headroom.left) else {
            return Ok(u64::MAX);
        };
        let Room { window, headroom: Headroom { limit, left, resets_in_s } } = narrowest;
        if left < least {
            return Err(QuotaRefusal { account: account(), window, limit, left, asked: least, resets_in_s });
        }
        Ok(left)
    }

    /// The room in the periods that a reservation was made in; those that are over keep what was set aside in them.
    fn room(&self, reservation: &Reservation, limits: &Limits) -> u64 {
        let room = |spent: &Spent, period: i64, limit: Option<u64>| match limit {
            Some(limit) if spent.period == period => spent.left(limit),
            Some(_) => reservation.reserved,
            None => u64::MAX,
        };
        let minute = room(&self.minute, reservation.minute, limits.tokens_per_minute);
        minute.min(room(&self.month, reservation.month, limits.tokens_per_month))
    }
}

impl Spent {
    /// Begins anew when the period is another one. Reservations of the period before count there.
    fn roll(&mut self, period: i64) {
        if self.period < period {
            *self = Self { period, used: 0, reserved: 0 };
        }
    }

    fn left(&self, limit: u64) -> u64 {
        limit.saturating_sub(self.used).saturating_sub(self.reserved)
    }

    fn give_back(&mut self, period: i64, reserved: u64) {
        if self.period == period {
            self.reserved = self.reserved.saturating_sub(reserved);
        }
    }

    fn charge(&mut self, period: i64, used: u64) {
        if self.period == period {
            self.used += used;
        }
    }
}

impl Reservation {
    /// How many tokens were set aside.
    pub fn tokens(&self) -> u64 {
        self.reserved
    }

    /// Counts tokens that came, prompt and answer alike.
    pub fn meter(&mut self, tokens: u64) -> Metered {
        let room = self.reserved - self.metered;
        self.metered += tokens.min(room);
        if tokens > room { Metered::Exhausted(room) } else { Metered::Within }
    }

    /// Says what the request used in the end, as the model tells it. What goes beyond the reservation is taken where
    /// there is room, and what goes beyond that is given back, to be told where somebody looks: no window is
    /// overspent.
    pub fn settle(mut self, used: u64) -> u64 {
        let ledger = Arc::clone(&self.ledger);
        let over = ledger.settle(&self, used);
        self.accounts.clear();
        over
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.accounts.is_empty() {
            self.ledger.settle(self, self.metered);
        }
    }
}

fn seconds_until(now: i64, then: i64) -> u64 {
    u64::try_from((then - now).div_euclid(1_000_000)).unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests;
