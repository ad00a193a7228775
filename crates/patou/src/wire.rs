//! The JSON that the contract fixes, made from the platform's plain values.

use platform::{
    AccessList, AskOutcome, Check, CheckStatus, Citation, CollectionSummary, Document, DocumentDetail,
    DocumentProblem, DocumentRecord, Hit, IngestReport, Mode, Retrieval, RetrievalEvaluation, Span,
};
use serde_json::{Value, json};

use crate::arguments::Query;

/// Milliseconds and scores are shown to six decimals at most.
fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn millis(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn span(span: Span) -> Value {
    json!({"start": span.start, "end": span.end})
}

/// The report of an ingest.
pub fn ingest_report(collection: &str, report: &IngestReport) -> Value {
    let failed: Vec<_> = report
        .failed
        .iter()
        .map(|failure| json!({"source": failure.source, "error": failure.error, "hint": failure.hint}))
        .collect();
    json!({
        "collection": collection,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "deleted": report.deleted,
        "quarantined": report.quarantined,
        "failed": failed,
        "chunks": {
            "added": report.chunks.added, "reused": report.chunks.reused, "removed": report.chunks.removed,
        },
        "tokens_embedded": report.tokens_embedded,
        "problems": report.problems,
        "elapsed_ms": report.elapsed_ms.round(),
        "stopped": report.stopped,
    })
}

/// The answer to a search.
pub fn search(query: &Query, retrieval: &Retrieval, total_ms: f64) -> Value {
    json!({
        "query": query.text,
        "collection": query.collection,
        "mode": mode(retrieval.mode),
        "hits": retrieval.hits.iter().map(hit).collect::<Vec<_>>(),
        "timings_ms": {
            "embed": millis(retrieval.timings.embed_ms),
            "search": millis(retrieval.timings.search_ms),
            "rerank": 0.0,
            "total": millis(total_ms),
        },
    })
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Hybrid => "hybrid",
        Mode::Dense => "dense",
        Mode::Lexical => "lexical",
    }
}

fn hit(hit: &Hit) -> Value {
    let found = &hit.found;
    json!({
        "rank": hit.rank,
        "score": round(hit.score),
        "document_id": found.document_id,
        "version": found.version,
        "chunk_id": found.chunk.id.to_string(),
        "source": found.source,
        "title": found.title,
        "heading_path": found.chunk.heading_path,
        "page": found.chunk.page,
        "span": span(found.chunk.span),
        "text": hit.text,
        "scores": {
            "dense": hit.scores.dense,
            "lexical": hit.scores.lexical,
            "fused": hit.scores.fused,
            "rerank": null,
        },
    })
}

/// The answer to a question.
pub fn ask(question: &str, outcome: &AskOutcome) -> Value {
    let answer = &outcome.answer;
    let support: Vec<_> = answer
        .support
        .iter()
        .map(|support| {
            json!({
                "sentence": support.sentence,
                "citations": support.citations,
                "supported": support.supported,
                "score": round(support.score),
            })
        })
        .collect();
    json!({
        "question": question,
        "answer": answer.text,
        "refused": answer.refusal.is_some(),
        "refusal_reason": answer.refusal.map(platform::Refusal::as_str),
        "citations": answer.citations.iter().map(citation).collect::<Vec<_>>(),
        "support": support,
        "model": answer.model,
        "stack": outcome.stack,
        "trace_id": outcome.trace_id,
        "usage": {"prompt_tokens": 0, "completion_tokens": 0},
        "timings_ms": {
            "embed": millis(answer.retrieval.embed_ms),
            "search": millis(answer.retrieval.search_ms),
            "rerank": 0.0,
            "prompt": 0.0,
            "ttft": 0.0,
            "generation": millis(answer.generation_ms),
            "total": millis(outcome.total_ms),
        },
    })
}

fn citation(citation: &Citation) -> Value {
    json!({
        "marker": citation.marker,
        "document_id": citation.document_id,
        "version": citation.version,
        "source": citation.source,
        "title": citation.title,
        "page": citation.page,
        "heading_path": citation.heading_path,
        "span": span(citation.span),
        "quote": citation.quote,
    })
}

/// A document in a list.
pub fn document(document: &DocumentRecord) -> Value {
    json!({
        "document_id": document.id,
        "source": document.source,
        "title": document.title,
        "version": document.version,
        "format": document.format,
        "language": document.language,
        "chunks": document.chunks,
        "problems": document.problems,
        "access": access(&document.access),
        "text_bytes": document.text_bytes,
        "created_at": document.created_at,
        "updated_at": document.updated_at,
    })
}

/// A document with all that is known of it.
pub fn document_detail(detail: &DocumentDetail) -> Value {
    let mut value = document(&detail.document);
    let versions: Vec<_> = detail
        .versions
        .iter()
        .map(|(version, committed_at)| json!({"version": version, "committed_at": committed_at}))
        .collect();
    value["root"] = json!(detail.document.root);
    value["metadata"] = json!(detail.document.metadata);
    value["versions"] = json!(versions);
    value
}

/// Who may read, as names; `public` for everybody, nothing for nobody.
pub fn access(list: &AccessList) -> Vec<String> {
    match list {
        AccessList::Public => vec!["public".to_owned()],
        AccessList::Only(principals) => principals.iter().map(ToString::to_string).collect(),
        AccessList::Unknown => Vec::new(),
    }
}

/// A problem with the document that has it.
pub fn document_problem(found: &DocumentProblem) -> Value {
    let mut value = problem(&found.problem);
    value["source"] = json!(found.source);
    value["document_id"] = json!(found.document_id);
    value
}

fn problem(problem: &platform::Problem) -> Value {
    json!({
        "place": problem.place, "what": problem.what, "why": problem.why, "content_lost": problem.content_lost,
    })
}

/// A collection in a list.
pub fn collection(summary: &CollectionSummary) -> Value {
    let record = &summary.record;
    json!({
        "name": record.name.as_str(),
        "documents": summary.documents,
        "chunks": summary.chunks,
        "problems": summary.problems,
        "embedder": record.settings.embedder.as_ref().map(|embedder| embedder.id.as_str()),
        "chunker": record.settings.chunking.strategy.to_string(),
        "created_at": record.created_at,
    })
}

/// What was read in a file.
pub fn parsed(document: &Document) -> Value {
    let blocks: Vec<_> = document
        .blocks
        .iter()
        .map(
            |block| json!({"kind": block.kind, "span": span(block.span), "heading_path": block.heading_path}),
        )
        .collect();
    let pages: Vec<_> =
        document.pages.iter().map(|page| json!({"number": page.number, "span": span(page.span)})).collect();
    json!({
        "format": document.format.to_string(),
        "title": document.title,
        "language": document.language,
        "text": document.text,
        "blocks": blocks,
        "pages": pages,
        "problems": document.problems.iter().map(problem).collect::<Vec<_>>(),
        "metadata": document.metadata,
    })
}

/// The figures of an evaluation.
pub fn evaluation(collection: &str, found: &RetrievalEvaluation, per_query: bool) -> Value {
    let mut value = json!({
        "collection": collection,
        "queries": found.report.queries,
        "metrics": found.report.metrics,
        "query_ms_p50": millis(found.query_ms_p50),
    });
    if per_query {
        value["per_query"] = json!(found.report.per_query);
    }
    if !found.comparisons.is_empty() {
        value["comparisons"] = json!(found.comparisons);
    }
    value
}

/// What a check is called.
pub fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Ok => "ok",
        CheckStatus::Missing => "missing",
        CheckStatus::Broken => "broken",
    }
}

/// What `doctor` found.
pub fn checks(checks: &[Check]) -> Value {
    let checks: Vec<_> = checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name, "status": status(check.status), "detail": check.detail, "hint": check.hint,
            })
        })
        .collect();
    json!({"checks": checks})
}
