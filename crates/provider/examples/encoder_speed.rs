//! How many tokens the encoder embeds in a second of processor time.
//!
//! `encoder_speed pull MODELS_DIR` sees to it that the model is there. `encoder_speed measure MODELS_DIR TEXTS
//! BATCH THREADS
//! PRECISION` embeds each line of TEXTS (JSON strings), BATCH at a call, and prints one JSON object.
//! `benches/encoder` runs it beside its peers.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example that prints and takes arguments"
)]

use std::error::Error;
use std::path::Path;

use patou_provider::{EncoderOptions, EncoderPrecision, LocalEncoder, ModelPaths, PullOptions, pull};
use runtime::Stopwatch;

/// How often the query is asked, so that ticks of a hundredth of a second tell.
const QUERIES: u32 = 200;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["pull", models] => fetch(models),
        ["measure", models, texts, batch, threads, precision] => {
            let precision = match *precision {
                "int8" => EncoderPrecision::Int8,
                "fp32" => EncoderPrecision::Fp32,
                _ => return Err("a precision is int8 or fp32".into()),
            };
            let options = EncoderOptions { max_tokens: 512, threads: threads.parse()?, precision };
            measure(models, texts, batch.parse()?, options)
        }
        _ => {
            Err("usage: encoder_speed pull MODELS_DIR | measure MODELS_DIR TEXTS BATCH THREADS PRECISION"
                .into())
        }
    }
}

fn fetch(models: &str) -> Outcome {
    let options = PullOptions { models_dir: models.into(), offline: false, hf_endpoint: None };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(pull(&options, &|event| println!("{event:?}")))?;
    Ok(())
}

fn measure(models: &str, texts: &str, batch: usize, options: EncoderOptions) -> Outcome {
    let texts = std::fs::read_to_string(texts)?;
    let texts: Vec<String> = texts.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;

    let stopwatch = Stopwatch::start();
    let encoder = LocalEncoder::open(&ModelPaths::below(Path::new(models)), options)?;
    let open_ms = stopwatch.elapsed_ms();
    let query = ["What port does the server listen on?".to_owned()];
    encoder.embed_blocking(&query)?;
    let open_and_query_ms = stopwatch.elapsed_ms();

    let counted: usize = texts.iter().map(|text| encoder.tokenizer().count(text)).sum();

    let before = cpu_seconds()?;
    for _ in 0..QUERIES {
        encoder.embed_blocking(&query)?;
    }
    let query_cpu_ms = (cpu_seconds()? - before) * 1e3 / f64::from(QUERIES);

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
        "query_tokens": encoder.tokenizer().count(&query[0]) + 2,
        "query_cpu_ms": query_cpu_ms,
        "resident_mib": resident_mib("VmRSS:")?,
        "resident_most_mib": resident_mib("VmHWM:")?,
        "first": first,
    });
    println!("{result}");
    Ok(())
}

/// What this process holds in memory, by the name of a line of its status (Linux).
fn resident_mib(name: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// Seconds of processor time that this process has used (Linux; a tick is a hundredth of one there).
fn cpu_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).unwrap_or(&"").parse::<f64>();
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}
