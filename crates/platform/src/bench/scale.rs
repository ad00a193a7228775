//! How time and memory go with the number of documents: ten chunks each, with an embedder that hashes words.

use std::sync::{Arc, Mutex, PoisonError};

use document::{Chunking, Strategy};
use model::HashEmbedder;
use rag::{IngestEvent, IngestReport};
use runtime::Stopwatch;

use super::memory::resident;
use super::{Figure, IngestBench, ScalePoint, Scratch, corpus};
use crate::PlatformError;

/// The fake vectors' dimension.
const DIMENSION: usize = 64;
/// How often the run is looked at.
const POINTS: usize = 20;

/// Ingests so many documents.
pub(super) async fn measure(
    documents: usize,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<IngestBench, PlatformError> {
    let chunking = Chunking { strategy: Strategy::Recursive, max_tokens: 64, overlap_tokens: 0 };
    let scratch = Scratch::new(Some(Arc::new(HashEmbedder::new(DIMENSION))), chunking).await?;
    let lines = scratch.folder.path().join("documents.jsonl");
    tell("writing the documents");
    corpus::write_lines(&lines, documents)?;
    let source = rag::open_path(&lines.to_string_lossy(), u64::MAX)?;
    let clock = Stopwatch::start();
    let scale = Mutex::new(vec![point(0, &clock)]);
    let watch = |event: IngestEvent| {
        let IngestEvent::Progress(progress) = event else { return };
        let mut scale = scale.lock().unwrap_or_else(PoisonError::into_inner);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of the documents"
        )]
        let done =
            (documents as f64 * progress.bytes_done as f64 / progress.bytes_listed.max(1) as f64) as usize;
        if scale.last().is_none_or(|last| done >= last.documents + documents / POINTS) {
            let point = point(done, &clock);
            tell(&format!(
                "{done} documents, {:.0} s, {:?} MiB",
                point.seconds,
                point.resident_mib.unwrap_or(0)
            ));
            scale.push(point);
        }
    };
    let report = scratch.ingest(source, &watch).await?;
    let mut scale = scale.into_inner().unwrap_or_else(PoisonError::into_inner);
    scale.push(point(report.added, &clock));
    Ok(IngestBench { figures: figures(&report, &scale), scale })
}

fn figures(report: &IngestReport, scale: &[ScalePoint]) -> Vec<Figure> {
    let seconds = report.elapsed_ms / 1e3;
    let most = scale.iter().filter_map(|point| point.resident_mib).max().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "figures are shown to three digits")]
    let (chunks, most) = (report.chunks.added as f64 + report.chunks.reused as f64, most as f64);
    let stages = report.stages;
    let detail = format!(
        "{} documents in {seconds:.0} s; worked: parse {:.0} s, embed {:.0} s, index {:.0} s, write {:.0} s",
        report.added, stages.parse, stages.embed, stages.index, stages.write
    );
    vec![
        Figure { measure: "chunks made live".into(), value: chunks / seconds, unit: "chunks/s", detail },
        Figure {
            measure: "resident memory at most".into(),
            value: most,
            unit: "MiB",
            detail: "mapped files not counted".into(),
        },
    ]
}

fn point(documents: usize, clock: &Stopwatch) -> ScalePoint {
    let resident = resident();
    ScalePoint {
        documents,
        seconds: clock.elapsed_ms() / 1e3,
        resident_mib: resident.map(|resident| resident.own_mib),
        mapped_mib: resident.map(|resident| resident.mapped_mib),
    }
}
