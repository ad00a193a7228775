//! How an ingest goes on: what each stage has worked, at what rate, what is left, and what limits it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use runtime::Stopwatch;

use super::IngestEvent;

/// How often progress is told, at most.
const TELL_MS: f64 = 250.0;
/// Rates are those of the last so many milliseconds.
const WINDOW_MS: f64 = 10_000.0;

/// A stage of the pipeline. They work beside each other, each on another part of the documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IngestStage {
    /// Reading, hashing, parsing and cutting, on every core.
    #[default]
    Parse,
    /// Embedding, and looking up what is embedded already.
    Embed,
    /// Writing points to the index and making them durable.
    Index,
    /// Writing documents, texts and chunks to the registry.
    Write,
}

/// How many stages there are.
const STAGES: usize = 4;

impl IngestStage {
    /// Every stage, in their order.
    pub const ALL: [Self; STAGES] = [Self::Parse, Self::Embed, Self::Index, Self::Write];

    /// Its name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Embed => "embed",
            Self::Index => "index",
            Self::Write => "write",
        }
    }
}

/// How far an ingest is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IngestProgress {
    /// Bytes of the items listed so far.
    pub bytes_listed: u64,
    /// Bytes of the items that are through: live, unchanged or failed.
    pub bytes_done: u64,
    /// Bytes through in a second, of late.
    pub bytes_per_second: f64,
    /// Tokens embedded in a second, of late.
    pub tokens_per_second: f64,
    /// How long the rest takes at that rate; `None` while there is no rate.
    pub seconds_left: Option<f64>,
    /// The stage that works most: the others wait for it.
    pub limited_by: IngestStage,
}

/// How long each stage worked: seconds, those of parsing summed over its workers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StageSeconds {
    /// [`IngestStage::Parse`].
    pub parse: f64,
    /// [`IngestStage::Embed`].
    pub embed: f64,
    /// [`IngestStage::Index`].
    pub index: f64,
    /// [`IngestStage::Write`].
    pub write: f64,
}

/// One run's counters. Every stage adds to them.
pub(super) struct Meter<'a> {
    clock: Stopwatch,
    tell: &'a (dyn Fn(IngestEvent) + Sync),
    workers: u64,
    listed: AtomicU64,
    done: AtomicU64,
    tokens: AtomicU64,
    busy_micros: [AtomicU64; STAGES],
    samples: Mutex<Samples>,
}

#[derive(Default)]
struct Samples {
    told_ms: f64,
    recent: VecDeque<Sample>,
}

#[derive(Clone, Copy, Default)]
struct Sample {
    at_ms: f64,
    done: u64,
    tokens: u64,
    busy: [u64; STAGES],
}

impl<'a> Meter<'a> {
    pub fn new(tell: &'a (dyn Fn(IngestEvent) + Sync), workers: usize) -> Self {
        let samples = Samples { told_ms: 0.0, recent: VecDeque::from([Sample::default()]) };
        Self {
            clock: Stopwatch::start(),
            tell,
            workers: workers as u64,
            listed: AtomicU64::default(),
            done: AtomicU64::default(),
            tokens: AtomicU64::default(),
            busy_micros: Default::default(),
            samples: Mutex::new(samples),
        }
    }

    pub fn tell(&self, event: IngestEvent) {
        (self.tell)(event);
    }

    pub fn elapsed_ms(&self) -> f64 {
        self.clock.elapsed_ms()
    }

    /// So many more items were found, with so many bytes.
    pub fn listed(&self, items: usize, bytes: u64) {
        self.listed.fetch_add(bytes, Ordering::Relaxed);
        self.tell(IngestEvent::Listed(items));
    }

    /// So many more bytes are through, and so many tokens were embedded for them.
    pub fn done(&self, bytes: u64, tokens: usize) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        self.tokens.fetch_add(tokens as u64, Ordering::Relaxed);
        self.tell_progress();
    }

    /// A stage has worked since `since`.
    pub fn worked(&self, stage: IngestStage, since: Stopwatch) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time that has passed")]
        let micros = (since.elapsed_ms() * 1e3) as u64;
        self.busy_micros[stage as usize].fetch_add(micros, Ordering::Relaxed);
    }

    pub fn seconds(&self) -> StageSeconds {
        let seconds = |stage: IngestStage| {
            #[expect(clippy::cast_precision_loss, reason = "a time is told to the microsecond")]
            let micros = self.busy_micros[stage as usize].load(Ordering::Relaxed) as f64;
            micros / 1e6
        };
        StageSeconds {
            parse: seconds(IngestStage::Parse),
            embed: seconds(IngestStage::Embed),
            index: seconds(IngestStage::Index),
            write: seconds(IngestStage::Write),
        }
    }

    fn tell_progress(&self) {
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.sample();
        if now.at_ms < samples.told_ms + TELL_MS {
            return;
        }
        samples.told_ms = now.at_ms;
        while samples.recent.len() > 1 && samples.recent[0].at_ms < now.at_ms - WINDOW_MS {
            samples.recent.pop_front();
        }
        let before = samples.recent.front().copied().unwrap_or_default();
        samples.recent.push_back(now);
        drop(samples);
        let listed = self.listed.load(Ordering::Relaxed).max(now.done);
        self.tell(IngestEvent::Progress(progress(&before, &now, listed, self.workers)));
    }

    fn sample(&self) -> Sample {
        Sample {
            at_ms: self.elapsed_ms(),
            done: self.done.load(Ordering::Relaxed),
            tokens: self.tokens.load(Ordering::Relaxed),
            busy: std::array::from_fn(|stage| self.busy_micros[stage].load(Ordering::Relaxed)),
        }
    }
}

/// What happened between two samples, and what follows from it.
#[expect(clippy::cast_precision_loss, reason = "rates are shown to three digits")]
fn progress(before: &Sample, now: &Sample, listed: u64, workers: u64) -> IngestProgress {
    let seconds = ((now.at_ms - before.at_ms) / 1e3).max(1e-3);
    let bytes_per_second = (now.done - before.done) as f64 / seconds;
    let left = (listed - now.done) as f64;
    let share = |stage: IngestStage| {
        let busy = now.busy[stage as usize] - before.busy[stage as usize];
        if stage == IngestStage::Parse { busy / workers.max(1) } else { busy }
    };
    IngestProgress {
        bytes_listed: listed,
        bytes_done: now.done,
        bytes_per_second,
        tokens_per_second: (now.tokens - before.tokens) as f64 / seconds,
        seconds_left: (bytes_per_second > 0.0).then(|| left / bytes_per_second),
        limited_by: IngestStage::ALL.into_iter().max_by_key(|stage| share(*stage)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_time_left_and_the_stage_that_limits() {
        let before = Sample { at_ms: 1000.0, done: 1000, tokens: 10, busy: [0, 100, 0, 0] };
        let now = Sample { at_ms: 3000.0, done: 5000, tokens: 50, busy: [3000, 100, 2000, 1000] };
        let found = progress(&before, &now, 9000, 2);
        assert_eq!((found.bytes_per_second, found.tokens_per_second), (2000.0, 20.0));
        assert_eq!((found.seconds_left, found.limited_by), (Some(2.0), IngestStage::Index));
        let still = progress(&now, &now, 9000, 1);
        assert_eq!(still.seconds_left, None);
    }

    #[test]
    fn progress_is_told_with_bytes_that_were_never_listed_too() {
        let told = Mutex::new(Vec::new());
        let tell = |event| told.lock().unwrap().push(event);
        let meter = Meter::new(&tell, 1);
        meter.listed(1, 10);
        meter.samples.lock().unwrap().told_ms = -TELL_MS;
        meter.done(30, 3);
        let told = told.into_inner().unwrap();
        assert_eq!(told[0], IngestEvent::Listed(1));
        let IngestEvent::Progress(progress) = &told[1] else { panic!("{told:?}") };
        assert_eq!((progress.bytes_listed, progress.bytes_done), (30, 30));
    }
}
