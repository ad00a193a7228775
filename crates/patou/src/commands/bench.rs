//! `patou bench`.

use platform::{IngestBench, IngestBenchCall, WithEncoder};

use super::Front;
use crate::arguments::{Bench, BenchIngest};
use crate::progress::Progress;
use server::wire;

pub async fn run(front: &Front, call: Bench) -> anyhow::Result<u8> {
    let Bench::Ingest(BenchIngest { corpus, documents, no_encoder }) = call;
    let encoder = if no_encoder { WithEncoder::No } else { WithEncoder::Yes };
    let call = IngestBenchCall { corpus, documents, encoder };
    let progress = Progress::new(&front.printer);
    let tell = |what: &str| front.printer.note(what);
    let found = front.platform.bench_ingest(&call, &|event| progress.pull(event), &tell).await;
    progress.clear();
    let found = found?;
    front.printer.result(&wire::ingest_bench(&found), || words(&found))?;
    Ok(0)
}

/// The figures as a table.
fn words(found: &IngestBench) -> String {
    let mut words = String::new();
    for figure in &found.figures {
        words.push_str(&format!(
            "{:<42} {:>10.2} {:<9} {}\n",
            figure.measure, figure.value, figure.unit, figure.detail
        ));
    }
    if !found.scale.is_empty() {
        words.push_str("documents    seconds  resident MiB  mapped MiB\n");
    }
    for point in &found.scale {
        let mib = |mib: Option<u64>| mib.map_or_else(|| "-".to_owned(), |mib| mib.to_string());
        words.push_str(&format!(
            "{:>9} {:>10.1} {:>13} {:>11}\n",
            point.documents,
            point.seconds,
            mib(point.resident_mib),
            mib(point.mapped_mib)
        ));
    }
    words
}
