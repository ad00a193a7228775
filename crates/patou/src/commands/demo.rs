//! `patou demo`.

use platform::{EXAMPLE_COLLECTION, EXAMPLE_QUESTION, IngestWatch, Platform, Shutdown};

use super::ingest::{self, stoppable};
use super::query::answer_words;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::wire;

pub async fn run(platform: &Platform, printer: &Printer) -> anyhow::Result<u8> {
    let progress = Progress::new();
    let stop = Shutdown::new();
    let (pulling, telling) = (|event| progress.pull(event), |event| progress.ingest(event));
    let watch = IngestWatch { pulling: &pulling, tell: &telling, stop: &stop };
    let demo = stoppable(platform.demo(&watch), &stop).await;
    progress.clear();
    let demo = demo?;
    let shown = serde_json::json!({
        "ingest": wire::ingest_report(EXAMPLE_COLLECTION, &demo.report),
        "answer": wire::ask(EXAMPLE_QUESTION, &demo.outcome),
    });
    if let Some(why) = &demo.without_model {
        printer.note(&format!("{why}\ngoing on without vectors, with BM25 alone; later: patou model pull"));
    }
    printer.result(&shown, || {
        format!(
            "{}\n> {EXAMPLE_QUESTION}\n\n{}\nTry next:\n  \
             patou ask \"Which planet has the most moons?\" --collection {EXAMPLE_COLLECTION}\n  \
             patou search \"rings of ice\" --collection {EXAMPLE_COLLECTION}\n  \
             patou ingest YOUR_FOLDER        (into the collection `docs`)\n  \
             patou ask \"YOUR QUESTION\"\n  \
             patou doctor\n",
            ingest::words(EXAMPLE_COLLECTION, &demo.report),
            answer_words(&demo.outcome.answer),
        )
    })?;
    Ok(0)
}
