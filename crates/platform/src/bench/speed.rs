//! How fast: cutting alone, Markdown without embedding, and with the encoder against the encoder alone.

use std::sync::Arc;

use document::{Chunking, Document, Extent, Input};
use model::Embedder;
use runtime::Stopwatch;

use super::corpus::Corpus;
use super::{Figure, Scratch, rate};
use crate::PlatformError;

/// How many texts the encoder alone gets in one call.
const TEXTS_PER_CALL: usize = 256;

/// Cutting on one core, sized by characters: Markdown, and the same bytes as plain text.
pub(super) fn chunking(corpus: &Corpus) -> Vec<Figure> {
    ["md", "txt"]
        .map(|ending| {
            let documents: Vec<Document> = corpus
                .files
                .iter()
                .filter_map(|(name, bytes)| parsed(&format!("{name}.{ending}"), bytes))
                .collect();
            let bytes = documents.iter().map(|document| document.text.len() as u64).sum();
            let chunking = Chunking { max_tokens: 2000, overlap_tokens: 0, ..Chunking::default() };
            let clock = Stopwatch::start();
            let chunks: usize = documents
                .iter()
                .map(|document| document::chunk(document, &chunking, |text| text.chars().count()).len())
                .sum();
            let elapsed_ms = clock.elapsed_ms();
            Figure {
                measure: format!("cutting alone, .{ending}"),
                value: rate(bytes, elapsed_ms),
                unit: "MB/s",
                detail: format!("{bytes} bytes, {chunks} chunks of up to 2,000 characters, one core"),
            }
        })
        .into()
}

/// Markdown parsed, cut, hashed, indexed by words and committed.
pub(super) async fn lexical(corpus: &Corpus) -> Result<Figure, PlatformError> {
    let scratch = Scratch::new(None, Chunking::default()).await?;
    let report = scratch.ingest(corpus.source(), &|_| {}).await?;
    let stages = report.stages;
    Ok(Figure {
        measure: "Markdown without embedding".into(),
        value: rate(corpus.bytes, report.elapsed_ms),
        unit: "MB/s",
        detail: format!(
            "{} bytes, {} documents, {} chunks in {:.2} s; worked: parse {:.2} s, index {:.2} s, write {:.2} s",
            corpus.bytes,
            report.added,
            report.chunks.added,
            report.elapsed_ms / 1e3,
            stages.parse,
            stages.index,
            stages.write
        ),
    })
}

/// The same with the encoder, and the encoder alone on the same chunks.
pub(super) async fn encoded(
    corpus: &Corpus,
    embedder: &Arc<dyn Embedder>,
) -> Result<Vec<Figure>, PlatformError> {
    let scratch = Scratch::new(Some(Arc::clone(embedder)), Chunking::default()).await?;
    let report = scratch.ingest(corpus.source(), &|_| {}).await?;
    let per_second = |tokens: usize, elapsed_ms: f64| {
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown to three digits")]
        let tokens = tokens as f64;
        tokens * 1e3 / elapsed_ms.max(1e-3)
    };
    let whole = per_second(report.tokens_embedded, report.elapsed_ms);

    let mut texts: Vec<String> = chunks(corpus, embedder);
    let mut seen = std::collections::HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    let tokens: usize = texts.iter().map(|text| embedder.count_tokens(text)).sum();
    let clock = Stopwatch::start();
    for some in texts.chunks(TEXTS_PER_CALL) {
        embedder.embed(some).await.map_err(PlatformError::Model)?;
    }
    let alone = per_second(tokens, clock.elapsed_ms());
    let figure = |measure: &str, value, unit, detail| Figure { measure: measure.into(), value, unit, detail };
    let stages = report.stages;
    Ok(vec![
        figure(
            "Markdown with the encoder",
            whole,
            "tokens/s",
            format!(
                "{} tokens in {:.1} s; worked: parse {:.2} s, embed {:.2} s, index {:.2} s, write {:.2} s",
                report.tokens_embedded,
                report.elapsed_ms / 1e3,
                stages.parse,
                stages.embed,
                stages.index,
                stages.write
            ),
        ),
        figure("the encoder alone", alone, "tokens/s", format!("{tokens} tokens of {} chunks", texts.len())),
        figure("the pipeline against the encoder alone", whole / alone, "×", "the same chunks".into()),
    ])
}

/// What the pipeline embeds of a corpus.
fn chunks(corpus: &Corpus, embedder: &Arc<dyn Embedder>) -> Vec<String> {
    let mut texts = Vec::new();
    for (name, bytes) in &corpus.files {
        let Some(document) = parsed(name, bytes) else { continue };
        let chunks = document::chunk(&document, &Chunking::default(), |text| embedder.count_tokens(text));
        texts.extend(chunks.iter().map(|chunk| chunk.indexed_text(&document)));
    }
    texts
}

fn parsed(name: &str, bytes: &[u8]) -> Option<Document> {
    document::parse(&Input { name, bytes, extent: Extent::MainContent, passwords: &[] }).ok()
}
