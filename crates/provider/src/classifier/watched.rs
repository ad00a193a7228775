//! The watch over a classifier: it has a deadline, is left alone for a while when it fails again and again, is not
//! asked twice for one text, and where no judgement comes the text passes or does not, as was chosen.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use model::{Classified, Classifier, ModelError, Sample, TextKind};
use outbound::Health;
use quick_cache::sync::Cache;
use runtime::{Clock, Stopwatch};
use sha2::{Digest, Sha256};
use tracing::warn;

/// How many judgements are kept.
const KEPT_MAX: usize = 10_000;

/// What becomes of a text that could not be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// It passes, as if nothing had been found.
    #[default]
    Open,
    /// It does not: the failure is handed to whoever asked.
    Closed,
}

/// How a classifier is watched.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Which texts it judges, of those that it can.
    pub kinds: Vec<TextKind>,
    /// How long it may take for one text.
    pub deadline: Duration,
    /// What becomes of a text that it does not judge in time.
    pub on_failure: OnFailure,
    /// How long a judgement is kept; zero for not at all.
    pub keep: Duration,
}

/// A classifier under watch. Every outcome is counted by the classifier's name.
pub struct WatchedClassifier {
    inner: Arc<dyn Classifier>,
    watch: Watch,
    clock: Arc<dyn Clock>,
    health: Health,
    kept: Cache<[u8; 32], (i64, Classified)>,
}

impl WatchedClassifier {
    /// Watches over a classifier.
    pub fn new(inner: Arc<dyn Classifier>, watch: Watch, clock: Arc<dyn Clock>) -> Self {
        Self { inner, watch, clock, health: Health::default(), kept: Cache::new(KEPT_MAX) }
    }

    /// The judgement that was kept, if it is not too old.
    fn kept(&self, key: &[u8; 32]) -> Option<Classified> {
        let (until, classified) = self.kept.get(key)?;
        (self.clock.now_micros() < until).then_some(classified)
    }

    fn keep(&self, key: [u8; 32], classified: &Classified) {
        let keep = i64::try_from(self.watch.keep.as_micros()).unwrap_or(i64::MAX);
        if keep > 0 {
            self.kept.insert(key, (self.clock.now_micros().saturating_add(keep), classified.clone()));
        }
    }

    async fn ask(&self, sample: &Sample) -> Result<Classified, (ModelError, &'static str)> {
        let id = self.inner.id();
        if !self.health.serves(self.clock.now_micros()) {
            let why = "it failed again and again and is left alone for a while".to_owned();
            return Err((ModelError::Unavailable { model: id.to_owned(), why }, "left_alone"));
        }
        self.health.asked();
        let asking = Asking { health: &self.health, decided: false };
        let clock = Stopwatch::start();
        let judged = tokio::time::timeout(self.watch.deadline, self.inner.classify(sample)).await;
        let seconds = clock.elapsed_ms() / 1e3;
        metrics::histogram!("patou_guard_external_seconds", "classifier" => id.to_owned()).record(seconds);
        let judged = judged.unwrap_or_else(|_| {
            let why = format!("it took longer than {} ms", self.watch.deadline.as_millis());
            Err(ModelError::Unavailable { model: id.to_owned(), why })
        });
        asking.decide(&judged, self.clock.now_micros());
        judged.map_err(|error| (error, "failed"))
    }
}

#[async_trait]
impl Classifier for WatchedClassifier {
    fn id(&self) -> &str {
        self.inner.id()
    }

    fn detector(&self) -> &'static str {
        self.inner.detector()
    }

    fn judges(&self, sample: &Sample) -> bool {
        self.watch.kinds.contains(&sample.kind) && self.inner.judges(sample)
    }

    /// Judges a text. Where the failure is [`OnFailure::Open`], a text that could not be judged has no labels.
    async fn classify(&self, sample: &Sample) -> Result<Classified, ModelError> {
        let key = key(sample);
        if let Some(classified) = self.kept(&key) {
            self.count("kept");
            return Ok(classified);
        }
        match self.ask(sample).await {
            Ok(classified) => {
                self.keep(key, &classified);
                self.count("judged");
                Ok(classified)
            }
            Err((error, outcome)) => {
                self.count(outcome);
                warn!(classifier = self.id(), %error, "a text was not judged");
                let passed = match self.watch.on_failure {
                    OnFailure::Open => "open",
                    OnFailure::Closed => "closed",
                };
                let id = self.id().to_owned();
                metrics::counter!(
                    "patou_guard_external_unjudged_total", "classifier" => id, "failing" => passed
                )
                .increment(1);
                if self.watch.on_failure == OnFailure::Open { Ok(Classified::default()) } else { Err(error) }
            }
        }
    }
}

impl WatchedClassifier {
    fn count(&self, outcome: &'static str) {
        let id = self.id().to_owned();
        metrics::counter!("patou_guard_external_total", "classifier" => id, "outcome" => outcome)
            .increment(1);
    }
}

/// A question that is under way; dropping it undecided says that whoever asked has left.
struct Asking<'a> {
    health: &'a Health,
    decided: bool,
}

impl Asking<'_> {
    fn decide(mut self, judged: &Result<Classified, ModelError>, now_micros: i64) {
        self.decided = true;
        match judged {
            // What it refuses to read says nothing of how it is.
            Ok(_) | Err(ModelError::Rejected { .. }) => self.health.answered(),
            Err(_) => drop(self.health.failed(now_micros)),
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.decided {
            self.health.abandoned();
        }
    }
}

/// Everything that a judgement depends on, each piece led by its length.
fn key(sample: &Sample) -> [u8; 32] {
    let mut hash = Sha256::new();
    let question = sample.question.iter().map(|question| question.reveal());
    hash.update(sample.kind.name());
    hash.update([u8::from(sample.question.is_some())]);
    let grounds = sample.grounds.iter().map(|passage| passage.reveal());
    for text in std::iter::once(sample.text.reveal()).chain(question).chain(grounds) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}
