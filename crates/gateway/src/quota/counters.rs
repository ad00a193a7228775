//! Where quotas are counted: in this process, or in a Redis that several share.

use std::sync::Arc;

use super::shared::{SharedLedger, SharedReservation, Unreserved, WhenAway};
use super::{Claim, Headroom, Ledger, Limits, Reservation, Wanted};

/// Every account's windows, wherever they are.
#[derive(Clone)]
pub enum Counters {
    /// This process's own.
    Own(Arc<Ledger>),
    /// Those of several processes.
    Shared(Arc<SharedLedger>),
}

/// Tokens set aside for one request. Dropped, it settles that nothing was used.
pub enum Hold {
    /// In this process.
    Own(Reservation),
    /// Where several processes count together.
    Shared(SharedReservation),
}

impl Counters {
    /// As [`Ledger::reserve`].
    ///
    /// # Errors
    ///
    /// Where there is no room, or nobody can say whether there is.
    pub async fn reserve(&self, claims: Vec<Claim>, wanted: Wanted) -> Result<Hold, Unreserved> {
        match self {
            Self::Own(ledger) => ledger.reserve(claims, wanted).map(Hold::Own).map_err(Unreserved::Refused),
            Self::Shared(shared) => shared.reserve(claims, wanted).await.map(Hold::Shared),
        }
    }

    /// As [`Ledger::headroom`].
    pub fn headroom(&self, account: &str, limits: &Limits) -> Option<Headroom> {
        match self {
            Self::Own(ledger) => ledger.headroom(account, limits),
            Self::Shared(shared) => shared.headroom(account, limits),
        }
    }

    /// Says what accounts used of the month at hand before this process began.
    pub async fn restore(&self, months: &[(String, u64)]) {
        match self {
            Self::Own(ledger) => months.iter().for_each(|(account, tokens)| ledger.restore(account, *tokens)),
            Self::Shared(shared) => shared.restore(months).await,
        }
    }

    /// What happens to requests while those who count together cannot; `None` where they can.
    pub fn away(&self) -> Option<WhenAway> {
        match self {
            Self::Shared(shared) if shared.is_away() => Some(shared.when_away()),
            _ => None,
        }
    }

    /// What has to be tended while the process serves.
    pub(crate) fn shared(&self) -> Option<&Arc<SharedLedger>> {
        match self {
            Self::Own(_) => None,
            Self::Shared(shared) => Some(shared),
        }
    }
}

impl Hold {
    /// How many tokens were set aside.
    pub fn tokens(&self) -> u64 {
        match self {
            Self::Own(reservation) => reservation.tokens(),
            Self::Shared(reservation) => reservation.tokens(),
        }
    }

    /// As [`Reservation::settle`].
    pub fn settle(self, used: u64) -> u64 {
        match self {
            Self::Own(reservation) => reservation.settle(used),
            Self::Shared(reservation) => reservation.settle(used),
        }
    }
}
