//! Whether a server is fit to be asked: one that fails again and again is left out for a while, then tried with a
//! single request.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

/// So many failures in a row put a server out.
const FAILURES_MAX: u32 = 3;
/// How long it is out the first time, in microseconds; twice as long each time after.
const OUT_MICROS: i64 = 2_000_000;
const OUT_MICROS_MAX: i64 = 60_000_000;

/// What is known of a server.
#[derive(Debug, Default)]
pub struct Health {
    failures: AtomicU32,
    /// How often in a row it was put out.
    times_out: AtomicU32,
    /// Until when it is out, in microseconds since 1970; 0 while it serves.
    out_until: AtomicI64,
    probing: AtomicBool,
}

impl Health {
    /// Whether it may be asked now. One that was out gets one request, whose outcome decides.
    pub fn serves(&self, now_micros: i64) -> bool {
        let until = self.out_until();
        until == 0 || (until <= now_micros && !self.probing.load(Ordering::SeqCst))
    }

    /// Whether it has not been put out.
    pub fn is_in(&self) -> bool {
        self.out_until() == 0
    }

    /// Until when it is out, in microseconds since 1970; 0 while it serves.
    pub fn out_until(&self) -> i64 {
        self.out_until.load(Ordering::SeqCst)
    }

    /// Says that it is being asked.
    pub fn asked(&self) {
        if !self.is_in() {
            self.probing.store(true, Ordering::SeqCst);
        }
    }

    /// Says that it answered.
    pub fn answered(&self) {
        self.failures.store(0, Ordering::SeqCst);
        if self.is_in() {
            return;
        }
        self.times_out.store(0, Ordering::SeqCst);
        self.probing.store(false, Ordering::SeqCst);
        self.out_until.store(0, Ordering::SeqCst);
    }

    /// Says that nothing is known of how it would have answered: whoever asked has left.
    pub fn abandoned(&self) {
        self.probing.store(false, Ordering::SeqCst);
    }

    /// Says that it failed. Gives whether that put it out.
    pub fn failed(&self, now_micros: i64) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::SeqCst) + 1;
        let was_tried = self.probing.swap(false, Ordering::SeqCst);
        if failures < FAILURES_MAX && !was_tried {
            return false;
        }
        let times = self.times_out.fetch_add(1, Ordering::SeqCst).min(16);
        let out = OUT_MICROS.saturating_mul(1 << times).min(OUT_MICROS_MAX);
        self.failures.store(0, Ordering::SeqCst);
        self.out_until.store(now_micros.saturating_add(out).max(1), Ordering::SeqCst);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_put_it_out_and_one_answer_brings_it_back() {
        let health = Health::default();
        assert!(!health.failed(0) && !health.failed(0));
        health.answered();
        assert!(!health.failed(0) && !health.failed(0) && health.failed(0));
        assert!(!health.serves(0) && !health.serves(OUT_MICROS - 1));
        // One request tries it; others pass it over until that one is through.
        assert!(health.serves(OUT_MICROS));
        health.asked();
        assert!(!health.serves(OUT_MICROS));
        assert!(health.failed(OUT_MICROS), "a trial that fails puts it out at once, and for longer");
        assert!(!health.serves(2 * OUT_MICROS) && health.serves(3 * OUT_MICROS));
        health.asked();
        health.abandoned();
        assert!(health.serves(3 * OUT_MICROS));
        health.asked();
        health.answered();
        assert!(health.serves(0) && health.is_in());
    }
}
