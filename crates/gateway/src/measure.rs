//! What is counted and measured of models behind the gateway. Labels hold names out of the configuration, never what
//! was asked.

use model::Usage;
use runtime::Stopwatch;

use crate::call::CallError;
use crate::guarding::Seen;

/// How fast a stream comes. Dropping it notes how long the answer took and how long a token.
pub(crate) struct Pace {
    model: String,
    clock: Stopwatch,
    first_ms: f64,
    tokens: u64,
}

impl Pace {
    /// The first token is here.
    pub fn begun(model: &str, clock: Stopwatch) -> Self {
        let first_ms = clock.elapsed_ms();
        metrics::histogram!("patou_model_ttft_seconds", "model" => model.to_owned()).record(first_ms / 1e3);
        Self { model: model.to_owned(), clock, first_ms, tokens: 0 }
    }

    /// So many tokens more.
    pub fn tokens(&mut self, tokens: u64) {
        self.tokens += tokens;
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        let ms = self.clock.elapsed_ms();
        metrics::histogram!("patou_model_seconds", "model" => self.model.clone()).record(ms / 1e3);
        if self.tokens > 1 {
            #[expect(clippy::cast_precision_loss, reason = "an answer has fewer than 2^53 tokens")]
            let each = (ms - self.first_ms) / (self.tokens - 1) as f64;
            metrics::histogram!("patou_model_tpot_seconds", "model" => self.model.clone()).record(each / 1e3);
        }
    }
}

/// An answer that came in one piece.
pub(crate) fn whole(model: &str, clock: Stopwatch) {
    let seconds = clock.elapsed_ms() / 1e3;
    metrics::histogram!("patou_model_seconds", "model" => model.to_owned()).record(seconds);
}

/// What a server made of a request.
pub(crate) fn answered(model: &str, backend: &str, outcome: Result<u16, &CallError>) {
    let outcome = match outcome {
        Ok(200..300) => "answered",
        Ok(_) => "refused",
        Err(CallError::Busy { .. }) => "busy",
        Err(CallError::TimedOut { .. }) => "timed_out",
        Err(CallError::Unreachable { .. }) => "unreachable",
        Err(_) => "failed",
    };
    let (model, backend) = (model.to_owned(), backend.to_owned());
    metrics::counter!("patou_model_requests_total", "model" => model, "backend" => backend, "outcome" => outcome)
        .increment(1);
}

/// Another server is asked.
pub(crate) fn fallback(model: &str) {
    metrics::counter!("patou_model_fallbacks_total", "model" => model.to_owned()).increment(1);
}

/// What came of looking into the cache.
pub(crate) fn cache(model: &str, outcome: &'static str) {
    metrics::counter!("patou_model_cache_total", "model" => model.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// Whether an answer to a question that is alike would have been given, and how alike it is.
pub(crate) fn shadow(model: &str, cosine: Option<f32>) {
    cache(model, if cosine.is_some() { "shadow_hit" } else { "shadow_miss" });
    if let Some(cosine) = cosine {
        metrics::histogram!("patou_model_cache_cosine", "model" => model.to_owned())
            .record(f64::from(cosine));
    }
}

/// How much of an answer was in the one that would have been given instead.
pub(crate) fn agreement(model: &str, share: f64) {
    metrics::histogram!("patou_model_cache_agreement", "model" => model.to_owned()).record(share);
}

/// Which model of a cascade answered: `first`, or why the larger one had to.
pub(crate) fn cascade(model: &str, outcome: &'static str) {
    metrics::counter!("patou_cascade_total", "model" => model.to_owned(), "outcome" => outcome).increment(1);
}

/// What the smaller model of a cascade saved, in millionths of the currency.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole millionths, never below 0"
)]
pub(crate) fn saved(model: &str, micros: f64) {
    metrics::counter!("patou_cascade_saved_micros_total", "model" => model.to_owned())
        .increment(micros.round() as u64);
}

/// What the guard made of a `prompt` or an `answer`.
pub(crate) fn guarded(model: &str, side: &'static str, (decision, seen): (guard::Decision, &Seen)) {
    metrics::counter!("patou_guard_decisions_total", "model" => model.to_owned(), "side" => side,
        "decision" => decision.name())
    .increment(1);
    for category in &seen.categories {
        metrics::counter!("patou_guard_found_total", "model" => model.to_owned(), "side" => side,
            "category" => category.name())
        .increment(1);
    }
}

/// What a request used.
pub(crate) fn tokens(model: &str, usage: Usage) {
    let count = |kind: &'static str, tokens: u64| {
        metrics::counter!("patou_model_tokens_total", "model" => model.to_owned(), "kind" => kind)
            .increment(tokens);
    };
    count("prompt", usage.prompt_tokens);
    count("completion", usage.completion_tokens);
}

/// What is left of a quota.
pub(crate) fn headroom(account: &str, tokens: u64) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    let tokens = tokens as f64;
    metrics::gauge!("patou_quota_left_tokens", "account" => account.to_owned()).set(tokens);
}
