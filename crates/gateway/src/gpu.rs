//! What a server of one's own costs: its hour has a price, whoever uses it.
//!
//! The price of every moment is shared by the requests that are under way in it, so that the sum over requests is the price
//! of the time in which the server had something to do. Over a day that comes to the price of an hour divided by the tokens
//! that the server really made in one.

use std::sync::{Arc, Mutex, PoisonError};

use runtime::Clock;

const MICROS_PER_HOUR: f64 = 3.6e9;

/// A server whose time has a price.
pub struct GpuTime {
    clock: Arc<dyn Clock>,
    /// Of a microsecond.
    price: f64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    under_way: u32,
    /// Until when the share below is reckoned, in microseconds.
    at: i64,
    /// What a request would have paid that was under way from the beginning.
    share: f64,
}

/// A request's part of a server's time.
pub(crate) struct GpuShare {
    time: Arc<GpuTime>,
    share: f64,
    is_open: bool,
}

impl GpuTime {
    /// A server whose hour has this price, all its processors together.
    pub fn new(hour: f64, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, price: hour / MICROS_PER_HOUR, state: Mutex::default() })
    }

    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>) -> GpuShare {
        let share = self.reckon(|state| state.under_way += 1);
        GpuShare { time: Arc::clone(self), share, is_open: true }
    }

    /// What a request would have paid from the beginning until now, before the change.
    fn reckon(&self, change: impl FnOnce(&mut State)) -> f64 {
        let now = self.clock.now_micros();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that is set back costs nothing.
        let passed = (now - state.at).max(0);
        if state.under_way > 0 {
            #[expect(clippy::cast_precision_loss, reason = "moments lie close to each other")]
            let price = self.price * passed as f64;
            state.share += price / f64::from(state.under_way);
        }
        state.at = now;
        change(&mut state);
        state.share
    }
}

impl GpuShare {
    /// What it costs, now that it ends.
    pub fn end(mut self) -> f64 {
        self.ended()
    }

    fn ended(&mut self) -> f64 {
        if !std::mem::take(&mut self.is_open) {
            return 0.0;
        }
        self.time.reckon(|state| state.under_way = state.under_way.saturating_sub(1)) - self.share
    }
}

impl Drop for GpuShare {
    fn drop(&mut self) {
        self.ended();
    }
}

#[cfg(test)]
mod tests {
    use runtime::ManualClock;

    use super::*;

    const HOUR: i64 = 3_600_000_000;

    #[test]
    fn requests_share_the_price_of_the_time_they_are_under_way_together() {
        let clock = Arc::new(ManualClock::new(7 * HOUR));
        let time = GpuTime::new(4.0, Arc::clone(&clock) as Arc<dyn Clock>);
        let near = |found: f64, expect: f64| assert!((found - expect).abs() < 1e-9, "{found} {expect}");
        let one = time.begin();
        clock.advance_micros(HOUR);
        let two = time.begin();
        clock.advance_micros(HOUR);
        near(one.end(), 4.0 + 2.0);
        clock.advance_micros(HOUR / 2);
        near(two.end(), 2.0 + 2.0);
        clock.advance_micros(9 * HOUR);
        let three = time.begin();
        clock.advance_micros(HOUR);
        near(three.end(), 4.0);
        drop(time.begin());
        let four = time.begin();
        clock.advance_micros(HOUR);
        near(four.end(), 4.0);
    }
}
