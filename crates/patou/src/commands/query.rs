//! `patou search` and `patou ask`.

use platform::{Answer, AskCall, PrivateText, SearchCall, reader_from};

use super::Front;
use crate::arguments::Query;
use crate::progress::Progress;
use server::wire;

/// How many characters of a chunk a list of hits shows.
const SNIPPET_CHARS: usize = 240;

pub async fn search(front: &Front, query: Query) -> anyhow::Result<u8> {
    let call = call(&query)?;
    let progress = Progress::new(&front.printer);
    let (retrieval, total_ms) = front.platform.search(&call, &|event| progress.pull(event)).await?;
    let answer = wire::search(&query.text, &query.collection, &retrieval, total_ms);
    front.printer.result(&answer, || {
        let mut words = String::new();
        for hit in &retrieval.hits {
            let place = place(&hit.found.source, &hit.found.chunk.heading_path);
            words.push_str(&format!("{:>2}. {:.4}  {place}\n", hit.rank, hit.score));
            words.push_str(&format!("    {}\n", snippet(&hit.text)));
        }
        if retrieval.hits.is_empty() {
            words.push_str("nothing found\n");
        }
        words
    })?;
    Ok(0)
}

pub async fn ask(front: &Front, query: Query) -> anyhow::Result<u8> {
    let call = call(&query)?;
    let progress = Progress::new(&front.printer);
    let outcome = front.platform.ask(&AskCall::new(call), &|_| {}, &|event| progress.pull(event)).await?;
    front.printer.result(&wire::ask(&query.text, &outcome), || answer_words(&outcome.answer))?;
    Ok(0)
}

/// An answer with its numbered citations.
pub fn answer_words(answer: &Answer) -> String {
    let mut words = format!("{}\n", answer.text);
    for citation in &answer.citations {
        let place = place(&citation.source, &citation.heading_path);
        let span = citation.span;
        words.push_str(&format!("\n[{}] {place} (bytes {}–{})\n", citation.marker, span.start, span.end));
        words.push_str(&format!("    “{}”\n", citation.quote.replace('\n', "\n    ")));
    }
    words
}

fn call(query: &Query) -> anyhow::Result<SearchCall> {
    Ok(SearchCall {
        text: PrivateText::new(query.text.clone()),
        collection: query.collection.clone(),
        top_k: query.top_k,
        mode: query.mode.map(Into::into),
        filter: query.filter.clone(),
        reader: reader_from(&query.reader)?,
    })
}

fn place(source: &str, heading_path: &[String]) -> String {
    if heading_path.is_empty() {
        source.to_owned()
    } else {
        format!("{source} › {}", heading_path.join(" › "))
    }
}

fn snippet(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(SNIPPET_CHARS).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}
