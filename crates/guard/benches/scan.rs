//! How long a scan takes for each kilobyte, on clean text and on text that has to be read in several ways.
//!
//! `cargo bench -p patou-guard` prints milliseconds of one core for each kilobyte (1024 bytes): the least of several
//! rounds. A part of a name after `--` measures what has it alone. With `PATOU_TEST_MODELS`, where the encoder's files
//! are, it also tells how long whole verdicts take with a second look.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and looks at the clock"
)]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use ::model::Sample;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patou_guard::{Guard, Judges, Kind, Tier};
use provider::{EncoderOptions, EncoderPrecision, LocalEncoder, ModelPaths};

const ROUNDS: usize = 40;
/// Prose about attacks, manuals and prompts: what is scanned in practice, at its worst.
const PROSE: [&str; 3] = [
    include_str!("../../../ARCHITECTURE.md"),
    include_str!("../../../CONTRIBUTING.md"),
    include_str!("../../../README.md"),
];

fn main() {
    let prose: String = PROSE.concat();
    let clean: String = prose.chars().filter(char::is_ascii).collect();
    let guard = Guard::default();
    for kind in [Kind::Prompt, Kind::Document, Kind::Output] {
        measure(&format!("clean, {}, rules", kind.name()), &clean, |text| {
            black_box(guard.scan_tier(kind, Tier::Rules, text));
        });
        measure(&format!("clean, {}, all", kind.name()), &clean, |text| {
            black_box(guard.scan(kind, text));
        });
    }
    for (name, text) in disguised(&clean) {
        measure(&format!("{name}, document, rules"), &text, |text| {
            black_box(guard.scan_tier(Kind::Document, Tier::Rules, text));
        });
        measure(&format!("{name}, document, all"), &text, |text| {
            black_box(guard.scan(Kind::Document, text));
        });
    }
    let prompt: String = clean.chars().take(2048).collect();
    measure("2 KB prompt, all", &prompt, |text| {
        black_box(guard.scan(Kind::Prompt, text));
    });
    for kind in [Kind::Prompt, Kind::Document] {
        spread(&format!("2 KB pieces, {}, all", kind.name()), &clean, |text| {
            black_box(guard.scan(kind, text));
        });
    }
    second_looks(&guard, &clean);
}

/// Whole verdicts with a second look, on text about attacks, which it is asked about more than about any other.
fn second_looks(guard: &Guard, text: &str) {
    let Some(models) = std::env::var_os("PATOU_TEST_MODELS") else { return };
    let options = EncoderOptions { max_tokens: 512, threads: 1, precision: EncoderPrecision::Int8 };
    let encoder = LocalEncoder::open(&ModelPaths::below(Path::new(&models)), options);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let (Ok(encoder), Ok(runtime)) = (encoder, runtime) else { return };
    let judges = Judges::default().with_encoder(Arc::new(encoder));
    let sentences = text.split_inclusive(['\n', '.']).filter(|sentence| sentence.trim().len() > 12).count();
    let mut doubts = 0;
    for at in 0..text.len() / 2048 {
        let piece = text.get(at * 2048..(at + 1) * 2048).unwrap_or_default();
        doubts += guard.scan(Kind::Document, piece).doubts.len();
    }
    println!("{doubts} of {sentences} sentences are looked at again");
    spread("2 KB pieces, document, second look", text, |text| {
        black_box(runtime.block_on(guard.judge(&judges, &Sample::new(Kind::Document, text))));
    });
}

/// How long whole verdicts take on every 2 KB piece of a text: half of them, and all but one in twenty.
fn spread(name: &str, text: &str, scan: impl Fn(&str)) {
    let pieces: Vec<&str> =
        (0..text.len() / 2048).filter_map(|at| text.get(at * 2048..(at + 1) * 2048)).collect();
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..ROUNDS {
        for piece in &pieces {
            let start = Instant::now();
            scan(piece);
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!("{name:36} p50 {:.3} ms, p95 {:.3} ms", at(50), at(95));
}

/// Bytes that say nothing.
fn noise() -> impl Iterator<Item = u8> {
    let next = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(1u64), next).map(|state| state.to_be_bytes()[0])
}

/// Base64 in lines of 76 letters.
fn base64(bytes: impl Iterator<Item = u8>) -> String {
    let text = STANDARD.encode(bytes.collect::<Vec<_>>());
    let lines = text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned() + "\n");
    lines.collect()
}

fn disguised(clean: &str) -> Vec<(&'static str, String)> {
    let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).filter(|_| c.is_ascii_graphic()).unwrap_or(c);
    vec![
        ("full width", clean.chars().map(wide).collect()),
        ("zero width", clean.chars().flat_map(|c| [c, '\u{200b}']).collect()),
        ("references", clean.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
        ("reversed", clean.chars().rev().collect()),
        ("run together", clean.split_whitespace().collect()),
        ("base64", base64(clean.bytes())),
        ("noise as base64", base64(noise().take(clean.len()))),
    ]
}

fn measure(name: &str, text: &str, scan: impl Fn(&str)) {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    if wanted.is_some_and(|wanted| !name.contains(&wanted)) {
        return;
    }
    // The first scan compiles the patterns.
    scan(text);
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        scan(text);
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    let kilobytes = text.len() as f64 / 1024.0;
    println!("{name:36} {:>8.4} ms/KB  ({kilobytes:.0} KB, {best:.2} ms)", best / kilobytes);
}
