//! `patou demo`.

use platform::{EXAMPLE_COLLECTION, EXAMPLE_QUESTION, IngestWatch};

use super::Front;
use super::ingest;
use super::query::answer_words;
use crate::progress::Progress;
use server::wire;

pub async fn run(front: &Front) -> anyhow::Result<u8> {
    let progress = Progress::new(&front.printer);
    let (pulling, telling) = (|event| progress.pull(event), |event| progress.ingest(event));
    let watch = IngestWatch { pulling: &pulling, tell: &telling, stop: &front.stop };
    let demo = front.stoppable(front.platform.demo(&watch)).await;
    progress.clear();
    let demo = demo?;
    let shown = serde_json::json!({
        "ingest": wire::ingest_report(EXAMPLE_COLLECTION, &demo.report),
        "answer": wire::ask(EXAMPLE_QUESTION, &demo.outcome),
    });
    if let Some(why) = &demo.without_model {
        front
            .printer
            .note(&format!("{why}\ngoing on without vectors, with BM25 alone; later: patou model pull"));
    }
    front.printer.result(&shown, || {
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
