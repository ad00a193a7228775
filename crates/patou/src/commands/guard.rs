//! `patou guard`.

use platform::{Decision, GuardCall, GuardForm, GuardScanned, RedactCall};
use server::wire;

use super::{Front, SAID_NO};
use crate::arguments::{Guard, GuardRedact, GuardReplay, GuardScan};

/// The exit code of a run in which some lines held no text.
const PARTLY: u8 = 4;

pub async fn run(front: &Front, call: Guard) -> anyhow::Result<u8> {
    match call {
        Guard::Scan(call) => scan(front, call).await,
        Guard::Replay(call) => replay(front, &call).await,
        Guard::Redact(call) => redact(front, call).await,
        Guard::Restore(call) => restore(front, call.file).await,
    }
}

async fn redact(front: &Front, call: GuardRedact) -> anyhow::Result<u8> {
    let GuardRedact { file, kind, reversible } = call;
    let call = RedactCall { input: file, kind: kind.into(), is_reversible: reversible };
    let text = wire::RedactedText { text: front.platform.guard_redact(call).await? };
    front.printer.result(&text, || text.text.clone())?;
    Ok(0)
}

/// Tokens that nobody kept a value for stay, and the exit code says so.
async fn restore(front: &Front, file: String) -> anyhow::Result<u8> {
    let restored = front.platform.guard_restore(file).await?;
    if restored.unknown > 0 {
        front.printer.note(&format!("{} tokens have no value here, and stay", restored.unknown));
    }
    let text = wire::RedactedText { text: restored.text };
    front.printer.result(&text, || text.text.clone())?;
    Ok(if restored.unknown > 0 { PARTLY } else { 0 })
}

async fn replay(front: &Front, call: &GuardReplay) -> anyhow::Result<u8> {
    let replayed = front.platform.guard_replay(&call.collection, call.attack_score_min).await?;
    let wire = wire::replayed(&call.collection, call.attack_score_min, &replayed);
    front.printer.result(&wire, || {
        let line = |what: &str, (all, still): (usize, usize)| {
            format!("{what:<9} {still} of {all} held back still\n")
        };
        [
            line("released", replayed.released),
            line("rejected", replayed.rejected),
            line("waiting", replayed.held),
        ]
        .concat()
    })?;
    Ok(0)
}

async fn scan(front: &Front, call: GuardScan) -> anyhow::Result<u8> {
    let form = if call.lines { GuardForm::Lines } else { GuardForm::Whole };
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let call = GuardCall { input: call.file, kind: call.kind.into(), form };
    // Whoever stops listening wants no more of it.
    let scanning = front.platform.guard_scan(call, move |scanned| drop(tell.send(scanned)));
    let (mut said_no, mut failed) = (false, false);
    let printing = async {
        while let Some(scanned) = told.recv().await {
            match &scanned.verdict {
                Ok(verdict) => said_no |= verdict.decision != Decision::Allow,
                Err(_) => failed = true,
            }
            print(front, &scanned, form)?;
        }
        anyhow::Ok(())
    };
    let (scanned, printed) = tokio::join!(scanning, printing);
    scanned?;
    printed?;
    Ok(if failed { PARTLY } else { SAID_NO * u8::from(said_no) })
}

fn print(front: &Front, scanned: &GuardScanned, form: GuardForm) -> anyhow::Result<()> {
    let id = scanned.id.as_deref();
    let verdict = match &scanned.verdict {
        Ok(verdict) => verdict,
        Err(why) => {
            front.printer.note(&format!("failed: line {}: {why}", id.unwrap_or_default()));
            return Ok(());
        }
    };
    let wire = wire::verdict(id, verdict);
    if form == GuardForm::Lines {
        return front.printer.raw(&format!("{}\n", serde_json::to_string(&wire)?));
    }
    front.printer.result(&wire, || {
        let mut words = format!("{} (score {:.2})\n", wire.decision, wire.score);
        for finding in &wire.findings {
            words.push_str(&format!(
                "{}..{} {} {} {:.2}: {} (view: {})\n",
                finding.span.start,
                finding.span.end,
                finding.category,
                finding.detector,
                finding.score,
                finding.explanation,
                finding.view,
            ));
        }
        if wire.omitted > 0 {
            words.push_str(&format!("and {} more\n", wire.omitted));
        }
        words
    })
}
