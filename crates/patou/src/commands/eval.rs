//! `patou eval`.

use platform::EvaluationRequest;

use super::Front;
use crate::arguments::{Eval, EvalRetrieval};
use crate::progress::Progress;
use server::wire;

pub async fn run(front: &Front, call: Eval) -> anyhow::Result<u8> {
    let Eval::Retrieval(call) = call;
    retrieval(front, call).await
}

async fn retrieval(front: &Front, call: EvalRetrieval) -> anyhow::Result<u8> {
    let request = EvaluationRequest {
        collection: call.collection,
        queries: call.queries,
        qrels: call.qrels,
        mode: call.mode.map(Into::into),
        run_out: call.run_out,
        baseline: call.baseline,
    };
    let progress = Progress::new(&front.printer);
    let found = front
        .platform
        .evaluate_retrieval(&request, &|event| progress.pull(event), &|done, total| {
            progress.count(done, total)
        })
        .await;
    progress.clear();
    let found = found?;
    front.printer.result(&wire::evaluation(&request.collection, &found, call.per_query), || {
        let mut words = format!("{} queries, p50 {:.1} ms\n", found.report.queries, found.query_ms_p50);
        for (name, value) in found.report.metrics.iter() {
            words.push_str(&format!("{name:<12} {value:.4}\n"));
        }
        for comparison in &found.comparisons {
            words.push_str(&format!(
                "{:<12} {:+.4} [{:+.4}, {:+.4}] p = {:.3}\n",
                comparison.metric, comparison.difference, comparison.low, comparison.high, comparison.p
            ));
        }
        words
    })?;
    Ok(0)
}
