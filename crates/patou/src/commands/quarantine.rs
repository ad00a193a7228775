//! `patou quarantine`.

use std::fmt::Write as _;

use platform::{HeldCall, HeldDetail, HeldRecord, Reader};
use server::wire;

use super::Front;
use crate::arguments::{HeldPlace, Quarantine};
use crate::progress::Progress;

pub async fn run(front: &Front, call: Quarantine) -> anyhow::Result<u8> {
    match call {
        Quarantine::List { collection, all } => list(front, &collection, all).await,
        Quarantine::Show(place) => show(front, &place).await,
        Quarantine::Release(place) => {
            let progress = Progress::new(&front.printer);
            let pulling = |event| progress.pull(event);
            told(front, &front.platform.release(of(&place), &pulling).await?)
        }
        Quarantine::Reject(place) => told(front, &front.platform.reject(of(&place)).await?),
    }
}

fn of(place: &HeldPlace) -> HeldCall<'_> {
    HeldCall { collection: &place.collection, reader: &Reader::Operator, wanted: &place.id }
}

async fn list(front: &Front, collection: &str, all: bool) -> anyhow::Result<u8> {
    let held = front.platform.quarantine(collection, &Reader::Operator, all).await?;
    let listed: Vec<_> = held.iter().map(wire::held).collect();
    front.printer.result(&serde_json::json!({"collection": collection, "held": listed}), || {
        let mut words = String::new();
        for held in &held {
            let why = held.reasons.iter().max_by(|one, other| one.score.total_cmp(&other.score));
            let why = why.map_or("–", |reason| reason.detector.as_str());
            let (state, reasons) = (held.state.name(), held.reasons.len());
            let _ = writeln!(words, "{}  {state:<8}  {reasons:>3} reasons  {why}  {}", held.id, held.source);
        }
        if held.is_empty() {
            words.push_str("nothing is held back\n");
        }
        words
    })?;
    Ok(0)
}

async fn show(front: &Front, place: &HeldPlace) -> anyhow::Result<u8> {
    let detail = front.platform.held(of(place)).await?;
    front.printer.result(&wire::held_detail(&detail), || shown(&detail))?;
    Ok(0)
}

/// Each reason with the words that it points to.
fn shown(detail: &HeldDetail) -> String {
    let HeldDetail { held, text } = detail;
    let mut words = format!(
        "id        {}\ndocument  {}\nsource    {}\nstate     {}\ndecision  {} (score {:.2})\n",
        held.id,
        held.document_id,
        held.source,
        held.state.name(),
        held.decision,
        held.score
    );
    for reason in &held.reasons {
        let _ = writeln!(
            words,
            "{}..{} {} {} {:.2}: {} (view: {})",
            reason.span.start,
            reason.span.end,
            reason.category,
            reason.detector,
            reason.score,
            reason.explanation,
            reason.view
        );
        let quoted = text.as_deref().map(|text| reason.span.of(text)).unwrap_or_default();
        for line in quoted.lines().take(5) {
            // Nothing that a document holds may steer a terminal.
            let plain: String = line.chars().filter(|c| !c.is_control()).take(200).collect();
            let _ = writeln!(words, "    | {plain}");
        }
    }
    words
}

fn told(front: &Front, held: &HeldRecord) -> anyhow::Result<u8> {
    front.printer.result(&wire::held(held), || format!("{}: {}\n", held.state.name(), held.source))?;
    Ok(0)
}
