//! `patou guard`.

use platform::{Decision, GuardCall, GuardForm, GuardScanned};
use server::wire;

use super::{Front, SAID_NO};
use crate::arguments::{Guard, GuardReplay, GuardScan};

/// The exit code of a run in which some lines held no text.
const PARTLY: u8 = 4;

pub async fn run(front: &Front, call: Guard) -> anyhow::Result<u8> {
    match call {
        Guard::Scan(call) => scan(front, call).await,
        Guard::Replay(call) => replay(front, &call).await,
    }
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
