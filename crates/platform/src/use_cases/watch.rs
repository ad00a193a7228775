//! Watching directories: they are looked at again and again, and ingested when they have changed and are still.
//!
//! Looking costs a `stat` a file. It works on every file system, network mounts included, which is why no kernel's
//! notices are asked for. What is seen is a hint alone: the ingest compares contents, and one in a while goes
//! through everything whatever was seen.

use std::time::Duration;

use rag::IngestReport;
use runtime::{Stopwatch, blocking};

use crate::{IngestCall, IngestWatch, Platform, PlatformError};

/// How often everything is gone through, whether a change was seen or not.
const WHOLE_MS: f64 = 600_000.0;
/// How many looks are taken while a directory has to be still.
const LOOKS: u64 = 4;

impl Platform {
    /// Ingests what `call` names, and again whenever it changes, until `watch.stop` is requested. Each run's report
    /// goes to `tell`; the last one is returned.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when an input is no path, or a run as a whole cannot go on.
    pub async fn ingest_watching(
        &self,
        call: &IngestCall,
        watch: &IngestWatch<'_>,
        tell: &(dyn Fn(&IngestReport) + Sync),
    ) -> Result<IngestReport, PlatformError> {
        if let Some(input) = call.inputs.iter().find(|input| *input == "-" || input.contains("://")) {
            return Err(PlatformError::Argument {
                what: format!("cannot watch `{input}`"),
                hint: "watch directories and files; run addresses again by a timer".into(),
            });
        }
        let quiet_ms = self.require_settings()?.sources.watch_quiet_ms;
        let clock = Stopwatch::start();
        let mut report = self.ingest(call, watch).await?;
        tell(&report);
        let mut still = Stillness::new(look(call).await?, clock.elapsed_ms());
        while !watch.stop.is_requested() {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis((quiet_ms / LOOKS).max(1))) => {}
                () = watch.stop.requested() => break,
            }
            #[expect(clippy::cast_precision_loss, reason = "an hour in milliseconds is exact")]
            let is_due = still.look(look(call).await?, clock.elapsed_ms(), quiet_ms as f64);
            if is_due {
                report = self.ingest(call, watch).await?;
                tell(&report);
            }
        }
        report.stopped = false;
        Ok(report)
    }
}

/// Looks at every input; another number is another state.
async fn look(call: &IngestCall) -> Result<u64, PlatformError> {
    let inputs = call.inputs.clone();
    Ok(blocking(move || rag::state_of_paths(&inputs)).await?)
}

/// Tells when what is watched has changed and is still again.
struct Stillness {
    ingested: u64,
    ingested_at_ms: f64,
    seen: u64,
    seen_at_ms: f64,
}

impl Stillness {
    fn new(state: u64, now_ms: f64) -> Self {
        Self { ingested: state, ingested_at_ms: now_ms, seen: state, seen_at_ms: now_ms }
    }

    /// Takes a look; whether it is time to ingest, which is taken to be done then.
    fn look(&mut self, state: u64, now_ms: f64, quiet_ms: f64) -> bool {
        if state != self.seen {
            (self.seen, self.seen_at_ms) = (state, now_ms);
            return false;
        }
        let changed = state != self.ingested && now_ms - self.seen_at_ms >= quiet_ms;
        let due = changed || now_ms - self.ingested_at_ms >= WHOLE_MS;
        if due {
            (self.ingested, self.ingested_at_ms) = (state, now_ms);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_due_when_it_is_still() {
        let mut still = Stillness::new(1, 0.0);
        assert!(!still.look(1, 10.0, 100.0), "nothing changed");
        assert!(!still.look(2, 20.0, 100.0), "it just changed");
        assert!(!still.look(3, 110.0, 100.0), "it changes still");
        assert!(!still.look(3, 200.0, 100.0), "not long enough");
        assert!(still.look(3, 210.0, 100.0));
        assert!(!still.look(3, 500.0, 100.0), "once is enough");
        assert!(still.look(3, 210.0 + WHOLE_MS, 100.0), "everything is gone through once in a while");
    }

    #[test]
    fn a_change_that_is_taken_back_is_none() {
        let mut still = Stillness::new(1, 0.0);
        assert!(!still.look(2, 20.0, 100.0));
        assert!(!still.look(1, 30.0, 100.0));
        assert!(!still.look(1, 200.0, 100.0));
    }
}
