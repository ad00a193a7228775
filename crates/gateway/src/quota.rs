//! Token quotas: reserved before a model is asked, metered while it answers, settled when it is through.
//!
//! For every account and window, at every moment: tokens used and tokens reserved together are at most the limit.
//! A reservation that is dropped settles what was metered until then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::Clock;
use serde::{Deserialize, Serialize};

use crate::calendar;

/// How much an account may use. What is absent is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Tokens within a minute of the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Tokens within a calendar month, UTC.
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

/// Why there is no reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaRefusal {
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
    account: String,
    minute: i64,
    month: i64,
    reserved: u64,
    metered: u64,
}

impl Ledger {
    /// A ledger in which nothing was used.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, accounts: Mutex::default() })
    }

    /// Says what an account used of the month at hand before this process began.
    pub fn restore(&self, account: &str, month_tokens: u64) {
        let now = self.clock.now_micros();
        let mut accounts = self.accounts();
        let month = &mut accounts.entry(account.to_owned()).or_default().month;
        month.roll(calendar::month(now));
        month.used = month.used.max(month_tokens);
    }

    /// Sets `tokens` aside in every window of the account, or in none.
    ///
    /// # Errors
    ///
    /// [`QuotaRefusal`] for the first limit that has no room.
    pub fn reserve(
        self: &Arc<Self>,
        account: &str,
        limits: &Limits,
        tokens: u64,
    ) -> Result<Reservation, QuotaRefusal> {
        let now = self.clock.now_micros();
        let (minute, month) = (calendar::minute(now), calendar::month(now));
        let mut accounts = self.accounts();
        let own = accounts.entry(account.to_owned()).or_default();
        own.minute.roll(minute);
        own.month.roll(month);
        own.admit(limits, tokens, now)?;
        own.minute.reserved += tokens;
        own.month.reserved += tokens;
        own.streams += 1;
        drop(accounts);
        let ledger = Arc::clone(self);
        Ok(Reservation { ledger, account: account.to_owned(), minute, month, reserved: tokens, metered: 0 })
    }

    /// What is left to an account; `None` where no tokens are limited.
    pub fn headroom(&self, account: &str, limits: &Limits) -> Option<Headroom> {
        let now = self.clock.now_micros();
        let mut own = self.accounts().get(account).copied().unwrap_or_default();
        own.minute.roll(calendar::minute(now));
        own.month.roll(calendar::month(now));
        let minute = limits.tokens_per_minute.map(|limit| (limit, own.minute, calendar::next_minute(now)));
        let month = limits.tokens_per_month.map(|limit| (limit, own.month, calendar::next_month(now)));
        let rooms = minute.into_iter().chain(month).map(|(limit, spent, next)| Headroom {
            limit,
            left: spent.left(limit),
            resets_in_s: seconds_until(now, next),
        });
        rooms.min_by_key(|room| room.left)
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, reservation: &Reservation, used: u64) {
        let mut accounts = self.accounts();
        let Some(own) = accounts.get_mut(&reservation.account) else { return };
        own.minute.settle(reservation.minute, reservation.reserved, used);
        own.month.settle(reservation.month, reservation.reserved, used);
        own.streams = own.streams.saturating_sub(1);
    }
}

impl Account {
    fn admit(&self, limits: &Limits, tokens: u64, now: i64) -> Result<(), QuotaRefusal> {
        if let Some(limit) = limits.streams.filter(|limit| self.streams >= *limit) {
            let limit = u64::from(limit);
            return Err(QuotaRefusal { window: Window::Streams, limit, left: 0, asked: 1, resets_in_s: 1 });
        }
        let windows = [
            (Window::Minute, limits.tokens_per_minute, self.minute, calendar::next_minute(now)),
            (Window::Month, limits.tokens_per_month, self.month, calendar::next_month(now)),
        ];
        for (window, limit, spent, next) in windows {
            if let Some(limit) = limit.filter(|limit| spent.left(*limit) < tokens) {
                let (left, resets_in_s) = (spent.left(limit), seconds_until(now, next));
                return Err(QuotaRefusal { window, limit, left, asked: tokens, resets_in_s });
            }
        }
        Ok(())
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

    fn settle(&mut self, period: i64, reserved: u64, used: u64) {
        if self.period == period {
            self.reserved = self.reserved.saturating_sub(reserved);
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

    /// Says what the request used in the end, as the model tells it: never more than was set aside. What a model
    /// claims beyond that is given back, to be told where somebody looks.
    pub fn settle(mut self, used: u64) -> u64 {
        self.metered = used.min(self.reserved);
        used - self.metered
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.ledger.settle(self, self.metered);
    }
}

fn seconds_until(now: i64, then: i64) -> u64 {
    u64::try_from((then - now).div_euclid(1_000_000)).unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests;
