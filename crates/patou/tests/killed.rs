//! Killed at any moment and run again, an ingest ends in what a clean one makes.
//!
//! `PATOU_TEST_KILLS` says how often it is killed (6 by default).

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{Patou, models, write_files};

const QUERIES: [&str; 6] = [
    "how is the relay of the north station repaired",
    "copper wire",
    "storm warning for the coast",
    "station 7 keeper",
    "lamp oil in winter",
    "nothing of the kind",
];

/// A corpus of some dozen documents, each with sections of its own.
fn write_corpus(folder: &Path, edition: usize) {
    let words = [
        "relay", "lamp", "copper", "wire", "storm", "coast", "oil", "keeper", "winter", "repair", "signal",
        "boat",
    ];
    for number in 0..48usize {
        let mut text = format!("# Station {number}\n\n");
        for section in 0..4 {
            text.push_str(&format!("## Part {section}\n\n"));
            for sentence in 0..6 {
                let word = |step: usize| {
                    words[(number * 7
                        + section * 3
                        + sentence * step
                        + edition * usize::from(number % 5 == 0))
                        % words.len()]
                };
                text.push_str(&format!(
                    "The {} of station {number} needs {} before the {}. ",
                    word(1),
                    word(2),
                    word(5)
                ));
            }
            text.push_str("\n\n");
        }
        write_files(folder, &[(&format!("s{number}.md"), text.as_bytes())]);
    }
}

/// Everything that a user can see of a collection, without times.
fn seen(patou: &Patou) -> Value {
    let listed = patou.json(0, &["documents", "list"]);
    let documents: Vec<Value> = listed["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| {
            serde_json::json!([
                document["document_id"],
                document["version"],
                document["source"],
                document["chunks"]
            ])
        })
        .collect();
    let searches: Vec<Value> = QUERIES
        .iter()
        .map(|query| {
            let found = patou.json(0, &["search", query, "--top-k", "20"]);
            let hits = found["hits"].as_array().unwrap();
            hits.iter()
                .map(|hit| serde_json::json!([hit["chunk_id"], hit["span"], hit["scores"]["lexical"]]))
                .collect()
        })
        .collect();
    serde_json::json!({"documents": documents, "searches": searches})
}

/// Starts an ingest and kills it after `delay`; says whether it had ended by itself.
fn killed_after(patou: &Patou, corpus: &str, delay: Duration) -> bool {
    let mut command = patou.command(&["ingest", corpus, "--sync"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while begun.elapsed() < delay {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

#[test]
fn a_killed_ingest_run_again_equals_a_clean_one() {
    let Some(models) = models() else { return };
    let kills: u32 = std::env::var("PATOU_TEST_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(6);
    let corpus = tempfile::tempdir().unwrap();
    let path = corpus.path().to_str().unwrap();
    let binary = env!("CARGO_BIN_EXE_patou");
    write_corpus(corpus.path(), 0);

    let clean = Patou::new(binary, Some(&models));
    let begun = Instant::now();
    clean.json(0, &["ingest", path, "--sync"]);
    let whole = begun.elapsed();
    let expected = seen(&clean);

    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut cut = 0;
    let mut patou = Patou::new(binary, Some(&models));
    for _ in 0..kills {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let delay = whole.mul_f64((random >> 11) as f64 / (1u64 << 53) as f64);
        if killed_after(&patou, path, delay) {
            assert_eq!(seen(&patou), expected, "an ingest that ended after others were killed");
            patou = Patou::new(binary, Some(&models));
        } else {
            cut += 1;
        }
    }
    assert!(cut > 0, "no ingest was killed before its end");
    patou.json(0, &["ingest", path, "--sync"]);
    assert_eq!(seen(&patou), expected);
    patou.json(0, &["doctor"]);

    // A new edition, killed once in the middle, ends as it should too; the old text does not answer.
    write_corpus(corpus.path(), 1);
    killed_after(&patou, path, whole.mul_f64(0.1));
    let report = patou.json(0, &["ingest", path, "--sync"]);
    assert_eq!(report["failed"].as_array().unwrap().len(), 0);
    let fresh = Patou::new(binary, Some(&models));
    fresh.json(0, &["ingest", path, "--sync"]);
    assert_eq!(seen(&patou), seen(&fresh));
}
