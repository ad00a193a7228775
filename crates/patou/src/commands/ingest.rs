//! `patou ingest`.

use platform::{Gone, IngestCall, IngestReport, IngestWatch};

use super::Front;
use crate::arguments::Ingest;
use crate::progress::Progress;
use server::wire;

/// The exit code of a run that did a part.
const PARTLY: u8 = 4;

pub async fn run(front: &Front, call: Ingest) -> anyhow::Result<u8> {
    let watches = call.watch;
    let call = IngestCall {
        inputs: call.paths,
        standard_input_name: call.name,
        collection: call.collection,
        gone: if call.sync { Gone::Remove } else { Gone::Keep },
        acl: call.acl,
        standard_input: front.standard_input.clone(),
        uploads: Vec::new(),
    };
    let progress = Progress::new(&front.printer);
    let (pulling, telling) = (|event| progress.pull(event), |event| progress.ingest(event));
    let watch = IngestWatch { pulling: &pulling, tell: &telling, stop: &front.stop };
    let show = |report: &IngestReport| {
        progress.clear();
        let told = wire::ingest_report(&call.collection, report);
        front.printer.result(&told, || words(&call.collection, report))
    };
    if watches {
        // What cannot be printed now is no reason to stop watching.
        let each = |report: &IngestReport| drop(show(report));
        let watching = front.platform.ingest_watching(&call, &watch, &each);
        let report = front.stoppable(watching).await;
        progress.clear();
        return Ok(exit_code(&report?));
    }
    let report = front.stoppable(front.platform.ingest(&call, &watch)).await;
    progress.clear();
    let report = report?;
    show(&report)?;
    Ok(exit_code(&report))
}

fn exit_code(report: &IngestReport) -> u8 {
    let done = report.added + report.updated + report.unchanged + report.quarantined;
    match (report.failed.is_empty() && !report.stopped, done) {
        (true, _) => 0,
        (false, 0) => 1,
        (false, _) => PARTLY,
    }
}

/// The report in words.
pub fn words(collection: &str, report: &IngestReport) -> String {
    let seconds = report.elapsed_ms / 1e3;
    let mut words = format!(
        "{collection}: {} added, {} updated, {} unchanged, {} deleted, {} held back, {} failed\n\
         chunks: {} embedded, {} reused, {} removed; {} problems\n",
        report.added,
        report.updated,
        report.unchanged,
        report.deleted,
        report.quarantined,
        report.failed.len(),
        report.chunks.added,
        report.chunks.reused,
        report.chunks.removed,
        report.problems,
    );
    let duplicates = report.duplicates;
    if duplicates.exact + duplicates.near > 0 {
        words.push_str(&format!(
            "duplicates: {} exact, {} near; {} of them skipped\n",
            duplicates.exact, duplicates.near, duplicates.skipped
        ));
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown without decimals")]
    let rate = report.tokens_embedded as f64 / seconds.max(1e-3);
    words.push_str(&format!(
        "{} tokens embedded in {seconds:.2} s ({rate:.0} tokens/s)\n",
        report.tokens_embedded
    ));
    for failure in &report.failed {
        words.push_str(&format!("failed: {}: {} (hint: {})\n", failure.source, failure.error, failure.hint));
    }
    if report.quarantined > 0 {
        words.push_str(&format!("see: patou quarantine list --collection {collection}\n"));
    }
    if report.problems > 0 {
        words.push_str(&format!("see: patou documents problems --collection {collection}\n"));
    }
    if report.stopped {
        words.push_str("stopped as asked; run the same command again to go on\n");
    }
    words
}
