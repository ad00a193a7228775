//! Settlements on their way to the Redis, those that were made while it was away among them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runtime::{Shutdown, Stopwatch};
use tokio::sync::Notify;

use super::link::{Incarnation, Link};
use super::{Claim, SharedLedger};

/// How many are sent together.
const TOGETHER: usize = 256;
/// How many wait while the Redis is away; the oldest beyond that are given up, which the log tells.
const WAITING_MAX: usize = 100_000;
/// How often the process says that it lives, and a Redis that is away is looked for.
const BEAT_EVERY: Duration = Duration::from_secs(1);
/// How long the last ones are waited for when the process ends.
const LAST_MAX: Duration = Duration::from_secs(2);

/// What a request used, and what had been set aside for it.
pub(super) struct Settlement {
    /// Under whose name it was set aside; `None` where it was in this process alone.
    pub incarnation: Option<Arc<Incarnation>>,
    pub claims: Vec<Claim>,
    pub minute: i64,
    pub month: i64,
    pub reserved: u64,
    pub used: u64,
}

/// Those that wait.
#[derive(Default)]
pub(super) struct Settling {
    waiting: Mutex<VecDeque<Settlement>>,
    more: Notify,
}

impl Settling {
    pub fn put(&self, settlement: Settlement) {
        let mut waiting = self.waiting();
        if waiting.len() >= WAITING_MAX {
            tracing::error!("more settlements wait for the Redis than are kept: one is given up");
            waiting.pop_front();
        }
        waiting.push_back(settlement);
        drop(waiting);
        self.more.notify_one();
    }

    fn take(&self) -> Vec<Settlement> {
        let mut waiting = self.waiting();
        let count = waiting.len().min(TOGETHER);
        waiting.drain(..count).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Settlement>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SharedLedger {
    /// Settles, says that this process lives, and looks for a Redis that is away, until `stop` is requested; then
    /// settles what is left.
    pub async fn tend(&self, stop: Shutdown) {
        let mut beaten = Stopwatch::start();
        while !stop.is_requested() {
            if beaten.elapsed_ms() >= 1e3 * BEAT_EVERY.as_secs_f64() {
                beaten = Stopwatch::start();
                match self.redis.link() {
                    Some(_) => self.redis.beat().await,
                    None => self.redis.connect().await,
                }
            }
            self.settle_waiting().await;
            tokio::select! {
                () = stop.requested() => {}
                () = self.settling.more.notified() => {}
                () = tokio::time::sleep(BEAT_EVERY) => {}
            }
        }
        if tokio::time::timeout(LAST_MAX, self.settle_waiting()).await.is_err() {
            tracing::error!("the last settlements did not reach the Redis");
        }
    }

    /// Settles what waits, while the Redis is there.
    pub(super) async fn settle_waiting(&self) {
        while let Some(link) = self.redis.link() {
            let batch = self.settling.take();
            if batch.is_empty() {
                return;
            }
            futures_util::future::join_all(batch.iter().map(|one| self.settle_one(&link, one))).await;
        }
    }

    /// One whose outcome is not known is left alone: what was set aside counts as used once the name it was under does
    /// not live any more.
    async fn settle_one(&self, link: &Link, settlement: &Settlement) {
        match self.redis.settle(link, settlement).await {
            Ok(charged) if charged >= 0 => {
                let over = settlement.used.saturating_sub(u64::try_from(charged).unwrap_or(0));
                if over > 0 {
                    tracing::warn!(over, "a model used more tokens than there was room for");
                }
            }
            Ok(_) => {
                tracing::warn!("a reservation counts as used: the Redis had not heard of it for too long")
            }
            Err(error) => self.redis.lost(link, &error),
        }
    }
}
