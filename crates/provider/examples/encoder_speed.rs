//! How many tokens the encoder embeds in a second of processor time.
//!
//! `encoder_speed MODELS_DIR TEXTS BATCH THREADS`: embeds each line of TEXTS (JSON strings), BATCH at a call, and
//! prints one JSON object. `benches/encoder` runs it beside its peers.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example that prints and takes arguments"
)]

use std::error::Error;
use std::path::Path;

use patou_provider::{EncoderOptions, LocalEncoder, ModelPaths};
use runtime::Stopwatch;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [models, texts, batch, threads] = arguments.as_slice() else {
        return Err("usage: encoder_speed MODELS_DIR TEXTS BATCH THREADS".into());
    };
    let texts = std::fs::read_to_string(texts)?;
    let texts: Vec<String> = texts.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let options = EncoderOptions { max_tokens: 512, threads: threads.parse()? };

    let stopwatch = Stopwatch::start();
    let encoder = LocalEncoder::open(&ModelPaths::below(Path::new(models)), options)?;
    let open_ms = stopwatch.elapsed_ms();
    encoder.embed_blocking(&["What port does the server listen on?".to_owned()])?;
    let first_query_ms = stopwatch.elapsed_ms();

    let stopwatch = Stopwatch::start();
    let counted: usize = texts.iter().map(|text| encoder.tokenizer().count(text)).sum();
    let count_ms = stopwatch.elapsed_ms();
    let bytes: usize = texts.iter().map(String::len).sum();

    let tokens = counted + 2 * texts.len();
    let (stopwatch, before) = (Stopwatch::start(), cpu_seconds()?);
    for batch in texts.chunks(batch.parse()?) {
        encoder.embed_blocking(batch)?;
    }
    let (cpu, wall) = (cpu_seconds()? - before, stopwatch.elapsed_ms() / 1e3);
    println!(
        "{{\"tokens\":{tokens},\"cpu_s\":{cpu:.3},\"wall_s\":{wall:.3},\"open_ms\":{open_ms:.1},\
         \"open_and_query_ms\":{first_query_ms:.1},\"count_bytes\":{bytes},\"count_ms\":{count_ms:.2}}}"
    );
    Ok(())
}

/// Seconds of processor time that this process has used (Linux; a tick is a hundredth there).
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).unwrap_or(&"").parse::<f64>();
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}
