//! What people write to people, and manuals to readers, is no attack, whatever words it has in common with one.

use patou_guard::{Decision, Guard, Kind};

/// The models are wrong about as many.
const FLAGGED_MAX: usize = 2;

#[test]
fn everyday_sentences_pass() {
    let guard = Guard::default();
    let mut flagged = 0;
    for line in include_str!("everyday.txt").lines() {
        for kind in [Kind::Document, Kind::Prompt] {
            let verdict = guard.scan(kind, line);
            if verdict.decision > Decision::Mask {
                flagged += 1;
                println!("{}: {line}", kind.name());
                for finding in &verdict.findings {
                    println!("  {} {:.2}", finding.detector, finding.score);
                }
            }
        }
    }
    assert!(flagged <= FLAGGED_MAX, "{flagged} are flagged");
}
