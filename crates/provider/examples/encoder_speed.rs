//! How many tokens the encoder embeds in a second of processor time.
//!
//! `encoder_speed pull MODELS_DIR` sees to it that the model is there. `encoder_speed measure MODELS_DIR TEXTS
//! BATCH THREADS` embeds each line of TEXTS (JSON strings), BATCH at a call, and prints one JSON object.
//! `benches/encoder` runs it beside its peers.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example that prints and takes arguments"
)]

use std::error::Error;
use std::path::Path;

use patou_provider::{EncoderOptions, LocalEncoder, ModelPaths, PullOptions, pull};
use runtime::Stopwatch;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["pull", models] => fetch(models),
        ["measure", models, texts, batch, threads] => {
            measure(models, texts, batch.parse()?, threads.parse()?)
        }
        _ => Err("usage: encoder_speed pull MODELS_DIR | measure MODELS_DIR TEXTS BATCH THREADS".into()),
    }
}

fn fetch(models: &str) -> Outcome {
    let options = PullOptions { models_dir: models.into(), offline: false, hf_endpoint: None };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(pull(&options, &|event| println!("{event:?}")))?;
    Ok(())
}

fn measure(models: &str, texts: &str, batch: usize, threads: usize) -> Outcome {
    let texts = std::fs::read_to_string(texts)?;
    let texts: Vec<String> = texts.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let options = EncoderOptions { max_tokens: 512, threads };

    let stopwatch = Stopwatch::start();
    let encoder = LocalEncoder::open(&ModelPaths::below(Path::new(models)), options)?;
    let open_ms = stopwatch.elapsed_ms();
    encoder.embed_blocking(&["What port does the server listen on?".to_owned()])?;
    let open_and_query_ms = stopwatch.elapsed_ms();

    let counted: usize = texts.iter().map(|text| encoder.tokenizer().count(text)).sum();

    let (stopwatch, before) = (Stopwatch::start(), cpu_seconds()?);
    let mut first = None;
    for batch in texts.chunks(batch) {
        let vectors = encoder.embed_blocking(batch)?;
        first = first.or_else(|| vectors.into_iter().next());
    }
    let cpu_s = cpu_seconds()? - before;
    let result = serde_json::json!({
        "tokens": counted + 2 * texts.len(),
        "cpu_s": cpu_s,
        "wall_s": stopwatch.elapsed_ms() / 1e3,
        "open_ms": open_ms,
        "open_and_query_ms": open_and_query_ms,
        "first": first,
    });
    println!("{result}");
    Ok(())
}

/// Seconds of processor time that this process has used (Linux; a tick is a hundredth of one there).
fn cpu_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).unwrap_or(&"").parse::<f64>();
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}
