//! What the server counts and measures, for Prometheus. Labels hold routes, stages and outcomes, never what
//! was asked.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use platform::{AskOutcome, IngestReport, Retrieval};

/// The buckets of durations, in seconds.
const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Sets the process's recorder up; `None` where there is one already.
pub fn install() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets(SECONDS).ok()?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    metrics::describe_counter!("patou_requests_total", "Requests by route and status.");
    metrics::describe_histogram!("patou_request_seconds", "Time until a response began, by route.");
    metrics::describe_gauge!("patou_requests_in_flight", "Requests being worked on.");
    metrics::describe_histogram!("patou_stage_seconds", "Time by stage of an answer.");
    metrics::describe_counter!("patou_tokens_total", "Tokens by kind.");
    metrics::describe_counter!("patou_answers_total", "Answers by outcome.");
    metrics::describe_counter!("patou_ingested_items_total", "Items ingested, by outcome.");
    metrics::describe_counter!("patou_ingest_milliseconds_total", "Time spent ingesting.");
    metrics::describe_gauge!(
        "patou_quarantine_share",
        "The share of the last ingest's documents that is held back."
    );
    metrics::describe_gauge!(
        "patou_quarantine_alarm",
        "1 where that share is above `guard.quarantine_share_max`, else 0."
    );
    describe_guard();
    metrics::describe_counter!("patou_model_requests_total", "Requests to backends, by outcome.");
    metrics::describe_counter!(
        "patou_model_fallbacks_total",
        "Requests for which a second backend was asked."
    );
    metrics::describe_counter!("patou_model_cache_total", "Look-ups of kept answers, by outcome.");
    metrics::describe_counter!("patou_model_tokens_total", "Tokens of models, as they are billed.");
    metrics::describe_histogram!("patou_model_ttft_seconds", "Time until a stream's first token.");
    metrics::describe_histogram!("patou_model_tpot_seconds", "Time for each token after the first.");
    metrics::describe_histogram!("patou_model_seconds", "Time until an answer's end.");
    metrics::describe_gauge!(
        "patou_quota_left_tokens",
        "What is left of the narrowest window of an account."
    );
    Some(handle)
}

fn describe_guard() {
    metrics::describe_counter!(
        "patou_guard_decisions_total",
        "What the guard called for, by place, and whether it was done."
    );
    metrics::describe_counter!(
        "patou_guard_feedback_total",
        "What people said of documents that were held back: `false_alarm` or `attack`."
    );
    metrics::describe_counter!(
        "patou_guard_second_looks_total",
        "Texts whose doubtful windows the encoder was asked about, by outcome."
    );
    metrics::describe_counter!("patou_guard_external_total", "Texts for classifiers outside, by outcome.");
    metrics::describe_counter!(
        "patou_guard_external_unjudged_total",
        "Texts that a classifier outside could not judge, by whether they passed."
    );
    metrics::describe_histogram!("patou_guard_external_seconds", "Time until a classifier outside answered.");
}

/// A response that began.
pub fn request(route: &str, status: u16, seconds: f64) {
    let route = route.to_owned();
    metrics::counter!("patou_requests_total", "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("patou_request_seconds", "route" => route).record(seconds);
}

/// So many more requests are being worked on, or fewer.
pub fn in_flight(change: f64) {
    metrics::gauge!("patou_requests_in_flight").increment(change);
}

/// A search.
pub fn search(retrieval: &Retrieval) {
    stage("embed", retrieval.timings.embed_ms);
    stage("search", retrieval.timings.search_ms);
}

/// An answer.
pub fn answer(outcome: &AskOutcome) {
    let answer = &outcome.answer;
    stage("embed", answer.timings.retrieval.embed_ms);
    stage("search", answer.timings.retrieval.search_ms);
    stage("prompt", answer.timings.prompt_ms);
    stage("ttft", answer.timings.ttft_ms);
    stage("generation", answer.timings.generation_ms);
    let outcome = answer.refusal.map_or("answered", platform::Refusal::as_str);
    metrics::counter!("patou_answers_total", "outcome" => outcome).increment(1);
    metrics::counter!("patou_tokens_total", "kind" => "prompt").increment(answer.usage.prompt_tokens);
    metrics::counter!("patou_tokens_total", "kind" => "completion").increment(answer.usage.completion_tokens);
}

/// An ingest.
pub fn ingest(report: &IngestReport, quarantine_share_max: f64) {
    let outcomes = [
        ("added", report.added),
        ("updated", report.updated),
        ("unchanged", report.unchanged),
        ("deleted", report.deleted),
        ("quarantined", report.quarantined),
        ("failed", report.failed.len()),
    ];
    for (outcome, items) in outcomes {
        metrics::counter!("patou_ingested_items_total", "outcome" => outcome).increment(items as u64);
    }
    let share = report.quarantined_share();
    metrics::gauge!("patou_quarantine_share").set(share);
    let is_alarm = report.quarantined > 0 && share > quarantine_share_max;
    metrics::gauge!("patou_quarantine_alarm").set(f64::from(u8::from(is_alarm)));
    metrics::counter!("patou_tokens_total", "kind" => "embedded").increment(report.tokens_embedded as u64);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole milliseconds, never below 0"
    )]
    let millis = report.elapsed_ms as u64;
    metrics::counter!("patou_ingest_milliseconds_total").increment(millis);
}

fn stage(stage: &'static str, ms: f64) {
    metrics::histogram!("patou_stage_seconds", "stage" => stage).record(ms / 1e3);
}
